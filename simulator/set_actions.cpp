// Actions that belong to single sets.
#include "simulator/approval_gate.h"
#include "simulator/graph_error.h"
#include "simulator/write_call.h"

namespace ta::simulator {
namespace {

using ObjectAction = http::Response (*)(const WriteCall&, const std::string& id);
using SetAction = http::Response (*)(const WriteCall&);

// Replaces a whole part with what the body holds under a key; members get ids.
http::Response replace_part(const WriteCall& call, const std::string& id, const char* key, const char* part,
                            int status) {
  const json::object body = body_of(call.request);
  json::array members = list_in(body, key);
  const Part& declared = *find_part(call.set(), part);
  for (json::value& member : members) {
    if (!member.is_object()) throw GraphError(400, "ModelValidationFailure", "An object is expected.");
    require_valid(member.get_object(), {call.set(), declared.type, call.path.beta, false});
    if (!member.get_object().contains("id")) member.get_object()["id"] = call.random.uuid();
  }
  call.edit(id, [&](NewObject& object) {
    object.parts[part] = members;
    mark_modified(object.body, call.now);
  });
  call.audit("Action", key, id, nullptr, &body);
  if (status == 204) return no_content();
  return list_answer(call, fmt::format("{}('{}')/{}", call.path.set_path, id, part), members, status);
}

http::Response set_scheduled_actions(const WriteCall& call, const std::string& id) {
  return replace_part(call, id, "scheduledActions", "scheduledActionsForRule", 200);
}

http::Response schedule_actions_for_rules(const WriteCall& call, const std::string& id) {
  return replace_part(call, id, "deviceComplianceScheduledActionForRules", "scheduledActionsForRule", 200);
}

http::Response target_apps(const WriteCall& call, const std::string& id) {
  const json::object body = body_of(call.request);
  const std::string group = json_string(body, "appGroupType", "selectedPublicApps");
  json::array apps = list_in(body, "apps");
  for (json::value& app : apps)
    if (app.is_object() && !app.get_object().contains("id")) app.get_object()["id"] = call.random.uuid();
  call.edit(id, [&](NewObject& object) {
    object.parts["apps"] = apps;
    object.body["appGroupType"] = group;
    object.body["deployedAppCount"] = apps.size();
  });
  call.audit("Action", "targetApps", id, nullptr, &body);
  return no_content();
}

http::Response set_priority(const WriteCall& call, const std::string& id) {
  const json::object body = body_of(call.request);
  const std::int64_t wanted = json_int(body, "priority");
  const ObjectPtr moved = call.object(id);
  const std::int64_t old = json_int(moved->body, "priority");
  if (wanted <= 0 || old == 0) throw GraphError::bad_request("The priority must be at least 1; the default keeps 0.");
  const std::string kind = json_string(moved->body, "deviceEnrollmentConfigurationType");
  const CollectionPtr objects = call.world.collection(*call.who.tenant, call.set());
  for (const ObjectPtr& other : objects->items) {
    const std::int64_t at = json_int(other->body, "priority");
    const bool same = other != moved && json_string(other->body, "deviceEnrollmentConfigurationType") == kind;
    const std::int64_t shift = at > old && at <= wanted ? -1 : at < old && at >= wanted ? 1 : 0;
    if (same && at != 0 && shift != 0)
      call.edit(other->id, [&](NewObject& object) { object.body["priority"] = at + shift; });
  }
  call.edit(id, [&](NewObject& object) { object.body["priority"] = wanted; });
  return no_content();
}

http::Response update_allowed_combinations(const WriteCall& call, const std::string& id) {
  const json::object body = body_of(call.request);
  const json::array wanted = list_in(body, "allowedCombinations");
  if (json_string(call.object(id)->body, "policyType") == "builtIn")
    throw GraphError::bad_request("A built-in authentication strength cannot be changed.");
  json::value previous;
  call.edit(id, [&](NewObject& object) {
    previous = object.body["allowedCombinations"];
    object.body["allowedCombinations"] = wanted;
    mark_modified(object.body, call.now);
  });
  return http::json_response(
      200, json::object{
               {"@odata.context", call.base_url + "/v1.0/$metadata#microsoft.graph.updateAllowedCombinationsResult"},
               {"previousCombinations", previous},
               {"currentCombinations", wanted},
               {"additionalInformation", ""},
               {"conditionalAccessReferences", json::array{}}});
}

// The id at the end of a "definition@odata.bind" URL: …/groupPolicyDefinitions('ID')
std::string bound_id(const json::object& object, std::string_view name) {
  std::string link = json_string(object, std::string(name) + "@odata.bind");
  const std::size_t open = link.rfind("('");
  if (link.empty() || open == link.npos || !link.ends_with("')"))
    throw GraphError(400, "ModelValidationFailure", fmt::format("The value needs '{}@odata.bind'.", name));
  return link.substr(open + 2, link.size() - open - 4);
}

json::object new_definition_value(const WriteCall& call, json::object sent) {
  const EntitySet& definitions = *find_set("deviceManagement/groupPolicyDefinitions");
  const std::string definition = bound_id(sent, "definition");
  const CollectionPtr known = call.world.collection(*call.who.tenant, definitions);
  const Object* found = known->find(definition);
  json::object made{{"id", call.random.uuid()},
                    {"createdDateTime", to_rfc3339(call.now)},
                    {"lastModifiedDateTime", to_rfc3339(call.now)},
                    {"enabled", json_bool(sent, "enabled")},
                    {"configurationType", json_string(sent, "configurationType", "policy")},
                    {"definition", found ? found->body : json::object{{"id", definition}}}};
  json::array presentations;
  if (sent.contains("presentationValues"))
    for (json::object& value : objects_in(sent, "presentationValues")) {
      const std::string presentation = bound_id(value, "presentation");
      value.erase("presentation@odata.bind");
      value["id"] = call.random.uuid();
      value["presentation"] = json::object{{"id", presentation}};
      presentations.push_back(std::move(value));
    }
  made["presentationValues"] = std::move(presentations);
  return made;
}

void drop_members(json::array& members, const std::vector<std::string>& ids) {
  for (const std::string& id : ids)
    for (auto member = members.begin(); member != members.end();)
      member = json_string(*member, "id") == id ? members.erase(member) : member + 1;
}

http::Response update_definition_values(const WriteCall& call, const std::string& id) {
  const json::object body = body_of(call.request);
  json::array added;
  std::vector<std::string> gone = texts_in(body, "deletedIds");
  for (const char* key : {"added", "updated"})
    for (const json::object& one : objects_in(body, key)) {
      json::object made = new_definition_value(call, one);
      if (const std::string old = json_string(one, "id"); !old.empty()) {
        gone.push_back(old);
        made["id"] = old;
      }
      added.push_back(std::move(made));
    }
  call.edit(id, [&](NewObject& object) {
    json::array& values = object.parts["definitionValues"];
    drop_members(values, gone);
    for (json::value& one : added) values.push_back(std::move(one));
    mark_modified(object.body, call.now);
  });
  call.audit("Action", "updateDefinitionValues", id, nullptr, &body);
  return no_content();
}

http::Response update_settings(const WriteCall& call, const std::string& id) {
  const json::object body = body_of(call.request);
  const std::vector<json::object> sent = objects_in(body, "settings");
  call.edit(id, [&](NewObject& object) {
    json::array& settings = object.parts["settings"];
    for (json::object one : sent) {
      const std::string definition = json_string(one, "definitionId");
      drop_members(settings, {json_string(one, "id")});
      for (auto old = settings.begin(); old != settings.end();)
        old = json_string(*old, "definitionId") == definition ? settings.erase(old) : old + 1;
      if (json_string(one, "id").empty()) one["id"] = call.random.uuid();
      settings.push_back(std::move(one));
    }
    mark_modified(object.body, call.now);
  });
  call.audit("Action", "updateSettings", id, nullptr, &body);
  return no_content();
}

// A template makes an intent.
http::Response create_instance(const WriteCall& call, const std::string& template_id) {
  const json::object body = body_of(call.request);
  const std::string id = call.random.uuid();
  NewObject intent;
  intent.body = {{"id", id},
                 {"displayName", json_string(body, "displayName")},
                 {"description", json_string(body, "description")},
                 {"isAssigned", false},
                 {"isMigratingToConfigurationPolicy", false},
                 {"lastModifiedDateTime", to_rfc3339(call.now)},
                 {"roleScopeTagIds", body.contains("roleScopeTagIds") ? body.at("roleScopeTagIds") : json::array{"0"}},
                 {"templateId", template_id}};
  json::array& settings = intent.parts["settings"];
  if (body.contains("settingsDelta"))
    for (json::object& setting : objects_in(body, "settingsDelta")) {
      setting["id"] = call.random.uuid();
      settings.push_back(std::move(setting));
    }
  intent.parts["assignments"] = intent.parts["categories"] = json::array{};
  const json::object shown = intent.body;
  std::ignore = call.world.add(call.tenant(), "deviceManagement/intents", std::move(intent));
  json::object answer{{"@odata.context", call.base_url + "/beta/$metadata#microsoft.graph.deviceManagementIntent"}};
  for (const auto& member : shown) answer[member.key()] = member.value();
  return http::json_response(200, answer);
}

http::Response restore(const WriteCall& call, const std::string& id) {
  const ObjectPtr deleted = call.object(id);
  NewObject object{deleted->body, deleted->parts};
  object.body["deletedDateTime"] = nullptr;
  if (!call.world.add(call.tenant(), call.set().restores, std::move(object)))
    throw GraphError(409, "Conflict", "The object exists already.");
  std::ignore = call.world.remove(call.tenant(), call.set().path, id);
  return http::json_response(200, deleted->body);
}

http::Response remove_definition_file(const WriteCall& call, const std::string& id) {
  if (!call.world.remove(call.tenant(), call.set().path, id)) throw GraphError::not_found(call.set().area, id);
  return no_content();
}

http::Response create_enrollment_notification(const WriteCall& call) {
  const json::object body = body_of(call.request);
  json::array made;
  for (json::object& one : objects_in(body, "deviceEnrollmentNotificationConfigurations")) {
    one["@odata.type"] = "#microsoft.graph.deviceEnrollmentNotificationConfiguration";
    one["id"] = call.random.uuid();
    NewObject object{std::move(one), {{"assignments", {}}}};
    settle_object(call, object);
    made.push_back(object.body);
    std::ignore = call.world.add(call.tenant(), call.set().path, std::move(object));
  }
  return list_answer(call, call.path.set_path, made, 200);
}

http::Response import_device_identities(const WriteCall& call) {
  const json::object body = body_of(call.request);
  json::array made;
  for (json::object& one : objects_in(body, "importedDeviceIdentities")) {
    one["@odata.type"] = "#microsoft.graph.importedDeviceIdentity";
    one["id"] = call.random.uuid();
    one["createdDateTime"] = one["lastModifiedDateTime"] = to_rfc3339(call.now);
    made.push_back(one);
    std::ignore = call.world.add(call.tenant(), call.set().path, {one, {}});
  }
  return list_answer(call, "Collection(microsoft.graph.importedDeviceIdentityResult)", made, 200);
}

template <const char* kAction>
http::Response decide(const WriteCall& call, const std::string& id) {
  return decide_approval(call, id, kAction);
}
constexpr char kApprove[] = "approve", kReject[] = "reject", kCancelApproval[] = "cancelApproval",
               kCancelMine[] = "cancelMyRequest";

struct NamedObjectAction {
  std::string_view set, action;  // set: how its path ends
  ObjectAction run;
};
constexpr std::array<NamedObjectAction, 17> kObjectActions{
    {{"/compliancePolicies", "setScheduledActions", set_scheduled_actions},
     {"/deviceCompliancePolicies", "scheduleActionsForRules", schedule_actions_for_rules},
     {"ManagedAppProtections", "targetApps", target_apps},
     {"InformationProtectionPolicies", "targetApps", target_apps},
     {"/targetedManagedAppConfigurations", "targetApps", target_apps},
     {"/deviceEnrollmentConfigurations", "setPriority", set_priority},
     {"/authenticationStrengthPolicies", "updateAllowedCombinations", update_allowed_combinations},
     {"/groupPolicyConfigurations", "updateDefinitionValues", update_definition_values},
     {"/intents", "updateSettings", update_settings},
     {"/templates", "createInstance", create_instance},
     {"/policySets", "update", update_policy_set},
     {"/groupPolicyUploadedDefinitionFiles", "remove", remove_definition_file},
     {"/operationApprovalRequests", kApprove, decide<kApprove>},
     {"/operationApprovalRequests", kReject, decide<kReject>},
     {"/operationApprovalRequests", kCancelApproval, decide<kCancelApproval>},
     {"/operationApprovalRequests", kCancelMine, decide<kCancelMine>},
     {"deletedItems/", "restore", restore}}};

struct NamedSetAction {
  std::string_view action;
  SetAction run;
};
constexpr std::array<NamedSetAction, 2> kSetActions{
    {{"createEnrollmentNotificationConfiguration", create_enrollment_notification},
     {"importDeviceIdentityList", import_device_identities}}};

std::string_view last_segment(std::string_view action) {
  const std::size_t slash = action.rfind('/');
  return slash == action.npos ? action : action.substr(slash + 1);
}

}  // namespace

std::optional<http::Response> object_action(const WriteCall& call, const std::string& id, std::string_view action) {
  for (const NamedObjectAction& known : kObjectActions) {
    const bool fits = known.set.ends_with('/') ? call.set().path.find(known.set) != std::string::npos
                                               : call.set().path.ends_with(known.set);
    if (fits && last_segment(action) == known.action) return known.run(call, id);
  }
  return std::nullopt;
}

std::optional<http::Response> set_action(const WriteCall& call, std::string_view action) {
  for (const NamedSetAction& known : kSetActions)
    if (action == known.action) return known.run(call);
  return std::nullopt;
}

}  // namespace ta::simulator
