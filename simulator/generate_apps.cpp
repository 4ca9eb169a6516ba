// deviceAppManagement/mobileApps: many derived types in one set.
#include <array>

#include "simulator/world_generator.h"

namespace ta::simulator {
namespace {

constexpr std::array<Kind, 10> kKinds{{
    {"win32LobApp", "Win32", "",
     R"({"committedContentVersion":"1","fileName":"setup.intunewin","size":48230912,"installCommandLine":
         "setup.exe /quiet","uninstallCommandLine":"setup.exe /uninstall /quiet","applicableArchitectures":"x64",
         "minimumSupportedWindowsRelease":"21H2","detectionRules":[],"rules":[],"returnCodes":[{"returnCode":0,
         "type":"success"}],"installExperience":{"runAsAccount":"system","maxRunTimeInMinutes":60,
         "deviceRestartBehavior":"suppress"},"msiInformation":null,"allowAvailableUninstall":true})"},
    {"winGetApp", "Store", "",
     R"({"manifestHash":null,"packageIdentifier":"9WZDNCRFJ3PZ","installExperience":{"runAsAccount":"user"}})"},
    {"officeSuiteApp", "Win", "",
     R"({"autoAcceptEula":true,"productIds":["o365ProPlusRetail"],"excludedApps":{"access":true,"bing":true,
         "groove":true},
         "useSharedComputerActivation":false,"updateChannel":"current","officePlatformArchitecture":"x64",
         "localesToInstall":[],"installProgressDisplayLevel":"none","targetVersion":"",
         "officeConfigurationXml":null})"},
    {"webApp", "Web", "", R"({"appUrl":"https://intranet.example/portal","useManagedBrowser":false})"},
    {"iosVppApp", "iOS", "",
     R"({"usedLicenseCount":12,"totalLicenseCount":500,"releaseDateTime":"2023-04-01T00:00:00Z","appStoreUrl":
         "https://apps.example/id1","licensingType":{"supportUserLicensing":false,"supportDeviceLicensing":true},
         "bundleId":"com.example.app","vppTokenId":"0d2f7f65-3c8e-4d11-9c0a-2b7b3f0d9a11",
         "revokeLicenseActionResults":[]})"},
    {"iosStoreApp", "iOS", "",
     R"({"bundleId":"com.example.store","appStoreUrl":"https://apps.example/id2","applicableDeviceType":{"iPad":true,
         "iPhoneAndIPod":true},"minimumSupportedOperatingSystem":{"v15_0":false,"v16_0":true}})"},
    {"macOSPkgApp", "macOS", "",
     R"({"committedContentVersion":"1","fileName":"installer.pkg","size":9120031,"primaryBundleId":"com.example.mac",
         "primaryBundleVersion":"4.2.1","includedApps":[],"ignoreVersionDetection":true,"preInstallScript":null,
         "postInstallScript":null})"},
    {"androidManagedStoreApp", "Android", "",
     R"({"packageId":"com.example.android","appIdentifier":"com.example.android","usedLicenseCount":0,
         "totalLicenseCount":0,"appStoreUrl":"https://play.example/app","isPrivate":false,"isSystemApp":false,
         "supportsOemConfig":false})"},
    {"managedIOSStoreApp", "iOS managed", "",
     R"({"appAvailability":"global","version":null,"bundleId":"com.example.managed","appStoreUrl":
         "https://apps.example/id3","applicableDeviceType":{"iPad":true,"iPhoneAndIPod":true}})"},
    {"managedAndroidStoreApp", "Android managed", "",
     R"({"appAvailability":"global","version":null,"packageId":"com.example.managed","appStoreUrl":
         "https://play.example/managed","minimumSupportedOperatingSystem":null})"},
}};

struct Product {
  std::string_view name, publisher;
};
constexpr std::array<Product, 16> kProducts{{{"Acrobat Reader", "Adobe"},
                                             {"7-Zip", "Igor Pavlov"},
                                             {"Visual Studio Code", "Microsoft"},
                                             {"Teams", "Microsoft"},
                                             {"Outlook", "Microsoft"},
                                             {"Zoom Workplace", "Zoom"},
                                             {"Slack", "Slack Technologies"},
                                             {"FortiClient VPN", "Fortinet"},
                                             {"Notepad++", "Don Ho"},
                                             {"Google Chrome", "Google"},
                                             {"Firefox ESR", "Mozilla"},
                                             {"SAP GUI", "SAP"},
                                             {"Citrix Workspace", "Citrix"},
                                             {"TeamViewer Host", "TeamViewer"},
                                             {"Time sheet", "IT Operations"},
                                             {"Warehouse scanner", "IT Operations"}}};

json::array app_assignments(Draft& draft, std::string_view id) {
  static constexpr std::array<std::string_view, 4> kIntents{"required", "available", "uninstall", "required"};
  json::array assignments = draft.assignments(id, draft.usual_assignments());
  for (json::value& one : assignments) {
    one.as_object()["intent"] = draft.dice.pick(kIntents);
    one.as_object()["settings"] = nullptr;
  }
  return assignments;
}

json::array categories(Draft& draft) {
  if (!draft.dice.chance(40)) return {};
  return {json::object{{"id", "ed899483-3019-425e-a470-28e901b9790e"},
                       {"displayName", "Productivity"},
                       {"lastModifiedDateTime", "0001-01-01T00:00:00Z"}}};
}

json::value icon(Dice& dice) {
  if (!dice.chance(30)) return nullptr;
  return json::object{{"type", "image/png"}, {"value", "iVBORw0KGgo="}};
}

NewObject mobile_app(Draft& draft, const Kind& kind) {
  const auto [created, modified] = draft.dates();
  const Product& product = draft.dice.pick(kProducts);
  const std::string id = draft.dice.uuid();
  NewObject made;
  made.parts["assignments"] = app_assignments(draft, id);
  made.parts["categories"] = categories(draft);
  made.body = {{"@odata.type", graph_type(kind.type)},
               {"id", id},
               {"displayName", fmt::format("{} ({})", product.name, kind.platform)},
               {"description", product.name},
               {"publisher", product.publisher},
               {"largeIcon", icon(draft.dice)},
               {"createdDateTime", created},
               {"lastModifiedDateTime", modified},
               {"isFeatured", draft.dice.chance(10)},
               {"privacyInformationUrl", nullptr},
               {"informationUrl", nullptr},
               {"owner", ""},
               {"developer", ""},
               {"notes", ""},
               {"uploadState", 1},
               {"publishingState", "published"},
               {"isAssigned", !made.parts["assignments"].empty()},
               {"roleScopeTagIds", draft.scope_tag_ids()},
               {"dependentAppCount", 0},
               {"supersedingAppCount", 0},
               {"supersededAppCount", 0}};
  append(made.body, varied_properties(draft.dice, kind));
  return made;
}

}  // namespace

// Every kind once before any repeats.
std::vector<NewObject> generate_apps(Draft& draft, std::size_t count) {
  return repeat(
      count, [&](std::size_t i) { return mobile_app(draft, i < kKinds.size() ? kKinds[i] : draft.dice.pick(kKinds)); });
}

}  // namespace ta::simulator
