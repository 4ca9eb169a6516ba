#include <iostream>

#include "base/json.h"
#include "cli/command_list.h"
#include "cli/workspace.h"

namespace ta::cli {
namespace {

int version(const Invocation& call) {
  if (call.json())
    call.out() << json::serialize(json::object{{"version", TA_VERSION}}) << "\n";
  else
    call.out() << "tenantatlas " << TA_VERSION << "\n";
  return kDone;
}

}  // namespace

Commands version_commands() { return {{"version", "Print the program's version", {json_option()}, version}}; }

}  // namespace ta::cli
