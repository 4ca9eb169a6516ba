#include "inventory/observed_item.h"

#include <gtest/gtest.h>

#include "graph/contract_registry.h"

namespace ta::inventory {
namespace {

std::string platform(const char* type, json::object object) {
  object["id"] = "1";
  return observed_item(*graph::ContractRegistry::builtin().find(type), object, TenantId{1}).platform;
}
std::string of_kind(const char* type, const std::string& kind) {
  return platform(type, {{"@odata.type", "#microsoft.graph." + kind}});
}

TEST(ObservedItem, APlatformIsTheObjectsOwnWord) {
  EXPECT_EQ(platform("settings_catalog_policy", {{"platforms", "windows10"}}), "windows");
  EXPECT_EQ(platform("settings_catalog_policy", {{"platforms", "macOS"}}), "macos");
  EXPECT_EQ(platform("assignment_filter", {{"platform", "androidForWork"}}), "android");
  for (const char* type : {"enrollment_platform_restriction", "enrollment_notification"}) {
    EXPECT_EQ(platform(type, {{"platformType", "mac"}}), "macos") << type;
    EXPECT_EQ(platform(type, {{"platformType", "ios"}}), "ios") << type;
    EXPECT_EQ(platform(type, {{"platformType", "windowsPhone"}}), "windows") << type;
    EXPECT_EQ(platform(type, {{"platformType", "allPlatforms"}}), "all") << type;
    EXPECT_EQ(platform(type, {{"platformType", "unknownFutureValue"}}), "") << type;
  }
}

TEST(ObservedItem, ThenItsKindTellsThePlatform) {
  EXPECT_EQ(of_kind("mobile_app", "winGetApp"), "windows");
  EXPECT_EQ(of_kind("mobile_app", "officeSuiteApp"), "windows");
  EXPECT_EQ(of_kind("mobile_app", "macOSOfficeSuiteApp"), "macos");
  EXPECT_EQ(of_kind("mobile_app", "iosVppApp"), "ios");
  EXPECT_EQ(of_kind("mobile_app", "webApp"), "") << "for all of them and none";
  EXPECT_EQ(of_kind("device_configuration", "sharedPCConfiguration"), "windows");
}

TEST(ObservedItem, ATypeForIPhoneAndIPadIsForIos) {
  EXPECT_EQ(platform("mam_ios_policy", {}), "ios");
  EXPECT_EQ(platform("ios_provisioning_profile", {}), "ios");
  EXPECT_EQ(platform("powershell_script", {}), "windows");
  EXPECT_EQ(platform("vpp_token", {}), "") << "for iOS and macOS alike";
  EXPECT_EQ(platform("scope_tag", {}), "");
}

TEST(ObservedItem, AnObjectWithoutAnIdHasNone) {
  const graph::Contract& contract = *graph::ContractRegistry::builtin().find("scope_tag");
  EXPECT_EQ(observed_item(contract, json::object{{"displayName", "Nameless"}}, TenantId{1}).external_id, "");
}

}  // namespace
}  // namespace ta::inventory
