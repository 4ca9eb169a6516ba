#include <date/tz.h>

#include <iostream>

#include "access/tenants.h"
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
          {"created_at", to_rfc3339(tenant.created_at)}};
}

void check_time_zone(const std::string& zone) try { date::locate_zone(zone); } catch (const std::runtime_error&) {
  throw CommandFailure(fmt::format("There is no time zone {}. Enter one such as Europe/Berlin.", zone));
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
    auto entry = command_line_entry("tenant.created");
    entry.tenant = made->id;
    entry.target_type = "tenant";
    entry.target_id = std::to_string(made->id.value);
    entry.target_name = made->name;
    access::record(tx, entry, now);
    return made;
  }));
  if (call.json())
    call.out() << json::serialize(to_json(tenant)) << "\n";
  else
    call.out() << fmt::format("Tenant {} created. Next: `tenantatlas user grant EMAIL {} owner`.\n", tenant.slug,
                              tenant.slug);
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
  for (const access::Tenant& tenant : tenants) rows.push_back({tenant.slug, tenant.name, tenant.time_zone});
  call.out() << text_table({"SLUG", "NAME", "TIME ZONE"}, rows);
  return kDone;
}

}  // namespace

Commands tenant_commands() {
  return {
      {"tenant create",
       "Create a tenant",
       {{.name = "SLUG",
         .help = "Its short name in addresses: /t/SLUG",
         .kind = Option::Kind::argument,
         .required = true},
        {.name = "--name", .help = "Its name on the pages (the slug)"},
        {.name = "--time-zone", .help = "IANA time zone of its schedules and pages", .fallback = "UTC"},
        json_option(),
        database_option()},
       create},
      {"tenant list", "List all tenants", {json_option(), database_option()}, list},
  };
}

}  // namespace ta::cli
