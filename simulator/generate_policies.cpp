// Settings catalog policies, administrative templates and compliance policies.
#include <array>

#include "simulator/world_generator.h"

namespace ta::simulator {
namespace {

struct Catalog {
  std::string_view platform, platforms, technologies, topic, family, definition_prefix;
};
constexpr std::array<Catalog, 17> kCatalogs{{
    {"Win", "windows10", "mdm", "Security baseline", "none", "device_vendor_msft_policy_config_deviceguard"},
    {"Win", "windows10", "mdm", "Edge hardening", "none", "device_vendor_msft_policy_config_microsoft_edge"},
    {"Win", "windows10", "mdm", "OneDrive known folders", "none", "device_vendor_msft_policy_config_onedrivengscv2"},
    {"Win", "windows10", "mdm", "Update client", "none", "device_vendor_msft_policy_config_update"},
    {"Win", "windows10", "mdm", "Windows Hello", "none", "device_vendor_msft_passportforwork"},
    {"Win", "windows10", "mdm,microsoftSense", "Defender antivirus", "endpointSecurityAntivirus",
     "device_vendor_msft_policy_config_defender"},
    {"Win", "windows10", "mdm,microsoftSense", "Attack surface reduction", "endpointSecurityAttackSurfaceReduction",
     "device_vendor_msft_policy_config_defender_asr"},
    {"Win", "windows10", "mdm", "Disk encryption", "endpointSecurityDiskEncryption", "device_vendor_msft_bitlocker"},
    {"Win", "windows10", "mdm,microsoftSense", "Firewall", "endpointSecurityFirewall", "vendor_msft_firewall_mdmstore"},
    {"macOS", "macOS", "mdm,appleRemoteManagement", "Restrictions", "none", "com.apple.applicationaccess"},
    {"macOS", "macOS", "mdm,appleRemoteManagement", "FileVault", "none", "com.apple.mcx.filevault2"},
    {"iOS", "iOS", "mdm,appleRemoteManagement", "Passcode", "none", "com.apple.mobiledevice.passwordpolicy"},
    {"Android", "android", "android", "Work profile", "none", "com.android.devicerestrictionpolicy"},
    {"Linux", "linux", "linuxMdm", "Custom configuration", "none", "linux_customconfig"},
    {"Win", "windows10", "mdm", "Microsoft 365 Apps baseline", "baseline",
     "device_vendor_msft_policy_config_office16v2"},
    {"Win", "windows10", "enrollment", "Device preparation", "enrollmentConfiguration", "enrollment_autopilot_dpp"},
    {"Linux", "linux", "linuxMdm", "Custom script", "deviceConfigurationScripts", "linux_customconfig_script"},
}};
constexpr std::array<std::string_view, 12> kSettingWords{"allowarchivescanning", "enablenetworkprotection",
                                                         "passwordlength",       "blockmacros",
                                                         "screentimeout",        "homepage",
                                                         "autoupdate",           "cloudblocklevel",
                                                         "requireencryption",    "allowedextensions",
                                                         "deferquality",         "smartscreen"};

json::object choice_instance(Dice& dice, const std::string& definition) {
  return {{"@odata.type", graph_type("deviceManagementConfigurationChoiceSettingInstance")},
          {"settingDefinitionId", definition},
          {"settingInstanceTemplateReference", nullptr},
          {"choiceSettingValue", json::object{{"settingValueTemplateReference", nullptr},
                                              {"value", fmt::format("{}_{}", definition, dice.below(2))},
                                              {"children", json::array{}}}}};
}

json::object simple_instance(Dice& dice, const std::string& definition) {
  const bool number = dice.chance(60);
  const json::value value = number ? json::value(8 + dice.below(56)) : json::value("https://intranet.example/start");
  return {{"@odata.type", graph_type("deviceManagementConfigurationSimpleSettingInstance")},
          {"settingDefinitionId", definition},
          {"settingInstanceTemplateReference", nullptr},
          {"simpleSettingValue",
           json::object{{"@odata.type", graph_type(number ? "deviceManagementConfigurationIntegerSettingValue"
                                                          : "deviceManagementConfigurationStringSettingValue")},
                        {"settingValueTemplateReference", nullptr},
                        {"value", value}}}};
}

json::object collection_instance(Dice& dice, const std::string& definition) {
  json::array values;
  for (std::size_t i = 0; i <= dice.below(3); ++i)
    values.push_back(json::object{{"@odata.type", graph_type("deviceManagementConfigurationStringSettingValue")},
                                  {"settingValueTemplateReference", nullptr},
                                  {"value", fmt::format("C:\\Tools\\exclusion-{}", dice.below(90))}});
  return {{"@odata.type", graph_type("deviceManagementConfigurationSimpleSettingCollectionInstance")},
          {"settingDefinitionId", definition},
          {"settingInstanceTemplateReference", nullptr},
          {"simpleSettingCollectionValue", std::move(values)}};
}

json::array catalog_settings(Dice& dice, const Catalog& catalog, std::size_t count) {
  json::array settings;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string definition =
        fmt::format("{}_{}{}", catalog.definition_prefix, dice.pick(kSettingWords), i / kSettingWords.size() + i % 3);
    const std::size_t shape = dice.below(10);
    settings.push_back(json::object{{"id", std::to_string(i)},
                                    {"settingInstance", shape < 6   ? choice_instance(dice, definition)
                                                        : shape < 9 ? simple_instance(dice, definition)
                                                                    : collection_instance(dice, definition)}});
  }
  return settings;
}

json::object template_reference(Dice& dice, const Catalog& catalog) {
  const bool none = catalog.family == "none";
  return {{"templateId", none ? "" : dice.uuid() + "_1"},
          {"templateFamily", catalog.family},
          {"templateDisplayName", none ? json::value(nullptr) : json::value(catalog.topic)},
          {"templateDisplayVersion", none ? json::value(nullptr) : json::value("Version 1")}};
}

// Every catalog once before any repeats. The first policy is large, so that paging of its parts is always met.
NewObject configuration_policy(Draft& draft, std::size_t number) {
  const bool large = number == 0;
  const Catalog& catalog = number < kCatalogs.size() ? kCatalogs[number] : draft.dice.pick(kCatalogs);
  const auto [created, modified] = draft.dates();
  const std::string id = draft.dice.uuid();
  const std::size_t settings = large ? 60 : 1 + draft.dice.below(12);
  NewObject made;
  made.parts["settings"] = catalog_settings(draft.dice, catalog, settings);
  made.parts["assignments"] = draft.assignments(id, large ? 30 : draft.usual_assignments());
  made.body = {{"createdDateTime", created},
               {"creationSource", nullptr},
               {"description", draft.dice.chance(50) ? "Managed by the endpoint team" : ""},
               {"lastModifiedDateTime", modified},
               {"name", draft.name(catalog.platform, catalog.topic)},
               {"platforms", catalog.platforms},
               {"priorityMetaData", nullptr},
               {"roleScopeTagIds", draft.scope_tag_ids()},
               {"settingCount", settings},
               {"technologies", catalog.technologies},
               {"id", id},
               {"isAssigned", !made.parts["assignments"].empty()},
               {"templateReference", template_reference(draft.dice, catalog)}};
  return made;
}

constexpr std::array<std::string_view, 6> kTemplates{"Office macros",    "Legacy browser sites", "Remote assistance",
                                                     "Printer defaults", "Power management",     "Mapped drives"};

json::object definition(Dice& dice) {
  return {{"id", dice.uuid()},
          {"classType", dice.chance(50) ? "machine" : "user"},
          {"displayName", fmt::format("Configure {}", dice.pick(kSettingWords))},
          {"explainText", "This policy setting lets you configure the feature."},
          {"categoryPath", "\\Windows Components\\Internet Explorer"},
          {"supportedOn", "At least Windows 10"},
          {"policyType", "admxBacked"},
          {"hasRelatedDefinitions", false},
          {"groupPolicyCategoryId", dice.uuid()},
          {"minDeviceCspVersion", "5.0"},
          {"minUserCspVersion", nullptr},
          {"version", "1.0"},
          {"lastModifiedDateTime", "2024-05-02T10:00:00Z"}};
}

json::object definition_value(Draft& draft) {
  const auto [created, modified] = draft.dates();
  json::array presentations;
  if (draft.dice.chance(40))
    presentations.push_back(
        json::object{{"@odata.type", graph_type("groupPolicyPresentationValueText")},
                     {"lastModifiedDateTime", modified},
                     {"createdDateTime", created},
                     {"id", draft.dice.uuid()},
                     {"value", "Enabled for the pilot"},
                     {"presentation", json::object{{"@odata.type", graph_type("groupPolicyPresentationTextBox")},
                                                   {"id", draft.dice.uuid()},
                                                   {"label", "Value"},
                                                   {"lastModifiedDateTime", modified},
                                                   {"defaultValue", nullptr},
                                                   {"required", false},
                                                   {"maxLength", 1023}}}});
  return {{"createdDateTime", created},
          {"enabled", draft.dice.chance(70)},
          {"configurationType", "policy"},
          {"lastModifiedDateTime", modified},
          {"id", draft.dice.uuid()},
          {"definition", definition(draft.dice)},
          {"presentationValues", std::move(presentations)}};
}

NewObject group_policy(Draft& draft) {
  const auto [created, modified] = draft.dates();
  const std::string id = draft.dice.uuid();
  NewObject made;
  made.parts["assignments"] = draft.assignments(id, draft.usual_assignments());
  for (std::size_t i = 0; i <= draft.dice.below(6); ++i)
    made.parts["definitionValues"].push_back(definition_value(draft));
  made.body = {{"createdDateTime", created},
               {"displayName", draft.name("Win", draft.dice.pick(kTemplates))},
               {"description", ""},
               {"roleScopeTagIds", draft.scope_tag_ids()},
               {"policyConfigurationIngestionType", "unknown"},
               {"id", id},
               {"lastModifiedDateTime", modified}};
  return made;
}

constexpr std::array<Kind, 7> kCompliance{{
    {"windows10CompliancePolicy", "Win", "Compliance",
     R"({"passwordRequired":true,"passwordMinimumLength":8,"osMinimumVersion":"10.0.22631.0","osMaximumVersion":null,
         "bitLockerEnabled":true,"secureBootEnabled":true,"codeIntegrityEnabled":false,
         "storageRequireEncryption":true,
         "defenderEnabled":true,"defenderVersion":null,"rtpEnabled":true,"tpmRequired":true,
         "validOperatingSystemBuildRanges":[],"deviceCompliancePolicyScript":null})"},
    {"macOSCompliancePolicy", "macOS", "Compliance",
     R"({"passwordRequired":true,"passwordMinimumLength":10,"osMinimumVersion":"14.0","osMaximumVersion":null,
         "systemIntegrityProtectionEnabled":true,"storageRequireEncryption":true,"firewallEnabled":true,
         "gatekeeperAllowedAppSource":"macAppStoreAndIdentifiedDevelopers"})"},
    {"iosCompliancePolicy", "iOS", "Compliance",
     R"({"passcodeRequired":true,"passcodeMinimumLength":6,"osMinimumVersion":"17.0","osMaximumVersion":null,
         "securityBlockJailbrokenDevices":true,"managedEmailProfileRequired":false,"restrictedApps":[]})"},
    {"androidWorkProfileCompliancePolicy", "Android", "Work profile compliance",
     R"({"passwordRequired":true,"passwordMinimumLength":null,"securityBlockJailbrokenDevices":true,
         "osMinimumVersion":"13","minAndroidSecurityPatchLevel":null,"storageRequireEncryption":true})"},
    {"androidDeviceOwnerCompliancePolicy", "Android", "Fully managed compliance",
     R"({"passwordRequired":true,"securityRequireIntuneAppIntegrity":false,"osMinimumVersion":"12",
         "osMaximumVersion":null,"storageRequireEncryption":true})"},
    {"aospDeviceOwnerCompliancePolicy", "AOSP", "Headset compliance",
     R"({"passwordRequired":false,"osMinimumVersion":null,"storageRequireEncryption":false})"},
    {"windows81CompliancePolicy", "Win 8.1", "Legacy compliance",
     R"({"passwordRequired":true,"osMinimumVersion":null,"storageRequireEncryption":false})"},
}};

json::object block_action(Draft& draft) {
  const bool mails = !draft.notification_templates.empty() && draft.dice.chance(30);
  json::array steps{json::object{{"id", draft.dice.uuid()},
                                 {"gracePeriodHours", draft.dice.below(4) * 24},
                                 {"actionType", "block"},
                                 {"notificationTemplateId", "00000000-0000-0000-0000-000000000000"},
                                 {"notificationMessageCCList", json::array{}}}};
  if (mails)
    steps.push_back(json::object{{"id", draft.dice.uuid()},
                                 {"gracePeriodHours", 0},
                                 {"actionType", "notification"},
                                 {"notificationTemplateId", draft.dice.pick(draft.notification_templates)},
                                 {"notificationMessageCCList", json::array{}}});
  return {{"id", draft.dice.uuid()}, {"ruleName", nullptr}, {"scheduledActionConfigurations", std::move(steps)}};
}

NewObject compliance_policy(Draft& draft) {
  const Kind& kind = draft.dice.pick(kCompliance);
  const auto [created, modified] = draft.dates();
  const std::string id = draft.dice.uuid();
  NewObject made;
  made.parts["assignments"] = draft.assignments(id, draft.usual_assignments());
  made.parts["scheduledActionsForRule"] = json::array{block_action(draft)};
  made.body = {{"@odata.type", graph_type(kind.type)},
               {"roleScopeTagIds", draft.scope_tag_ids()},
               {"id", id},
               {"createdDateTime", created},
               {"description", nullptr},
               {"lastModifiedDateTime", modified},
               {"displayName", draft.name(kind.platform, kind.topic)},
               {"version", draft.version()}};
  append(made.body, varied_properties(draft.dice, kind));
  return made;
}

}  // namespace

std::vector<NewObject> generate_configuration_policies(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t i) { return configuration_policy(draft, i); });
}

std::vector<NewObject> generate_group_policies(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t) { return group_policy(draft); });
}

std::vector<NewObject> generate_compliance_policies(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t) { return compliance_policy(draft); });
}

}  // namespace ta::simulator
