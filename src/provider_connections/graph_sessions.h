// Microsoft Graph through a tenant's connection. Runs ask for it; nothing else opens a credential.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "graph/graph_client.h"
#include "storage/database.h"

namespace ta::provider_connections {

class ConnectionStore;

// One per process: connections share its HTTP client (and so its kept-alive sockets), and each keeps its token until
// the credential changes. A budget of requests belongs to a tenant, and there to one app at one Graph in one Entra
// tenant: what a tenant's own server answers changes nothing for another tenant. What was not used for an hour is
// forgotten. Thread-safe. What it is given must outlive it and every client it handed out.
class GraphSessions {
 public:
  GraphSessions(storage::Database& database, const ConnectionStore& store, http::Client& client, const Clock& clock,
                Random& random, graph::GraphOptions options = {});

  // Fails with provider.connection_missing, provider.disabled or provider.credential_missing.
  Result<std::shared_ptr<graph::GraphClient>> open(TenantId tenant, ConnectionId connection);

  struct Kept {
    std::size_t sessions = 0, budgets = 0;
    bool operator==(const Kept&) const = default;
  };
  Kept kept() const;  // for tests of what is forgotten

 private:
  struct Session;
  using BudgetKey = std::tuple<TenantId, std::string, std::string, std::string>;  // origin, Entra tenant, client id

  void forget_unused();
  std::shared_ptr<graph::RequestBudget> budget_of(BudgetKey key);

  storage::Database& database_;
  const ConnectionStore& store_;
  http::Client& client_;
  const Clock& clock_;
  Random& random_;
  graph::GraphOptions options_;
  graph::ClientTimer timer_;
  mutable std::mutex mutex_;
  std::map<ConnectionId, std::shared_ptr<Session>> sessions_;
  std::map<BudgetKey, std::weak_ptr<graph::RequestBudget>> budgets_;  // sessions and calls hold them
};

}  // namespace ta::provider_connections
