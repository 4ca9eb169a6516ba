// What the demo starts with: tenants with working connections, a person of each role, and runs of several outcomes.
#pragma once
#include <string>
#include <vector>

#include "cli/process.h"
#include "simulator/simulator_server.h"

namespace ta::cli {

struct DemoTenant {
  access::Tenant tenant;
  std::string entra_tenant_id;
  ConnectionId connection;
  std::size_t objects = 0;  // what the simulator holds
};

struct DemoUser {
  access::Role role;
  std::string tenant;  // slug
  std::string email, password, api_token;
  access::User user;
};

struct DemoData {
  std::vector<DemoTenant> tenants;
  std::vector<DemoUser> users;  // one per role; all in the first tenant, the Owner in both and administrator
};

// What a sync of everything finds in a simulated tenant; the rest is of types that are read on request only.
std::size_t synced_objects(const simulator::World& world, const simulator::Tenant& tenant);

// Two tenants over the simulator's first two. Throws FailureError when the database refuses.
DemoData make_demo_data(Process& process, simulator::SimulatorServer& simulator);

// Starts a sync of everything through the tenant's own connection, as its Owner.
RunId start_demo_sync(Process& process, const DemoData& data, const DemoTenant& tenant,
                      std::optional<ConnectionId> connection = std::nullopt);
runs::Run wait_for_run(Process& process, TenantId tenant, RunId run);

// Runs of several outcomes by really running them: a good one for each tenant, one that may not read a type, one that
// is throttled, and one against an endpoint where nobody listens. The last two are still going when this returns.
void make_demo_history(Process& process, simulator::SimulatorServer& simulator, const DemoData& data);

}  // namespace ta::cli
