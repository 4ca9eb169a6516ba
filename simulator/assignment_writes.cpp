// Who gets an object: replacing its assignments, single ones, and those that policy sets hand down.
#include <set>

#include "simulator/graph_error.h"
#include "simulator/write_call.h"

namespace ta::simulator {
namespace {

constexpr std::string_view kNoFilter = "00000000-0000-0000-0000-000000000000";
// Everybody, where app protection knows groups only.
constexpr std::string_view kAllUsersGroup = "acacacac-9df4-4c7d-9d50-4ef0226f57a9";

bool exists(const WriteCall& call, std::string_view set, std::string_view id) {
  const CollectionPtr objects = call.world.collection(*call.who.tenant, *find_set(set));
  const Object* object = objects->find(id);
  return object && object->visible_at <= call.now;
}

std::string_view kind_of(const std::string& type) {
  constexpr std::string_view kPrefix = "#microsoft.graph.";
  return type.starts_with(kPrefix) ? std::string_view(type).substr(kPrefix.size()) : std::string_view();
}

void require_taken(const WriteCall& call, std::string_view kind) {
  const Targets targets = call.set().assigning->targets;
  const bool group = kind == "groupAssignmentTarget";
  const bool exclusion = kind == "exclusionGroupAssignmentTarget";
  const bool everybody = kind == "allLicensedUsersAssignmentTarget" || kind == "allDevicesAssignmentTarget";
  const bool collection = kind == "configurationManagerCollectionAssignmentTarget";
  const bool cloud_pc = kind == "cloudPcManagementGroupAssignmentTarget";
  const bool taken = targets == Targets::any            ? group || exclusion || everybody || collection
                     : targets == Targets::groups       ? group || exclusion
                     : targets == Targets::plain_groups ? group
                                                        : cloud_pc;
  if (!taken) throw GraphError::bad_request(fmt::format("The assignment target type '{}' is not supported.", kind));
}

void require_group(const WriteCall& call, const json::object& target, std::string_view kind) {
  if (kind.find("roup") == kind.npos) return;
  const std::string id = json_string(target, "groupId");
  if (id == kAllUsersGroup || exists(call, "groups", id)) return;
  throw GraphError::bad_request(fmt::format("Invalid GroupId : {} - a valid AADGroupId is expected", id));
}

void require_filter(const WriteCall& call, const json::object& target) {
  const std::string id = json_string(target, "deviceAndAppManagementAssignmentFilterId");
  const std::string type = json_string(target, "deviceAndAppManagementAssignmentFilterType", "none");
  if (!call.path.beta && target.contains("deviceAndAppManagementAssignmentFilterId"))
    throw GraphError(400, "ModelValidationFailure",
                     "The property 'deviceAndAppManagementAssignmentFilterId' does not exist on type "
                     "'microsoft.graph.deviceAndAppManagementAssignmentTarget'. Make sure to only use property names "
                     "that are defined by the type.");
  if (id.empty() || id == kNoFilter || type == "none") return;
  if (!exists(call, "deviceManagement/assignmentFilters", id))
    throw GraphError::bad_request(fmt::format("Invalid AssignmentFilterId : {} - no such filter exists", id));
}

std::string target_key(const json::object& target) {
  const std::string group = json_string(target, "groupId");
  if (!group.empty()) return group;
  return json_string(target, "@odata.type") == "#microsoft.graph.allDevicesAssignmentTarget"
             ? "adadadad-808e-44e2-905a-0b7873a8a531"
             : std::string(kAllUsersGroup);
}

json::object kept_target(const WriteCall& call, const json::object& sent) {
  json::object target = sent;
  if (call.set().assigning->targets != Targets::any) return target;
  const std::string filter = json_string(target, "deviceAndAppManagementAssignmentFilterId");
  if (filter.empty() || filter == kNoFilter) {
    target["deviceAndAppManagementAssignmentFilterId"] = nullptr;
    target["deviceAndAppManagementAssignmentFilterType"] = "none";
  }
  return target;
}

const json::array& sent_list(const WriteCall& call, const json::object& body) {
  const std::string& key = call.set().assigning->key;
  for (const auto& member : body)
    if (member.key() != key && std::string_view(member.key()).find('@') == std::string_view::npos)
      throw GraphError(400, "ModelValidationFailure",
                       fmt::format("The parameter '{}' in the request payload is not a valid parameter for the "
                                   "operation 'assign'.",
                                   std::string_view(member.key())));
  const json::value* list = body.if_contains(key);
  if (!list || !list->is_array())
    throw GraphError(400, "ModelValidationFailure",
                     fmt::format("The parameter '{}' of the operation 'assign' is missing.", key));
  return list->get_array();
}

void require_assignable(const WriteCall& call, const Object& object) {
  if (call.set().path == "deviceManagement/deviceComplianceScripts")
    throw GraphError::bad_request("Assigning compliance scripts is not supported.");
  if (json_string(object.body, "publishingState") == "notPublished")
    throw GraphError::bad_request("The app cannot be assigned: it is not published.");
  if (call.set().path == "deviceManagement/deviceEnrollmentConfigurations" && json_int(object.body, "priority") == 0)
    throw GraphError::bad_request("The default enrollment configuration cannot be assigned.");
}

// What came from policy sets stays; everything direct is replaced.
json::array replaced(const json::array& old, json::array wanted) {
  json::array next;
  for (const json::value& one : old)
    if (json_string(one, "source") == "policySets") next.push_back(one);
  for (json::value& one : wanted) next.push_back(std::move(one));
  return next;
}

json::array new_assignments(const WriteCall& call, const std::string& owner, const json::array& sent) {
  json::array wanted;
  std::set<std::string> ids;
  for (const json::value& one : sent) {
    if (!one.is_object()) throw GraphError(400, "ModelValidationFailure", "An assignment is an object.");
    json::object made = new_assignment(call, owner, one.get_object());
    if (!ids.insert(json_string(made, "id")).second)
      throw GraphError::bad_request("The same target is assigned twice.");
    wanted.push_back(std::move(made));
  }
  return wanted;
}

}  // namespace

json::object new_assignment(const WriteCall& call, const std::string& owner, const json::object& sent) {
  const Part& part = *find_part(call.set(), "assignments");
  require_valid(sent, {call.set(), part.type, call.path.beta, false});
  const json::value* target = sent.if_contains("target");
  if (!target || !target->is_object()) throw GraphError(400, "ModelValidationFailure", "An assignment needs a target.");
  const std::string kind(kind_of(json_string(*target, "@odata.type")));
  require_taken(call, kind);
  require_group(call, target->get_object(), kind);
  require_filter(call, target->get_object());
  json::object made = sent;
  made["id"] = fmt::format("{}_{}", owner, target_key(target->get_object()));
  made["target"] = kept_target(call, target->get_object());
  if (part.type->properties.contains("source")) {
    made["source"] = "direct";
    made["sourceId"] = owner;
  }
  return made;
}

http::Response assign(const WriteCall& call, const std::string& id) {
  const ObjectPtr before = call.object(id);
  require_assignable(call, *before);
  const json::object body = body_of(call.request);
  json::array wanted = new_assignments(call, id, sent_list(call, body));
  json::array now_there;
  call.edit(id, [&](NewObject& object) {
    json::array& assignments = object.parts["assignments"];
    assignments = replaced(assignments, std::move(wanted));
    if (object.body.contains("isAssigned")) object.body["isAssigned"] = !assignments.empty();
    now_there = assignments;
  });
  call.audit("Action", "assign", id, nullptr, &body);
  const Assigning& assigning = *call.set().assigning;
  if (assigning.status == 204) return no_content();
  if (!assigning.returns_list) return {.status = assigning.status};
  return list_answer(call, fmt::format("{}('{}')/assignments", call.path.set_path, id), now_there, assigning.status);
}

namespace {

// The set that holds the payload of a policy set's item, with the object.
void hand_down(const WriteCall& call, const std::string& policy_set, const std::string& payload,
               const json::array& assignments) {
  for (const EntitySet& set : entity_sets()) {
    const bool listed = find_part(set, "assignments") && set.union_of.empty() && &set != &call.set();
    if (!listed || !call.world.collection(*call.who.tenant, set)->find(payload)) continue;
    std::ignore = call.world.edit(call.tenant(), set.path, payload, [&](NewObject& object) {
      json::array& old = object.parts["assignments"];
      json::array next;
      for (json::value& one : old)
        if (json_string(one, "sourceId") != policy_set) next.push_back(std::move(one));
      for (const json::value& one : assignments)
        next.push_back(json::object{{"id", fmt::format("{}_{}", payload, target_key(one.at("target").as_object()))},
                                    {"source", "policySets"},
                                    {"sourceId", policy_set},
                                    {"target", one.at("target")}});
      old = std::move(next);
    });
  }
}

// The items that are to come and the ids of those that are to go.
struct ItemChanges {
  std::vector<json::object> added;
  std::vector<std::string> deleted;
};

ItemChanges item_changes(const json::object& body) {
  ItemChanges changes;
  if (body.contains("addedPolicySetItems")) changes.added = objects_in(body, "addedPolicySetItems");
  if (body.contains("deletedPolicySetItems")) changes.deleted = texts_in(body, "deletedPolicySetItems");
  return changes;
}

void apply_items(const WriteCall& call, NewObject& object, const ItemChanges& changes) {
  json::array& items = object.parts["items"];
  for (json::object item : changes.added) {
    item["id"] = call.random.uuid();
    items.push_back(std::move(item));
  }
  for (const std::string& id : changes.deleted)
    for (auto item = items.begin(); item != items.end();)
      item = json_string(*item, "id") == id ? items.erase(item) : item + 1;
}

}  // namespace

http::Response update_policy_set(const WriteCall& call, const std::string& id) {
  const json::object body = body_of(call.request);
  json::array assignments = call.object(id)->parts.at("assignments"), items;
  if (const json::value* sent = body.if_contains("assignments"); sent && sent->is_array())
    assignments = new_assignments(call, id, sent->get_array());
  const ItemChanges changes = item_changes(body);
  call.edit(id, [&](NewObject& object) {
    object.parts["assignments"] = assignments;
    apply_items(call, object, changes);
    items = object.parts["items"];
    mark_modified(object.body, call.now);
  });
  for (const json::value& item : items) hand_down(call, id, json_string(item, "payloadId"), assignments);
  call.audit("Action", "update", id, nullptr, &body);
  return no_content();
}

}  // namespace ta::simulator
