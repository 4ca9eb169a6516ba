#include "cli/commands.h"

#include "cli/command_list.h"

namespace ta::cli {

Commands all_commands() {
  Commands all;
  for (const auto& part : {serve_commands, demo_commands, run_commands, tenant_commands, user_commands, token_commands,
                           connection_commands, contracts_commands, schedule_commands, migrate_commands,
                           doctor_commands, bench_commands, version_commands})
    for (Command& command : part()) all.push_back(std::move(command));
  return all;
}

std::vector<CommandGroup> command_groups() {
  return {{"run", "Start operations and look at their runs, through a running server"},
          {"tenant", "Manage tenants"},
          {"user", "Manage users and who belongs to which tenant"},
          {"token", "Manage API tokens"},
          {"connection", "Manage how tenants reach Microsoft 365"},
          {"contracts", "Look at what is known about Graph's object types"},
          {"schedule", "Manage what starts by itself"}};
}

}  // namespace ta::cli
