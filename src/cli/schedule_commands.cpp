// schedule create|list|enable|disable|delete|history: operations that start by themselves, straight on the database.
#include "access/tenants.h"
#include "cli/command_list.h"
#include "cli/process.h"
#include "cli/table.h"
#include "cli/workspace.h"
#include "runs/schedule_store.h"

namespace ta::cli {
namespace {

using runs::RunSchedule;
using runs::ScheduleSlot;
using storage::Transaction;

// The value, or CommandFailure with the failure's words.
template <class T>
T accepted(Result<T> result) {
  if (!result) throw CommandFailure(result.error().message);
  return std::move(*result);
}

access::Tenant find_tenant(Transaction& tx, const Invocation& call) {
  const auto tenant = access::find_tenant_by_slug(tx, call.text("TENANT"));
  if (!tenant) throw CommandFailure(fmt::format("There is no tenant {}.", call.text("TENANT")));
  return *tenant;
}

RunSchedule find_schedule(Transaction& tx, const Invocation& call) {
  const auto schedule = runs::find_schedule(tx, find_tenant(tx, call).id, call.text("NAME"));
  if (!schedule) throw CommandFailure(fmt::format("{} has no schedule {}.", call.text("TENANT"), call.text("NAME")));
  return *schedule;
}

void record(Transaction& tx, const RunSchedule& schedule, std::string action, Timestamp now) {
  auto entry = command_line_entry(std::move(action));
  entry.tenant = schedule.tenant_id;
  entry.target_type = "run_schedule";
  entry.target_id = std::to_string(schedule.id.value);
  entry.target_name = schedule.name;
  access::record(tx, entry, now);
}

// "2026-11-22T02:00:00+01:00" would need the zone's rules again: UTC is what the other commands print, too.
std::string next_text(const RunSchedule& schedule) {
  if (!schedule.enabled) return "disabled";
  return schedule.next_due_at ? to_rfc3339(*schedule.next_due_at) : "its rule cannot be read";
}

int print(const Invocation& call, const RunSchedule& schedule, std::string_view verb) {
  if (call.json())
    call.out() << json::serialize(to_json(schedule)) << "\n";
  else
    call.out() << fmt::format("Schedule {} {}. Next: {}.\n", schedule.name, verb, next_text(schedule));
  return kDone;
}

int create(const Invocation& call) {
  const auto inputs = parse_json(call.text("--inputs"));
  if (!inputs) throw UsageError("--inputs: " + inputs.error().message);
  // The whole product, because only it knows the operations; nothing runs.
  const auto process = accepted(Process::create(
      {.database_url = call.text("--database"), .master_key = installation_key(call), .migrate = false}));
  const Timestamp now = SystemClock().now();
  const RunSchedule made = process->database().write([&](Transaction& tx) {
    const access::Tenant tenant = find_tenant(tx, call);
    RunSchedule schedule =
        accepted(create_schedule(tx, process->host().catalog,
                                 {.tenant = tenant.id,
                                  .name = call.text("NAME"),
                                  .type = call.text("--type"),
                                  .inputs = *inputs,
                                  .spec = call.text("--when"),
                                  .time_zone = call.has("--time-zone") ? call.text("--time-zone") : tenant.time_zone},
                                 now));
    record(tx, schedule, "schedule.created", now);
    return schedule;
  });
  return print(call, made, "created");
}

int list(const Invocation& call) {
  const auto database = open_current_database(call);
  const auto schedules =
      database->read([&](Transaction& tx) { return runs::list_schedules(tx, find_tenant(tx, call).id); });
  json::array items;
  std::vector<std::vector<std::string>> rows;
  for (const RunSchedule& schedule : schedules) {
    items.push_back(to_json(schedule));
    rows.push_back({schedule.name, schedule.type, schedule.spec, schedule.time_zone, next_text(schedule)});
  }
  if (call.json())
    call.out() << json::serialize(json::object{{"schedules", std::move(items)}}) << "\n";
  else
    call.out() << (rows.empty() ? "No schedules.\n" : text_table({"NAME", "OPERATION", "WHEN", "ZONE", "NEXT"}, rows));
  return kDone;
}

int set_enabled(const Invocation& call, bool enabled) {
  const auto database = open_current_database(call);
  const Timestamp now = SystemClock().now();
  const auto changed = database->write([&](Transaction& tx) {
    RunSchedule schedule = accepted(set_schedule_enabled(tx, find_schedule(tx, call), enabled, now));
    record(tx, schedule, enabled ? "schedule.enabled" : "schedule.disabled", now);
    return schedule;
  });
  return print(call, changed, enabled ? "enabled" : "switched off");
}

int remove(const Invocation& call) {
  const auto database = open_current_database(call);
  const auto gone = database->write([&](Transaction& tx) {
    RunSchedule schedule = find_schedule(tx, call);
    delete_schedule(tx, schedule);
    record(tx, schedule, "schedule.deleted", SystemClock().now());
    return schedule;
  });
  if (call.json())
    call.out() << json::serialize(json::object{{"deleted", gone.name}}) << "\n";
  else
    call.out() << fmt::format("Schedule {} deleted. The runs it started stay.\n", gone.name);
  return kDone;
}

std::string what_happened(const ScheduleSlot& slot) {
  if (slot.code.empty()) return std::string(name(slot.result));
  const auto code = failure_code(slot.code);
  return fmt::format("{}: {}{}{}", name(slot.result), code ? info(*code).headline : slot.code,
                     slot.message.empty() ? "" : ". " + slot.message,
                     slot.slots > 1 ? fmt::format(" ({} slots from here on)", slot.slots) : "");
}

int history(const Invocation& call) {
  const auto database = open_current_database(call);
  const auto limit = call.number("--limit");
  if (limit < 1 || limit > 1'000) throw UsageError("--limit must be a number from 1 to 1000.");
  const auto slots = database->read(
      [&](Transaction& tx) { return schedule_slots(tx, find_schedule(tx, call), static_cast<int>(limit)); });
  json::array items;
  std::vector<std::vector<std::string>> rows;
  for (const ScheduleSlot& slot : slots) {
    items.push_back(to_json(slot));
    rows.push_back({to_rfc3339(slot.slot), slot.run ? fmt::format("#{}", *slot.run) : "", what_happened(slot)});
  }
  if (call.json())
    call.out() << json::serialize(json::object{{"slots", std::move(items)}}) << "\n";
  else
    call.out() << (rows.empty() ? "It has not been due yet.\n" : text_table({"DUE", "RUN", "WHAT HAPPENED"}, rows));
  return kDone;
}

}  // namespace

Commands schedule_commands() {
  const Option tenant{.name = "TENANT", .help = "The tenant's slug", .kind = Option::Kind::argument, .required = true};
  const Option name{.name = "NAME", .help = "The schedule's name", .kind = Option::Kind::argument, .required = true};
  const std::vector<Option> one{tenant, name, json_option(), database_option()};
  const Option limit{
      .name = "--limit", .help = "At most so many, 1 to 1000", .fallback = "20", .kind = Option::Kind::number};
  return {{"schedule create",
           "Start an operation again and again by itself",
           {tenant,
            name,
            {.name = "--type", .help = "Operation type, for example inventory.sync", .required = true},
            {.name = "--when",
             .help = "\"daily 02:00\", \"weekly mon,thu 02:00\" or \"cron 0 2 * * mon-fri\"",
             .required = true},
            {.name = "--inputs", .help = "JSON object, as for run start", .fallback = "{}"},
            {.name = "--time-zone", .help = "IANA time zone (the tenant's)"},
            json_option(),
            database_option(),
            master_key_file_option()},
           create},
          {"schedule list", "List a tenant's schedules", {tenant, json_option(), database_option()}, list},
          {"schedule enable", "Go on from the next slot", one,
           [](const Invocation& call) { return set_enabled(call, true); }},
          {"schedule disable", "Start nothing until it is enabled again", one,
           [](const Invocation& call) { return set_enabled(call, false); }},
          {"schedule delete", "Delete a schedule; its runs stay", one, remove},
          {"schedule history",
           "What became of the latest slots",
           {tenant, name, limit, json_option(), database_option()},
           history}};
}

}  // namespace ta::cli
