#include "simulator/row_selection.h"

#include <cctype>

#include "simulator/graph_error.h"

namespace ta::simulator {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_string_starting(const FilterNode& node, std::string_view start) {
  return node.kind == FilterNode::Kind::literal && node.literal.is_string() &&
         std::string_view(node.literal.get_string()).starts_with(start);
}

// Values that services refuse although OData knows them.
void refuse_literals(const EntitySet& set, const FilterNode& filter) {
  if (set.path != "deviceManagement/deviceEnrollmentConfigurations") return;
  visit(filter, [](const FilterNode& node) {
    if (node.kind == FilterNode::Kind::compare && is_string_starting(node.children[1], "default"))
      throw GraphError::bad_request(
          "Invalid filter clause: the value is not supported for deviceEnrollmentConfigurationType.");
  });
}

void refuse_filter(const EntitySet& set, const FilterNode& filter) {
  if (set.filter == FilterRule::rejected)
    throw GraphError::bad_request(fmt::format("Query option 'Filter' is not allowed on {}.", set.path));
  visit(filter, [&](const FilterNode& node) {
    const bool rejected = node.kind == FilterNode::Kind::call &&
                          std::find(set.rejected_functions.begin(), set.rejected_functions.end(), node.name) !=
                              set.rejected_functions.end();
    if (rejected)
      throw GraphError::bad_request(fmt::format("Function '{}' is not supported on {}.", node.name, set.path));
  });
  refuse_literals(set, filter);
}

bool needs_eventual(const FilterNode& filter) {
  bool advanced = false;
  visit(filter, [&](const FilterNode& node) {
    advanced |= node.kind == FilterNode::Kind::negate || node.name == "ne" || node.name == "endswith";
  });
  return advanced;
}

void require_eventual(const EntitySet& set, const QueryOptions& options, bool eventual) {
  if (!set.advanced_queries) return;
  const bool filter = options.filter && needs_eventual(*options.filter);
  // The header is not carried into nextLinks, so later pages do not ask for it again.
  const bool allowed = eventual && (!filter || options.count);
  if ((filter || !options.search_text.empty()) && !allowed && !options.token)
    throw GraphError(400, "Request_UnsupportedQuery",
                     "Unsupported or invalid query filter clause specified. Advanced queries need the header "
                     "ConsistencyLevel: eventual and $count=true.");
}

// Nulls come first in ascending order; what cannot be compared keeps its place.
int sort_order(const json::value& a, const json::value& b, bool ignore_case) {
  if (a.is_null() || b.is_null()) return int(b.is_null()) - int(a.is_null());
  return compare_values(a, b, ignore_case).value_or(0);
}

// Rows that compare equal keep their order.
template <class Row, class BodyOf>
void sort_rows(std::vector<Row>& rows, const QueryOptions& options, const FilterContext& context, BodyOf body_of) {
  if (options.order_by.empty()) return;
  std::vector<std::pair<Row, std::size_t>> numbered;
  for (std::size_t i = 0; i < rows.size(); ++i) numbered.emplace_back(rows[i], i);
  std::sort(numbered.begin(), numbered.end(), [&](const auto& a, const auto& b) {
    for (const OrderBy& by : options.order_by) {
      const int order = sort_order(value_at(body_of(a.first), by.path, context),
                                   value_at(body_of(b.first), by.path, context), context.ignore_case);
      if (order != 0) return by.descending ? order > 0 : order < 0;
    }
    return a.second < b.second;
  });
  std::transform(numbered.begin(), numbered.end(), rows.begin(), [](const auto& pair) { return pair.first; });
}

bool found_by_search(const json::object& body, const EntitySet& set, const QueryOptions& options) {
  if (options.search_text.empty()) return true;
  const std::string_view property = options.search_property.empty() ? set.name_property : options.search_property;
  return lower(json_string(body, property)).find(lower(options.search_text)) != std::string::npos;
}

FilterContext context_of(const EntitySet& set) { return {set.entity_type, set.area != Area::intune, set.type}; }

// Some lists must say which scope they mean.
void require_filter(const EntitySet& set, const QueryOptions& options) {
  for (const std::string& property : set.required_filter) {
    bool named = false;
    if (options.filter)
      visit(*options.filter, [&](const FilterNode& node) { named |= !node.path.empty() && node.path[0] == property; });
    if (!named)
      throw GraphError(400, "MissingProvider",
                       fmt::format("The filter must name the property '{}' on {}.", property, set.path));
  }
}

}  // namespace

std::vector<const Object*> select_rows(const Collection& objects, const EntitySet& set, const QueryOptions& options,
                                       bool eventual) {
  require_eventual(set, options, eventual);
  require_filter(set, options);
  if (options.filter) refuse_filter(set, *options.filter);
  const FilterContext context = context_of(set);
  const bool filters = options.filter && set.filter == FilterRule::supported;
  std::vector<const Object*> rows;
  rows.reserve(objects.items.size());
  for (const ObjectPtr& object : objects.items)
    if ((!filters || matches(*options.filter, object->body, context)) && found_by_search(object->body, set, options))
      rows.push_back(object.get());
  sort_rows(rows, options, context, [](const Object* row) -> const json::object& { return row->body; });
  return rows;
}

std::vector<const json::object*> select_members(const json::array& members, const EntitySet& set,
                                                const QueryOptions& options) {
  const FilterContext context{"", set.area != Area::intune};
  std::vector<const json::object*> rows;
  for (const json::value& member : members)
    if (!options.filter || matches(*options.filter, member.get_object(), context)) rows.push_back(&member.get_object());
  sort_rows(rows, options, context, [](const json::object* row) -> const json::object& { return *row; });
  return rows;
}

}  // namespace ta::simulator
