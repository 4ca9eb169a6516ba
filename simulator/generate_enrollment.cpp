// Autopilot profiles, enrollment configurations and notification templates.
#include <array>

#include "simulator/world_generator.h"

namespace ta::simulator {
namespace {

json::object out_of_box(Dice& dice) {
  return {{"privacySettingsHidden", true},
          {"eulaHidden", true},
          {"userType", dice.chance(80) ? "standard" : "administrator"},
          {"deviceUsageType", dice.chance(80) ? "singleUser" : "shared"},
          {"keyboardSelectionPageHidden", true},
          {"escapeLinkHidden", true}};
}

NewObject autopilot_profile(Draft& draft) {
  const auto [created, modified] = draft.dates();
  const bool hybrid = draft.dice.chance(25);
  const std::string id = draft.dice.uuid();
  NewObject made;
  made.parts["assignments"] = draft.assignments(id, 1 + draft.dice.below(2));
  // The default name has no '-': the service refuses one here.
  made.body = {{"@odata.type", graph_type(hybrid ? "activeDirectoryWindowsAutopilotDeploymentProfile"
                                                 : "azureADWindowsAutopilotDeploymentProfile")},
               {"id", id},
               {"displayName", fmt::format("Autopilot {} {}", hybrid ? "hybrid" : "cloud", draft.dice.below(90) + 10)},
               {"description", ""},
               {"language", "os-default"},
               {"locale", "os-default"},
               {"createdDateTime", created},
               {"lastModifiedDateTime", modified},
               {"outOfBoxExperienceSettings", nullptr},
               {"outOfBoxExperienceSetting", out_of_box(draft.dice)},
               {"enrollmentStatusScreenSettings", nullptr},
               {"extractHardwareHash", true},
               {"hardwareHashExtractionEnabled", true},
               {"deviceNameTemplate", draft.dice.chance(50) ? "PC-%RAND:6%" : ""},
               {"deviceType", "windowsPc"},
               {"enableWhiteGlove", false},
               {"preprovisioningAllowed", draft.dice.chance(40)},
               {"roleScopeTagIds", draft.scope_tag_ids()},
               {"managementServiceAppId", nullptr}};
  if (hybrid) made.body["hybridAzureADJoinSkipConnectivityCheck"] = true;
  return made;
}

struct EnrollmentKind {
  std::string_view type, kind, default_suffix, topic, properties;
};
constexpr std::array<EnrollmentKind, 4> kDefaults{{
    {"deviceEnrollmentLimitConfiguration", "limit", "DefaultLimit", "Device limit", R"({"limit":5})"},
    {"deviceEnrollmentPlatformRestrictionsConfiguration", "platformRestrictions", "DefaultPlatformRestrictions",
     "All platforms",
     R"({"iosRestriction":{"platformBlocked":false,"personalDeviceEnrollmentBlocked":false,"osMinimumVersion":null,
         "osMaximumVersion":null,"blockedManufacturers":[],"blockedSkus":[]},
         "windowsRestriction":{"platformBlocked":false,
         "personalDeviceEnrollmentBlocked":true,"osMinimumVersion":"10.0.19045","osMaximumVersion":null,
         "blockedManufacturers":[],"blockedSkus":[]},"androidRestriction":null,"macOSRestriction":null,
         "windowsMobileRestriction":null})"},
    {"deviceEnrollmentWindowsHelloForBusinessConfiguration", "windowsHelloForBusiness",
     "DefaultWindowsHelloForBusiness", "Windows Hello for Business",
     R"({"pinMinimumLength":6,"pinMaximumLength":127,"pinUppercaseCharactersUsage":"disallowed",
         "state":"notConfigured",
         "securityDeviceRequired":false,"unlockWithBiometricsEnabled":true,"remotePassportEnabled":true,
         "pinPreviousBlockCount":0,"pinExpirationInDays":0,"enhancedBiometricsState":"notConfigured"})"},
    {"windows10EnrollmentCompletionPageConfiguration", "windows10EnrollmentCompletionPageConfiguration",
     "DefaultWindows10EnrollmentCompletionPageConfiguration", "Enrollment status page",
     R"({"showInstallationProgress":true,"blockDeviceSetupRetryByUser":false,"allowDeviceResetOnInstallFailure":true,
         "allowLogCollectionOnInstallFailure":true,"customErrorMessage":null,"installProgressTimeoutInMinutes":60,
         "allowDeviceUseOnInstallFailure":true,"selectedMobileAppIds":[],"trackInstallProgressForAutopilotOnly":true,
         "disableUserStatusTrackingAfterFirstUser":true})"},
}};
constexpr std::array<EnrollmentKind, 7> kCustom{{
    {"deviceEnrollmentPlatformRestrictionConfiguration", "singlePlatformRestriction", "", "Platform restriction",
     R"({"platformType":"windows","platformRestriction":{"platformBlocked":false,
         "personalDeviceEnrollmentBlocked":true,
         "osMinimumVersion":null,"osMaximumVersion":null,"blockedManufacturers":[],"blockedSkus":[]}})"},
    {kDefaults[0].type, kDefaults[0].kind, "", kDefaults[0].topic, kDefaults[0].properties},
    {kDefaults[3].type, kDefaults[3].kind, "", kDefaults[3].topic, kDefaults[3].properties},
    {"deviceEnrollmentNotificationConfiguration", "enrollmentNotificationsConfiguration", "", "Enrollment notification",
     R"({"platformType":"windows","templateType":"email","notificationMessageTemplateId":
         "00000000-0000-0000-0000-000000000000","notificationTemplates":[],"brandingOptions":"none",
         "defaultLocale":"en-us"})"},
    {"deviceComanagementAuthorityConfiguration", "deviceComanagementAuthorityConfiguration", "", "Co-management",
     R"({"managedDeviceAuthority":1,"installConfigurationManagerAgent":true,
         "configurationManagerAgentCommandLineArgument":null})"},
    {"windowsRestoreDeviceEnrollmentConfiguration", "windowsRestore", "", "Windows restore", R"({"state":"enabled"})"},
    {kDefaults[2].type, kDefaults[2].kind, "", kDefaults[2].topic, kDefaults[2].properties},
}};

std::string capitalised(std::string_view text) {
  std::string out(text);
  out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

// Priority 0 is the built-in object: its id tells the kind, and its type value begins with "default".
NewObject enrollment_configuration(Draft& draft, const EnrollmentKind& kind, std::int64_t priority) {
  const auto [created, modified] = draft.dates();
  const bool builtin = priority == 0;
  const std::string guid = draft.dice.uuid();
  const std::string id = fmt::format("{}_{}", guid, builtin ? kind.default_suffix : capitalised(kind.kind));
  NewObject made;
  made.parts["assignments"] = builtin ? json::array{} : draft.assignments(id, 1 + draft.dice.below(3));
  made.body = {
      {"@odata.type", graph_type(kind.type)},
      {"id", id},
      {"displayName", builtin ? "All users and all devices" : draft.name("Enrollment", kind.topic)},
      {"description", builtin ? "This is the default setting applied with the lowest priority" : ""},
      {"priority", priority},
      {"createdDateTime", builtin ? "0001-01-01T00:00:00Z" : json::string(created)},
      {"lastModifiedDateTime", builtin ? "0001-01-01T00:00:00Z" : json::string(modified)},
      {"version", builtin ? 0 : draft.version()},
      {"roleScopeTagIds", draft.scope_tag_ids()},
      {"deviceEnrollmentConfigurationType", builtin ? "default" + capitalised(kind.kind) : std::string(kind.kind)}};
  append(made.body, varied_properties(draft.dice, {kind.type, "", kind.topic, kind.properties}));
  return made;
}

NewObject notification_template(Draft& draft, std::size_t number) {
  const auto [created, modified] = draft.dates();
  const std::string id = draft.dice.uuid();
  draft.notification_templates.push_back(id);
  NewObject made;
  for (const std::string_view locale : {"en-us", "de-de", "fr-fr"})
    if (locale == "en-us" || draft.dice.chance(40))
      made.parts["localizedNotificationMessages"].push_back(
          json::object{{"id", fmt::format("{}_{}", id, locale)},
                       {"lastModifiedDateTime", modified},
                       {"locale", locale},
                       {"subject", "Your device needs attention"},
                       {"messageTemplate", "Please open the company portal and follow the steps."},
                       {"isDefault", locale == "en-us"}});
  made.body = {{"id", id},
               {"lastModifiedDateTime", modified},
               {"displayName", fmt::format("Non-compliance mail {}", number + 1)},
               {"description", nullptr},
               {"defaultLocale", "en-us"},
               {"brandingOptions", "includeCompanyLogo,includeCompanyName,includeContactInformation"},
               {"roleScopeTagIds", draft.scope_tag_ids()}};
  return made;
}

}  // namespace

std::vector<NewObject> generate_autopilot_profiles(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t) { return autopilot_profile(draft); });
}

// Every kind once before any repeats.
std::vector<NewObject> generate_enrollment_configurations(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t i) {
    if (i < kDefaults.size()) return enrollment_configuration(draft, kDefaults[i], 0);
    const std::size_t number = i - kDefaults.size();
    const EnrollmentKind& kind = number < kCustom.size() ? kCustom[number] : draft.dice.pick(kCustom);
    return enrollment_configuration(draft, kind, static_cast<std::int64_t>(number) + 1);
  });
}

std::vector<NewObject> generate_notification_templates(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t i) { return notification_template(draft, i); });
}

}  // namespace ta::simulator
