// Every subcommand of the program.
#pragma once
#include "cli/command.h"

namespace ta::cli {

Commands all_commands();
std::vector<CommandGroup> command_groups();

}  // namespace ta::cli
