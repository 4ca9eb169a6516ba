#include "simulator/object_shape.h"

#include <algorithm>

namespace ta::simulator {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string full_name(const TypeSchema& type) { return "#microsoft.graph." + type.name; }

// v1.0 knows fewer types. Device configurations say so; others appear as the nearest type that it knows.
void as_known_type(const EntitySet& set, json::object& body) {
  const TypeSchema* type = type_of(body, set.type);
  if (!type->beta_only || type == set.type) return;
  const TypeSchema* known = type;
  while (known->base && known->beta_only) known = known->base;
  json::object plain;
  const TypeSchema* unsupported =
      set.type->name == "deviceConfiguration" ? find_type("unsupportedDeviceConfiguration") : nullptr;
  plain["@odata.type"] = full_name(unsupported ? *unsupported : *known);
  for (const auto& member : body)
    if (known->properties.contains(std::string_view(member.key()))) plain[member.key()] = member.value();
  if (unsupported) plain["originalEntityTypeName"] = type->name;
  body = std::move(plain);
}

// The type is sent only where it is not the declared one.
void drop_needless_type(const EntitySet& set, json::object& body) {
  const json::value* type = body.if_contains("@odata.type");
  if (type && (set.plain_types || *type == json::string("#" + set.entity_type))) body.erase("@odata.type");
}

}  // namespace

json::object shown_body(const EntitySet& set, const json::object& kept, const Shape& shape) {
  json::object body = kept;
  if (!shape.beta) as_known_type(set, body);
  body = completed(body, set.type, shape.beta);
  const TypeSchema* type = type_of(body, set.type);
  for (const std::string& name : shape.select)
    if (const auto found = type->properties.find(name); found != type->properties.end() && found->second.on_select)
      if (!body.contains(name)) body[name] = default_value(found->second);
  if (shape.in_list)
    for (const std::string& name : set.null_in_list)
      if (body.contains(name)) body[name] = nullptr;
  for (const std::string& name : set.always_null)
    if (body.contains(name)) body[name] = nullptr;
  for (const std::string& name : set.only_selected)
    if (!contains(shape.select, name)) body.erase(name);
  drop_needless_type(set, body);
  if (!type->properties.contains("id") || json_string(body, "id").empty()) body.erase("id");
  return body;
}

}  // namespace ta::simulator
