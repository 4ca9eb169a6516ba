#include "monitoring/run_timeline.h"

#include "web/badges.h"

namespace ta::monitoring {
namespace {

TimelineEntry entry(Timestamp at, const web::TimeZone& zone, std::string text, std::string code = {}) {
  return {to_rfc3339(at), web::clock_time(at, zone), web::full_time(at, zone), std::move(text), std::move(code)};
}

std::string queued_text(const runs::Run& run) {
  const std::string surface = json_string(run.context, "start_surface"), token = runs::api_token_name(run);
  return fmt::format("Queued by {}{}{}", run.initiator_name, surface.empty() ? "" : ", from " + surface,
                     token.empty() ? "" : fmt::format(" with the token \"{}\"", token));
}

std::string ended_text(const runs::RunAttempt& attempt) {
  if (attempt.code == "worker.lost") return fmt::format("The worker of attempt {} was lost", attempt.number);
  if (attempt.code == "worker.interrupted")
    return fmt::format("Attempt {} was interrupted by a shutdown", attempt.number);
  const auto known = failure_code(attempt.code);
  const std::string why(known ? info(*known).headline : std::string_view(attempt.code));
  return fmt::format("Attempt {} ended: {}", attempt.number, why);
}

}  // namespace

std::vector<TimelineEntry> timeline_of(const runs::RunDetail& detail, const web::TimeZone& zone) {
  const runs::Run& run = detail.run;
  std::vector<TimelineEntry> entries{entry(run.created_at, zone, queued_text(run))};
  if (run.started_at && detail.attempts.empty()) entries.push_back(entry(*run.started_at, zone, "Started"));
  for (const runs::RunAttempt& attempt : detail.attempts) {
    const bool first = attempt.number == 1;
    const auto waited = web::duration_text(attempt.started_at - run.created_at);
    entries.push_back(entry(attempt.started_at, zone,
                            first ? fmt::format("Attempt 1 started after waiting {}", waited)
                                  : fmt::format("Attempt {} started over", attempt.number)));
    if (attempt.ended_at && !attempt.code.empty())
      entries.push_back(entry(*attempt.ended_at, zone, ended_text(attempt), attempt.code));
  }
  if (run.completed_at)
    entries.push_back(entry(*run.completed_at, zone, fmt::format("Finished: {}", web::badge(name(run.outcome)).label)));
  return entries;
}

}  // namespace ta::monitoring
