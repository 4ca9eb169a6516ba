#include "graph/contract.h"

#include <fmt/format.h>

#include <array>

#include "base/utf8.h"
#include "graph/contract_check.h"
#include "graph/described_json.h"
#include "http/message.h"

namespace ta::graph {
namespace {

std::string text_of(const json::value* value) {
  if (value && value->is_bool()) return value->get_bool() ? "true" : "false";
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string text_at(const json::value& row, std::string_view path) {
  if (path.starts_with('@')) return text_of(json_find(row, path));  // one name although it holds a dot
  const json::value* value = &row;
  while (value && !path.empty()) {
    const std::string_view segment = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    value = json_find(*value, segment);
  }
  return text_of(value);
}

bool stands_for(std::string_view pattern, std::string_view text) {
  return pattern.ends_with('*') ? text.starts_with(pattern.substr(0, pattern.size() - 1)) : text == pattern;
}

bool is_among(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return stands_for(pattern, text); });
}

std::string filled(std::string path, std::string_view placeholder, std::string_view id) {
  const std::string place = fmt::format("{{{}}}", placeholder);
  if (const auto at = path.find(place); at != path.npos) path.replace(at, place.size(), http::url_encode(id));
  return path;
}

}  // namespace

std::string_view path_segment(GraphVersion version) { return version == GraphVersion::v1 ? "v1.0" : "beta"; }

std::string Contract::list_target(std::string_view parent_id) const {
  std::string out = fmt::format("/{}{}", path_segment(graph_version),
                                list.parent ? filled(list.path, list.parent->placeholder, parent_id) : list.path);
  auto option = [&out, separator = '?'](std::string_view key, const std::string& value) mutable {
    out += fmt::format("{}${}={}", std::exchange(separator, '&'), key, value);
  };
  if (!list.select.empty()) option("select", fmt::format("{}", fmt::join(list.select, ",")));
  if (!list.filter.empty()) option("filter", http::url_encode(list.filter));
  if (list.top) option("top", std::to_string(*list.top));
  if (list.expand_assignments == ExpandSupport::supported && assignments.mode != AssignmentMode::inside_object)
    option("expand", "assignments");
  return out;
}

std::string Contract::item_target(std::string_view object_id) const {
  return fmt::format("/{}{}", path_segment(graph_version), filled(item_path, "id", object_id));
}

bool Contract::matches(const json::value& row) const {
  if (!list.match) return true;
  const std::string text = text_at(row, list.match->property);
  return list.match->one_of.empty() ? !is_among(list.match->none_of, text) : is_among(list.match->one_of, text);
}

Result<Contract> parse_contract(const json::value& entry, std::string_view category) {
  Contract out{.category = std::string(category)};
  RecordReader reader;
  reader.read(entry, out);
  const std::string wrong = reader.complaint().empty() ? problem(out) : reader.complaint();
  if (wrong.empty()) return out;
  return fail(FailureCode::internal_error,
              fmt::format("The contract of {}: {}", json_string(entry, "id", "(no id)"), wrong));
}

json::value to_json(const Contract& contract) { return to_record(contract); }

std::vector<std::string_view> general_strip_list(const Contract& contract) {
  static constexpr std::array<std::string_view, 7> kAlways{
      "id",        "createdDateTime", "lastModifiedDateTime", "modifiedDateTime", "version", "supportsScopeTags",
      "isAssigned"};
  return {kAlways.begin() + (contract.keeps_own_id ? 1 : 0), kAlways.end()};
}

bool is_outside_type(std::string_view type) {
  static constexpr std::array<std::string_view, 5> kOutside{"user", "device", "configuration_policy_template",
                                                            "configuration_template", "group_policy_definition"};
  return std::find(kOutside.begin(), kOutside.end(), type) != kOutside.end();
}

UnwritableProperties unwritable_properties(const Contract& contract, const json::value& object) {
  const auto add = [](std::vector<std::string_view>& to, const std::vector<std::string>& names) {
    to.insert(to.end(), names.begin(), names.end());
  };
  UnwritableProperties out;
  add(out.on_create, contract.strip_on_create);
  add(out.on_update, contract.strip_on_update);
  add(out.read_only, contract.read_only_properties);
  const std::string type = json_string(object, "@odata.type");
  for (const SubtypeRule& rule : contract.by_subtype) {
    const auto same = [&](const std::string& name) { return type == "#microsoft.graph." + name; };
    if (std::none_of(rule.types.begin(), rule.types.end(), same)) continue;
    add(out.on_create, rule.strip_on_create);
    add(out.on_update, rule.strip_on_update);
    add(out.read_only, rule.read_only_properties);
  }
  return out;
}

std::string object_id(const Contract& contract, const json::value& row) {
  const std::string id = json_string(row, contract.id_property.empty() ? "id" : contract.id_property);
  return id.empty() && contract.single ? contract.id : id;
}

std::string object_name(const Contract& contract, const json::value& row) {
  std::string name = contract.name_property.empty() ? "" : json_string(row, contract.name_property);
  if (!name.empty()) return name;
  if (contract.single) return contract.label;
  if (!contract.name_property.empty()) return "(no name)";
  constexpr std::size_t kTail = 8;  // enough of an id to tell objects apart
  const std::string id = object_id(contract, row);
  return fmt::format("{} …{}", contract.label, id.substr(cut_utf8(id, id.size() - std::min(id.size(), kTail)).size()));
}

}  // namespace ta::graph
