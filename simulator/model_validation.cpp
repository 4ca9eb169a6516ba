#include "simulator/model_validation.h"

#include <algorithm>

#include "simulator/graph_error.h"

namespace ta::simulator {
namespace {

using Kind = PropertyType::Kind;

class Validation {
 public:
  explicit Validation(const Writing& writing) : writing_(writing) {}

  void object(const json::object& body, const TypeSchema* declared, bool root) const {
    const TypeSchema* type = named_type(body, declared);
    if (!type) return;
    const bool unnamed = writing_.set.type_required && root && type == declared;
    if (root && writing_.creates && (type->abstract || unnamed)) fail("Cannot create an abstract class.");
    for (const auto& member : body) property(*type, member.key(), member.value(), root);
  }

 private:
  [[noreturn]] void fail(std::string message) const {
    throw GraphError(400, writing_.set.area == Area::intune ? "ModelValidationFailure" : "BadRequest",
                     std::move(message));
  }

  const TypeSchema* named_type(const json::object& body, const TypeSchema* declared) const {
    const json::value* named = body.if_contains("@odata.type");
    if (!named || !declared) return declared;
    const TypeSchema* type = named->is_string() ? find_type(named->get_string()) : nullptr;
    if (!type || !derives_from(type->name, declared->name) || (type->beta_only && !writing_.beta))
      fail(
          fmt::format("A type named '{}' could not be resolved by the model. When a model is available, each type "
                      "name must resolve to a valid type.",
                      named->is_string() ? std::string_view(named->get_string()) : "null"));
    return type;
  }

  void property(const TypeSchema& type, std::string_view name, const json::value& value, bool root) const {
    if (name.ends_with("@odata.bind")) return bound(type, name.substr(0, name.size() - 11));
    if (name.find('@') != name.npos || name.starts_with('#') || name == "id") return;
    const auto found = type.properties.find(name);
    if (found == type.properties.end() || (found->second.beta_only && !writing_.beta))
      fail(
          fmt::format("The property '{}' does not exist on type 'microsoft.graph.{}'. Make sure to only use property "
                      "names that are defined by the type.",
                      name, type.name));
    const PropertyType& property = found->second;
    const bool whole_object = root && derives_from(type.name, writing_.set.type->name);
    if (property.kind == Kind::navigation && whole_object && !find_part(writing_.set, name))
      fail(fmt::format("The navigation property '{}' of 'microsoft.graph.{}' cannot be written inline.", name,
                       type.name));
    if (!property.collection) return single(name, property, value);
    if (value.is_null()) return;
    if (!value.is_array()) wrong(name, "a collection");
    const bool objects = property.kind == Kind::complex || property.kind == Kind::navigation;
    for (const json::value& item : value.get_array()) {
      if (objects && item.is_null()) wrong(name, "microsoft.graph." + property.target);
      single(name, property, item);
    }
  }

  void bound(const TypeSchema& type, std::string_view name) const {
    const auto found = type.properties.find(name);
    if (found == type.properties.end() || found->second.kind != Kind::navigation)
      fail(fmt::format("The property '{}' is no navigation property of 'microsoft.graph.{}'.", name, type.name));
  }

  void single(std::string_view name, const PropertyType& property, const json::value& value) const {
    if (value.is_null()) return;
    switch (property.kind) {
      case Kind::boolean:
        if (!value.is_bool()) wrong(name, "Edm.Boolean");
        break;
      case Kind::integer:
        if (!value.is_number()) wrong(name, "Edm.Int32");
        break;
      case Kind::text:
      case Kind::date:
        if (!value.is_string()) wrong(name, property.kind == Kind::date ? "Edm.DateTimeOffset" : "Edm.String");
        break;
      case Kind::enumeration: return member_of(name, property, value);
      case Kind::complex:
      case Kind::navigation:
        if (!value.is_object()) wrong(name, "microsoft.graph." + property.target);
        return object(value.get_object(), find_type(property.target), false);
      case Kind::any: break;
    }
  }

  // Flags are spelled "a,b".
  void member_of(std::string_view name, const PropertyType& property, const json::value& value) const {
    if (!value.is_string()) wrong(name, "microsoft.graph." + property.target);
    const std::vector<std::string>& members = enum_members(property.target);
    std::string_view rest = value.get_string();
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view word = rest.substr(0, comma);
      if (std::find(members.begin(), members.end(), word) == members.end())
        fail(fmt::format("Requested value '{}' was not found in the enumeration '{}' of the property '{}'.", word,
                         property.target, name));
      rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    }
  }

  [[noreturn]] void wrong(std::string_view name, std::string_view expected) const {
    fail(fmt::format("Cannot convert the value of the property '{}' to the expected type '{}'.", name, expected));
  }

  const Writing& writing_;
};

}  // namespace

json::object body_of(const http::Request& request) {
  if (request.body.empty()) return {};
  auto body = parse_json(request.body, {.bytes_max = 4 << 20, .depth_max = 64});
  if (!body || !body->is_object())
    throw GraphError::bad_request(
        "Unable to read JSON request payload. Please ensure Content-Type header is set and "
        "payload is of valid JSON format.");
  return std::move(body->get_object());
}

const json::array& list_in(const json::object& body, std::string_view key) {
  const json::value* list = body.if_contains(key);
  if (!list || !list->is_array())
    throw GraphError(400, "ModelValidationFailure",
                     fmt::format("The parameter '{}' in the request payload is missing.", key));
  return list->get_array();
}

std::vector<json::object> objects_in(const json::object& body, std::string_view key) {
  std::vector<json::object> objects;
  for (const json::value& one : list_in(body, key)) {
    if (!one.is_object())
      throw GraphError(400, "ModelValidationFailure", fmt::format("The parameter '{}' is a list of objects.", key));
    objects.push_back(one.get_object());
  }
  return objects;
}

std::vector<std::string> texts_in(const json::object& body, std::string_view key) {
  std::vector<std::string> texts;
  for (const json::value& one : list_in(body, key)) {
    if (!one.is_string())
      throw GraphError(400, "ModelValidationFailure", fmt::format("The parameter '{}' is a list of strings.", key));
    texts.emplace_back(one.get_string());
  }
  return texts;
}

void require_valid(const json::object& body, const Writing& writing) {
  Validation(writing).object(body, writing.type, true);
}

}  // namespace ta::simulator
