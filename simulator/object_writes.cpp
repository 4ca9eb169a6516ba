// Creating, updating and deleting objects of a set.
#include <algorithm>

#include "simulator/graph_error.h"
#include "simulator/write_call.h"

namespace ta::simulator {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Only what a client may set: no annotations but the type, nothing read-only, no links.
NewObject writable(const WriteCall& call, const json::object& body, const TypeSchema& type) {
  NewObject object;
  for (const auto& member : body) {
    const std::string_view name(member.key());
    const bool annotation = name.find('@') != name.npos || name.starts_with('#');
    if ((annotation && name != "@odata.type") || contains(call.set().read_only, name)) continue;
    if (find_part(call.set(), name))
      object.parts[std::string(name)] = member.value().is_array() ? member.value().get_array() : json::array{};
    else if (annotation || type.properties.contains(name))
      object.body[name] = member.value();
  }
  return object;
}

// Deep inserts get ids too; settings are numbered.
void give_ids(const WriteCall& call, NewObject& object) {
  for (auto& [name, members] : object.parts)
    for (std::size_t i = 0; i < members.size(); ++i) {
      json::object& member = members[i].as_object();
      member["id"] = name == "settings" ? std::to_string(i) : call.random.uuid();
      if (json::value* steps = member.if_contains("scheduledActionConfigurations"); steps && steps->is_array())
        for (json::value& step : steps->get_array()) step.as_object()["id"] = call.random.uuid();
    }
}

std::string next_number(const WriteCall& call) {
  const CollectionPtr objects = call.world.collection(*call.who.tenant, call.set());
  std::int64_t highest = 0;
  for (const ObjectPtr& object : objects->items) highest = std::max(highest, std::stol(object->id));
  return std::to_string(highest + 1);
}

std::string new_id(const WriteCall& call, const json::object& body) {
  if (call.set().own_id) {
    const std::string id = json_string(body, call.set().key_property);
    if (id.empty())
      throw GraphError::bad_request(fmt::format("A value is required for property '{}'.", call.set().key_property));
    return id;
  }
  if (call.set().path == "deviceManagement/roleScopeTags") return next_number(call);
  std::string id = call.set().id_pattern;
  const std::size_t mark = id.find("{uuid}");
  return mark == id.npos ? call.random.uuid() : id.replace(mark, 6, call.random.uuid());
}

void put_if_declared(NewObject& object, const TypeSchema& type, std::string_view name, json::value value) {
  if (type.properties.contains(name)) object.body[name] = std::move(value);
}

void put_created(const WriteCall& call, NewObject& object, const TypeSchema& type) {
  const std::string now = to_rfc3339(call.now);
  for (const char* date : {"createdDateTime", "lastModifiedDateTime", "modifiedDateTime"})
    put_if_declared(object, type, date, json::string(now));
  if (const auto version = type.properties.find("version");
      version != type.properties.end() && version->second.kind == PropertyType::Kind::integer)
    object.body["version"] = 1;
  for (const char* flag : {"isAssigned", "isBuiltIn", "isDefaultProfile", "isGlobalScript"})
    put_if_declared(object, type, flag, false);
  for (const char* tags : {"roleScopeTagIds", "roleScopeTags"})
    if (const auto found = type.properties.find(tags);
        found != type.properties.end() && found->second.kind == PropertyType::Kind::text)
      if (const json::value* sent = object.body.if_contains(tags);
          !sent || !sent->is_array() || sent->get_array().empty())
        object.body[tags] = json::array{"0"};
}

bool is_true(const json::object& body, std::string_view name) { return json_bool(body, name); }

// Objects that the service made and that nobody may delete.
bool built_in(const Object& object) {
  const json::object& body = object.body;
  for (const char* flag : {"isBuiltIn", "isBuiltInRoleDefinition", "isDefaultProfile", "isGlobalScript"})
    if (is_true(body, flag)) return true;
  return json_string(body, "policyType") == "builtIn" || object.id.find("_Default") != std::string::npos ||
         object.id.starts_with("microsoft-");
}

void require_deletable(const WriteCall& call, const Object& object) {
  if (call.set().has_defaults && built_in(object))
    throw GraphError::bad_request("The built-in object cannot be deleted.");
  if (call.set().path == "deviceManagement/windowsAutopilotDeploymentProfiles" &&
      !object.parts.at("assignments").empty())
    throw GraphError::bad_request("The profile cannot be deleted while it is assigned.");
  if (is_true(object.body, "isTrusted"))
    throw GraphError::bad_request("1103: The named location cannot be deleted while it is marked as trusted.");
  if (call.set().path.ends_with("authenticationContextClassReferences") && is_true(object.body, "isAvailable"))
    throw GraphError(403, "Forbidden", "A published authentication context cannot be deleted.");
}

void move_to_recycle_bin(const WriteCall& call, const Object& object) {
  if (call.set().recycle_bin.empty()) return;
  NewObject deleted{object.body, object.parts};
  deleted.body["deletedDateTime"] = to_rfc3339(call.now);
  std::ignore = call.world.add(call.tenant(), call.set().recycle_bin, std::move(deleted));
}

// The type of an object never changes.
void require_same_type(const json::object& body, const Object& object, const EntitySet& set) {
  if (!body.contains("@odata.type") || type_of(body, set.type) == type_of(object.body, set.type)) return;
  throw GraphError::bad_request("The type of an existing object cannot be changed.");
}

// PATCH of an Intune role with both spellings of its actions joins them.
void join_role_actions(json::object& next, const json::object& sent) {
  const json::value* legacy = sent.if_contains("permissions");
  const json::value* current = sent.if_contains("rolePermissions");
  if (!legacy || !legacy->is_array() || !current || !current->is_array()) return;
  json::array joined = current->get_array();
  joined.insert(joined.end(), legacy->get_array().begin(), legacy->get_array().end());
  next["rolePermissions"] = std::move(joined);
}

}  // namespace

http::Response create_object(const WriteCall& call) {
  if (call.set().writes.create == 0) not_possible(call);
  json::object body = body_of(call.request);
  require_valid(body, {call.set(), call.set().type, call.path.beta, true});
  const TypeSchema& type = *type_of(body, call.set().type);
  NewObject object = writable(call, body, type);
  std::string id = new_id(call, body);
  object.body["id"] = id;
  if (call.set().key_property != "id") object.body[call.set().key_property] = id;
  give_ids(call, object);
  put_created(call, object, type);
  settle_object(call, object);
  id = json_string(object.body, "id");
  for (const Part& part : call.set().parts) object.parts.try_emplace(part.name);
  if (call.set().path == "groups") object.visible_at = call.now + call.group_delay;
  const json::object after = object.body;
  if (const auto added = call.world.add(call.tenant(), call.set().path, std::move(object)); !added)
    throw GraphError(409, "Conflict", "An object with the same id exists already.");
  call.audit("Create", "", id, nullptr, &after);
  return entity_answer(call, id, call.set().writes.create);
}

http::Response update_object(const WriteCall& call, const std::string& id) {
  const auto status = call.set().writes.update.find(call.request.method_name);
  if (status == call.set().writes.update.end()) not_possible(call);
  json::object body = body_of(call.request);
  const ObjectPtr before = call.object(id);
  const TypeSchema& type = *type_of(before->body, call.set().type);
  require_valid(body, {call.set(), &type, call.path.beta, false});
  require_same_type(body, *before, call.set());
  NewObject sent = writable(call, body, type);
  const bool whole = call.request.method == http::Method::put;
  if (!whole && !sent.parts.empty())
    throw GraphError::bad_request(
        fmt::format("The property '{}' cannot be changed with PATCH.", sent.parts.begin()->first));
  give_ids(call, sent);
  json::object after;
  call.edit(id, [&](NewObject& next) {
    for (auto& member : sent.body) next.body[member.key()] = member.value();
    for (auto& [name, members] : sent.parts) next.parts[name] = members;
    if (call.set().path == "deviceManagement/roleDefinitions") join_role_actions(next.body, body);
    mark_modified(next.body, call.now);
    settle_object(call, next);
    after = next.body;
  });
  call.audit("Patch", "", id, &before->body, &after);
  return entity_answer(call, id, status->second);
}

http::Response delete_object(const WriteCall& call, const std::string& id) {
  if (call.set().writes.remove == 0) not_possible(call);
  const ObjectPtr object = call.object(id);
  require_deletable(call, *object);
  if (!call.world.remove(call.tenant(), call.set().path, id)) throw GraphError::not_found(call.set().area, id);
  move_to_recycle_bin(call, *object);
  call.audit("Delete", "", id, &object->body, nullptr);
  return {.status = call.set().writes.remove};
}

}  // namespace ta::simulator
