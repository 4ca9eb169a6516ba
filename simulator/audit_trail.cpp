#include "simulator/audit_trail.h"

namespace ta::simulator {
namespace {

json::value text_of(const json::object* body, std::string_view name) {
  const json::value* value = body ? body->if_contains(name) : nullptr;
  if (!value || value->is_null()) return nullptr;
  return value->is_string() ? *value : json::value(json::serialize(*value));
}

// Properties whose value differs; all of them for a create or a delete.
json::array modified(const AuditedChange& change) {
  json::array list;
  const json::object* wider = change.after ? change.after : change.before;
  for (const auto& member : *wider) {
    const std::string_view name(member.key());
    const json::value old_value = text_of(change.before, name), new_value = text_of(change.after, name);
    if (name.find('@') != name.npos || old_value == new_value) continue;
    list.push_back(json::object{{"displayName", name}, {"oldValue", old_value}, {"newValue", new_value}});
  }
  return list;
}

json::object actor(const Principal& who) {
  const char* type = who.user.empty() ? "Application" : "ItPro";
  return {{"type", type},
          {"auditActorType", type},
          {"userPermissions", json::array{"*"}},
          {"applicationId", who.app_id},
          {"applicationDisplayName", who.app_name},
          {"userPrincipalName", who.user.empty() ? json::value(nullptr) : json::value(who.user)},
          {"servicePrincipalName", nullptr},
          {"ipAddress", nullptr},
          {"userId", nullptr}};
}

}  // namespace

void record_change(World& world, const Principal& who, const AuditedChange& change, Timestamp now, Random& random) {
  if (change.set.area != Area::intune || (!change.before && !change.after)) return;
  const std::string type = change.set.entity_type.substr(change.set.entity_type.rfind('.') + 1);
  const std::string activity = change.activity.empty() ? change.operation : change.activity;
  const std::string name = json_string(change.after ? *change.after : *change.before, change.set.name_property);
  const std::string component = change.set.audit_component.empty() ? type : change.set.audit_component;
  NewObject event;
  event.body = {{"id", random.uuid()},
                {"displayName", fmt::format("{} {}", activity, type)},
                {"componentName", component},
                {"activity", nullptr},
                {"activityDateTime", to_rfc3339(now)},
                {"activityType", fmt::format("{} {}", activity, type)},
                {"activityOperationType", change.operation},
                {"activityResult", "Success"},
                {"correlationId", random.uuid()},
                {"category", component},
                {"actor", actor(who)},
                {"resources", json::array{json::object{{"displayName", name},
                                                       {"auditResourceType", type},
                                                       {"type", type},
                                                       {"resourceId", change.object_id},
                                                       {"modifiedProperties", modified(change)}}}}};
  if (const auto added = world.add(who.tenant->id, "deviceManagement/auditEvents", std::move(event)); !added) return;
}

}  // namespace ta::simulator
