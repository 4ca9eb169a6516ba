#include "cli/command.h"

#include <charconv>

namespace ta::cli {

std::vector<std::string> Invocation::texts(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::string Invocation::text(std::string_view name) const {
  const auto all = texts(name);
  return all.empty() ? std::string() : all.back();
}

std::int64_t Invocation::number(std::string_view name) const {
  const std::string value = text(name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size())
    throw UsageError(fmt::format("{} needs a whole number, not \"{}\"", name, value));
  return number;
}

bool Invocation::flag(std::string_view name) const {
  const std::string value = text(name);
  if (value == "true" || value == "1" || value == "yes" || value == "on") return true;
  if (value.empty() || value == "false" || value == "0" || value == "no" || value == "off") return false;
  throw UsageError(fmt::format("{} is true or false, not \"{}\"", name, value));
}

std::optional<std::string> Invocation::environment(std::string_view name) const {
  const auto found = around_.environment.find(name);
  return found == around_.environment.end() || found->second.empty() ? std::nullopt : std::optional(found->second);
}

}  // namespace ta::cli
