#include "simulator/graph_render.h"

#include "base/time.h"
#include "simulator/graph_error.h"
#include "simulator/object_shape.h"

namespace ta::simulator {
namespace {

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

json::value expanded(const json::value& value, const Expand& expand, const TypeSchema* type, bool beta);

// Every property of the member's type; of its navigation properties only those that are expanded.
json::object member_shown(const json::object& member, const std::vector<Expand>& expands, const TypeSchema* declared,
                          bool beta) {
  const TypeSchema* type = type_of(member, declared);
  json::object shown = completed(member, type, beta);
  if (!type) return shown;
  for (const auto& [name, property] : type->properties) {
    json::value* value = property.kind == PropertyType::Kind::navigation ? shown.if_contains(name) : nullptr;
    if (!value) continue;
    const auto wanted = std::find_if(expands.begin(), expands.end(), [&](const Expand& e) { return e.name == name; });
    if (wanted == expands.end())
      shown.erase(name);
    else
      *value = expanded(*value, *wanted, find_type(property.target), beta);
  }
  return shown;
}

json::value expanded(const json::value& value, const Expand& expand, const TypeSchema* type, bool beta) {
  if (value.is_object()) {
    json::object shown = member_shown(value.get_object(), expand.expand, type, beta);
    keep_selected(shown, expand.select);
    return shown;
  }
  if (!value.is_array()) return value;
  json::array shown;
  for (const json::value& item : value.get_array()) shown.push_back(expanded(item, expand, type, beta));
  return shown;
}

[[noreturn]] void cannot_expand(std::string_view name) {
  throw GraphError::bad_request(fmt::format("Expanding '{}' is not supported on the collection.", name));
}

void add_expanded_part(const View& view, const Object& object, const Expand& expand, bool in_list, json::object& body) {
  const std::string_view name = plain_name(expand.name);
  const Part* part = find_part(*view.set, name);
  if (!part) {
    // Other links of the type are known but lead nowhere here.
    const PropertyType* property = find_property(*view.set, name);
    if (!property || property->kind != PropertyType::Kind::navigation) no_such_property(name, view.set->entity_type);
    body[name] = property->collection ? json::value(json::array{}) : json::value(nullptr);
    return;
  }
  if (!part->expandable || (in_list && !part->expand_on_list)) cannot_expand(name);
  json::array shown;
  if (const auto found = object.parts.find(part->name); found != object.parts.end())
    shown = expanded(found->second, expand, part->type, view.beta).as_array();
  const std::string path = fmt::format("{}('{}')/{}", view.set_path, object.id, part->name);
  body[part->name + "@odata.context"] = context_url(view, part->single ? path + "/$entity" : path);
  if (part->single)
    body[part->name] = shown.empty() ? json::value(nullptr) : shown.front();
  else
    body[part->name] = std::move(shown);
}

std::string_view annotation_type(const json::value& value) {
  if (value.is_array() && !value.get_array().empty() && value.get_array()[0].is_string()) return "#Collection(String)";
  if (value.is_string() && value.get_string().size() >= 20 && parse_rfc3339(value.get_string()))
    return "#DateTimeOffset";
  return {};
}

json::object with_full_metadata(const View& view, const Object& object, json::object body) {
  const std::string id = view.set->singleton ? view.set_path : fmt::format("{}('{}')", view.set_path, object.id);
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

}  // namespace

Metadata metadata_level(std::string_view accept) {
  if (accept.find("odata.metadata=full") != accept.npos) return Metadata::full;
  return accept.find("odata.metadata=none") != accept.npos ? Metadata::none : Metadata::minimal;
}

http::Response json_answer(int status, std::string body, Metadata metadata) {
  static constexpr std::array<std::string_view, 3> kLevels{"none", "minimal", "full"};
  http::Response response{.status = status};
  response.body = std::move(body);
  response.headers.set("Content-Type", fmt::format("application/json;odata.metadata={};odata.streaming=true;"
                                                   "IEEE754Compatible=false;charset=utf-8",
                                                   kLevels[static_cast<std::size_t>(metadata)]));
  response.headers.set("OData-Version", "4.0");
  return response;
}

std::string context_url(const View& view, std::string_view what) {
  return fmt::format("{}/$metadata#{}", view.service_root, what);
}

json::object render_object(const View& view, const Object& object, bool in_list) {
  json::object body =
      shown_body(*view.set, object.body, {.beta = view.beta, .in_list = in_list, .select = view.options->select});
  keep_selected(body, view.options->select);
  for (const Expand& expand : view.options->expand) add_expanded_part(view, object, expand, in_list, body);
  if (view.metadata == Metadata::full) return with_full_metadata(view, object, std::move(body));
  if (view.metadata == Metadata::none) drop_annotations(body);
  return body;
}

json::object render_member(const View& view, const json::object& member, const TypeSchema* type) {
  json::object shown = member_shown(member, view.options->expand, type, view.beta);
  keep_selected(shown, view.options->select);
  if (view.metadata == Metadata::none) drop_annotations(shown);
  return shown;
}

void require_known_properties(const View& view) {
  const auto known = [&](std::string_view name) {
    const PropertyType* property = find_property(*view.set, name);
    return property && (view.beta || !property->beta_only);
  };
  for (const std::string& name : view.options->select)
    if (name != "*" && !find_part(*view.set, name) && !known(plain_name(name)))
      no_such_property(name, view.set->entity_type);
  const auto require = [&](const std::vector<std::string>& path) {
    const auto first =
        std::find_if(path.begin(), path.end(), [](const std::string& s) { return s.find('.') == s.npos; });
    if (first != path.end() && !known(*first))
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
