#include <iostream>

#include "cli/command_list.h"
#include "cli/workspace.h"
#include "inventory/name_folding.h"
#include "storage/migrations.h"

namespace ta::cli {
namespace {

int migrate(const Invocation& call) {
  const auto database = open_database(call);
  const auto report = storage::migrate(*database);
  if (!report) throw CommandFailure(report.error().message);
  while (inventory::fold_some_names(*database) > 0) {
  }
  if (call.json())
    call.out() << json::serialize(
                      json::object{{"from_version", report->from_version}, {"to_version", report->to_version}})
               << "\n";
  else if (report->from_version == report->to_version)
    call.out() << fmt::format("The schema is up to date (version {}).\n", report->to_version);
  else
    call.out() << fmt::format("Schema migrated from version {} to {}.\n", report->from_version, report->to_version);
  return kDone;
}

}  // namespace

Commands migrate_commands() {
  return {{"migrate",
           "Bring the database's schema to this program's version",
           {json_option(), database_option()},
           migrate}};
}

}  // namespace ta::cli
