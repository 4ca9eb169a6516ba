#include "simulator/entity_sets.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/embedded.h"

namespace ta::embedded {
std::span<const File> simulator_sets();
}

namespace ta::simulator {
namespace {

std::vector<std::string> texts(const json::value& entry, std::string_view key) {
  const json::value* list = json_find(entry, key);
  return list ? json::value_to<std::vector<std::string>>(*list) : std::vector<std::string>{};
}

std::size_t number(const json::value& entry, std::string_view key, std::size_t fallback) {
  return static_cast<std::size_t>(json_int(entry, key, static_cast<std::int64_t>(fallback)));
}

const TypeSchema* type_named(const std::string& name) {
  const TypeSchema* type = find_type(name);
  if (!type) throw std::runtime_error("sets: unknown type " + name);
  return type;
}

Area area_of(std::string_view path) {
  if (path.starts_with("device")) return Area::intune;
  return path.starts_with("identity") || path.starts_with("policies") ? Area::identity : Area::directory;
}

WriteStatuses write_statuses(const json::value& entry) {
  WriteStatuses writes{.create = static_cast<int>(json_int(entry, "create")),
                       .remove = static_cast<int>(json_int(entry, "delete"))};
  const json::value* update = json_find(entry, "update");
  if (update && update->is_int64()) writes.update["PATCH"] = static_cast<int>(update->get_int64());
  if (update && update->is_object())
    for (const auto& member : update->get_object())
      writes.update[member.key()] = static_cast<int>(member.value().as_int64());
  return writes;
}

Part part_of(const json::value& entry) {
  Part part{.name = json_string(entry, "name"),
            .type = type_named(json_string(entry, "entity")),
            .page_size = number(entry, "page_size", 1000),
            .readable = json_bool(entry, "readable", true),
            .expand_on_list = json_bool(entry, "expand_on_list", true),
            .expandable = json_bool(entry, "expandable", true),
            .single = json_bool(entry, "single"),
            .missing_404 = json_bool(entry, "missing_404"),
            .top_rejected = json_bool(entry, "top_rejected"),
            .references = json_bool(entry, "ref")};
  if (const json::value* writes = json_find(entry, "write")) part.writes = write_statuses(*writes);
  return part;
}

Targets targets_of(const std::string& word) {
  if (word == "groups") return Targets::groups;
  if (word == "plain_groups") return Targets::plain_groups;
  return word == "cloud_pc" ? Targets::cloud_pc : Targets::any;
}

std::optional<Assigning> assigning_of(const json::value* entry) {
  if (!entry) return std::nullopt;
  return Assigning{.per_target = json_string(*entry, "mode") == "post_per_target",
                   .action = json_string(*entry, "action"),
                   .key = json_string(*entry, "key"),
                   .status = static_cast<int>(json_int(*entry, "status")),
                   .returns_list = json_string(*entry, "returns") == "collection",
                   .targets = targets_of(json_string(*entry, "targets"))};
}

std::vector<Alias> paths_of(const json::value& entry) {
  const auto alias = [](const json::value& one) {
    const std::string path = json_string(one, "path");
    return Alias{path, split_path(path), json_bool(one, "v1"), json_bool(one, "beta")};
  };
  std::vector<Alias> paths{alias(entry)};
  if (const json::value* more = json_find(entry, "aliases"))
    for (const json::value& one : more->as_array()) paths.push_back(alias(one));
  return paths;
}

void read_reading(EntitySet& set, const json::value& entry) {
  set.singleton = json_bool(entry, "singleton");
  set.collection_on_beta = json_bool(entry, "collection_on_beta");
  set.page_size = number(entry, "page_size", set.page_size);
  set.top_max = number(entry, "top_max", set.top_max);
  set.top_over_rejected = json_bool(entry, "top_over_rejected");
  set.top_rejected = json_bool(entry, "top_rejected");
  set.skip_links = json_bool(entry, "skip_links");
  const std::string filter = json_string(entry, "filter");
  set.filter = filter == "rejected"  ? FilterRule::rejected
               : filter == "ignored" ? FilterRule::ignored
                                     : FilterRule::supported;
  set.required_filter = texts(entry, "required_filter");
  set.rejected_functions = texts(entry, "rejected_functions");
  set.advanced_queries = json_bool(entry, "advanced_queries");
  set.null_in_list = texts(entry, "null_in_list");
  set.always_null = texts(entry, "always_null");
  set.only_selected = texts(entry, "only_selected");
  set.plain_types = json_bool(entry, "plain_types");
  set.union_of = texts(entry, "union");
  if (const json::value* parts = json_find(entry, "parts"))
    for (const json::value& part : parts->as_array()) set.parts.push_back(part_of(part));
}

void read_writing(EntitySet& set, const json::value& entry) {
  set.assigning = assigning_of(json_find(entry, "assign"));
  set.writes = write_statuses(entry);
  set.read_only = texts(entry, "read_only");
  set.own_id = json_bool(entry, "own_id");
  set.type_required = json_bool(entry, "type_required");
  set.has_defaults = json_bool(entry, "has_defaults");
  set.recycle_bin = json_string(entry, "recycle_bin");
  set.restores = json_string(entry, "restores");
  set.audit_component = json_string(entry, "audit");
  set.read_roles = texts(entry, "read");
  set.write_roles = texts(entry, "write");
  const std::string delegated = json_string(entry, "delegated_only");
  set.apps_cannot_read = delegated.find("read") != delegated.npos;
  set.apps_cannot_write = delegated.find("write") != delegated.npos;
}

EntitySet read_set(const json::value& entry) {
  EntitySet set;
  set.path = json_string(entry, "path");
  set.entity_type = "microsoft.graph." + json_string(entry, "entity");
  set.type = type_named(set.entity_type);
  set.paths = paths_of(entry);
  set.area = area_of(set.path);
  set.name_property = json_string(entry, "name", set.name_property);
  set.key_property = json_string(entry, "key", set.key_property);
  set.id_pattern = json_string(entry, "id_pattern", set.singleton ? "" : "{uuid}");
  set.share = number(entry, "share", set.share);
  set.count_max = number(entry, "count", set.count_max);
  if (const json::value* builtin = json_find(entry, "builtin")) set.builtin = builtin->as_array();
  set.counted = !texts(entry, "types").empty();
  read_reading(set, entry);
  read_writing(set, entry);
  return set;
}

std::deque<EntitySet> all_sets() {
  std::deque<EntitySet> all;
  for (const embedded::File& file : embedded::simulator_sets()) {
    const json::value document = json::parse(file.bytes);
    for (const json::value& entry : document.at("sets").as_array()) all.push_back(read_set(entry));
  }
  return all;
}

bool has_role(std::span<const std::string> roles, std::string_view wanted) {
  return std::find(roles.begin(), roles.end(), wanted) != roles.end();
}

// "X.Read.All" → "X.ReadWrite.All"
std::string writing_twin(std::string_view role) {
  std::string twin(role);
  const std::size_t at = twin.find(".Read.");
  return at == twin.npos ? twin : twin.replace(at, 6, ".ReadWrite.");
}

std::vector<std::string> distinct(std::vector<std::string> EntitySet::* roles) {
  std::set<std::string> all;
  for (const EntitySet& set : entity_sets()) all.insert((set.*roles).begin(), (set.*roles).end());
  return {all.begin(), all.end()};
}

}  // namespace

const std::deque<EntitySet>& entity_sets() {
  static const std::deque<EntitySet> sets = all_sets();
  return sets;
}

const EntitySet* find_set(std::string_view path) {
  static const auto by_path = [] {
    std::map<std::string, const EntitySet*, std::less<>> map;
    for (const EntitySet& set : entity_sets()) map[set.path] = &set;
    return map;
  }();
  const auto found = by_path.find(path);
  return found == by_path.end() ? nullptr : found->second;
}

const Part* find_part(const EntitySet& set, std::string_view name) {
  for (const Part& part : set.parts)
    if (part.name == name) return &part;
  return nullptr;
}

const PropertyType* find_property(const EntitySet& set, std::string_view name) {
  return find_property(*set.type, name);
}

bool may_read(const EntitySet& set, std::span<const std::string> roles, bool for_user) {
  if (set.apps_cannot_read && !for_user) return false;
  return std::any_of(set.read_roles.begin(), set.read_roles.end(), [&](const std::string& role) {
    return has_role(roles, role) || has_role(roles, writing_twin(role));
  });
}

bool may_write(const EntitySet& set, std::span<const std::string> roles, bool for_user) {
  if (set.apps_cannot_write && !for_user) return false;
  return std::any_of(set.write_roles.begin(), set.write_roles.end(),
                     [&](const std::string& role) { return has_role(roles, role); });
}

const std::vector<std::string>& read_permissions() {
  static const std::vector<std::string> roles = distinct(&EntitySet::read_roles);
  return roles;
}

const std::vector<std::string>& write_permissions() {
  static const std::vector<std::string> roles = distinct(&EntitySet::write_roles);
  return roles;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  }
  return segments;
}

}  // namespace ta::simulator
