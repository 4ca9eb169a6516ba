// Objects of any set, made from the declared types alone: for the sets that need no story of their own.
#include "simulator/world_generator.h"

namespace ta::simulator {
namespace {

using Kind = PropertyType::Kind;

constexpr int kDepthMax = 3;

// "deviceEnrollmentLimitConfiguration" → "Device enrollment limit configuration"
std::string words_of(std::string_view type) {
  std::string words;
  for (const char c : type.substr(type.rfind('.') + 1)) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !words.empty() && words.back() >= 'a') words += ' ';
    words += upper && !words.empty() ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (words[0] >= 'a') words[0] = static_cast<char>(words[0] - 'a' + 'A');
  return words;
}

std::string enum_value(Draft& draft, const std::string& name) {
  std::vector<std::string> members = enum_members(name);
  std::erase_if(members, [](const std::string& m) { return m == "unknownFutureValue" || m.starts_with("default"); });
  return members.empty() ? std::string() : draft.dice.pick(members);
}

json::object plain_body(Draft& draft, const TypeSchema& type, int depth);

json::object complex_value(Draft& draft, const TypeSchema& declared, int depth) {
  const auto types = concrete_types(declared);
  if (types.empty()) return {};
  const TypeSchema& type = *draft.dice.pick(types);
  json::object value;
  if (&type != &declared) value["@odata.type"] = graph_type(type.name);
  append(value, plain_body(draft, type, depth + 1));
  return value;
}

json::value plain_value(Draft& draft, const PropertyType& property, int depth) {
  switch (property.kind) {
    case Kind::boolean: return draft.dice.chance(50);
    case Kind::integer: return draft.dice.below(30);
    case Kind::enumeration: return json::string(enum_value(draft, property.target));
    case Kind::complex: {
      const TypeSchema* type = find_type(property.target);
      if (!type || depth >= kDepthMax) return nullptr;
      return complex_value(draft, *type, depth);
    }
    default: return nullptr;
  }
}

// Most of what may be null is, as in real tenants.
json::object plain_body(Draft& draft, const TypeSchema& type, int depth) {
  json::object body;
  for (const auto& [name, property] : type.properties) {
    if (property.kind == Kind::navigation || property.collection || name == "id") continue;
    if (property.nullable && !draft.dice.chance(25)) continue;
    json::value value = plain_value(draft, property, depth);
    if (!value.is_null()) body[name] = std::move(value);
  }
  return body;
}

std::string made_id(Draft& draft, const EntitySet& set, std::size_t number) {
  std::string id = set.id_pattern;
  const auto fill = [&](std::string_view mark, const std::string& text) {
    if (const std::size_t at = id.find(mark); at != id.npos) id.replace(at, mark.size(), text);
  };
  fill("{uuid}", draft.dice.uuid());
  fill("{n}", std::to_string(number + 1));
  return id;
}

void put_known(json::object& body, const TypeSchema& type, std::string_view name, json::value value) {
  if (type.properties.contains(name)) body[name] = std::move(value);
}

void put_header(Draft& draft, json::object& body, const EntitySet& set, const TypeSchema& type) {
  const auto [created, modified] = draft.dates();
  put_known(body, type, "createdDateTime", json::string(created));
  put_known(body, type, "lastModifiedDateTime", json::string(modified));
  put_known(body, type, "modifiedDateTime", json::string(modified));
  put_known(body, type, "deletedDateTime", nullptr);
  put_known(body, type, "version",
            type.properties.contains("version") && type.properties.at("version").kind == Kind::integer
                ? json::value(draft.version())
                : json::value("1"));
  put_known(body, type, "description", draft.dice.chance(50) ? json::value("") : json::value("Generated"));
  put_known(body, type, "roleScopeTagIds", draft.scope_tag_ids());
  put_known(body, type, "isBuiltIn", false);
  put_known(body, type, "isDefault", false);
  put_known(body, type, "isDefaultProfile", false);
  for (const std::string& name : set.null_in_list)
    if (const auto found = type.properties.find(name);
        found != type.properties.end() && found->second.kind == Kind::text)
      body[name] = "JHRydWU=";  // a script: $true
  if (set.name_property != "id" && set.name_property != set.key_property)
    put_known(body, type, set.name_property, json::string(draft.name(words_of(type.name), "Standard")));
}

json::object group_target(Draft& draft, Targets targets) {
  json::object target;
  const bool cloud_pc = targets == Targets::cloud_pc;
  target["@odata.type"] = graph_type(cloud_pc ? "cloudPcManagementGroupAssignmentTarget" : "groupAssignmentTarget");
  target["groupId"] = draft.groups.empty() ? draft.dice.uuid() : draft.dice.pick(draft.groups);
  if (cloud_pc) target["servicePlanId"] = nullptr;
  return target;
}

json::array assignments_of(Draft& draft, const EntitySet& set, const std::string& owner) {
  json::array list;
  if (!set.assigning) return list;
  if (set.assigning->targets == Targets::any) {
    list = draft.assignments(owner, draft.usual_assignments());
  } else if (draft.dice.chance(80)) {
    json::object target = group_target(draft, set.assigning->targets);
    const std::string group = json_string(target, "groupId");
    list.push_back(json::object{{"id", fmt::format("{}_{}", owner, group)}, {"target", std::move(target)}});
  }
  const TypeSchema& type = *find_part(set, "assignments")->type;
  for (json::value& one : list)
    for (const char* name : {"source", "sourceId"})
      if (!type.properties.contains(name)) one.as_object().erase(name);
  return list;
}

json::array members_of(Draft& draft, const Part& part, const std::string& owner) {
  json::array members;
  const auto types = concrete_types(*part.type);
  const std::size_t count = part.single ? 1 : draft.dice.below(4);
  for (std::size_t i = 0; i < count && !types.empty(); ++i) {
    const TypeSchema& type = *types[i % types.size()];
    json::object member;
    if (&type != part.type) member["@odata.type"] = graph_type(type.name);
    member["id"] =
        part.name == "enrollmentProfiles" ? fmt::format("{}_{}", owner, draft.dice.uuid()) : draft.dice.uuid();
    append(member, plain_body(draft, type, 1));
    put_known(member, type, "displayName", json::string(words_of(type.name)));
    members.push_back(std::move(member));
  }
  return members;
}

NewObject plain_object(Draft& draft, const EntitySet& set, const TypeSchema& type, std::size_t number) {
  NewObject made;
  const std::string id = made_id(draft, set, number);
  if (&type != set.type || set.plain_types) made.body["@odata.type"] = graph_type(type.name);
  made.body["id"] = id;
  append(made.body, plain_body(draft, type, 0));
  put_header(draft, made.body, set, type);
  if (set.key_property != "id") made.body[set.key_property] = id;
  for (const Part& part : set.parts)
    made.parts[part.name] = part.name == "assignments" ? assignments_of(draft, set, id)
                            : part.references          ? json::array{}
                                                       : members_of(draft, part, id);
  if (type.properties.contains("isAssigned")) made.body["isAssigned"] = !made.parts["assignments"].empty();
  return made;
}

std::string filled_in(Draft& draft, std::string text) {
  const auto replace = [&](std::string_view mark, auto make) {
    for (std::size_t at; (at = text.find(mark)) != text.npos;) text.replace(at, mark.size(), make());
  };
  replace("{tenant}", [&] { return draft.tenant_id; });
  replace("{domain}", [&] { return draft.domain; });
  replace("{organization}", [&] { return draft.organization; });
  replace("{uuid}", [&] { return draft.dice.uuid(); });
  return text;
}

}  // namespace

std::vector<NewObject> generate_builtin(Draft& draft, const EntitySet& set) {
  std::vector<NewObject> made;
  for (const json::value& one : set.builtin) {
    NewObject object{json::parse(filled_in(draft, json::serialize(one))).as_object(), {}};
    const TypeSchema& type = *type_of(object.body, set.type);
    for (const Part& part : set.parts)
      object.parts[part.name] = part.name == "assignments" || part.references
                                    ? json::array{}
                                    : members_of(draft, part, json_string(object.body, "id"));
    if (type.properties.contains("isAssigned")) object.body["isAssigned"] = false;
    made.push_back(std::move(object));
  }
  return made;
}

std::vector<NewObject> generate_plain(Draft& draft, const EntitySet& set, std::size_t count) {
  const auto types = concrete_types(*set.type);
  return repeat(types.empty() ? 0 : count,
                [&](std::size_t i) { return plain_object(draft, set, *types[i % types.size()], i); });
}

}  // namespace ta::simulator
