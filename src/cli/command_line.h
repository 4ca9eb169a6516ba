// Finds the command that was asked for, reads its options from wherever they are given, and runs it.
#pragma once
#include "cli/command.h"

namespace ta::cli {

// Returns the exit code. Nothing is thrown: a failure is a sentence on `err`, redacted. `arguments` come without the
// program's name.
int run_command_line(const Commands& commands, const std::vector<CommandGroup>& groups,
                     const std::vector<std::string>& arguments, Surroundings& around);

// The same for this process: its arguments, environment and streams, and all commands. For main().
int run_process(int argc, char** argv);

}  // namespace ta::cli
