// Where an option's value comes from when the command line does not say: the environment, then tenantatlas.toml, then
// the fallback.
#pragma once
#include "cli/command.h"

namespace ta::cli {

// "--time-zone" → "time_zone"
std::string setting_key(std::string_view option);
// "--time-zone" → "TENANTATLAS_TIME_ZONE"
std::string environment_name(std::string_view option);

// A configuration file. Its keys are those of the settings, at the top or in the table of the command they are for:
//   database = "postgresql://…"
//   [serve]
//   port = 8080
class SettingsFile {
 public:
  SettingsFile() = default;
  // Throws UsageError, with the line, for a file that is no TOML, for a key that is no command's setting (a typo would
  // go unnoticed), and for secrets, which belong into the environment or files of their own.
  static SettingsFile parse(const std::string& text, const std::string& path, const Commands& commands);

  std::optional<std::string> find(std::string_view command, std::string_view option) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;  // "database", "serve.port"
};

// Fills what `values` lacks.
void add_settings(Invocation::Values& values, const Command& command, const Surroundings& around,
                  const SettingsFile& file);

}  // namespace ta::cli
