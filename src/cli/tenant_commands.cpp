#include <charconv>
#include <iostream>

#include "access/tenants.h"
#include "base/zone_rules.h"
#include "cli/command_list.h"
#include "cli/table.h"
#include "cli/workspace.h"

namespace ta::cli {
namespace {

json::object to_json(const access::Tenant& tenant) {
  return {{"id", tenant.id.value},
          {"slug", tenant.slug},
          {"name", tenant.name},
          {"time_zone", tenant.time_zone},
          {"keep_days", tenant.keep_days ? json::value(*tenant.keep_days) : json::value(nullptr)},
          {"created_at", to_rfc3339(tenant.created_at)}};
}

void check_time_zone(const std::string& name) {
  if (const auto zone = ZoneRules::load(name); !zone) throw CommandFailure(zone.error().message);
}

access::AuditEntry entry_about(const access::Tenant& tenant, std::string action) {
  auto entry = command_line_entry(std::move(action));
  entry.tenant = tenant.id;
  entry.target_type = "tenant";
  entry.target_id = std::to_string(tenant.id.value);
  entry.target_name = tenant.name;
  return entry;
}

int create(const Invocation& call) {
  const access::NewTenant wanted{call.text("SLUG"), call.has("--name") ? call.text("--name") : call.text("SLUG"),
                                 call.text("--time-zone")};
  check_time_zone(wanted.time_zone);
  const auto database = open_current_database(call);
  const Timestamp now = SystemClock().now();
  const auto tenant = must(database->write([&](storage::Transaction& tx) {
    auto made = access::create_tenant(tx, wanted, now);
    if (!made) return made;
    access::record(tx, entry_about(*made, "tenant.created"), now);
    return made;
  }));
  if (call.json())
    call.out() << json::serialize(to_json(tenant)) << "\n";
  else
    call.out() << fmt::format("Tenant {} created. Next: `tenantatlas user grant EMAIL {} owner`.\n", tenant.slug,
                              tenant.slug);
  return kDone;
}

// nullopt: --keep-days default.
std::optional<int> read_keep_days(const std::string& wanted) {
  if (wanted == "default") return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (error != std::errc{} || end != wanted.data() + wanted.size())
    throw UsageError("--keep-days is a number of days, or default.");
  return number;
}

std::optional<std::string> given(const Invocation& call, std::string_view option) {
  return call.has(option) ? std::optional(call.text(option)) : std::nullopt;
}

int edit(const Invocation& call) {
  const access::TenantChange change{given(call, "--name"), given(call, "--time-zone")};
  const bool keeps = call.has("--keep-days");
  if (!keeps && !change.name && !change.time_zone)
    throw UsageError("Say what to change: --name, --time-zone, or --keep-days N (or default).");
  const auto days = keeps ? read_keep_days(call.text("--keep-days")) : std::nullopt;
  if (change.time_zone) check_time_zone(*change.time_zone);
  const auto database = open_current_database(call);
  const Timestamp now = SystemClock().now();
  const auto tenant = database->write([&](storage::Transaction& tx) {
    const auto found = access::find_tenant_by_slug(tx, call.text("SLUG"));
    if (!found) throw CommandFailure(fmt::format("There is no tenant {}.", call.text("SLUG")));
    auto changed = must(access::edit_tenant(tx, *found, change, command_line_entry(""), now));
    if (!keeps) return changed;
    must(access::set_keep_days(tx, changed, days, command_line_entry(""), now));
    changed.keep_days = days;
    return changed;
  });
  if (call.json()) {
    call.out() << json::serialize(to_json(tenant)) << "\n";
    return kDone;
  }
  if (change.name) call.out() << fmt::format("Tenant {} is called {} now.\n", tenant.slug, tenant.name);
  if (change.time_zone)
    call.out() << fmt::format(
        "Tenant {} is in {} now. Its schedules keep the zones they have: `schedule edit` changes those.\n", tenant.slug,
        tenant.time_zone);
  if (keeps)
    call.out() << fmt::format("Tenant {} keeps completed runs {}{}.\n", tenant.slug, days ? "for " : "",
                              access::keep_text(tenant.keep_days));
  return kDone;
}

int list(const Invocation& call) {
  const auto database = open_current_database(call);
  const auto tenants = database->read([](storage::Transaction& tx) { return access::list_tenants(tx); });
  if (call.json()) {
    json::array items;
    for (const access::Tenant& tenant : tenants) items.push_back(to_json(tenant));
    call.out() << json::serialize(json::object{{"tenants", std::move(items)}}) << "\n";
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const access::Tenant& tenant : tenants)
    rows.push_back({tenant.slug, tenant.name, tenant.time_zone, access::keep_text(tenant.keep_days)});
  call.out() << text_table({"SLUG", "NAME", "TIME ZONE", "RUNS KEPT"}, rows);
  return kDone;
}

}  // namespace

Commands tenant_commands() {
  const Option slug{
      .name = "SLUG", .help = "Its short name in addresses: /t/SLUG", .kind = Option::Kind::argument, .required = true};
  return {
      {"tenant create",
       "Create a tenant",
       {slug,
        {.name = "--name", .help = "Its name on the pages (the slug)"},
        {.name = "--time-zone", .help = "IANA time zone of its schedules and pages", .fallback = "UTC"},
        json_option(),
        database_option()},
       create},
      {"tenant edit",
       "Change a tenant's name, time zone or settings",
       {slug,
        {.name = "--name", .help = "Its new name"},
        {.name = "--time-zone", .help = "IANA time zone of its pages"},
        {.name = "--keep-days", .help = "Forget its completed runs after so many days; default: as the server says"},
        json_option(),
        database_option()},
       edit},
      {"tenant list", "List all tenants", {json_option(), database_option()}, list},
  };
}

}  // namespace ta::cli
