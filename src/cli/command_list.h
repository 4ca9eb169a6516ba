// What each file of subcommands gives; commands.cpp puts them together.
#pragma once
#include "cli/command.h"

namespace ta::cli {

Commands serve_commands();
Commands demo_commands();
Commands run_commands();
Commands tenant_commands();
Commands user_commands();
Commands token_commands();
Commands connection_commands();
Commands contracts_commands();
Commands schedule_commands();
Commands migrate_commands();
Commands doctor_commands();
Commands bench_commands();
Commands version_commands();

}  // namespace ta::cli
