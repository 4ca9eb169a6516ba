// Microsoft Graph through a tenant's connection. Runs ask for it; nothing else opens a credential.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "graph/graph_client.h"
#include "storage/database.h"

namespace ta::provider_connections {

class ConnectionStore;

// One per process: connections share its HTTP client (and so its kept-alive sockets), and each keeps its token until
// the credential changes. Whatever uses the same app in the same Entra tenant shares one budget of requests.
// Thread-safe. What it is given must outlive it and every client it handed out.
class GraphSessions {
 public:
  GraphSessions(storage::Database& database, const ConnectionStore& store, http::Client& client, const Clock& clock,
                Random& random, graph::GraphOptions options = {});

  // Fails with provider.connection_missing, provider.disabled or provider.credential_missing.
  Result<std::shared_ptr<graph::GraphClient>> open(TenantId tenant, ConnectionId connection);

 private:
  struct Session;

  storage::Database& database_;
  const ConnectionStore& store_;
  http::Client& client_;
  const Clock& clock_;
  Random& random_;
  graph::GraphOptions options_;
  graph::ClientTimer timer_;
  std::mutex mutex_;
  std::map<ConnectionId, std::shared_ptr<Session>> sessions_;
  std::map<std::pair<std::string, std::string>, graph::RequestBudget> budgets_;  // by Entra tenant and client id
};

}  // namespace ta::provider_connections
