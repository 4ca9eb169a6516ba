#include "cli/demo_data.h"

#include <set>

#include "access/administrators.h"
#include "access/api_tokens.h"
#include "access/tenants.h"
#include "access/users.h"
#include "graph/contract_registry.h"

namespace ta::cli {
namespace {

using provider_connections::ConnectionStatus;

// A refusal here is a mistake of ours: the demo's data obeys the rules.
template <class T, class E>
T must(tl::expected<T, E> outcome, std::string_view what) {
  if (!outcome) throw FailureError(FailureCode::internal_error, fmt::format("The demo could not make {}.", what));
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

ConnectionId add_connection(Process& process, storage::Transaction& tx, TenantId tenant,
                            const provider_connections::NewConnection& wanted, const simulator::App& app,
                            Timestamp now) {
  auto& store = process.connections();
  const auto connection = must(store.create(tx, tenant, wanted, now), "a connection");
  must(store.set_credential(tx, tenant, connection.id, {.client_id = app.client_id, .secret = app.client_secret}, now),
       "a credential");
  return connection.id;
}

DemoTenant add_tenant(Process& process, const simulator::SimulatorServer& server, const simulator::Tenant& simulated,
                      std::size_t objects) {
  const Timestamp now = process.host().clock.now();
  return process.database().write([&](storage::Transaction& tx) {
    const std::string slug = simulated.domain.substr(0, simulated.domain.find('.'));
    DemoTenant made{must(access::create_tenant(tx, {slug, simulated.display_name, "Europe/Berlin"}, now), "a tenant"),
                    simulated.id,
                    {},
                    objects};
    made.connection =
        add_connection(process, tx, made.tenant.id,
                       {simulated.id, simulated.display_name, {.login_base = server.url(), .graph_base = server.url()}},
                       simulated.app("full"), now);
    return made;
  });
}

struct Person {
  access::Role role;
  const char* name;
};
constexpr Person kPeople[] = {{access::Role::owner, "Alva Lindqvist"},
                              {access::Role::manager, "Jonas Weber"},
                              {access::Role::operator_, "Mira Okafor"},
                              {access::Role::readonly, "Tom Peters"}};

DemoUser add_person(Process& process, const Person& person, const std::vector<DemoTenant>& tenants) {
  Host& host = process.host();
  const Timestamp now = host.clock.now();
  const access::Tenant& home = tenants.front().tenant;
  DemoUser made{person.role,
                home.slug,
                fmt::format("{}@example.com", access::name(person.role)),
                host.random.token().substr(0, 16),
                "",
                {}};
  const std::string hash = must(process.hasher().hash(made.password), "a password");
  process.database().write([&](storage::Transaction& tx) {
    made.user = must(access::create_user(tx, {made.email, person.name, hash}, now), "a user");
    for (const DemoTenant& tenant : tenants)
      if (tenant.tenant.id == home.id || person.role == access::Role::owner)
        must(access::add_member(tx, tenant.tenant.id, made.user.id, person.role, now), "a membership");
    if (person.role == access::Role::owner) access::make_administrator(tx, made.user.id, now);
    const auto scopes = access::all_token_scopes();
    made.api_token =
        must(access::issue_api_token(tx, host.random, {made.user.id, "Demo", {scopes.begin(), scopes.end()}, {}}, now),
             "a token")
            .secret;
  });
  return made;
}

// A connection to a port of this machine where nobody listens.
ConnectionId add_dead_connection(Process& process, const DemoTenant& tenant, const simulator::App& app) {
  const std::string nowhere = "http://127.0.0.1:9";
  return process.database().write([&](storage::Transaction& tx) {
    return add_connection(process, tx, tenant.tenant.id,
                          {process.host().random.uuid(), tenant.tenant.name + " (unreachable)", {nowhere, nowhere}},
                          app, process.host().clock.now());
  });
}

}  // namespace

std::size_t synced_objects(const simulator::World& world, const simulator::Tenant& tenant) {
  std::set<std::string> paths;
  for (const graph::Contract* contract : graph::ContractRegistry::builtin().synced_by_default())
    paths.insert(contract->list.path);
  std::size_t objects = 0;
  for (const std::string& path : paths) objects += world.listable(tenant, path);
  return objects;
}

DemoData make_demo_data(Process& process, simulator::SimulatorServer& server) {
  DemoData data;
  const simulator::World& world = server.simulator().world();
  for (std::size_t i = 0; i < 2; ++i) {
    const simulator::Tenant& simulated = world.tenants()[i];
    data.tenants.push_back(add_tenant(process, server, simulated, synced_objects(world, simulated)));
  }
  for (const Person& person : kPeople) data.users.push_back(add_person(process, person, data.tenants));
  return data;
}

RunId start_demo_sync(Process& process, const DemoData& data, const DemoTenant& tenant,
                      std::optional<ConnectionId> connection) {
  const access::User& owner = data.users.front().user;
  const auto started =
      process.host().runs.start({tenant.tenant.id,
                                 "inventory.sync",
                                 json::object{{"connection", connection.value_or(tenant.connection).value}},
                                 runs::Initiator{owner.id, owner.name},
                                 runs::Priority::user,
                                 {{"start_surface", "Demo"}}});
  return must(started, "a run").run.id;
}

runs::Run wait_for_run(Process& process, TenantId tenant, RunId run) {
  std::mutex mutex;
  std::condition_variable changed;
  const auto subscription = process.host().feed.subscribe([&](const runs::RunChange&) { changed.notify_all(); });
  std::unique_lock lock(mutex);
  for (;;) {
    const auto found = process.host().reader.find(tenant, run);
    if (!found || !found->active()) return found.value_or(runs::Run{});
    // A change may come between the look and the wait, so look again soon in any case.
    changed.wait_for(lock, std::chrono::milliseconds{50});
  }
}

void make_demo_history(Process& process, simulator::SimulatorServer& server, const DemoData& data) {
  const DemoTenant &first = data.tenants[0], &second = data.tenants[1];
  for (const DemoTenant& tenant : data.tenants)
    wait_for_run(process, tenant.tenant.id, start_demo_sync(process, data, tenant));

  simulator::FaultPlan& faults = server.simulator().faults();
  const int forbidden =
      faults.add({.tenant = first.entra_tenant_id, .path_contains = "/deviceManagementScripts", .status = 403});
  wait_for_run(process, first.tenant.id, start_demo_sync(process, data, first));
  faults.remove(forbidden);

  faults.add({.tenant = second.entra_tenant_id,
              .path_contains = "/deviceConfigurations",
              .status = 429,
              .retry_after_seconds = 3,
              .count = 3});
  start_demo_sync(process, data, second);
  const simulator::App& app = server.simulator().world().tenants()[1].app("full");
  start_demo_sync(process, data, second, add_dead_connection(process, second, app));
}

}  // namespace ta::cli
