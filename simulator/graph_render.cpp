#include "simulator/graph_render.h"

#include "base/time.h"
#include "simulator/graph_error.h"

namespace ta::simulator {
namespace {

// Members that are links to other objects: shown only where $expand asks for them.
constexpr std::array<std::string_view, 6> kNavigations{"definition",
                                                       "presentationValues",
                                                       "presentation",
                                                       "settingDefinitions",
                                                       "scheduledActionConfigurations",
                                                       "groupPolicyConfiguration"};

bool contains(const auto& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void no_such_property(std::string_view name, std::string_view type) {
  throw GraphError::bad_request(fmt::format(
      "Parsing OData Select and Expand failed: Could not find a property named '{}' on type '{}'.", name, type));
}

// The last segment: casts stand before it.
std::string_view plain_name(std::string_view selected) {
  const std::size_t slash = selected.rfind('/');
  return slash == selected.npos ? selected : selected.substr(slash + 1);
}

void keep_selected(json::object& object, const std::vector<std::string>& select) {
  if (select.empty() || contains(select, "*")) return;
  json::object kept;
  if (const json::value* type = object.if_contains("@odata.type")) kept["@odata.type"] = *type;
  for (auto& member : object) {
    const std::string_view key(member.key());
    const auto named = [&](const std::string& name) { return plain_name(name) == key; };
    if (std::any_of(select.begin(), select.end(), named)) kept[key] = std::move(member.value());
  }
  object = std::move(kept);
}

json::value expanded(const json::value& value, const Expand* expand);

// Drops the navigation properties that are not expanded, goes down into those that are.
json::object with_navigations(const json::object& object, const std::vector<Expand>& expands) {
  json::object shown;
  for (const auto& member : object) {
    const std::string_view key(member.key());
    if (!contains(kNavigations, key)) {
      shown[key] = member.value();
      continue;
    }
    for (const Expand& expand : expands)
      if (expand.name == key) shown[key] = expanded(member.value(), &expand);
  }
  return shown;
}

json::value expanded(const json::value& value, const Expand* expand) {
  if (value.is_object()) {
    json::object shown = with_navigations(value.get_object(), expand->expand);
    keep_selected(shown, expand->select);
    return shown;
  }
  if (!value.is_array()) return value;
  json::array shown;
  for (const json::value& item : value.get_array()) shown.push_back(expanded(item, expand));
  return shown;
}

// v1.0 knows no filters on assignment targets.
void drop_target_filters(json::object& member) {
  json::value* target = member.if_contains("target");
  if (!target || !target->is_object()) return;
  target->get_object().erase("deviceAndAppManagementAssignmentFilterId");
  target->get_object().erase("deviceAndAppManagementAssignmentFilterType");
}

void add_expanded_part(const View& view, const Object& object, const Expand& expand, bool in_list, json::object& body) {
  const Part* part = find_part(*view.set, expand.name);
  if (!part) no_such_property(expand.name, view.set->entity_type);
  if (in_list && !part->expand_on_list)
    throw GraphError::bad_request(fmt::format("Expanding '{}' is not supported on the collection.", expand.name));
  json::array shown;
  if (const auto found = object.parts.find(expand.name); found != object.parts.end())
    shown = expanded(found->second, &expand).as_array();
  if (!view.beta)
    for (json::value& member : shown) drop_target_filters(member.get_object());
  body[expand.name + "@odata.context"] =
      context_url(view, fmt::format("{}('{}')/{}", view.set->path, object.id, expand.name));
  body[expand.name] = std::move(shown);
}

std::string_view annotation_type(const json::value& value) {
  if (value.is_array() && !value.get_array().empty() && value.get_array()[0].is_string()) return "#Collection(String)";
  if (value.is_string() && value.get_string().size() >= 20 && parse_rfc3339(value.get_string()))
    return "#DateTimeOffset";
  return {};
}

json::object with_full_metadata(const View& view, const Object& object, json::object body) {
  const std::string id = fmt::format("{}('{}')", view.set->path, object.id);
  json::object full;
  full["@odata.type"] =
      body.contains("@odata.type") ? body["@odata.type"] : json::value("#" + std::string(view.set->entity_type));
  full["@odata.id"] = id;
  full["@odata.editLink"] = id;
  for (auto& member : body) {
    const std::string_view key(member.key());
    const std::string_view type = annotation_type(member.value());
    if (!type.empty() && key.find('@') == key.npos) full[std::string(key) + "@odata.type"] = type;
    full[key] = std::move(member.value());
  }
  return full;
}

void drop_annotations(json::object& body) {
  json::object plain;
  for (auto& member : body)
    if (std::string_view(member.key()).find("@odata.") == std::string_view::npos)
      plain[member.key()] = std::move(member.value());
  body = std::move(plain);
}

bool on_some_object(const Collection& objects, std::string_view property) {
  return std::any_of(objects.items.begin(), objects.items.end(),
                     [&](const ObjectPtr& object) { return object->body.contains(property); });
}

}  // namespace

Metadata metadata_level(std::string_view accept) {
  if (accept.find("odata.metadata=full") != accept.npos) return Metadata::full;
  return accept.find("odata.metadata=none") != accept.npos ? Metadata::none : Metadata::minimal;
}

std::string context_url(const View& view, std::string_view what) {
  return fmt::format("{}/$metadata#{}", view.service_root, what);
}

json::object render_object(const View& view, const Object& object, bool in_list) {
  json::object body = object.body;
  if (in_list)
    for (const std::string_view name : view.set->null_in_list)
      if (body.contains(name)) body[name] = nullptr;
  if (!view.beta)
    for (const std::string_view name : view.set->beta_only) body.erase(name);
  keep_selected(body, view.options->select);
  for (const Expand& expand : view.options->expand) add_expanded_part(view, object, expand, in_list, body);
  if (view.metadata == Metadata::full) return with_full_metadata(view, object, std::move(body));
  if (view.metadata == Metadata::none) drop_annotations(body);
  return body;
}

json::object render_member(const View& view, const json::object& member) {
  json::object shown = with_navigations(member, view.options->expand);
  if (!view.beta) drop_target_filters(shown);
  keep_selected(shown, view.options->select);
  if (view.metadata == Metadata::none) drop_annotations(shown);
  return shown;
}

void require_known_properties(const View& view, const Collection& objects) {
  if (objects.items.empty()) return;
  for (const std::string& name : view.options->select)
    if (name != "*" && !find_part(*view.set, name) && !on_some_object(objects, plain_name(name)))
      no_such_property(name, view.set->entity_type);
  const auto require = [&](const std::vector<std::string>& path) {
    const auto first =
        std::find_if(path.begin(), path.end(), [](const std::string& s) { return s.find('.') == s.npos; });
    if (first != path.end() && !on_some_object(objects, *first))
      throw GraphError::bad_request(fmt::format(
          "Invalid filter clause: Could not find a property named '{}' on type '{}'.", *first, view.set->entity_type));
  };
  for (const OrderBy& order : view.options->order_by) require(order.path);
  if (!view.options->filter) return;
  std::vector<std::string> variables;
  visit(*view.options->filter, [&](const FilterNode& node) {
    if (!node.path.empty() && !contains(variables, node.path[0])) require(node.path);
    if (node.kind == FilterNode::Kind::any || node.kind == FilterNode::Kind::all) variables.push_back(node.name);
  });
}

}  // namespace ta::simulator
