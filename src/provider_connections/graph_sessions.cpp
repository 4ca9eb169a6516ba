#include "provider_connections/graph_sessions.h"

#include "base/digest.h"
#include "provider_connections/provider_connections.h"

namespace ta::provider_connections {
namespace {

// Changes whenever the token would have to come from elsewhere.
std::string fingerprint(const UsableConnection& usable) {
  const ProviderConnection& connection = usable.connection;
  return sha256_hex(fmt::format("{}\n{}\n{}\n{}\n{}\n{}", connection.endpoints.login_base,
                                connection.endpoints.graph_base, connection.entra_tenant_id,
                                usable.credential.client_id, name(usable.credential.kind), usable.credential.secret));
}

graph::AppCredential app_credential(const UsableConnection& usable) {
  graph::AppCredential out{usable.connection.entra_tenant_id, usable.credential.client_id, {}};
  (usable.credential.kind == CredentialKind::certificate ? out.certificate_pem : out.client_secret) =
      usable.credential.secret;
  out.tenant = usable.connection.tenant_id;
  return out;
}

}  // namespace

struct GraphSessions::Session {
  Session(const UsableConnection& usable, http::Client& http, const Clock& clock, graph::Timer& timer, Random& random,
          const graph::GraphOptions& options, graph::RequestBudget& budget)
      : fingerprint(provider_connections::fingerprint(usable)),
        tokens(http, {usable.connection.endpoints.login_base, usable.connection.endpoints.graph_base},
               app_credential(usable), clock),
        client(http, tokens, timer, random, options, &budget) {}

  std::string fingerprint;
  graph::TokenSource tokens;
  graph::GraphClient client;
};

GraphSessions::GraphSessions(storage::Database& database, const ConnectionStore& store, http::Client& client,
                             const Clock& clock, Random& random, graph::GraphOptions options)
    : database_(database),
      store_(store),
      client_(client),
      clock_(clock),
      random_(random),
      options_(options),
      timer_(client) {}

Result<std::shared_ptr<graph::GraphClient>> GraphSessions::open(TenantId tenant, ConnectionId connection) {
  const auto usable = database_.read([&](storage::Transaction& tx) { return store_.usable(tx, tenant, connection); });
  if (!usable) return tl::make_unexpected(usable.error());
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Session>& session = sessions_[connection];
  graph::RequestBudget& budget = budgets_[{usable->connection.entra_tenant_id, usable->credential.client_id}];
  if (!session || session->fingerprint != fingerprint(*usable))
    session = std::make_shared<Session>(*usable, client_, clock_, timer_, random_, options_, budget);
  return std::shared_ptr<graph::GraphClient>(session, &session->client);
}

}  // namespace ta::provider_connections
