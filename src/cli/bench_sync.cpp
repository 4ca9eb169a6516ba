#include "cli/bench_sync.h"

#include <sys/resource.h>

#include "cli/demo_data.h"
#include "inventory/inventory_store.h"

namespace ta::cli {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenStarts{20};
constexpr std::chrono::seconds kStartsBefore{5};

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::round(static_cast<double>(usage.ru_maxrss) / 102.4) / 10;
}

// 950 in a window of 20 s; a first one stands open.
double allowed_seconds(std::int64_t charged) {
  const std::int64_t windows = std::max<std::int64_t>(1, (charged + 949) / 950) - 1;
  return 1.15 * static_cast<double>(windows) * 20 + 3;
}

// Starts runs of a tenant without connections, one after the other, until `busy` returns, which is called on this
// thread.
json::object starts_while(BenchSite& site, TenantId tenant, const std::function<void()>& busy) {
  Durations starts;
  {
    const std::jthread starter([&](const std::stop_token& stop) {
      for (std::int64_t number = 1; !stop.stop_requested(); ++number) {
        const auto begin = Steady::now();
        std::ignore = site.process().host().runs.start(
            {tenant, "inventory.sync", json::object{{"connection", number}}, std::nullopt});
        starts.add(Steady::now() - begin);
        std::this_thread::sleep_for(kBetweenStarts);
      }
    });
    busy();
  }
  return starts.to_json();
}

class SyncMeasure {
 public:
  SyncMeasure(BenchSite& site, const SyncBench& wanted)
      : site_(site), wanted_(wanted), simulator_(simulator_with(wanted)) {}

  json::object measure() {
    connect();
    add_faults();
    json::object before, meanwhile;
    runs::Run run;
    double seconds = 0;
    const auto timed_sync = [&] {
      const auto begin = Steady::now();
      run = sync();
      seconds = std::chrono::duration<double>(Steady::now() - begin).count();
    };
    if (wanted_.starts) {
      const TenantId other = site_.add_tenant().id;
      before = starts_while(site_, other, [] { std::this_thread::sleep_for(kStartsBefore); });
      meanwhile = starts_while(site_, other, timed_sync);
    } else {
      timed_sync();
    }
    const simulator::Throttle::Totals charged = simulator_->simulator().throttle().totals();
    json::object out{{"seconds", std::round(seconds * 1000) / 1000},
                     {"seconds_max", allowed_seconds(charged.taken)},
                     {"requests", simulator_->request_count()},
                     {"charged", charged.taken},
                     {"refusals", charged.refused},
                     {"connections", simulator_->connection_count()},
                     {"objects", stored()},
                     {"latency_ms", wanted_.latency_ms},
                     {"failing_percent", wanted_.failing_percent},
                     {"outcome", runs::name(run.outcome)},
                     {"peak_rss_mb", peak_rss_mb()}};
    if (wanted_.starts) {
      out["start_before"] = before;
      out["start_meanwhile"] = meanwhile;
    }
    if (stored() != expected()) throw CommandFailure(fmt::format("{} objects arrived of {}.", stored(), expected()));
    return out;
  }

 private:
  static std::unique_ptr<simulator::SimulatorServer> start_simulator(const SyncBench& wanted, std::size_t objects) {
    const simulator::ThrottleLimits limits{.enabled = wanted.throttle > 0,
                                           .per_app_and_tenant = static_cast<int>(wanted.throttle),
                                           .per_tenant = 2 * static_cast<int>(wanted.throttle)};
    auto started =
        simulator::SimulatorServer::start({.simulator = {.world = {.tenants = 1, .objects_per_tenant = objects},
                                                         .latency = std::chrono::milliseconds{wanted.latency_ms},
                                                         .throttle = limits,
                                                         .page_size_max = static_cast<std::size_t>(wanted.page_size)}});
    if (!started) throw CommandFailure(started.error().message);
    return std::move(*started);
  }

  // A sync leaves out types that are read on request only: the tenant is made larger until it finds enough.
  static std::unique_ptr<simulator::SimulatorServer> simulator_with(const SyncBench& wanted) {
    const auto enough = static_cast<std::size_t>(wanted.objects);
    for (std::size_t objects = enough;;) {
      auto simulator = start_simulator(wanted, objects);
      const simulator::World& world = simulator->simulator().world();
      const std::size_t synced = synced_objects(world, world.tenants().front());
      if (synced >= enough) return simulator;
      objects += enough - synced + enough / 20;
    }
  }

  const simulator::Tenant& tenant() { return simulator_->simulator().world().tenants().front(); }

  void connect() {
    Process& process = site_.process();
    const Timestamp now = process.host().clock.now();
    process.database().write([&](storage::Transaction& tx) {
      const auto& store = process.connections();
      const auto made =
          store.create(tx, site_.tenant().id, {tenant().id, "Simulated", {simulator_->url(), simulator_->url()}}, now);
      const simulator::App& app = tenant().app("full");
      if (!made || !store.set_credential(tx, site_.tenant().id, made->id,
                                         {.client_id = app.client_id, .secret = app.client_secret}, now))
        throw CommandFailure("The connection to the simulator could not be made.");
    });
  }

  // A third each: limited with and without a time to wait, unavailable, cut off.
  void add_faults() {
    const double share = static_cast<double>(wanted_.failing_percent) / 100;
    if (share <= 0) return;
    simulator::FaultPlan& faults = simulator_->simulator().faults();
    faults.add({.status = 429, .retry_after_seconds = 1, .probability = share / 4});
    faults.add({.status = 429, .probability = share / 4});
    faults.add({.status = 503, .probability = share / 4});
    faults.add({.probability = share / 4, .cut_after_bytes = 100});
  }

  runs::Run sync() {
    const auto started =
        site_.process().host().runs.start({site_.tenant().id, "inventory.sync", json::object{}, std::nullopt});
    if (!started) throw CommandFailure("The sync did not start.");
    return wait_for_run(site_.process(), site_.tenant().id, started->run.id);
  }

  std::int64_t stored() {
    return site_.process().database().read([&](storage::Transaction& tx) {
      return tx
          .run_text("bench_stored", "SELECT COUNT(*) AS count FROM inventory_items WHERE tenant_id = :tenant",
                    {{"tenant", site_.tenant().id}})[0]
          .get<std::int64_t>("count");
    });
  }
  std::int64_t expected() {
    return static_cast<std::int64_t>(synced_objects(simulator_->simulator().world(), tenant()));
  }

  BenchSite& site_;
  const SyncBench wanted_;
  std::unique_ptr<simulator::SimulatorServer> simulator_;
};

}  // namespace

json::object bench_sync(BenchSite& site, const SyncBench& wanted) {
  SyncMeasure measure(site, wanted);
  site.process().start_worker();
  json::object out = measure.measure();
  site.process().stop();
  return out;
}

}  // namespace ta::cli
