#include "cli/demo.h"

#include <signal.h>

#include <cstdio>
#include <filesystem>

#include "base/log.h"
#include "cli/demo_data.h"
#include "cli/signals.h"

namespace ta::cli {
namespace {

namespace fs = std::filesystem;

// The demo's own folder, gone when the demo ends.
class DemoFolder {
 public:
  explicit DemoFolder(Random& random)
      : path_(fs::temp_directory_path() / ("tenantatlas-demo-" + random.token().substr(0, 10))) {
    fs::create_directory(path_);
    fs::permissions(path_, fs::perms::owner_all);
  }
  ~DemoFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

void print_line(const json::object& object) {
  std::puts(json::serialize(object).c_str());
  std::fflush(stdout);
}

json::object ready_json(const Process& process, const simulator::SimulatorServer& simulator, const DemoData& data,
                        const std::string& database) {
  json::array tenants, users;
  for (const DemoTenant& tenant : data.tenants)
    tenants.push_back({{"slug", tenant.tenant.slug},
                       {"id", tenant.tenant.id.value},
                       {"objects", tenant.objects},
                       {"entra_tenant_id", tenant.entra_tenant_id},
                       {"connection_id", tenant.connection.value}});
  for (const DemoUser& user : data.users)
    users.push_back({{"role", access::name(user.role)},
                     {"tenant", user.tenant},
                     {"email", user.email},
                     {"password", user.password},
                     {"api_token", user.api_token}});
  return {{"url", process.url()},
          {"simulator_url", simulator.url()},
          {"database", database},
          {"tenants", tenants},
          {"users", users}};
}

void print_welcome(const Process& process, const simulator::SimulatorServer& simulator, const DemoData& data) {
  fmt::print("\nTenantAtlas is running at  {}\n", process.url());
  fmt::print("Simulated Microsoft Graph  {}\n\n", simulator.url());
  for (const DemoTenant& tenant : data.tenants)
    fmt::print("  {:<22} {} objects   {}/t/{}\n", tenant.tenant.name, tenant.objects, process.url(),
               tenant.tenant.slug);
  fmt::print("\n  {:<10} {:<24} {}\n", "Role", "Email", "Password");
  for (const DemoUser& user : data.users)
    fmt::print("  {:<10} {:<24} {}\n", access::name(user.role), user.email, user.password);
  fmt::print("\nEverything lives in a temporary folder and is removed at the end. Press Ctrl+C to stop.\n");
  std::fflush(stdout);
}

// One sync of each tenant, through the same engine; 1 when one of them did not succeed.
int sync_once(Process& process, const DemoData& data, bool as_json) {
  std::vector<std::pair<const DemoTenant*, RunId>> started;
  for (const DemoTenant& tenant : data.tenants) started.emplace_back(&tenant, start_demo_sync(process, data, tenant));
  json::array list;
  bool all_succeeded = true;
  for (const auto& [tenant, id] : started) {
    const runs::Run run = wait_for_run(process, tenant->tenant.id, id);
    all_succeeded = all_succeeded && run.outcome == runs::RunOutcome::succeeded;
    const auto duration = run.completed_at.value_or(run.created_at) - run.started_at.value_or(run.created_at);
    list.push_back({{"id", run.id.value},
                    {"tenant", tenant->tenant.slug},
                    {"type", run.type},
                    {"status", runs::name(run.status)},
                    {"outcome", runs::name(run.outcome)},
                    {"summary_counts", runs::to_json(run.summary_counts)},
                    {"duration_ms", std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()}});
    if (!as_json)
      fmt::print("{}: {} {}, {} of {} objects\n", tenant->tenant.name, run.type, runs::name(run.outcome),
                 run.summary_counts.success.value_or(0), tenant->objects);
  }
  if (as_json) print_line({{"runs", list}});
  return all_succeeded ? 0 : 1;
}

int serve_demo(Process& process, simulator::SimulatorServer& simulator, const DemoData& data,
               const DemoOptions& options, const std::string& database, StopSignal& stop) {
  if (const auto listening = process.listen(); !listening) throw FailureError(listening.error());
  make_demo_history(process, simulator, data);
  if (options.as_json)
    print_line(ready_json(process, simulator, data, database));
  else
    print_welcome(process, simulator, data);
  stop.wait();
  return 0;
}

template <class T>
T value_or_throw(Result<T> result) {
  if (!result) throw FailureError(result.error());
  return std::move(*result);
}

int demo(const DemoOptions& options, StopSignal& stop) {
  SecureRandom random;
  const DemoFolder folder(random);
  const std::string database =
      options.database_url.empty() ? "sqlite:" + folder.file("tenantatlas.db") : options.database_url;
  const auto simulator = value_or_throw(simulator::SimulatorServer::start(
      {.simulator = {.world = {.seed = options.seed, .tenants = 2, .objects_per_tenant = options.objects},
                     .latency = std::chrono::milliseconds{options.latency_ms}}}));
  auto key = value_or_throw(provider_connections::MasterKey::create_file(folder.file("master.key"), random));
  auto process =
      value_or_throw(Process::create({.database_url = database,
                                      .master_key = std::move(key),
                                      .server = {.port = options.port},
                                      .worker = {.stop_grace = std::chrono::seconds{1}},  // a demo ends at once
                                      .queue = {.limits = runs::kUsualLimits},
                                      .graph = options.graph,
                                      .endpoint_rule = provider_connections::EndpointRule::custom}));
  const DemoData data = make_demo_data(*process, *simulator);
  process->start_worker();
  const int code = options.once ? sync_once(*process, data, options.as_json)
                                : serve_demo(*process, *simulator, data, options, database, stop);
  process->stop();
  return code;
}

}  // namespace

int run_demo(const DemoOptions& options) try {
  StopSignal stop;
  log::set_level(log::Level::error);  // the demo talks to a person
  return demo(options, stop);
} catch (const FailureError& error) {
  fmt::print(stderr, "tenantatlas: the demo could not start. {}\n", error.what());
  return 1;
}

}  // namespace ta::cli
