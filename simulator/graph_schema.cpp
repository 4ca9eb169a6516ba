#include "simulator/graph_schema.h"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include "base/embedded.h"

namespace ta::embedded {
std::span<const File> simulator_schema();
}

namespace ta::simulator {
namespace {

using Kind = PropertyType::Kind;

std::string_view plain(std::string_view name) {
  if (name.starts_with('#')) name.remove_prefix(1);
  constexpr std::string_view kNamespace = "microsoft.graph.";
  if (name.starts_with(kNamespace)) name.remove_prefix(kNamespace.size());
  return name;
}

Kind kind_of(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 8> kKinds{{{"string", Kind::text},
                                                                            {"date", Kind::date},
                                                                            {"bool", Kind::boolean},
                                                                            {"int", Kind::integer},
                                                                            {"enum", Kind::enumeration},
                                                                            {"complex", Kind::complex},
                                                                            {"nav", Kind::navigation},
                                                                            {"any", Kind::any}}};
  for (const auto& [name, kind] : kKinds)
    if (name == word) return kind;
  throw std::runtime_error("schema: unknown kind " + std::string(word));
}

// "[]complex:mimeContent?"
PropertyType property_of(std::string_view text) {
  PropertyType property;
  if ((property.collection = text.starts_with("[]"))) text.remove_prefix(2);
  if ((property.nullable = text.ends_with('?'))) text.remove_suffix(1);
  const std::size_t colon = text.find(':');
  property.kind = kind_of(text.substr(0, colon));
  if (colon != text.npos) property.target = text.substr(colon + 1);
  return property;
}

struct Schema {
  std::unordered_map<std::string, TypeSchema> types;
  std::unordered_map<std::string, std::string> bases;
  std::unordered_map<std::string, std::vector<std::string>> enums;
};

void mark(TypeSchema& type, const json::value& entry, std::string_view list, bool PropertyType::* flag) {
  if (const json::value* names = json_find(entry, list))
    for (const json::value& name : names->as_array()) type.properties.at(std::string(name.as_string())).*flag = true;
}

void read_type(Schema& schema, const std::string& name, const json::value& entry) {
  TypeSchema& type = schema.types[name];
  type.name = name;
  type.abstract = json_bool(entry, "abstract");
  type.beta_only = json_bool(entry, "beta");
  schema.bases[name] = json_string(entry, "base");
  for (const auto& member : entry.at("properties").as_object())
    type.properties.emplace(member.key(), property_of(member.value().as_string()));
  mark(type, entry, "beta_only", &PropertyType::beta_only);
  mark(type, entry, "on_select", &PropertyType::on_select);
  mark(type, entry, "read_only", &PropertyType::read_only);
}

void inherit(Schema& schema, TypeSchema& type) {
  const std::string& base = schema.bases[type.name];
  if (base.empty() || type.base) return;
  TypeSchema& parent = schema.types.at(base);
  inherit(schema, parent);
  type.base = &parent;
  parent.derived.push_back(&type);
  type.properties.insert(parent.properties.begin(), parent.properties.end());
}

Schema read_schema() {
  Schema schema;
  for (const embedded::File& file : embedded::simulator_schema()) {
    const json::value document = json::parse(file.bytes);
    for (const auto& entry : document.at("types").as_object()) read_type(schema, entry.key(), entry.value());
    for (const auto& entry : document.at("enums").as_object())
      schema.enums[entry.key()] = json::value_to<std::vector<std::string>>(entry.value());
  }
  std::vector<std::string> names;
  for (const auto& [name, type] : schema.types) names.push_back(name);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) inherit(schema, schema.types.at(name));
  return schema;
}

const Schema& schema() {
  static const Schema read = read_schema();
  return read;
}

json::value completed_value(const json::value& value, const TypeSchema* declared, bool beta) {
  if (value.is_object()) return completed(value.get_object(), declared, beta);
  if (!value.is_array()) return value;
  json::array items;
  for (const json::value& item : value.get_array()) items.push_back(completed_value(item, declared, beta));
  return items;
}

bool hidden(const PropertyType& property, bool beta) {
  return property.kind == Kind::navigation || property.on_select || (property.beta_only && !beta);
}

}  // namespace

const TypeSchema* find_type(std::string_view name) {
  const auto found = schema().types.find(std::string(plain(name)));
  return found == schema().types.end() ? nullptr : &found->second;
}

const std::vector<std::string>& enum_members(std::string_view name) {
  static const std::vector<std::string> none;
  const auto found = schema().enums.find(std::string(name));
  return found == schema().enums.end() ? none : found->second;
}

bool derives_from(std::string_view type, std::string_view ancestor) {
  if (plain(type) == plain(ancestor)) return true;
  const TypeSchema* known = find_type(type);
  return known && known->base && derives_from(known->base->name, ancestor);
}

std::vector<const TypeSchema*> concrete_types(const TypeSchema& type) {
  std::vector<const TypeSchema*> all{&type}, concrete;
  for (std::size_t i = 0; i < all.size(); ++i) all.insert(all.end(), all[i]->derived.begin(), all[i]->derived.end());
  std::copy_if(all.begin(), all.end(), std::back_inserter(concrete), [](const TypeSchema* t) { return !t->abstract; });
  return concrete;
}

const PropertyType* find_property(const TypeSchema& type, std::string_view name) {
  if (const auto found = type.properties.find(name); found != type.properties.end()) return &found->second;
  for (const TypeSchema* derived : type.derived)
    if (const PropertyType* found = find_property(*derived, name)) return found;
  return nullptr;
}

json::value default_value(const PropertyType& property) {
  if (property.collection) return json::array{};
  if (property.nullable) return nullptr;
  switch (property.kind) {
    case Kind::boolean: return false;
    case Kind::integer: return 0;
    case Kind::date: return "0001-01-01T00:00:00Z";
    case Kind::text: return "";
    case Kind::enumeration: {
      const auto& members = enum_members(property.target);
      return members.empty() ? json::value(nullptr) : json::value(members.front());
    }
    default: return nullptr;
  }
}

const TypeSchema* type_of(const json::object& object, const TypeSchema* declared) {
  const json::value* own = object.if_contains("@odata.type");
  const TypeSchema* known = own && own->is_string() ? find_type(own->get_string()) : nullptr;
  return known ? known : declared;
}

json::object completed(const json::object& object, const TypeSchema* declared, bool beta) {
  const TypeSchema* type = type_of(object, declared);
  if (!type) return object;
  json::object full;
  for (const auto& member : object) {
    const auto known = type->properties.find(std::string_view(member.key()));
    if (known == type->properties.end())
      full[member.key()] = member.value();
    else if (!known->second.beta_only || beta)
      full[member.key()] = completed_value(member.value(), find_type(known->second.target), beta);
  }
  for (const auto& [name, property] : type->properties)
    if (!hidden(property, beta) && !full.contains(name) && name != "id") full[name] = default_value(property);
  return full;
}

}  // namespace ta::simulator
