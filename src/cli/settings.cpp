#include "cli/settings.h"

#include <sstream>

#include <toml++/toml.h>

namespace ta::cli {
namespace {

std::string group_of(std::string_view path) { return std::string(path.substr(0, path.find(' '))); }

bool is_secret_name(std::string_view key) {
  return key == "master_key" || key.find("password") != key.npos || key.find("secret") != key.npos;
}

std::set<std::string> keys_of(const Commands& commands) {
  std::set<std::string> keys;
  for (const Command& command : commands)
    for (const Option& option : command.options)
      if (option.setting) {
        keys.insert(setting_key(option.name));
        keys.insert(group_of(command.path) + "." + setting_key(option.name));
      }
  return keys;
}

[[noreturn]] void refuse(const std::string& path, const toml::source_region& where, std::string_view why) {
  throw UsageError(fmt::format("{}, line {}: {}", path, where.begin.line, why));
}

std::string to_text(const toml::node& node, const std::string& path) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  refuse(path, node.source(), "a setting is a text, a whole number, true or false");
}

}  // namespace

std::string setting_key(std::string_view option) {
  std::string key(option.substr(std::min(option.find_first_not_of('-'), option.size())));
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

std::string environment_name(std::string_view option) {
  std::string name = "TENANTATLAS_" + setting_key(option);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
  return name;
}

SettingsFile SettingsFile::parse(const std::string& text, const std::string& path, const Commands& commands) {
  SettingsFile file;
  const std::set<std::string> known = keys_of(commands);
  const auto add = [&](const std::string& prefix, const toml::table& table) {
    for (const auto& [key, node] : table) {
      const std::string full = prefix + std::string(key.str());
      if (prefix.empty() && node.is_table()) continue;
      if (is_secret_name(key.str()))
        refuse(path, node.source(),
               fmt::format("{} is a secret; give it in the environment or in a file of its own", full));
      if (!known.contains(full)) refuse(path, node.source(), fmt::format("there is no setting {}", full));
      file.values_[full] = to_text(node, path);
    }
  };
  try {
    const toml::table root = toml::parse(text);
    add("", root);
    for (const auto& [key, node] : root)
      if (const auto* table = node.as_table()) add(std::string(key.str()) + ".", *table);
  } catch (const toml::parse_error& error) {
    refuse(path, error.source(), error.description());
  }
  return file;
}

std::optional<std::string> SettingsFile::find(std::string_view command, std::string_view option) const {
  const std::string key = setting_key(option);
  auto found = values_.find(group_of(command) + "." + key);
  if (found == values_.end()) found = values_.find(key);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

void add_settings(Invocation::Values& values, const Command& command, const Surroundings& around,
                  const SettingsFile& file) {
  for (const Option& option : command.options) {
    if (values.contains(option.name)) continue;
    const auto set = around.environment.find(environment_name(option.name));
    if (option.setting && set != around.environment.end() && !set->second.empty())
      values.emplace(option.name, std::vector{set->second});
    else if (const auto written = option.setting ? file.find(command.path, option.name) : std::nullopt)
      values.emplace(option.name, std::vector{*written});
    else if (!option.fallback.empty())
      values.emplace(option.name, std::vector{option.fallback});
  }
}

}  // namespace ta::cli
