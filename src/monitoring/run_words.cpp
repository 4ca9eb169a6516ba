#include "monitoring/run_words.h"

#include "web/badges.h"

namespace ta::monitoring {
namespace {

using namespace std::chrono_literals;
using runs::RunOutcome;
using runs::RunStatus;
using web::counted;
using web::duration_text;
using web::grouped;

constexpr auto kQuietQueue = 10s;
constexpr auto kNoProgress = 60s;

std::string unit_of(const runs::RegisteredType* type) { return type ? type->definition.unit : "items"; }

// "6 failed"; "6 types failed" where failures count something else than progress does.
std::string failed_text(std::int64_t n, const runs::RegisteredType* type) {
  const bool own = type && !type->definition.failed_unit.empty();
  return (own ? counted_unit(n, type->definition.failed_unit) : grouped(n)) + " failed";
}

Note note(std::string_view tone, std::string_view icon, std::string text, std::string_view code = {}) {
  return {std::string(tone), std::string(icon), std::move(text), std::string(code)};
}

// The user text of a stored code; an unknown one is shown as it is.
std::string headline(std::string_view code) {
  const auto known = failure_code(code);
  return known ? std::string(info(*known).headline) : std::string(code);
}

// "4 of 4 runs of this tenant are active."
std::string limit_text(const runs::Wait& wait, std::string_view whose) {
  return fmt::format("{} of {} {} {} active{}.", wait.active, counted(wait.most, "run", "runs"), whose,
                     wait.most == 1 ? "is" : "are", wait.for_others ? "; the last slot is kept for other tenants" : "");
}

std::string turn_text(const runs::Wait& wait) {
  const std::string slots =
      wait.most == 1 ? "The only slot is busy" : fmt::format("All {} slots are busy", grouped(wait.most));
  if (!wait.ahead) return slots + ".";
  if (*wait.ahead == 0) return slots + "; this tenant's next one is this.";
  const bool more = *wait.ahead > runs::kAheadMax;
  return fmt::format("{}; {} of this tenant {} due before it.", slots,
                     more ? grouped(runs::kAheadMax) + "+ operations" : counted(*wait.ahead, "operation", "operations"),
                     *wait.ahead == 1 ? "was" : "were");
}

// A run that no worker holds and that may start any moment.
Note wait_note(const Sight& s) {
  if (!s.wait) return note("neutral", "clock", "Waiting for a worker.");
  const auto waited = s.now - (s.job ? s.job->available_at : s.run.created_at);
  const bool soon = waited < kQuietQueue;
  using enum runs::WaitReason;
  if (soon && (s.wait->reason == no_worker || s.wait->reason == next))
    return note("neutral", "clock", "Waiting for a worker.");
  const bool nobody = s.wait->reason == no_worker;
  std::string text = wait_sentence(*s.wait, soon ? std::nullopt : std::optional<Microseconds>(waited),
                                   s.wait->until ? web::clock_time(*s.wait->until, s.zone) : "");
  if (s.job && s.job->attempt > 0)
    text = fmt::format("Attempt {} of {} is due. {}", s.job->attempt + 1, s.job->attempts_max, text);
  return note(nobody ? "warning" : "neutral", nobody ? "alert-triangle" : "clock", std::move(text));
}

Note between_attempts(const Sight& s) {
  const std::string reason = s.job->last_code.empty() ? "" : headline(s.job->last_code) + ". ";
  return note("warning", "refresh",
              fmt::format("Attempt {} of {} starts at {}. {}What was done so far is kept.", s.job->attempt + 1,
                          s.job->attempts_max, web::clock_time(s.job->available_at, s.zone), reason),
              s.job->last_code);
}

Note worker_lost(const Sight& s) {
  const auto ago = web::age_text(s.now - *s.job->lease_expires_at);
  const bool again = s.job->attempt < s.job->attempts_max;
  return note(
      "warning", "alert-triangle",
      fmt::format("The worker was lost {}. {}", ago, again ? "Another one takes over." : "The run will end as failed."),
      "worker.lost");
}

Note late(const Sight& s) {
  return note("warning", "clock",
              fmt::format("Taking longer than expected (usually under {}). Nothing to do yet.", usual_text(*s.type)));
}

bool is_between_attempts(const Sight& s) { return s.job && !s.job->lease_expires_at && s.job->attempt > 0; }

bool lost_its_worker(const Sight& s) { return s.job && s.job->lease_expires_at && *s.job->lease_expires_at < s.now; }

std::optional<Note> running_note(const Sight& s) {
  if (is_between_attempts(s)) return s.job->available_at > s.now ? between_attempts(s) : wait_note(s);
  if (lost_its_worker(s)) return worker_lost(s);
  if (is_late(s.run, s.type, s.now)) return late(s);
  const auto last = s.job && s.job->last_progress_at ? s.job->last_progress_at : s.run.started_at;
  if (last && s.now - *last > kNoProgress)
    return note("neutral", "info-circle",
                fmt::format("No progress for {}. The worker is alive.", duration_text(s.now - *last)));
  return std::nullopt;
}

std::string kept(const runs::Run& run) {
  return run.outcome == RunOutcome::partially_succeeded ? " What succeeded is kept." : "";
}

std::string counts_sentence(const runs::SummaryCounts& c, const runs::RegisteredType* type) {
  std::vector<std::string> parts;
  const auto add = [&](std::optional<std::int64_t> n, std::string_view word) {
    if (n.value_or(0) > 0) parts.push_back(fmt::format("{} {}", grouped(*n), word));
  };
  add(c.created, "new");
  add(c.updated, "changed");
  add(c.unchanged, "unchanged");
  add(c.deleted, "deleted");
  add(c.skipped, "skipped");
  if (c.failed.value_or(0) > 0) parts.push_back(failed_text(*c.failed, type));
  const std::int64_t all = c.processed ? *c.processed : c.total.value_or(0);
  const std::string head = all > 0 ? counted_unit(all, unit_of(type)) : "";
  if (parts.empty()) return head.empty() ? "" : head + ".";
  return fmt::format("{}{}{}.", head, head.empty() ? "" : ": ", fmt::join(parts, ", "));
}

// In the type's own words where it has some: "3 new, 1 gone."
std::string came_to(const runs::Run& run, const runs::RegisteredType* type) {
  const std::string words = type && type->definition.result_words ? type->definition.result_words(run) : "";
  if (words.empty()) return counts_sentence(run.summary_counts, type);
  const std::int64_t failed = run.summary_counts.failed.value_or(0);
  return failed > 0 ? fmt::format("{} {}.", words, failed_text(failed, type)) : words;
}

}  // namespace

// "items" → "item" where there is one of them.
std::string counted_unit(std::int64_t n, const std::string& unit) {
  const bool plural = unit.size() > 1 && unit.ends_with('s');
  return counted(n, plural ? std::string_view(unit).substr(0, unit.size() - 1) : std::string_view(unit), unit);
}

Progress progress_of(const runs::Run& run, const runs::RegisteredType* type) {
  const auto& c = run.summary_counts;
  const std::string unit = unit_of(type);
  const std::int64_t done = c.processed.value_or(0), total = c.total.value_or(0);
  if (run.status == RunStatus::queued) return {"Not started", std::nullopt};
  if (run.status == RunStatus::completed) {
    if (done == 0 && c.failed.value_or(0) == 0) return {run.started_at ? "" : "Not started", std::nullopt};
    const std::string failed = c.failed.value_or(0) ? ", " + failed_text(*c.failed, type) : "";
    return {counted_unit(done, unit) + failed, std::nullopt};
  }
  if (total > 0 && done <= total)
    return {fmt::format("{} of {}", grouped(done), counted_unit(total, unit)),
            std::min(99, static_cast<int>(done * 100 / total))};
  if (done == 0) return {"Nothing counted yet", std::nullopt};
  return {counted_unit(done, unit) + " so far", std::nullopt};
}

bool is_late(const runs::Run& run, const runs::RegisteredType* type, Timestamp now) {
  return run.active() && type && now - run.started_at.value_or(run.created_at) > type->definition.expected;
}

std::string wait_sentence(const runs::Wait& wait, std::optional<Microseconds> waited, std::string_view until) {
  const std::string waiting = waited ? "Waiting " + duration_text(*waited) : "Waiting";
  switch (wait.reason) {
    case runs::WaitReason::later: return fmt::format("Starts at {}.", until);
    case runs::WaitReason::no_worker:
      return waiting + ". No worker is connected. Tell whoever runs this server; `tenantatlas doctor` explains.";
    case runs::WaitReason::tenant_limit: return fmt::format("{}: {}", waiting, limit_text(wait, "of this tenant"));
    case runs::WaitReason::type_limit:
      return fmt::format("{}: {}", waiting, limit_text(wait, "of this operation in this tenant"));
    case runs::WaitReason::scope_limit: return fmt::format("{}: {}", waiting, limit_text(wait, "on this connection"));
    case runs::WaitReason::turn: return fmt::format("{} for its turn. {}", waiting, turn_text(wait));
    case runs::WaitReason::next: return fmt::format("{} for a worker, which takes it in a moment.", waiting);
  }
  return {};
}

json::object to_json(const runs::Wait& wait) {
  const std::string until = wait.until ? to_rfc3339(*wait.until) : "";
  json::object out{{"reason", name(wait.reason)}, {"text", wait_sentence(wait, std::nullopt, until)}};
  if (wait.most > 0) out["active"] = wait.active;
  if (wait.most > 0) out["most"] = wait.most;
  if (wait.until) out["until"] = until;
  if (wait.ahead) out["ahead"] = *wait.ahead;
  return out;
}

std::optional<Note> situation(const Sight& s) {
  switch (s.run.status) {
    case RunStatus::queued: return wait_note(s);
    case RunStatus::running: return running_note(s);
    case RunStatus::completed: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Note> list_note(const Sight& s) {
  if (s.run.status == RunStatus::queued && s.now - s.run.created_at < kQuietQueue) return std::nullopt;
  auto said = situation(s);
  const bool waits = s.run.status == RunStatus::queued || is_between_attempts(s);
  const bool worth = said && (said->tone != "neutral" || waits);
  return worth ? said : std::nullopt;
}

std::string result_sentence(const runs::Run& run, const runs::RegisteredType* type) {
  if (run.outcome == RunOutcome::failed && !run.started_at) {
    const std::string code = run.failure_summary.empty() ? "" : run.failure_summary.front().code;
    return fmt::format("The operation did not start.{} You can start it again.",
                       code == "queue.dispatch_failed" ? " It could not be handed to a worker." : "");
  }
  const std::string counts = came_to(run, type);
  return fmt::format("{}.{}{}{}", web::badge(name(run.outcome)).label, counts.empty() ? "" : " ", counts, kept(run));
}

std::optional<Microseconds> duration_of(const runs::Run& run, Timestamp now) {
  if (!run.started_at) return std::nullopt;
  return run.completed_at.value_or(now) - *run.started_at;
}

std::string usual_text(const runs::RegisteredType& type) {
  std::string text = duration_text(type.definition.expected);
  for (const std::string_view zero : {" 0 s", " 0 min"})
    if (text.ends_with(zero)) text.resize(text.size() - zero.size());
  return text;
}

std::optional<Microseconds> queue_delay_of(const runs::Run& run) {
  if (!run.started_at) return std::nullopt;
  return *run.started_at - run.created_at;
}

std::string failure_unit(const runs::Run& run, const runs::RegisteredType* type) {
  if (run.summary_counts.failed.value_or(0) == 0) return {};
  return type && !type->definition.failed_unit.empty() ? type->definition.failed_unit : unit_of(type);
}

FailureView failure_view(const runs::FailureEntry& entry, std::string_view unit) {
  const FailureInfo& about = info(failure_code(entry.code).value_or(FailureCode::internal_error));
  const std::string tone(web::tone(about.severity));
  return {.tone = tone,
          .icon = std::string(web::tone_icon(tone)),
          .headline = std::string(about.headline),
          .next_step = std::string(about.next_step),
          .message = entry.message,
          .code = entry.code,
          .count = unit.empty() ? "" : counted_unit(entry.count, std::string(unit)),
          .retry = about.retryable ? "Can be retried" : "Cannot be retried as it is",
          .infrastructure = about.infrastructure};
}

std::vector<CountView> count_views(const runs::SummaryCounts& counts) {
  std::vector<CountView> views;
  for (const auto& [key, value] : to_json(counts))
    if (value.is_int64() && value.get_int64() != 0) views.push_back({web::humanised(key), grouped(value.get_int64())});
  return views;
}

std::string target_of(const runs::Run& run) {
  for (const char* key : {"target", "connection_name", "connection"})
    if (std::string text = json_string(run.context, key); !text.empty()) return text;
  return {};
}

}  // namespace ta::monitoring
