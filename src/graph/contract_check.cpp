#include "graph/contract_check.h"

#include <fmt/format.h>

#include <array>
#include <set>

namespace ta::graph {
namespace {

// Keeps the first thing that does not fit.
class Check {
 public:
  void that(bool holds, std::string_view member, std::string_view rule) {
    if (!holds && problem_.empty()) problem_ = fmt::format("\"{}\" {}.", member, rule);
  }
  const std::string& problem() const { return problem_; }

 private:
  std::string problem_;
};

bool is_snake_case(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == text.npos;
}

bool is_platform(std::string_view platform) {
  static constexpr std::array<std::string_view, 12> kPlatforms{"all",     "android", "aosp",     "chromeOS",
                                                               "cloudPC", "iOS",     "iPadOS",   "linux",
                                                               "macOS",   "tvOS",    "visionOS", "windows"};
  return std::find(kPlatforms.begin(), kPlatforms.end(), platform) != kPlatforms.end();
}

bool is_path(std::string_view path) { return path.starts_with('/') && path.find('?') == path.npos; }
bool is_continuation(std::string_view path) { return path.empty() || path.starts_with('/') || path.starts_with('?'); }
bool is_success(int status) { return status >= 200 && status < 300; }
// "DeviceManagementApps.Read.All", "Group.Create"
bool is_permission(std::string_view text) {
  return text.find('.') != text.npos && text.find_first_of(" ,{}") == text.npos;
}

void check_identity(Check& check, const Contract& c) {
  check.that(is_snake_case(c.id), "id", "must be in snake_case");
  check.that(!c.label.empty(), "label", "must not be empty");
  check.that(c.entity_type.starts_with("microsoft.graph."), "entity_type", "must begin with microsoft.graph.");
  for (const std::string& platform : c.platforms)
    check.that(is_platform(platform), "platforms", fmt::format("has the unknown platform {}", platform));
  check.that(is_path(c.item_path), "item_path", "must be a path without a query");
  check.that(c.single || c.item_path.find("{id}") != std::string::npos, "item_path", "must contain {id}");
  check.that(!c.permissions.read.empty(), "permissions.read", "must not be empty");
  for (const auto& [list, where] :
       {std::pair{&c.permissions.read, "permissions.read"}, std::pair{&c.permissions.write, "permissions.write"}})
    for (const std::string& permission : *list)
      check.that(is_permission(permission), where, "has no permission's name");
}

void check_list(Check& check, const Contract& c) {
  const ListRule& list = c.list;
  check.that(is_path(list.path), "list.path", "must be a path without a query");
  const std::string place = list.parent ? fmt::format("{{{}}}", list.parent->placeholder) : "";
  check.that(list.parent ? list.path.find(place) != std::string::npos : list.path.find('{') == std::string::npos,
             "list.path", "must name exactly the place that list.parent fills");
  check.that(list.top.value_or(1) > 0 && list.top.value_or(1) <= list.top_max.value_or(100'000), "list.top",
             "must be from 1 to list.top_max");
  check.that(!list.top_rejected || !list.top, "list.top", "must be left out where list.top_rejected");
  if (list.match)
    check.that(!list.match->property.empty() && list.match->one_of.empty() != list.match->none_of.empty(), "list.match",
               "needs a property and either one_of or none_of");
  const bool trusted = c.verified.path.value_or(false);
  check.that(trusted || c.sync == SyncMode::never, "sync", "must be never while verified.path is not true");
  check.that(c.permissions.delegated_only != DelegatedOnly::read_and_write || c.sync == SyncMode::never, "sync",
             "must be never where an app may not read");
}

void check_parts(Check& check, const Contract& c) {
  std::set<std::string_view> names;
  for (const Part& part : c.parts) {
    check.that(is_snake_case(part.name), "parts.name", "must be in snake_case");
    check.that(is_continuation(part.path), "parts.path", "must begin with / or ?");
    check.that(part.per.empty() || names.contains(part.per), "parts.per", "must name an earlier part");
    check.that(names.insert(part.name).second, "parts.name", fmt::format("has {} twice", part.name));
  }
}

void check_assignments(Check& check, const Assignments& a) {
  const bool own_requests = a.mode == AssignmentMode::replace_all || a.mode == AssignmentMode::post_per_target;
  check.that(own_requests != a.write.empty(), "assignments.write", "must be given exactly where the mode writes by it");
  check.that((a.mode == AssignmentMode::replace_all) <= !a.body_key.empty(), "assignments.body_key",
             "is needed by replace_all");
  check.that(own_requests == a.status.has_value(), "assignments.status", "goes with assignments.write");
  check.that(is_continuation(a.read) && is_continuation(a.write), "assignments", "has a path that begins wrongly");
  check.that(!own_requests || (!a.read.empty() && a.basis), "assignments", "needs read and basis where it is written");
}

void check_write(Check& check, std::string_view member, const std::optional<WriteRule>& rule) {
  if (!rule) return;
  check.that(is_success(rule->status), member, "needs a status from 200 to 299");
  check.that(rule->path.empty() || is_path(rule->path), member, "has a path that begins wrongly");
  check.that(rule->method != Method::get, member, "cannot write with get");
  for (const WriteStep& step : rule->then)
    check.that(is_continuation(step.path) && is_success(step.status.value_or(200)) && step.method != Method::get,
               member, "has a step that cannot write");
}

void check_subtypes(Check& check, const Contract& c) {
  for (const SubtypeRule& rule : c.by_subtype) {
    check.that(!rule.types.empty(), "by_subtype.types", "must not be empty");
    for (const std::string& type : rule.types)
      check.that(type.find('.') == type.npos, "by_subtype.types", "are named without microsoft.graph.");
    check.that(!rule.strip_on_create.empty() || !rule.strip_on_update.empty() || !rule.read_only_properties.empty(),
               "by_subtype", "must name a property");
  }
}

void check_restore(Check& check, const Contract& c) {
  const bool writable = c.restore != RestoreMode::inventory_only;
  check.that(writable == c.restore_order.has_value(), "restore_order", "goes with a restore that writes");
  check.that(!c.restore_reason.empty(), "restore_reason", "must say why");
  check.that(!writable || c.update, "update", "is needed by a restore that writes");
  check.that(!writable || c.create || c.single || c.restore == RestoreMode::preview_only, "create",
             "is needed by a restore that writes");
  check.that(!c.create || !c.create->path.empty(), "create", "needs a path");
  check.that(!writable || !c.permissions.write.empty(), "permissions.write", "is needed by a restore that writes");
  check.that(!c.permissions.basis.empty(), "permissions.basis", "must say where the permissions were read");
  check.that(!c.verified.source.empty(), "verified.source", "must say where the facts come from");
  check.that(c.verified.path && c.verified.type, "verified", "must say whether path and type were found");
  for (const Reference& reference : c.references)
    check.that(!reference.property.empty() && !reference.types.empty(), "references", "need a property and types");
}

}  // namespace

std::string problem(const Contract& contract) {
  Check check;
  check_identity(check, contract);
  check_list(check, contract);
  check_parts(check, contract);
  check_assignments(check, contract.assignments);
  check_write(check, "create", contract.create);
  check_write(check, "update", contract.update);
  check_write(check, "remove", contract.remove);
  check_subtypes(check, contract);
  check_restore(check, contract);
  return check.problem();
}

}  // namespace ta::graph
