// schedule create|edit|list|enable|disable|delete|history: operations that start by themselves, straight on the
// database.
#include "access/tenants.h"
#include "base/digest.h"
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

void record(Transaction& tx, const RunSchedule& schedule, std::string action, Timestamp now, json::object detail = {}) {
  auto entry = command_line_entry(std::move(action));
  entry.tenant = schedule.tenant_id;
  entry.target_type = "run_schedule";
  entry.target_id = std::to_string(schedule.id.value);
  entry.target_name = schedule.name;
  entry.detail = std::move(detail);
  access::record(tx, entry, now);
}

constexpr int kTimesShown = 3;

// UTC, as the other commands print.
std::string next_text(const RunSchedule& schedule) {
  if (!schedule.enabled) return "disabled";
  if (!schedule.trouble.empty()) return "never: " + schedule.trouble;
  return schedule.next_due_at ? to_rfc3339(*schedule.next_due_at) : "never";
}

// "Sun 2026-11-22 02:00 CET"
std::string local_text(Timestamp time, const ZoneRules& zone) {
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const LocalTime wall = zone.local(time);
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date(day);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(wall - day).count();
  return fmt::format("{} {:04}-{:02}-{:02} {:02}:{:02} {}", kDays[std::chrono::weekday(day).c_encoding()],
                     int(date.year()), unsigned(date.month()), unsigned(date.day()), minutes / 60, minutes % 60,
                     zone.at(time).abbreviation);
}

// The next times as people in its zone will see them; none while it is disabled.
std::vector<std::pair<Timestamp, std::string>> next_times(const RunSchedule& schedule) {
  std::vector<std::pair<Timestamp, std::string>> times;
  const auto rule = runs::Schedule::parse(schedule.spec, schedule.time_zone);
  if (!rule || !schedule.next_due_at) return times;
  for (Timestamp time = *schedule.next_due_at; std::cmp_less(times.size(), kTimesShown); time = rule->next_due(time))
    times.emplace_back(time, local_text(time, rule->zone()));
  return times;
}

int print(const Invocation& call, const RunSchedule& schedule, std::string_view verb) {
  const auto times = next_times(schedule);
  if (call.json()) {
    json::object out = to_json(schedule);
    json::array next;
    for (const auto& [time, local] : times) next.push_back(json::object{{"at", to_rfc3339(time)}, {"local", local}});
    out["next"] = std::move(next);
    call.out() << json::serialize(out) << "\n";
    return kDone;
  }
  call.out() << fmt::format("Schedule {} {}. {}\n", schedule.name, verb,
                            times.empty() ? "Next: " + next_text(schedule) + "." : "The next times:");
  for (const auto& [time, local] : times) call.out() << fmt::format("  {}  ({})\n", local, to_rfc3339(time));
  return kDone;
}

json::value read_inputs(const Invocation& call) {
  auto inputs = parse_json(call.text("--inputs"));
  if (!inputs) throw UsageError("--inputs: " + inputs.error().message);
  return std::move(*inputs);
}

// The whole product, because only it knows the operations. Nothing runs and no credential is opened: any key does.
std::unique_ptr<Process> idle_process(const Invocation& call) {
  SecureRandom random;
  auto key = accepted(provider_connections::MasterKey::parse(hex(random.bytes(32))));
  return accepted(
      Process::create({.database_url = call.text("--database"), .master_key = std::move(key), .migrate = false}));
}

int create(const Invocation& call) {
  const json::value inputs = read_inputs(call);
  const auto process = idle_process(call);
  const Timestamp now = SystemClock().now();
  const RunSchedule made = process->database().write([&](Transaction& tx) {
    const access::Tenant tenant = find_tenant(tx, call);
    RunSchedule schedule =
        accepted(create_schedule(tx, process->host().catalog,
                                 {.tenant = tenant.id,
                                  .name = call.text("NAME"),
                                  .type = call.text("--type"),
                                  .inputs = inputs,
                                  .spec = call.text("--when"),
                                  .time_zone = call.has("--time-zone") ? call.text("--time-zone") : tenant.time_zone},
                                 now));
    record(tx, schedule, "schedule.created", now);
    return schedule;
  });
  return print(call, made, "created");
}

int edit(const Invocation& call) {
  const auto given = [&](std::string_view option) {
    return call.has(option) ? std::optional(call.text(option)) : std::nullopt;
  };
  runs::ScheduleChange change{.name = given("--name"), .spec = given("--when"), .time_zone = given("--time-zone")};
  if (call.has("--inputs")) change.inputs = read_inputs(call);
  if (!change.name && !change.spec && !change.time_zone && !change.inputs)
    throw UsageError("Say what to change: --when, --time-zone, --inputs or --name.");
  const auto process = idle_process(call);
  const Timestamp now = SystemClock().now();
  const RunSchedule changed = process->database().write([&](Transaction& tx) {
    const RunSchedule before = find_schedule(tx, call);
    RunSchedule after = accepted(edit_schedule(tx, process->host().catalog, before, change, now));
    record(tx, after, "schedule.changed", now,
           {{"before", json::object{{"name", before.name}, {"when", before.spec}, {"time_zone", before.time_zone}}},
            {"after", json::object{{"name", after.name}, {"when", after.spec}, {"time_zone", after.time_zone}}}});
    return after;
  });
  return print(call, changed, "changed");
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
          {"schedule edit",
           "Change a schedule's time, zone, inputs or name; what is left out stays",
           {tenant,
            name,
            {.name = "--when", .help = "Its new time, as for schedule create"},
            {.name = "--time-zone", .help = "Another IANA time zone"},
            {.name = "--inputs", .help = "Other inputs, a JSON object"},
            {.name = "--name", .help = "Its new name"},
            json_option(),
            database_option()},
           edit},
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
