#include "runs/schedule_store.h"

#include "base/folded_order.h"
#include "base/utf8.h"
#include "runs/schedules.sql.h"

namespace ta::runs {
namespace {

constexpr std::size_t kNameMax = 100;
constexpr std::size_t kSpecMax = 500;
constexpr std::string_view kSlotPlaceholder = "$slot";

json::value optional_time(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

SlotResult slot_result(std::string_view text) {
  for (const SlotResult result : {SlotResult::started, SlotResult::joined, SlotResult::skipped})
    if (name(result) == text) return result;
  return SlotResult::failed;
}

ScheduleSlot slot_from(const storage::Row& row) {
  return {.slot = row.get<Timestamp>("slot"),
          .result = slot_result(row.get<std::string_view>("result")),
          .run = row.get<std::optional<RunId>>("run_id"),
          .code = row.get<std::string>("code"),
          .message = row.get<std::string>("message"),
          .slots = row.get<std::int64_t>("slots"),
          .fired_at = row.get<Timestamp>("fired_at")};
}

// Empty when the first slot could start.
Result<void> check_start(storage::Transaction& tx, const Catalog& catalog, const NewSchedule& wanted, Timestamp slot) {
  const RegisteredType* type = catalog.find(wanted.type);
  if (!type) return fail(FailureCode::run_invalid_input, "There is no operation of this type.");
  RunSchedule first;
  first.inputs = wanted.inputs;
  const auto inputs = type->prepare(tx, wanted.tenant, start_request(first, slot).inputs);
  return inputs ? Result<void>() : tl::make_unexpected(inputs.error());
}

// The rule of a schedule that can be kept as it is wanted.
Result<Schedule> check(storage::Transaction& tx, const Catalog& catalog, const NewSchedule& wanted, Timestamp now) {
  if (!is_display_name(trimmed(wanted.name), kNameMax))
    return fail(
        FailureCode::run_invalid_input,
        fmt::format("A schedule's name has 1 to {} characters, on one line and without control characters.", kNameMax));
  if (wanted.spec.size() > kSpecMax) return fail(FailureCode::run_invalid_input, "The schedule's rule is too long.");
  auto schedule = Schedule::parse(wanted.spec, wanted.time_zone);
  if (!schedule) return schedule;
  const auto start = check_start(tx, catalog, wanted, schedule->next_due(now));
  if (!start) return tl::make_unexpected(start.error());
  return schedule;
}

tl::unexpected<Failure> name_taken(const std::string& name) {
  return fail(FailureCode::run_invalid_input, fmt::format("There is a schedule {} already.", name));
}

}  // namespace

std::string_view name(SlotResult result) {
  switch (result) {
    case SlotResult::started: return "started";
    case SlotResult::joined: return "joined";
    case SlotResult::skipped: return "skipped";
    case SlotResult::failed: return "failed";
  }
  return "failed";
}

RunSchedule schedule_from(const storage::Row& row) {
  return {.id = row.get<ScheduleId>("id"),
          .tenant_id = row.get<TenantId>("tenant_id"),
          .name = row.get<std::string>("name"),
          .type = row.get<std::string>("type"),
          .inputs = row.get<json::value>("inputs"),
          .spec = row.get<std::string>("spec"),
          .time_zone = row.get<std::string>("time_zone"),
          .enabled = row.get<bool>("enabled"),
          .next_due_at = row.get<std::optional<Timestamp>>("next_due_at"),
          .last_slot = row.get<std::optional<Timestamp>>("last_slot"),
          .trouble = row.get<std::string>("trouble"),
          .created_at = row.get<Timestamp>("created_at"),
          .updated_at = row.get<Timestamp>("updated_at")};
}

json::object to_json(const RunSchedule& schedule) {
  return {{"id", schedule.id.value},
          {"name", schedule.name},
          {"type", schedule.type},
          {"inputs", schedule.inputs},
          {"when", schedule.spec},
          {"time_zone", schedule.time_zone},
          {"enabled", schedule.enabled},
          {"next_due_at", optional_time(schedule.next_due_at)},
          {"last_slot", optional_time(schedule.last_slot)},
          {"trouble", schedule.trouble.empty() ? json::value(nullptr) : json::value(schedule.trouble)},
          {"created_at", to_rfc3339(schedule.created_at)}};
}

json::object to_json(const ScheduleSlot& slot) {
  return {{"slot", to_rfc3339(slot.slot)},
          {"result", name(slot.result)},
          {"run", slot.run ? json::value(slot.run->value) : json::value(nullptr)},
          {"code", slot.code},
          {"message", slot.message},
          {"slots", slot.slots},
          {"fired_at", to_rfc3339(slot.fired_at)}};
}

Result<RunSchedule> create_schedule(storage::Transaction& tx, const Catalog& catalog, const NewSchedule& wanted,
                                    Timestamp now) {
  const std::string name = trimmed(wanted.name);
  const auto schedule = check(tx, catalog, wanted, now);
  if (!schedule) return tl::make_unexpected(schedule.error());
  const storage::Rows rows = tx.run(sql::schedule_insert, {{"tenant_id", wanted.tenant},
                                                           {"name", name},
                                                           {"type", wanted.type},
                                                           {"inputs", wanted.inputs},
                                                           {"spec", schedule->spec()},
                                                           {"time_zone", schedule->time_zone()},
                                                           {"enabled", true},
                                                           {"next_due_at", schedule->next_due(now)},
                                                           {"now", now}});
  if (rows.empty()) return name_taken(name);
  return schedule_from(rows[0]);
}

Result<RunSchedule> edit_schedule(storage::Transaction& tx, const Catalog& catalog, const RunSchedule& schedule,
                                  const ScheduleChange& change, Timestamp now) {
  const NewSchedule wanted{schedule.tenant_id,
                           trimmed(change.name.value_or(schedule.name)),
                           schedule.type,
                           change.inputs.value_or(schedule.inputs),
                           change.spec.value_or(schedule.spec),
                           change.time_zone.value_or(schedule.time_zone)};
  const auto rule = check(tx, catalog, wanted, now);
  if (!rule) return tl::make_unexpected(rule.error());
  if (wanted.name != schedule.name && find_schedule(tx, schedule.tenant_id, wanted.name))
    return name_taken(wanted.name);
  const storage::Rows rows = tx.run(
      sql::schedule_update, {{"tenant_id", schedule.tenant_id},
                             {"id", schedule.id},
                             {"name", wanted.name},
                             {"inputs", wanted.inputs},
                             {"spec", rule->spec()},
                             {"time_zone", rule->time_zone()},
                             {"next_due_at", schedule.enabled ? std::optional(rule->next_due(now)) : std::nullopt},
                             {"now", now}});
  if (rows.empty()) return fail(FailureCode::run_invalid_input, "The schedule was deleted meanwhile.");
  return schedule_from(rows[0]);
}

std::vector<RunSchedule> schedules_in_trouble(storage::Transaction& tx, TenantId tenant) {
  std::vector<RunSchedule> schedules;
  for (const storage::Row& row : tx.run(sql::schedules_in_trouble, {{"tenant_id", tenant}}))
    schedules.push_back(schedule_from(row));
  sort_by_name(schedules, [](const RunSchedule& schedule) { return schedule.name; });
  return schedules;
}

std::vector<RunSchedule> list_schedules(storage::Transaction& tx, TenantId tenant) {
  std::vector<RunSchedule> schedules;
  for (const storage::Row& row : tx.run(sql::schedules_list, {{"tenant_id", tenant}}))
    schedules.push_back(schedule_from(row));
  sort_by_name(schedules, [](const RunSchedule& schedule) { return schedule.name; });
  return schedules;
}

std::optional<RunSchedule> find_schedule(storage::Transaction& tx, TenantId tenant, std::string_view name) {
  const storage::Rows rows = tx.run(sql::schedule_find, {{"tenant_id", tenant}, {"name", name}});
  return rows.empty() ? std::nullopt : std::optional(schedule_from(rows[0]));
}

Result<RunSchedule> set_schedule_enabled(storage::Transaction& tx, const RunSchedule& schedule, bool enabled,
                                         Timestamp now) {
  std::optional<Timestamp> next;
  if (enabled) {
    const auto rule = Schedule::parse(schedule.spec, schedule.time_zone);
    if (!rule) return tl::make_unexpected(rule.error());
    next = rule->next_due(now);
  }
  const storage::Rows rows = tx.run(sql::schedule_set_enabled, {{"tenant_id", schedule.tenant_id},
                                                                {"id", schedule.id},
                                                                {"enabled", enabled},
                                                                {"next_due_at", next},
                                                                {"now", now}});
  if (rows.empty()) return fail(FailureCode::run_invalid_input, "The schedule was deleted meanwhile.");
  return schedule_from(rows[0]);
}

void delete_schedule(storage::Transaction& tx, const RunSchedule& schedule) {
  tx.run(sql::schedule_delete, {{"tenant_id", schedule.tenant_id}, {"id", schedule.id}});
}

std::vector<ScheduleSlot> schedule_slots(storage::Transaction& tx, const RunSchedule& schedule, int limit) {
  std::vector<ScheduleSlot> slots;
  for (const storage::Row& row :
       tx.run(sql::schedule_slots, {{"tenant_id", schedule.tenant_id}, {"id", schedule.id}, {"limit", limit}}))
    slots.push_back(slot_from(row));
  return slots;
}

StartRequest start_request(const RunSchedule& schedule, Timestamp slot) {
  json::value inputs = schedule.inputs;
  if (inputs.is_object())
    for (auto& [key, value] : inputs.get_object())
      if (value == json::value(kSlotPlaceholder)) value = to_rfc3339(slot);
  return {.tenant = schedule.tenant_id,
          .type = schedule.type,
          .inputs = std::move(inputs),
          .initiator = std::nullopt,
          .priority = Priority::scheduled,
          .context = {{"start_surface", "Schedule"}, {"schedule", schedule.name}, {"slot", to_rfc3339(slot)}}};
}

}  // namespace ta::runs
