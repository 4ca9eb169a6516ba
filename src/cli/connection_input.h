// What the connection commands share: reading what they are told, and telling what they did.
#pragma once
#include "access/tenants.h"
#include "cli/workspace.h"
#include "provider_connections/provider_connections.h"

namespace ta::cli {

json::object to_json(const provider_connections::ProviderConnection& connection);

// The value, or CommandFailure with the refusal's words.
template <class T>
T accepted(provider_connections::ConnectionOutcome<T> outcome) {
  if (!outcome) throw CommandFailure(std::string(provider_connections::text(outcome.error())));
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

// --certificate-file, --secret-file, or TENANTATLAS_CLIENT_SECRET: never an argument, which every user of the machine
// can read.
std::vector<Option> credential_options();
provider_connections::Credential read_credential(const Invocation& call, std::string client_id);

// --cloud, or the addresses of a simulator; what is not given is as in `standard`.
std::vector<Option> endpoint_options();
provider_connections::Endpoints read_endpoints(const Invocation& call,
                                               const provider_connections::Endpoints& standard = {});

access::Tenant find_tenant(storage::Transaction& tx, const Invocation& call);
// CONNECTION: a name, an Entra tenant id, or the number that `connection list --json` shows.
provider_connections::ProviderConnection find_named_connection(storage::Transaction& tx, TenantId tenant,
                                                               const Invocation& call);

void audit_connection(storage::Transaction& tx, const provider_connections::ProviderConnection& connection,
                      std::string action, Timestamp now);

}  // namespace ta::cli
