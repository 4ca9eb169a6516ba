#include "monitoring/health.h"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/log.h"
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

http::Response metrics(Host& host) {
  const runs::QueueHealth health = host.reader.queue_health();
  prometheus::Registry registry;
  gauge(registry, "tenantatlas_workers_alive", "Workers seen within the last 15 seconds", health.workers_alive);
  gauge(registry, "tenantatlas_runs_waiting", "Runs that no worker has claimed yet",
        static_cast<double>(health.queued));
  const double oldest =
      health.oldest_queued_at ? std::chrono::duration<double>(host.clock.now() - *health.oldest_queued_at).count() : 0;
  gauge(registry, "tenantatlas_runs_waiting_oldest_seconds", "Age of the oldest run that waits", oldest);
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
