#include "runs/scheduler.h"

#include "base/log.h"
#include "base/secrets.h"
#include "runs/metrics.h"
#include "runs/schedules.sql.h"

namespace ta::runs {
namespace {

// Counting what was missed ends here: a row that says 10,000 may stand for more.
constexpr std::int64_t kMissedMax = 10'000;

// `message` is sanitised when the slot is recorded.
ScheduleSlot not_started(Timestamp slot, SlotResult result, FailureCode code, const std::string& message = {}) {
  ScheduleSlot out;
  out.slot = slot;
  out.result = result;
  out.code = name(code);
  out.message = message;
  return out;
}

// What a start's answer means for its slot. The run in the way of a busy scope is not the slot's own.
ScheduleSlot answered(Timestamp slot, const Started& started) {
  ScheduleSlot out;
  out.slot = slot;
  out.run = started.run.id;
  switch (started.disposition) {
    case Disposition::created: break;
    case Disposition::joined: out.result = SlotResult::joined; break;
    case Disposition::scope_busy: return not_started(slot, SlotResult::skipped, FailureCode::schedule_scope_busy);
    case Disposition::dispatch_failed:
      out.result = SlotResult::failed;
      out.code = name(FailureCode::queue_dispatch_failed);
      break;
  }
  return out;
}

}  // namespace

// What is due of a schedule at some moment.
struct Scheduler::Due {
  Timestamp first;          // that was not dealt with
  Timestamp slot;           // the latest, which is fired
  std::int64_t missed = 0;  // those before it
  Timestamp next;           // after it
  bool nothing = false;     // it could not be read for a while, and no slot has come since: only `next` counts

  static Result<Due> of(const RunSchedule& schedule, Timestamp now) {
    const auto rule = Schedule::parse(schedule.spec, schedule.time_zone);
    if (!rule) return tl::make_unexpected(rule.error());
    Due due{.first = *schedule.next_due_at};
    if (!schedule.trouble.empty()) due.first = rule->next_due(schedule.last_slot.value_or(schedule.created_at));
    due.slot = std::max(due.first, rule->latest_due(now));
    due.nothing = due.first > now;
    due.next = due.nothing ? due.first : rule->next_due(std::max(now, due.slot));
    for (Timestamp slot = due.first; slot < due.slot && due.missed < kMissedMax; ++due.missed)
      slot = rule->next_due(slot);
    return due;
  }
};

void Scheduler::start() {
  thread_.start([this] { return run_once().more ? std::chrono::milliseconds{0} : until_next_look(); },
                "scheduler.failed", options_.look);
}

// Slots are whole minutes, so it looks right after each.
std::chrono::milliseconds Scheduler::until_next_look() const {
  const Timestamp now = clock_.now();
  const auto minute = std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes{1};
  return std::min(options_.look, std::chrono::ceil<std::chrono::milliseconds>(minute - now));
}

Scheduler::Counts Scheduler::run_once() {
  Counts counts;
  const auto term = leadership_.try_acquire();
  if (!term) return counts;
  counts.leading = true;
  look(*term, counts);
  return counts;
}

void Scheduler::look(Leadership::Term term, Counts& counts) {
  std::vector<RunSchedule> due, ahead;
  database_.read([&](storage::Transaction& tx) {
    const Timestamp now = clock_.now();
    for (const storage::Row& row : tx.run(sql::schedules_ahead, {{"now", now}})) ahead.push_back(schedule_from(row));
    for (const storage::Row& row : tx.run(sql::schedules_due, {{"now", now}, {"limit", options_.batch}}))
      due.push_back(schedule_from(row));
  });
  for (const RunSchedule& schedule : ahead) follow_clock(term, schedule);
  for (const RunSchedule& schedule : due) {
    counts.leading = deal_with(term, schedule, counts);
    if (!counts.leading || thread_.stopping()) return;
  }
  const bool progress = counts.fired + counts.skipped + counts.failed > 0;
  counts.more = progress && std::cmp_equal(due.size(), options_.batch);
}

bool Scheduler::deal_with(Leadership::Term term, const RunSchedule& schedule, Counts& counts) try {
  const auto due = Due::of(schedule, clock_.now());
  bool leading = false;
  const auto slot = database_.write([&](storage::Transaction& tx) {
    leading = leadership_.holds(tx, term);
    if (!leading) return std::optional<ScheduleSlot>();
    return due ? fire(tx, schedule, *due) : postpone(tx, schedule, due.error());
  });
  if (!slot) return leading;
  counts.fired += slot->result == SlotResult::started || slot->result == SlotResult::joined;
  counts.skipped += slot->result == SlotResult::skipped;
  counts.failed += slot->result == SlotResult::failed;
  return true;
} catch (const storage::StorageError& error) {
  if (error.kind() == storage::StorageError::Kind::unavailable) throw;
  log::error("schedule.not_written",
             {{"schedule", schedule.id}, {"tenant", schedule.tenant_id}, {"error", error.what()}});
  return true;
}

// nullopt: the schedule was changed since it was read, or this slot was dealt with before the clock was set back.
std::optional<ScheduleSlot> Scheduler::fire(storage::Transaction& tx, const RunSchedule& schedule, const Due& due) {
  const auto dealt_with = due.nothing ? std::nullopt : std::optional(due.slot);
  if (!advance(tx, schedule, due.next, dealt_with)) return std::nullopt;
  if (!schedule.trouble.empty())
    tx.after_commit([id = schedule.id, tenant = schedule.tenant_id] {
      log::info("schedule.readable_again", {{"schedule", id}, {"tenant", tenant}});
    });
  if (due.nothing) return std::nullopt;
  if (due.missed > 0) {
    ScheduleSlot missed = not_started(due.first, SlotResult::skipped, FailureCode::schedule_missed);
    missed.slots = due.missed;
    record(tx, schedule, missed);
  }
  if (!tx.run(sql::slot_taken, {{"id", schedule.id}, {"slot", due.slot}}).empty()) return std::nullopt;
  ScheduleSlot slot = start_run(tx, schedule, due.slot);
  record(tx, schedule, slot);
  tx.run(sql::slots_prune, {{"id", schedule.id}, {"before", due.slot - options_.keep}});
  return slot;
}

// The first time the slot is recorded; after that it is only tried again.
std::optional<ScheduleSlot> Scheduler::postpone(storage::Transaction& tx, const RunSchedule& schedule,
                                                const Failure& problem) {
  const bool first_time = schedule.trouble.empty();
  const Timestamp slot = *schedule.next_due_at;
  const Timestamp again = std::chrono::floor<std::chrono::minutes>(clock_.now()) + options_.try_again;
  if (!advance(tx, schedule, again, first_time ? std::optional(slot) : std::nullopt, problem.message))
    return std::nullopt;
  if (schedule.trouble != problem.message)
    tx.after_commit([schedule, problem] {
      log::error("schedule.unreadable",
                 {{"schedule", schedule.id}, {"tenant", schedule.tenant_id}, {"problem", problem.message}});
    });
  if (!first_time || !tx.run(sql::slot_taken, {{"id", schedule.id}, {"slot", slot}}).empty()) return std::nullopt;
  const FailureCode code =
      problem.code == FailureCode::schedule_zone_unreadable ? problem.code : FailureCode::schedule_invalid;
  ScheduleSlot failed = not_started(slot, SlotResult::failed, code, problem.message);
  record(tx, schedule, failed);
  return failed;
}

ScheduleSlot Scheduler::start_run(storage::Transaction& tx, const RunSchedule& schedule, Timestamp slot) {
  if (!tx.run(sql::slot_still_running, {{"id", schedule.id}}).empty())
    return not_started(slot, SlotResult::skipped, FailureCode::schedule_still_running);
  try {
    Result<Started> started;
    tx.savepoint([&] { started = service_.start(tx, start_request(schedule, slot)); });
    return started ? answered(slot, *started)
                   : not_started(slot, SlotResult::failed, started.error().code, started.error().message);
  } catch (const std::exception& error) {
    // What the database would not say to the others too is this schedule's own trouble.
    const auto* failure = dynamic_cast<const FailureError*>(&error);
    if (failure && failure->failure().code == FailureCode::storage_unavailable) throw;
    log::error("schedule.failed", {{"schedule", schedule.id}, {"tenant", schedule.tenant_id}, {"error", error.what()}});
    return not_started(slot, SlotResult::failed, failure ? failure->failure().code : FailureCode::internal_error);
  }
}

void Scheduler::record(storage::Transaction& tx, const RunSchedule& schedule, const ScheduleSlot& slot) {
  const Timestamp now = clock_.now();
  tx.run(sql::slot_record, {{"id", schedule.id},
                            {"slot", slot.slot},
                            {"tenant_id", schedule.tenant_id},
                            {"result", name(slot.result)},
                            {"run_id", slot.run},
                            {"code", slot.code},
                            {"message", sanitise_message(slot.message, schedule.tenant_id)},
                            {"slots", slot.slots},
                            {"now", now}});
  tx.after_commit([this, type = schedule.type, slot, late = now - slot.slot] {
    service_.metrics().schedule_slots(type, name(slot.result), slot.slots);
    if (slot.run) service_.metrics().schedule_fired(type, late);
  });
}

// False when somebody changed the schedule after it was read.
bool Scheduler::advance(storage::Transaction& tx, const RunSchedule& schedule, Timestamp next,
                        std::optional<Timestamp> slot, const std::string& trouble) {
  return tx.run(sql::schedule_advance, {{"tenant_id", schedule.tenant_id},
                                        {"id", schedule.id},
                                        {"due", schedule.next_due_at},
                                        {"updated_at", schedule.updated_at},
                                        {"next_due_at", next},
                                        {"slot", slot},
                                        {"trouble", trouble}})
             .affected() > 0;
}

// A slot was dealt with that has yet to come: the clock was set back. The schedule goes on with it, or it would be
// silent until that moment comes again; slots that have been fired are not fired again.
void Scheduler::follow_clock(Leadership::Term term, const RunSchedule& schedule) {
  const auto rule = Schedule::parse(schedule.spec, schedule.time_zone);
  if (!rule) return;
  const Timestamp next = rule->next_due(clock_.now());
  if (next >= *schedule.next_due_at) return;
  database_.write([&](storage::Transaction& tx) {
    if (leadership_.holds(tx, term)) advance(tx, schedule, next, std::nullopt, schedule.trouble);
  });
}

}  // namespace ta::runs
