// Runs commands as a person would: words in, exit code and text out.
#pragma once
#include <gtest/gtest.h>

#include <sstream>

#include "base/json.h"
#include "cli/command_line.h"
#include "cli/commands.h"

namespace ta::cli {

struct Said {
  int code = 0;
  std::string out, err;
  json::value json() const { return json::parse(out); }
};

struct Terminal {
  std::map<std::string, std::string, std::less<>> environment;
  std::string input;

  Said run(const std::vector<std::string>& words, const Commands& commands = all_commands()) const {
    std::istringstream in(input);
    std::ostringstream out, err;
    Surroundings around{in, out, err, environment, false};
    const int code = run_command_line(commands, command_groups(), words, around);
    return {code, out.str(), err.str()};
  }
};

}  // namespace ta::cli
