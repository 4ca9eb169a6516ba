#include "monitoring/health.h"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/log.h"
#include "runs/engine_status.h"
#include "runs/metrics.h"

namespace ta::monitoring {
namespace {

http::Response ready(Host& host) {
  try {
    const runs::QueueHealth health = host.reader.queue_health();
    return http::json_response(200, json::object{{"status", "ready"}, {"workers_alive", health.workers_alive}});
  } catch (const storage::StorageError& error) {
    log::warn("readyz.failed", {{"error", error.what()}});
    return http::problem(503, name(FailureCode::storage_unavailable), "The database does not answer.");
  }
}

void gauge(prometheus::Registry& registry, const std::string& name, const std::string& help, double value) {
  prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({}).Set(value);
}

// Each series by standing exists always; those by type while something of it waits.
void queue_gauges(prometheus::Registry& registry, const runs::EngineStatus& status, const runs::Catalog& catalog) {
  auto& queued = prometheus::BuildGauge()
                     .Name("tenantatlas_runs_queued")
                     .Help("Runs that no worker holds, counted up to 10000 for each priority")
                     .Register(registry);
  auto& oldest = prometheus::BuildGauge()
                     .Name("tenantatlas_runs_queued_oldest_seconds")
                     .Help("For how long the oldest due run of the priority waits")
                     .Register(registry);
  for (const auto standing :
       {runs::Standing::begun, runs::Standing::user, runs::Standing::scheduled, runs::Standing::bulk}) {
    const runs::QueueDepth& depth = status.queue[runs::FairShare::index(standing)];
    const std::string priority(name(standing));
    for (const auto& [type, count] : depth.by_type)
      queued.Add({{"priority", priority}, {"type", catalog.find(type) ? type : "unknown"}})
          .Increment(static_cast<double>(count));
    oldest.Add({{"priority", priority}})
        .Set(depth.oldest_due_at ? std::chrono::duration<double>(status.at - *depth.oldest_due_at).count() : 0);
  }
  gauge(registry, "tenantatlas_slots", "Slots of living workers", status.slots);
  gauge(registry, "tenantatlas_slots_busy", "Runs that workers hold", status.busy);
}

http::Response metrics(Host& host) {
  const runs::QueueHealth health = host.reader.queue_health();
  prometheus::Registry registry;
  gauge(registry, "tenantatlas_workers_alive", "Workers seen within the last 15 seconds", health.workers_alive);
  gauge(registry, "tenantatlas_runs_waiting", "Runs that no worker has claimed yet",
        static_cast<double>(health.queued));
  const double oldest =
      health.oldest_queued_at ? std::chrono::duration<double>(host.clock.now() - *health.oldest_queued_at).count() : 0;
  gauge(registry, "tenantatlas_runs_waiting_oldest_seconds", "Age of the oldest run that waits", oldest);
  queue_gauges(registry, runs::read_engine_status(host.database, host.clock), host.catalog);
  prometheus::BuildGauge()
      .Name("tenantatlas_build_info")
      .Help("The version that runs")
      .Register(registry)
      .Add({{"version", TA_VERSION}})
      .Set(1);
  std::vector<prometheus::MetricFamily> families = registry.Collect();
  std::ranges::move(host.runs.metrics().collect(), std::back_inserter(families));
  return http::text_response(200, prometheus::TextSerializer().Serialize(families),
                             "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace

void register_health(Host& host) {
  host.router.add(http::Method::get, "/healthz", [](http::Request&) {
    return http::json_response(200, json::object{{"status", "alive"}, {"version", TA_VERSION}});
  });
  host.router.add(http::Method::get, "/readyz", [&host](http::Request&) { return ready(host); });
  host.router.add(http::Method::get, "/metrics", [&host](http::Request&) { return metrics(host); });
}

}  // namespace ta::monitoring
