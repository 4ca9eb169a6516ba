#include "graph/permission_report.h"

#include <algorithm>

namespace ta::graph {
namespace {

using Names = std::vector<std::string>;

// "X.ReadWrite.All" for "X.Read.All"; empty when the permission is no reading one.
std::string writing_form(const std::string& permission) {
  static constexpr std::string_view kRead = ".Read.";
  const auto at = permission.find(kRead);
  return at == permission.npos ? std::string() : std::string(permission).replace(at, kRead.size(), ".ReadWrite.");
}

bool holds(std::span<const std::string> granted, const std::string& permission) {
  const std::string writing = writing_form(permission);
  return std::any_of(granted.begin(), granted.end(),
                     [&](const std::string& role) { return role == permission || role == writing; });
}

bool holds_any(std::span<const std::string> granted, const Names& alternatives) {
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const auto& name) { return holds(granted, name); });
}

Names missing(std::span<const std::string> granted, const Names& needed, bool all) {
  if (!all) return holds_any(granted, needed) ? Names{} : needed;
  Names out;
  std::copy_if(needed.begin(), needed.end(), std::back_inserter(out),
               [&](const std::string& name) { return !holds(granted, name); });
  return out;
}

// In Microsoft's own words. They are worth more than what is known about a type's permissions.
bool speaks_of_permissions(std::string_view message) {
  for (const std::string_view sign :
       {"scope", "not authorized to perform", "Insufficient privileges", "Authorization_RequestDenied"})
    if (message.find(sign) != message.npos) return true;
  return false;
}

TypeAccess access_to(const Contract& contract, std::span<const std::string> granted) {
  const Permissions& p = contract.permissions;
  const bool written = contract.restore != RestoreMode::inventory_only;
  TypeAccess out{.contract = &contract,
                 .user_only_read = p.delegated_only == DelegatedOnly::read_and_write,
                 .user_only_write = p.delegated_only.has_value()};
  if (!out.user_only_read) out.missing_to_read = missing(granted, p.read, false);
  if (!out.user_only_write && written) out.missing_to_write = missing(granted, p.write, p.write_needs_all);
  out.readable = !out.user_only_read && out.missing_to_read.empty();
  out.writable = out.readable && written && !out.user_only_write && out.missing_to_write.empty();
  return out;
}

void add_wanted(Names& wanted, const Names& missing, bool all) {
  if (all) {
    for (const std::string& name : missing)
      if (!holds(wanted, name)) wanted.push_back(name);
  } else if (!missing.empty() && !holds_any(wanted, missing)) {
    wanted.push_back(missing.front());
  }
}

void add_to(ModuleAccess& module, TypeAccess access) {
  module.readable += access.readable ? 1 : 0;
  module.writable += access.writable ? 1 : 0;
  add_wanted(module.ask_to_read, access.missing_to_read, false);
  add_wanted(module.ask_to_write, access.missing_to_write, access.contract->permissions.write_needs_all);
  module.types.push_back(std::move(access));
}

}  // namespace

Failure explain_refusal(Failure failure, const Contract& contract, std::span<const std::string> granted) {
  const Names& needed = contract.permissions.read;
  const auto held = std::find_if(needed.begin(), needed.end(), [&](const auto& name) { return holds(granted, name); });
  if (held == needed.end()) {
    failure.message += fmt::format(" The app lacks {}.", fmt::join(needed, " or "));
    return failure;
  }
  if (speaks_of_permissions(failure.message)) return failure;
  failure.code = FailureCode::graph_refused;
  failure.message += fmt::format(" The app holds {}, so no permission is missing.", *held);
  return failure;
}

std::vector<ModuleAccess> permission_report(std::span<const std::string> granted,
                                            std::span<const Contract* const> types) {
  std::vector<ModuleAccess> out;
  for (const Contract* contract : types) {
    auto module = std::find_if(out.begin(), out.end(), [&](const auto& m) { return m.category == contract->category; });
    if (module == out.end()) module = out.insert(out.end(), ModuleAccess{.category = contract->category});
    add_to(*module, access_to(*contract, granted));
  }
  return out;
}

}  // namespace ta::graph
