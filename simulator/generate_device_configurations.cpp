// deviceManagement/deviceConfigurations: many derived types in one set.
#include <array>

#include "simulator/world_generator.h"

namespace ta::simulator {
namespace {

constexpr std::array<Kind, 18> kKinds{{
    {"windows10GeneralConfiguration", "Win", "Device restrictions",
     R"({"passwordRequired":true,"passwordMinimumLength":8,"passwordBlockSimple":true,"cameraBlocked":false,
         "edgeBlocked":false,"edgeHomepageUrls":[],"screenCaptureBlocked":false,"usbBlocked":false,
         "startMenuLayoutXml":null,
         "networkProxyAutomaticConfigurationUrl":null})"},
    {"windows10CustomConfiguration", "Win", "Custom OMA-URI",
     R"({"omaSettings":[{"@odata.type":"#microsoft.graph.omaSettingInteger","displayName":"Disable OOBE privacy",
         "description":null,"omaUri":"./Vendor/MSFT/Policy/Config/Privacy/DisablePrivacyExperience",
         "secretReferenceValueId":
         null,"isEncrypted":false,"value":1,"isReadOnly":false},{"@odata.type":"#microsoft.graph.omaSettingString",
         "displayName":"Proxy credential","description":null,"omaUri":"./Vendor/MSFT/Custom/Proxy",
         "secretReferenceValueId":"3b1e0d0c-2f6c-4b5e-8a0f-5d4a4f3c2b1a","isEncrypted":true,"value":"****"}]})"},
    {"windows10EndpointProtectionConfiguration", "Win", "Endpoint protection",
     R"({"bitLockerEncryptDevice":true,"bitLockerDisableWarningForOtherDiskEncryption":false,
         "firewallBlockStatefulFTP":null,"defenderSecurityCenterDisableAppBrowserUI":null,
         "applicationGuardEnabled":false,"smartScreenEnableInShell":true,"bitLockerSystemDrivePolicy":
         {"encryptionMethod":"xtsAes256","startupAuthenticationRequired":true,"recoveryOptions":null}})"},
    {"windowsUpdateForBusinessConfiguration", "Win", "Update ring",
     R"({"deliveryOptimizationMode":"httpWithPeeringNat","qualityUpdatesDeferralPeriodInDays":7,
         "featureUpdatesDeferralPeriodInDays":30,"qualityUpdatesPaused":false,"featureUpdatesPaused":false,
         "businessReadyUpdatesOnly":"userDefined","automaticUpdateMode":"autoInstallAtMaintenanceTime",
         "qualityUpdatesPauseExpiryDateTime":"0001-01-01T00:00:00Z","installationSchedule":null,
         "deadlineForQualityUpdatesInDays":3,"userPauseAccess":"disabled"})"},
    {"windowsWifiConfiguration", "Win", "Wi-Fi",
     R"({"preSharedKey":null,"wifiSecurityType":"wpa2Enterprise","meteredConnectionLimit":"unrestricted",
         "ssid":"corp-secure","networkName":"Corporate","connectAutomatically":true,"connectWhenNetworkNameIsHidden":
         false,"proxySetting":"none","proxyManualAddress":null,"proxyManualPort":null})"},
    {"windows10VpnConfiguration", "Win", "Always On VPN",
     R"({"connectionName":"Corporate VPN","connectionType":"automatic","servers":[{"description":"Gateway",
         "address":"vpn.example","isDefaultServer":true}],"enableAlwaysOn":true,"enableDeviceTunnel":false,
         "rememberUserCredentials":true,"customXml":null})"},
    {"windows81SCEPCertificateProfile", "Win", "SCEP device certificate",
     R"({"renewalThresholdPercentage":20,"keyStorageProvider":"useTpmKspOtherwiseUseSoftwareKsp",
         "subjectNameFormat":"custom","subjectNameFormatString":"CN={{AAD_Device_ID}}",
         "certificateValidityPeriodValue":1,
         "certificateValidityPeriodScale":"years","keyUsage":"digitalSignature","keySize":"size2048",
         "hashAlgorithm":"sha2","scepServerUrls":["https://ndes.example/certsrv/mscep/mscep.dll"],
         "extendedKeyUsages":[]})"},
    {"windows81TrustedRootCertificate", "Win", "Trusted root",
     R"({"trustedRootCertificate":"MIIB","certFileName":"corp-root.cer",
         "destinationStore":"computerCertStoreRoot"})"},
    {"windowsKioskConfiguration", "Win", "Kiosk",
     R"({"kioskProfiles":[],"kioskBrowserDefaultUrl":"https://intranet.example","kioskBrowserEnableHomeButton":true,
         "windowsKioskForceUpdateSchedule":null})"},
    {"iosGeneralDeviceConfiguration", "iOS", "Device restrictions",
     R"({"accountBlockModification":false,"appStoreBlocked":false,"cameraBlocked":false,"passcodeRequired":true,
         "passcodeMinimumLength":6,"faceTimeBlocked":false,"iCloudBlockBackup":true,"safariBlocked":false,
         "appsVisibilityList":[],"kioskModeAppStoreUrl":null})"},
    {"iosUpdateConfiguration", "iOS", "Software updates",
     R"({"activeHoursStart":"08:00:00.0000000","activeHoursEnd":"18:00:00.0000000",
         "scheduledInstallDays":["saturday"],
         "utcTimeOffsetInMinutes":60,"desiredOsVersion":null,"updateScheduleType":"updateOutsideOfActiveHours"})"},
    {"iosTrustedRootCertificate", "iOS", "Trusted root",
     R"({"trustedRootCertificate":"MIIB","certFileName":"corp-root.cer"})"},
    {"iosDeviceFeaturesConfiguration", "iOS", "Home screen",
     R"({"assetTagTemplate":null,"lockScreenFootnote":"Property of the company","homeScreenDockIcons":[],
         "homeScreenPages":[],"notificationSettings":[],"singleSignOnSettings":null,
         "wallpaperDisplayLocation":"notConfigured"})"},
    {"macOSCustomConfiguration", "macOS", "Custom profile",
     R"({"payloadName":"Company settings","payloadFileName":"company.mobileconfig",
         "payload":"PD94bWwgdmVyc2lvbj0iMS4wIj8+",
         "deploymentChannel":"deviceChannel"})"},
    {"macOSGeneralDeviceConfiguration", "macOS", "Device restrictions",
     R"({"compliantAppsList":[],"compliantAppListType":"none","emailInDomainSuffixes":[],"passwordRequired":true,
         "passwordMinimumLength":10,"keychainBlockCloudSync":true,"airDropBlocked":false,
         "passwordExpirationDays":null})"},
    {"macOSExtensionsConfiguration", "macOS", "System extensions",
     R"({"kernelExtensionOverridesAllowed":false,"kernelExtensionAllowedTeamIdentifiers":[],
         "systemExtensionsBlockOverride":true,"systemExtensionsAllowedTeamIdentifiers":["UBF8T346G9"]})"},
    {"androidDeviceOwnerGeneralDeviceConfiguration", "Android", "Fully managed restrictions",
     R"({"accountsBlockModification":true,"cameraBlocked":false,"factoryResetBlocked":true,"passwordRequiredType":
         "numericComplex","passwordMinimumLength":6,"kioskModeApps":[],"systemUpdateInstallType":"automatic",
         "wifiBlockEditConfigurations":false,"globalProxy":null})"},
    {"androidWorkProfileGeneralDeviceConfiguration", "Android", "Work profile restrictions",
     R"({"passwordBlockFaceUnlock":false,"passwordMinimumLength":6,"workProfileBlockCamera":false,
         "workProfileDataSharingType":"preventAny","workProfileBlockScreenCapture":true,
         "securityRequireVerifyApps":true})"},
}};

json::value applicability(const Kind& kind) {
  if (!kind.type.starts_with("windows10")) return nullptr;
  return json::object{
      {"osEditionTypes", json::array{"windows10Enterprise"}}, {"name", nullptr}, {"ruleType", "include"}};
}

NewObject device_configuration(Draft& draft, const Kind& kind) {
  const auto [created, modified] = draft.dates();
  const std::string id = draft.dice.uuid();
  NewObject made;
  made.parts["assignments"] = draft.assignments(id, draft.usual_assignments());
  made.body = {{"@odata.type", graph_type(kind.type)},
               {"id", id},
               {"lastModifiedDateTime", modified},
               {"roleScopeTagIds", draft.scope_tag_ids()},
               {"supportsScopeTags", true},
               {"deviceManagementApplicabilityRuleOsEdition", draft.dice.chance(5) ? applicability(kind) : nullptr},
               {"createdDateTime", created},
               {"description", draft.dice.chance(40) ? json::value("See the endpoint handbook") : json::value(nullptr)},
               {"displayName", draft.name(kind.platform, kind.topic)},
               {"version", draft.version()}};
  append(made.body, varied_properties(draft.dice, kind));
  if (made.body.contains("omaSettings"))
    made.parts["$secrets"] = {
        json::object{{"id", "3b1e0d0c-2f6c-4b5e-8a0f-5d4a4f3c2b1a"}, {"value", "user:correct horse"}}};
  return made;
}

}  // namespace

// Every kind once before any repeats.
std::vector<NewObject> generate_device_configurations(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t i) {
    return device_configuration(draft, i < kKinds.size() ? kKinds[i] : draft.dice.pick(kKinds));
  });
}

}  // namespace ta::simulator
