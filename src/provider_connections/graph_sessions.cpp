#include "provider_connections/graph_sessions.h"

#include <algorithm>
#include <cctype>

#include "base/digest.h"
#include "provider_connections/provider_connections.h"

namespace ta::provider_connections {
namespace {

constexpr std::chrono::hours kForgottenAfter{1};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

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
          const graph::GraphOptions& options, std::shared_ptr<graph::RequestBudget> shared_budget)
      : budget(std::move(shared_budget)),
        fingerprint(provider_connections::fingerprint(usable)),
        tokens(http, {usable.connection.endpoints.login_base, usable.connection.endpoints.graph_base},
               app_credential(usable), clock),
        client(http, tokens, timer, random, options, budget.get()) {}

  std::shared_ptr<graph::RequestBudget> budget;
  Timestamp used{};
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
  const ProviderConnection& found = usable->connection;
  const std::lock_guard lock(mutex_);
  forget_unused();
  const auto budget = budget_of({tenant, graph::origin_of(found.endpoints.graph_base), lower(found.entra_tenant_id),
                                 lower(usable->credential.client_id)});
  std::shared_ptr<Session>& session = sessions_[connection];
  if (!session || session->fingerprint != fingerprint(*usable))
    session = std::make_shared<Session>(*usable, client_, clock_, timer_, random_, options_, budget);
  session->used = clock_.now();
  return std::shared_ptr<graph::GraphClient>(session, &session->client);
}

// A call that still runs holds its session, which then stays.
void GraphSessions::forget_unused() {
  const Timestamp long_ago = clock_.now() - kForgottenAfter;
  std::erase_if(sessions_, [&](const auto& entry) {
    return !entry.second || (entry.second.use_count() == 1 && entry.second->used < long_ago);
  });
  std::erase_if(budgets_, [](const auto& entry) { return entry.second.expired(); });
}

std::shared_ptr<graph::RequestBudget> GraphSessions::budget_of(BudgetKey key) {
  std::weak_ptr<graph::RequestBudget>& known = budgets_[std::move(key)];
  auto budget = known.lock();
  if (!budget) known = budget = std::make_shared<graph::RequestBudget>(options_.budget);
  return budget;
}

GraphSessions::Kept GraphSessions::kept() const {
  const std::lock_guard lock(mutex_);
  return {sessions_.size(), budgets_.size()};
}

}  // namespace ta::provider_connections
