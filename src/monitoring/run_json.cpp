#include "monitoring/run_json.h"

#include "monitoring/run_words.h"

namespace ta::monitoring {

json::object run_json(const runs::Run& run, const std::optional<runs::Wait>& wait) {
  json::object out = runs::to_json(run);
  if (wait) out["waiting"] = to_json(*wait);
  return out;
}

json::object run_json(Host& host, const runs::RunDetail& detail) {
  std::optional<runs::Wait> wait;
  if (detail.job) wait = host.waits.of(detail.run.tenant_id, detail.run.id, *detail.job);
  json::object out = run_json(detail.run, wait);
  const auto time = [](const auto& at) { return at ? json::value(to_rfc3339(*at)) : json::value(nullptr); };
  json::array attempts;
  for (const runs::RunAttempt& attempt : detail.attempts)
    attempts.push_back({{"number", attempt.number},
                        {"started_at", to_rfc3339(attempt.started_at)},
                        {"ended_at", time(attempt.ended_at)},
                        {"code", attempt.code.empty() ? json::value(nullptr) : json::value(attempt.code)},
                        {"late_result_at", time(attempt.late_result_at)}});
  out["attempts"] = std::move(attempts);
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
