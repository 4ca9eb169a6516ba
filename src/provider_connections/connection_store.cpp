#include "access/input_rules.h"
#include "base/folded_order.h"
#include "base/secrets.h"
#include "graph/client_certificate.h"
#include "provider_connections/connection_rules.h"
#include "provider_connections/connections.sql.h"
#include "provider_connections/master_key.h"
#include "provider_connections/provider_connections.h"

namespace ta::provider_connections {
namespace {

using enum ConnectionRefusal;
using storage::Row, storage::Rows, storage::Transaction;

tl::unexpected<ConnectionRefusal> refuse(ConnectionRefusal why) { return tl::make_unexpected(why); }

template <class Enum>
Enum read_enum(const std::string& text, std::initializer_list<Enum> values) {
  for (const Enum value : values)
    if (name(value) == text) return value;
  throw FailureError(FailureCode::internal_error, "a provider connection with an unknown " + text);
}

ConnectionStatus read_status(const std::string& text) {
  using enum ConnectionStatus;
  return read_enum(text, {connected, needs_consent, error, disabled});
}

std::optional<ConnectionHealth> read_health(const std::optional<std::string>& text) {
  using enum ConnectionHealth;
  return text ? std::optional(read_enum(*text, {ok, degraded, down})) : std::nullopt;
}

CredentialKind read_kind(const std::string& text) {
  return read_enum(text, {CredentialKind::client_secret, CredentialKind::certificate});
}

std::vector<std::string> read_scopes(const json::value& list) {
  std::vector<std::string> scopes;
  for (const json::value& item : list.as_array()) scopes.emplace_back(item.as_string());
  return scopes;
}

json::object to_metadata(const Endpoints& endpoints) {
  return {{"login_base", endpoints.login_base}, {"graph_base", endpoints.graph_base}};
}

Endpoints read_endpoints(const json::value& metadata) {
  const Endpoints standard;
  return {json_string(metadata, "login_base", standard.login_base),
          json_string(metadata, "graph_base", standard.graph_base)};
}

ProviderConnection read_connection(const Row& row) {
  return {.id = row.get<ConnectionId>("id"),
          .tenant_id = row.get<TenantId>("tenant_id"),
          .provider = row.get<std::string>("provider"),
          .entra_tenant_id = row.get<std::string>("entra_tenant_id"),
          .display_name = row.get<std::string>("display_name"),
          .is_default = row.get<bool>("is_default"),
          .status = read_status(row.get<std::string>("status")),
          .health = read_health(row.get<std::optional<std::string>>("health")),
          .granted_scopes = read_scopes(row.get<json::value>("granted_scopes")),
          .last_checked_at = row.get<std::optional<Timestamp>>("last_checked_at"),
          .last_error_code = row.get<std::optional<std::string>>("last_error_code").value_or(""),
          .last_error_message = row.get<std::optional<std::string>>("last_error_message").value_or(""),
          .endpoints = read_endpoints(row.get<json::value>("metadata")),
          .created_at = row.get<Timestamp>("created_at"),
          .updated_at = row.get<Timestamp>("updated_at")};
}

std::optional<ProviderConnection> first(const Rows& rows) {
  return rows.empty() ? std::nullopt : std::optional(read_connection(rows[0]));
}

// What a sealed credential is bound to, so that a row copied to another tenant or connection does not open there.
std::string seal_context(TenantId tenant, ConnectionId id) {
  return fmt::format("provider_credential\n{}\n{}", tenant, id);
}

ConnectionOutcome<void> found(const Rows& rows) {
  if (rows.affected() == 0) return refuse(not_found);
  return {};
}

}  // namespace

ConnectionOutcome<ProviderConnection> ConnectionStore::create(Transaction& tx, TenantId tenant,
                                                              const NewConnection& wanted, Timestamp now) const {
  std::string guid = access::trimmed(wanted.entra_tenant_id);
  std::transform(guid.begin(), guid.end(), guid.begin(), [](unsigned char c) { return std::tolower(c); });
  if (!is_guid(guid)) return refuse(entra_tenant_id_invalid);
  const std::string display_name = access::trimmed(wanted.display_name);
  if (!access::is_display_name(display_name, 200)) return refuse(display_name_invalid);
  if (const auto why = refusal_of(wanted.endpoints, rule_)) return refuse(*why);
  // Locked, so that of two first connections only one becomes the default.
  if (tx.run(sql::connection_lock_tenant, {{"tenant_id", tenant}}).empty()) return refuse(not_found);
  const Rows rows = tx.run(sql::connection_insert, {{"tenant_id", tenant},
                                                    {"entra_tenant_id", guid},
                                                    {"display_name", display_name},
                                                    {"is_default", !find_default_connection(tx, tenant)},
                                                    {"metadata", to_metadata(wanted.endpoints)},
                                                    {"now", now}});
  if (rows.empty()) return refuse(already_connected);
  return *find_connection(tx, tenant, rows[0].get<ConnectionId>("id"));
}

ConnectionOutcome<void> ConnectionStore::set_credential(Transaction& tx, TenantId tenant, ConnectionId id,
                                                        const Credential& credential, Timestamp now) const {
  if (!access::is_display_name(credential.client_id, 100)) return refuse(client_id_invalid);
  if (credential.secret.empty() || credential.secret.size() > 64 * 1024) return refuse(secret_invalid);
  auto expires_at = credential.expires_at;
  if (credential.kind == CredentialKind::certificate) {
    const auto certificate = graph::ClientCertificate::parse(credential.secret);
    if (!certificate) return refuse(certificate_invalid);
    expires_at = certificate->expires_at();
  } else if (const auto why = refusal_of_client_secret(credential.secret)) {
    return refuse(*why);
  }
  if (!find_connection(tx, tenant, id)) return refuse(not_found);
  remember_secret(credential.secret, tenant);
  const Sealed sealed = key_.seal(credential.secret, seal_context(tenant, id), random_);
  tx.run(sql::credential_upsert, {{"tenant_id", tenant},
                                  {"connection_id", id},
                                  {"kind", name(credential.kind)},
                                  {"client_id", credential.client_id},
                                  {"key_id", sealed.key_id},
                                  {"sealed", sealed.text},
                                  {"expires_at", expires_at},
                                  {"now", now}});
  return {};
}

Result<UsableConnection> ConnectionStore::usable(Transaction& tx, TenantId tenant, ConnectionId id) const {
  auto connection = find_connection(tx, tenant, id);
  if (!connection) return fail(FailureCode::provider_connection_missing, "The provider connection does not exist.");
  if (connection->status == ConnectionStatus::disabled)
    return fail(FailureCode::provider_disabled,
                fmt::format("The connection {} is disabled.", connection->display_name));
  if (refusal_of(connection->endpoints, rule_))
    return fail(
        FailureCode::provider_endpoint_not_allowed,
        fmt::format("The connection {} uses {} and {}; this server accepts only the addresses of Microsoft's "
                    "clouds (--allow-custom-endpoints is off), and never link-local ones.",
                    connection->display_name, connection->endpoints.login_base, connection->endpoints.graph_base));
  const Rows rows = tx.run(sql::credential_find, {{"tenant_id", tenant}, {"connection_id", id}});
  if (rows.empty())
    return fail(FailureCode::provider_credential_missing,
                fmt::format("The connection {} has no credential.", connection->display_name));
  auto secret =
      key_.open({rows[0].get<std::string>("key_id"), rows[0].get<std::string>("sealed")}, seal_context(tenant, id));
  if (!secret) return tl::make_unexpected(secret.error());
  remember_secret(*secret, tenant);
  return UsableConnection{std::move(*connection),
                          Credential{.kind = read_kind(rows[0].get<std::string>("kind")),
                                     .client_id = rows[0].get<std::string>("client_id"),
                                     .secret = std::move(*secret),
                                     .expires_at = rows[0].get<std::optional<Timestamp>>("expires_at")}};
}

Result<std::int64_t> ConnectionStore::reseal(Transaction& tx, std::int64_t limit) const {
  std::int64_t done = 0;
  for (const Row& row : tx.run(sql::credentials_of_other_keys, {{"key_id", key_.id()}, {"limit", limit}})) {
    const auto tenant = row.get<TenantId>("tenant_id");
    const auto connection = row.get<ConnectionId>("provider_connection_id");
    const std::string context = seal_context(tenant, connection);
    const Sealed before{row.get<std::string>("key_id"), row.get<std::string>("sealed")};
    const auto secret = key_.open(before, context);
    if (!secret) return fail(secret.error().code, fmt::format("Connection {}: {}", connection, secret.error().message));
    remember_secret(*secret, tenant);
    const Sealed sealed = key_.seal(*secret, context, random_);
    tx.run(sql::credential_reseal, {{"tenant_id", tenant},
                                    {"id", row.get<std::int64_t>("id")},
                                    {"key_id", sealed.key_id},
                                    {"sealed", sealed.text},
                                    {"before", before.text}});
    ++done;
  }
  return done;
}

std::int64_t count_credentials(Transaction& tx) {
  std::int64_t all = 0;
  for (const Row& row : tx.run(sql::credential_keys)) all += row.get<std::int64_t>("credentials");
  return all;
}

std::int64_t count_credentials_of_other_keys(Transaction& tx, const MasterKey& key) {
  std::int64_t others = 0;
  for (const Row& row : tx.run(sql::credential_keys))
    if (!key.holds(row.get<std::string>("key_id"))) others += row.get<std::int64_t>("credentials");
  return others;
}

std::optional<ProviderConnection> find_connection(Transaction& tx, TenantId tenant, ConnectionId id) {
  return first(tx.run(sql::connection_by_id, {{"tenant_id", tenant}, {"connection_id", id}}));
}

std::optional<ProviderConnection> find_default_connection(Transaction& tx, TenantId tenant) {
  return first(tx.run(sql::connection_default, {{"tenant_id", tenant}}));
}

std::vector<ProviderConnection> list_connections(Transaction& tx, TenantId tenant) {
  std::vector<ProviderConnection> list;
  for (const Row row : tx.run(sql::connection_list, {{"tenant_id", tenant}})) list.push_back(read_connection(row));
  sort_by_name(list, [](const ProviderConnection& connection) {
    return (connection.is_default ? "0" : "1") + connection.display_name;  // the default one first
  });
  return list;
}

std::map<TenantId, ConnectionHealth> worst_health_of_member(Transaction& tx, UserId user) {
  std::map<TenantId, ConnectionHealth> worst;
  for (const Row row : tx.run(sql::connection_health_of_member, {{"user_id", user}})) {
    const auto health = read_health(row.get<std::optional<std::string>>("health"));
    if (!health) continue;
    const auto [found, first] = worst.emplace(row.get<TenantId>("tenant_id"), *health);
    found->second = std::max(found->second, *health);
  }
  return worst;
}

std::optional<CredentialInfo> find_credential_info(Transaction& tx, TenantId tenant, ConnectionId id) {
  const Rows rows = tx.run(sql::credential_find, {{"tenant_id", tenant}, {"connection_id", id}});
  if (rows.empty()) return std::nullopt;
  return CredentialInfo{.kind = read_kind(rows[0].get<std::string>("kind")),
                        .client_id = rows[0].get<std::string>("client_id"),
                        .key_id = rows[0].get<std::string>("key_id"),
                        .expires_at = rows[0].get<std::optional<Timestamp>>("expires_at"),
                        .updated_at = rows[0].get<Timestamp>("updated_at")};
}

ConnectionOutcome<bool> update_connection(Transaction& tx, TenantId tenant, ConnectionId id,
                                          std::string_view display_name, const Endpoints& endpoints, EndpointRule rule,
                                          Timestamp now) {
  const std::string name = access::trimmed(display_name);
  if (!access::is_display_name(name, 200)) return refuse(display_name_invalid);
  const auto before = find_connection(tx, tenant, id);
  if (!before) return refuse(not_found);
  const bool moves = before->endpoints != endpoints;
  if (const auto why = refusal_of(endpoints, rule); moves && why) return refuse(*why);
  tx.run(sql::connection_update, {{"tenant_id", tenant},
                                  {"connection_id", id},
                                  {"display_name", name},
                                  {"metadata", to_metadata(endpoints)},
                                  {"now", now}});
  return moves && tx.run(sql::credential_delete, {{"tenant_id", tenant}, {"connection_id", id}}).affected() > 0;
}

ConnectionOutcome<void> delete_connection(Transaction& tx, TenantId tenant, ConnectionId id, Timestamp now) {
  tx.run(sql::connection_lock_tenant, {{"tenant_id", tenant}});
  const auto deleted = found(tx.run(sql::connection_delete, {{"tenant_id", tenant}, {"connection_id", id}}));
  if (!deleted || find_default_connection(tx, tenant)) return deleted;
  if (const auto others = list_connections(tx, tenant); !others.empty())
    return set_default(tx, tenant, others.front().id, now);
  return {};
}

ConnectionOutcome<void> set_default(Transaction& tx, TenantId tenant, ConnectionId id, Timestamp now) {
  tx.run(sql::connection_lock_tenant, {{"tenant_id", tenant}});
  if (!find_connection(tx, tenant, id)) return refuse(not_found);
  // In this order: the index allows no moment with two defaults.
  tx.run(sql::connection_clear_default, {{"tenant_id", tenant}, {"connection_id", id}, {"now", now}});
  return found(tx.run(sql::connection_set_default, {{"tenant_id", tenant}, {"connection_id", id}, {"now", now}}));
}

ConnectionOutcome<void> set_enabled(Transaction& tx, TenantId tenant, ConnectionId id, bool enabled, Timestamp now) {
  const auto status = enabled ? ConnectionStatus::needs_consent : ConnectionStatus::disabled;
  return found(tx.run(sql::connection_set_enabled,
                      {{"tenant_id", tenant}, {"connection_id", id}, {"status", name(status)}, {"now", now}}));
}

ConnectionOutcome<void> record_check(Transaction& tx, TenantId tenant, ConnectionId id, const ConnectionCheck& check,
                                     Timestamp now) {
  std::optional<json::value> scopes;
  if (check.granted_scopes)
    scopes = json::value(json::array(check.granted_scopes->begin(), check.granted_scopes->end()));
  std::optional<std::string> code, message;
  if (check.failure) {
    code = ta::name(check.failure->code);
    message = sanitise_message(check.failure->message, tenant, 300);
  }
  return found(tx.run(sql::connection_record_check, {{"tenant_id", tenant},
                                                     {"connection_id", id},
                                                     {"status", name(check.status)},
                                                     {"health", name(check.health)},
                                                     {"granted_scopes", scopes},
                                                     {"error_code", code},
                                                     {"error_message", message},
                                                     {"now", now}}));
}

}  // namespace ta::provider_connections
