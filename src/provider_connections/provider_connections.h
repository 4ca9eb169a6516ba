// How a tenant reaches Microsoft 365: its connections and their sealed credentials.
//
// Everything a page shows comes from here, without the credential; only a run opens that (usable()). Functions take the
// caller's transaction, so that a change and its audit entry commit together. Every query names its tenant: a
// connection of another tenant is as good as none.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"
#include "provider_connections/graph_sessions.h"  // part of this face: how runs reach Graph
#include "storage/database.h"

namespace ta::provider_connections {

class MasterKey;  // master_key.h

enum class ConnectionStatus { connected, needs_consent, error, disabled };
enum class ConnectionHealth { ok, degraded, down };
enum class CredentialKind { client_secret, certificate };

std::string_view name(ConnectionStatus status);
std::string_view name(ConnectionHealth health);
std::string_view name(CredentialKind kind);

// Where Microsoft answers: the public cloud, a national one, or a simulator. Without a slash at the end.
struct Endpoints {
  std::string login_base = "https://login.microsoftonline.com";
  std::string graph_base = "https://graph.microsoft.com";

  bool operator==(const Endpoints&) const = default;
};

// Which addresses connections may have. microsoft: those of one of Microsoft's clouds. custom: others too, such as a
// simulator's, but never link-local or metadata addresses. A rule of the installation: its operator sets it.
enum class EndpointRule { microsoft, custom };

struct ProviderConnection {
  ConnectionId id;
  TenantId tenant_id;
  std::string provider;         // "microsoft"
  std::string entra_tenant_id;  // a GUID in lower case
  std::string display_name;
  bool is_default = false;  // exactly one per tenant and provider
  ConnectionStatus status = ConnectionStatus::needs_consent;
  std::optional<ConnectionHealth> health;  // none before the first check
  std::vector<std::string> granted_scopes;
  std::optional<Timestamp> last_checked_at;
  std::string last_error_code, last_error_message;  // empty when the last check succeeded
  Endpoints endpoints;
  Timestamp created_at, updated_at;
};

struct NewConnection {
  std::string entra_tenant_id;
  std::string display_name;
  Endpoints endpoints;
};

struct Credential {
  CredentialKind kind = CredentialKind::client_secret;
  std::string client_id;                // the app registration's id; no secret
  std::string secret;                   // the client secret, or certificate and key as PEM
  std::optional<Timestamp> expires_at;  // of a certificate it is read from that
};

// What may be shown of a stored credential.
struct CredentialInfo {
  CredentialKind kind;
  std::string client_id;
  std::string key_id;  // of the master key that sealed it
  std::optional<Timestamp> expires_at;
  Timestamp updated_at;
};

// Why a form was not accepted; text() is for the person who filled it in.
enum class ConnectionRefusal {
  not_found,
  entra_tenant_id_invalid,
  display_name_invalid,
  endpoint_invalid,
  endpoint_not_allowed,
  already_connected,
  client_id_invalid,
  secret_invalid,
  secret_weak,
  secret_is_an_id,
  certificate_invalid,
};
std::string_view text(ConnectionRefusal refusal);
template <class T>
using ConnectionOutcome = tl::expected<T, ConnectionRefusal>;

// What a check found.
struct ConnectionCheck {
  ConnectionStatus status = ConnectionStatus::connected;
  ConnectionHealth health = ConnectionHealth::ok;
  std::optional<std::vector<std::string>> granted_scopes;  // none: not learned, keep the old ones
  std::optional<Failure> failure;
};

// A connection with its opened credential, for the length of one run.
struct UsableConnection {
  ProviderConnection connection;
  Credential credential;
};

// What talking to Graph taught about a connection: with no failure it works; otherwise the failure says how ill it is.
ConnectionCheck check_from(const std::optional<Failure>& failure);

// Thread-safe. What it is given must outlive it.
class ConnectionStore {
 public:
  ConnectionStore(const MasterKey& key, Random& random, EndpointRule rule = EndpointRule::microsoft)
      : key_(key), random_(random), rule_(rule) {}
  EndpointRule endpoint_rule() const { return rule_; }

  // The first connection of a tenant becomes its default.
  ConnectionOutcome<ProviderConnection> create(storage::Transaction& tx, TenantId tenant, const NewConnection& wanted,
                                               Timestamp now) const;
  // Replaces the credential. The secret is sealed for this connection only and never shown again.
  ConnectionOutcome<void> set_credential(storage::Transaction& tx, TenantId tenant, ConnectionId id,
                                         const Credential& credential, Timestamp now) const;

  // For runs. Fails with provider.connection_missing, provider.disabled, provider.endpoint_not_allowed (it was stored
  // under another rule) or provider.credential_missing (also when it was sealed with another master key, and then says
  // so).
  Result<UsableConnection> usable(storage::Transaction& tx, TenantId tenant, ConnectionId id) const;

  // Seals up to `limit` credentials of any tenant, which another key had sealed, with the key that seals now, and
  // returns how many; 0 means that none is left. Fails with provider.credential_missing when one cannot be opened: its
  // key is not there any more.
  Result<std::int64_t> reseal(storage::Transaction& tx, std::int64_t limit) const;

 private:
  const MasterKey& key_;
  Random& random_;
  EndpointRule rule_;
};

std::optional<ProviderConnection> find_connection(storage::Transaction& tx, TenantId tenant, ConnectionId id);
std::optional<ProviderConnection> find_default_connection(storage::Transaction& tx, TenantId tenant);
// The worst health of each tenant of a member, in one query; tenants of which no connection was checked are left out.
std::map<TenantId, ConnectionHealth> worst_health_of_member(storage::Transaction& tx, UserId user);
std::vector<ProviderConnection> list_connections(storage::Transaction& tx,
                                                 TenantId tenant);  // the default first, by name
std::optional<CredentialInfo> find_credential_info(storage::Transaction& tx, TenantId tenant, ConnectionId id);

// How many credentials the installation holds, of all tenants; with a key, how many it cannot open.
std::int64_t count_credentials(storage::Transaction& tx);
std::int64_t count_credentials_of_other_keys(storage::Transaction& tx, const MasterKey& key);

// Changes its name and addresses. A stored credential is for the old addresses only: when they change, it is forgotten,
// so that it cannot be sent elsewhere. Returns whether that happened. Addresses that stay are not held against
// the rule: a connection can be renamed whatever the rule says today.
ConnectionOutcome<bool> update_connection(storage::Transaction& tx, TenantId tenant, ConnectionId id,
                                          std::string_view display_name, const Endpoints& endpoints, EndpointRule rule,
                                          Timestamp now);
// With its credential and what was observed through it. When it was the default, the first of the others becomes that.
ConnectionOutcome<void> delete_connection(storage::Transaction& tx, TenantId tenant, ConnectionId id, Timestamp now);
ConnectionOutcome<void> set_default(storage::Transaction& tx, TenantId tenant, ConnectionId id, Timestamp now);
// Enabling leads to needs_consent: only a check finds out what is true now.
ConnectionOutcome<void> set_enabled(storage::Transaction& tx, TenantId tenant, ConnectionId id, bool enabled,
                                    Timestamp now);
// Writes what a check found; a connection that was disabled meanwhile stays disabled. The message is sanitised here.
ConnectionOutcome<void> record_check(storage::Transaction& tx, TenantId tenant, ConnectionId id,
                                     const ConnectionCheck& check, Timestamp now);

}  // namespace ta::provider_connections
