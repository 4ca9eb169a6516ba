// What services make of an object that a client has written: the rules of single sets.
#include "simulator/graph_error.h"
#include "simulator/write_call.h"

namespace ta::simulator {
namespace {

constexpr std::string_view kMasked = "****";

// Plain texts of masked values, kept where no path leads.
constexpr const char* kSecrets = "$secrets";

bool is_type(const json::object& object, std::string_view type) {
  return json_string(object, "@odata.type") == fmt::format("#microsoft.graph.{}", type);
}

// OMA settings of text keep their value on the service only.
void mask_oma_settings(const WriteCall& call, NewObject& object) {
  json::value* settings = object.body.if_contains("omaSettings");
  if (!settings || !settings->is_array()) return;
  for (json::value& one : settings->get_array()) {
    json::object& setting = one.as_object();
    const bool text = is_type(setting, "omaSettingString") || is_type(setting, "omaSettingStringXml") ||
                      is_type(setting, "omaSettingBase64");
    if (!text || json_string(setting, "value") == kMasked) continue;
    const std::string reference = call.random.uuid();
    object.parts[kSecrets].push_back(json::object{{"id", reference}, {"value", json_string(setting, "value")}});
    setting["value"] = kMasked;
    setting["isEncrypted"] = true;
    setting["secretReferenceValueId"] = reference;
  }
}

// Secret values of settings catalog policies come back as tokens.
void mask_secret_values(const WriteCall& call, json::value& value) {
  if (value.is_array())
    for (json::value& item : value.get_array()) mask_secret_values(call, item);
  if (!value.is_object()) return;
  json::object& object = value.get_object();
  if (is_type(object, "deviceManagementConfigurationSecretSettingValue") &&
      json_string(object, "valueState") != "encryptedValueToken") {
    object["value"] = call.random.uuid();
    object["valueState"] = "encryptedValueToken";
  }
  for (auto& member : object) mask_secret_values(call, member.value());
}

void settle_catalog_policy(const WriteCall& call, NewObject& object) {
  json::array& settings = object.parts["settings"];
  for (json::value& setting : settings) mask_secret_values(call, setting);
  object.body["settingCount"] = settings.size();
}

bool blocks(const json::value& rule) {
  const json::value* steps = json_find(rule, "scheduledActionConfigurations");
  if (!steps || !steps->is_array()) return false;
  return std::any_of(steps->get_array().begin(), steps->get_array().end(),
                     [](const json::value& step) { return json_string(step, "actionType") == "block"; });
}

void require_block_action(const NewObject& object) {
  const auto rules = object.parts.find("scheduledActionsForRule");
  if (rules == object.parts.end() || rules->second.size() != 1 || !blocks(rules->second[0]))
    throw GraphError::bad_request("Must have one and only one scheduledActionsForRule with a block action.");
}

struct EnrollmentKind {
  std::string_view type, kind, id_suffix;
};
constexpr std::array<EnrollmentKind, 8> kEnrollment{{
    {"deviceEnrollmentLimitConfiguration", "limit", "Limit"},
    {"deviceEnrollmentPlatformRestrictionsConfiguration", "platformRestrictions", "PlatformRestrictions"},
    {"deviceEnrollmentPlatformRestrictionConfiguration", "singlePlatformRestriction", "SinglePlatformRestriction"},
    {"deviceEnrollmentWindowsHelloForBusinessConfiguration", "windowsHelloForBusiness", "WindowsHelloForBusiness"},
    {"windows10EnrollmentCompletionPageConfiguration", "windows10EnrollmentCompletionPageConfiguration",
     "Windows10EnrollmentCompletionPageConfiguration"},
    {"deviceEnrollmentNotificationConfiguration", "enrollmentNotificationsConfiguration",
     "EnrollmentNotificationsConfiguration"},
    {"deviceComanagementAuthorityConfiguration", "deviceComanagementAuthorityConfiguration",
     "DeviceComanagementAuthorityConfiguration"},
    {"windowsRestoreDeviceEnrollmentConfiguration", "windowsRestore", "WindowsRestore"},
}};

// The service chooses the id's ending, the kind and the last place in the order.
void settle_enrollment(const WriteCall& call, NewObject& object) {
  if (object.body.contains("priority")) return;
  std::int64_t last = 0;
  const CollectionPtr objects = call.world.collection(*call.who.tenant, call.set());
  for (const EnrollmentKind& kind : kEnrollment) {
    if (!is_type(object.body, kind.type)) continue;
    for (const ObjectPtr& other : objects->items)
      if (is_type(other->body, kind.type)) last = std::max(last, json_int(other->body, "priority"));
    object.body["id"] = fmt::format("{}_{}", json_string(object.body, "id"), kind.id_suffix);
    object.body["deviceEnrollmentConfigurationType"] = kind.kind;
  }
  object.body["priority"] = last + 1;
}

void settle_app(NewObject& object) {
  if (object.body.contains("publishingState")) return;
  const TypeSchema* type = type_of(object.body, nullptr);
  const bool uploads = type && derives_from(type->name, "mobileLobApp");
  object.body["publishingState"] = uploads ? "notPublished" : "published";
  object.body["uploadState"] = uploads ? 0 : 1;
}

void require_group_properties(const NewObject& object) {
  for (const char* name : {"displayName", "mailEnabled", "mailNickname", "securityEnabled"})
    if (!object.body.contains(name))
      throw GraphError(400, "Request_BadRequest",
                       fmt::format("A value is required for property '{}' of resource 'Group'.", name));
}

// A strength is named by its id alone.
void settle_access_policy(NewObject& object) {
  json::value* controls = object.body.if_contains("grantControls");
  const json::value* strength = controls ? json_find(*controls, "authenticationStrength") : nullptr;
  if (strength && strength->is_object() && strength->get_object().size() > 1)
    throw GraphError::bad_request("1007: Invalid authenticationStrength: only its id can be set.");
}

}  // namespace

void settle_object(const WriteCall& call, NewObject& object) {
  const std::string_view path = call.set().path;
  const bool creates = call.request.method == http::Method::post;
  mask_oma_settings(call, object);
  if (path == "deviceManagement/configurationPolicies" || path == "deviceManagement/compliancePolicies")
    settle_catalog_policy(call, object);
  if (path == "deviceManagement/deviceCompliancePolicies" && creates) require_block_action(object);
  if (path == "deviceManagement/deviceEnrollmentConfigurations" && creates) settle_enrollment(call, object);
  if (path == "deviceAppManagement/mobileApps" && creates) settle_app(object);
  if (path == "groups" && creates) require_group_properties(object);
  if (path == "identity/conditionalAccess/policies") settle_access_policy(object);
}

}  // namespace ta::simulator
