#include "graph/contract.h"

#include <fmt/format.h>

#include "http/message.h"

namespace ta::graph {
namespace {

template <class Enum>
using Names = std::span<const std::pair<Enum, std::string_view>>;

constexpr std::pair<GraphVersion, std::string_view> kVersions[] = {{GraphVersion::v1, "v1.0"},
                                                                   {GraphVersion::beta, "beta"}};
constexpr std::pair<RestoreMode, std::string_view> kRestoreModes[] = {{RestoreMode::enabled, "enabled"},
                                                                      {RestoreMode::preview_only, "preview_only"},
                                                                      {RestoreMode::inventory_only, "inventory_only"}};
constexpr std::pair<Risk, std::string_view> kRisks[] = {
    {Risk::low, "low"}, {Risk::medium, "medium"}, {Risk::high, "high"}};

template <class Enum>
std::string_view name_in(Names<Enum> names, Enum value) {
  for (const auto& [known, text] : names)
    if (known == value) return text;
  return {};
}

// Reads the members of one JSON object and keeps the first thing that is wrong with them.
class Members {
 public:
  Members(const json::value& object, std::string where) : object_(object), where_(std::move(where)) {}

  std::string text(std::string_view key) {
    const std::string out = json_string(object_, key);
    if (out.empty()) complain(key, "must be a text");
    return out;
  }

  std::string path(std::string_view key) {
    const std::string out = text(key);
    if (!out.starts_with('/') || out.find('?') != out.npos) complain(key, "must be a path without a query");
    return out;
  }

  std::vector<std::string> texts(std::string_view key, bool required) {
    std::vector<std::string> out;
    const json::value* const list = json_find(object_, key);
    if (list && !list->is_array()) complain(key, "must be a list of texts");
    if (list && list->is_array())
      for (const json::value& item : list->as_array()) {
        if (item.is_string())
          out.emplace_back(item.as_string());
        else
          complain(key, "must be a list of texts");
      }
    if (required && out.empty()) complain(key, "must not be empty");
    return out;
  }

  std::optional<int> positive(std::string_view key) {
    if (!json_find(object_, key)) return std::nullopt;
    const std::int64_t value = json_int(object_, key, -1);
    if (value <= 0 || value > 100'000) complain(key, "must be a positive number");
    return static_cast<int>(value);
  }

  template <class Enum>
  Enum choice(std::string_view key, Names<Enum> names) {
    const std::string given = text(key);
    for (const auto& [known, text] : names)
      if (text == given) return known;
    complain(key, "has an unknown value");
    return names.front().first;
  }

  const json::value& object(std::string_view key) {
    static const json::value kNothing = json::object{};
    const json::value* const found = json_find(object_, key);
    if (found && found->is_object()) return *found;
    complain(key, "must be an object");
    return kNothing;
  }

  void complain(std::string_view key, std::string_view what) {
    if (complaint_.empty()) complaint_ = fmt::format("The contract of {}: \"{}\" {}.", where_, key, what);
  }

  const std::string& complaint() const { return complaint_; }

 private:
  const json::value& object_;
  std::string where_;
  std::string complaint_;
};

RowMatch read_match(const json::value& value, Members& reporter) {
  Members members(value, "match");
  RowMatch out{members.text("property"), json_find(value, "none_of") != nullptr, {}};
  out.values = members.texts(out.negated ? "none_of" : "one_of", true);
  if (!members.complaint().empty()) reporter.complain("match", "needs \"property\" and \"one_of\" or \"none_of\"");
  return out;
}

ListRule read_list(const json::value& value, Members& reporter) {
  Members members(value, "list");
  ListRule out{.path = members.path("path"),
               .select = members.texts("select", false),
               .filter = json_string(value, "filter"),
               .top = members.positive("top"),
               .page_size_default = members.positive("page_size_default")};
  if (const json::value* const match = json_find(value, "match")) out.match = read_match(*match, reporter);
  if (!members.complaint().empty()) reporter.complain("list", "is wrong: " + members.complaint());
  return out;
}

std::string_view text_at(const json::value& row, std::string_view path) {
  // "@odata.type" is one name although it holds a dot.
  const json::value* value = path.starts_with('@') ? json_find(row, path) : &row;
  while (!path.starts_with('@') && value && !path.empty()) {
    const std::string_view segment = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    value = json_find(*value, segment);
  }
  return value && value->is_string() ? std::string_view(value->as_string()) : std::string_view{};
}

bool stands_for(std::string_view pattern, std::string_view text) {
  return pattern.ends_with('*') ? text.starts_with(pattern.substr(0, pattern.size() - 1)) : text == pattern;
}

}  // namespace

std::string_view name(GraphVersion version) { return name_in<GraphVersion>(kVersions, version); }
std::string_view name(RestoreMode mode) { return name_in<RestoreMode>(kRestoreModes, mode); }
std::string_view name(Risk risk) { return name_in<Risk>(kRisks, risk); }

std::string Contract::list_target() const {
  std::string out = fmt::format("/{}{}", name(version), list.path);
  auto option = [&out, separator = '?'](std::string_view key, const std::string& value) mutable {
    out += fmt::format("{}${}={}", std::exchange(separator, '&'), key, value);
  };
  if (!list.select.empty()) option("select", fmt::format("{}", fmt::join(list.select, ",")));
  if (!list.filter.empty()) option("filter", http::url_encode(list.filter));
  if (list.top) option("top", std::to_string(*list.top));
  return out;
}

std::string Contract::item_target(std::string_view object_id) const {
  std::string path = item_path;
  if (const auto at = path.find("{id}"); at != path.npos) path.replace(at, 4, http::url_encode(object_id));
  return fmt::format("/{}{}", name(version), path);
}

bool Contract::matches(const json::value& row) const {
  if (!list.match) return true;
  const std::string_view text = text_at(row, list.match->property);
  const auto& values = list.match->values;
  const bool found = std::any_of(values.begin(), values.end(), [&](const auto& v) { return stands_for(v, text); });
  return found != list.match->negated;
}

Result<Contract> parse_contract(const json::value& entry, std::string_view category) {
  Members members(entry, json_string(entry, "id", "(no id)"));
  Contract out{.id = members.text("id"),
               .label = members.text("label"),
               .category = std::string(category),
               .platforms = members.texts("platforms", false),
               .version = members.choice<GraphVersion>("graph_version", kVersions),
               .list = read_list(members.object("list"), members),
               .item_path = members.path("item_path"),
               .entity_type = members.text("entity_type"),
               .name_property = members.text("name_property"),
               .restore = members.choice<RestoreMode>("restore", kRestoreModes),
               .risk = members.choice<Risk>("risk", kRisks),
               .restore_order = members.positive("restore_order").value_or(0)};
  Members permissions(members.object("permissions"), "permissions");
  out.read_permissions = permissions.texts("read", true);
  if (!permissions.complaint().empty()) members.complain("permissions", "must list \"read\" permissions");
  if (out.item_path.find("{id}") == std::string::npos) members.complain("item_path", "must contain {id}");
  if (!members.complaint().empty()) return fail(FailureCode::internal_error, members.complaint());
  return out;
}

std::string object_id(const json::value& row) { return json_string(row, "id"); }

std::string object_name(const Contract& contract, const json::value& row) {
  const std::string name = json_string(row, contract.name_property);
  return name.empty() ? "(no name)" : name;
}

}  // namespace ta::graph
