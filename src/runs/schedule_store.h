// The schedules that tenants have, and what became of their slots. Firing them is the Scheduler's (scheduler.h).
#pragma once
#include "runs/run_service.h"
#include "runs/schedule.h"

namespace ta::runs {

using ScheduleId = Id<struct ScheduleTag>;

// An operation that starts by itself, as nobody ("System").
struct RunSchedule {
  ScheduleId id;
  TenantId tenant_id;
  std::string name;  // unique in the tenant
  std::string type;
  json::value inputs;           // as for a start; a member "$slot" becomes the slot: every slot an identity of its own
  std::string spec, time_zone;  // of a Schedule
  bool enabled = true;
  std::optional<Timestamp> next_due_at;  // none: disabled. With trouble: when it is tried again
  std::optional<Timestamp> last_slot;    // the latest one that was dealt with
  std::string trouble;                   // why it starts nothing: its rule or zone cannot be read. Empty: all is well
  Timestamp created_at, updated_at;      // updated by people, not by firing
};

RunSchedule schedule_from(const storage::Row& row);
json::object to_json(const RunSchedule& schedule);

// What happened at a slot. started: `run` is new. joined: an equal run was active and stands for this slot. skipped and
// failed: `code` (of the failure catalog) says why; a run that could not be dispatched is failed and has its `run` too.
enum class SlotResult { started, joined, skipped, failed };
std::string_view name(SlotResult result);

struct ScheduleSlot {
  Timestamp slot;  // a whole minute
  SlotResult result = SlotResult::started;
  std::optional<RunId> run;  // gone when the run is pruned
  std::string code, message;
  std::int64_t slots = 1;  // with schedule.missed: how many missed slots this one, the first, speaks for
  Timestamp fired_at;      // when it was dealt with
};

json::object to_json(const ScheduleSlot& slot);

struct NewSchedule {
  TenantId tenant;
  std::string name, type;
  json::value inputs;
  std::string spec, time_zone;
};

// Fails with run.invalid_input and a sentence: a name that is empty, too long or taken, an unknown type, inputs that a
// start would refuse, a rule that cannot be read; with schedule.zone_unreadable for its zone.
Result<RunSchedule> create_schedule(storage::Transaction& tx, const Catalog& catalog, const NewSchedule& wanted,
                                    Timestamp now);
// What to change; what is left out stays. Its next slot is then the next one from now on.
struct ScheduleChange {
  std::optional<std::string> name, spec, time_zone;
  std::optional<json::value> inputs;
};
// Fails as create_schedule() does.
Result<RunSchedule> edit_schedule(storage::Transaction& tx, const Catalog& catalog, const RunSchedule& schedule,
                                  const ScheduleChange& change, Timestamp now);
std::vector<RunSchedule> list_schedules(storage::Transaction& tx, TenantId tenant);  // by name
std::vector<RunSchedule> schedules_in_trouble(storage::Transaction& tx, TenantId tenant);
std::optional<RunSchedule> find_schedule(storage::Transaction& tx, TenantId tenant, std::string_view name);
// Enabling starts with the next slot from now on; what was due while it was disabled is not made up for. Fails when its
// rule or zone cannot be read any more.
Result<RunSchedule> set_schedule_enabled(storage::Transaction& tx, const RunSchedule& schedule, bool enabled,
                                         Timestamp now);
void delete_schedule(storage::Transaction& tx, const RunSchedule& schedule);  // and its slots; its runs stay
std::vector<ScheduleSlot> schedule_slots(storage::Transaction& tx, const RunSchedule& schedule, int limit);  // newest

// The start that a slot asks for.
StartRequest start_request(const RunSchedule& schedule, Timestamp slot);

}  // namespace ta::runs
