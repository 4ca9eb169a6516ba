#include "monitoring/run_json.h"

#include "monitoring/run_words.h"

namespace ta::monitoring {

json::object run_json(const runs::Run& run, const std::optional<runs::Wait>& wait) {
  json::object out = runs::to_json(run);
  if (wait) out["waiting"] = to_json(*wait);
  return out;
}

json::object run_json(Host& host, const runs::Run& run) {
  std::optional<runs::Wait> wait;
  if (run.active())
    for (const auto& [id, job] : host.reader.jobs(run.tenant_id, {run.id}))
      wait = host.waits.of(run.tenant_id, id, job);
  return run_json(run, wait);
}

}  // namespace ta::monitoring
