#include <gtest/gtest.h>

#include <array>
#include <map>

#include "graph/contract_registry.h"

namespace ta::embedded {
std::span<const File> graph_contracts();
}

namespace ta::graph {
namespace {

const Contract& contract(std::string_view id) {
  const Contract* const found = ContractRegistry::builtin().find(id);
  if (!found) throw std::runtime_error("no contract " + std::string(id));
  return *found;
}

Result<ContractRegistry> load(std::string_view json) {
  const embedded::File file{"test.json", json, {}};
  return ContractRegistry::load({&file, 1});
}

std::string entry(std::string_view id, std::string_view list) {
  return fmt::format(
      R"({{"id":"{}","label":"L","graph_version":"beta","entity_type":"microsoft.graph.e","sync":"on_request",
      "list":{},"item_path":"/a/{{{{id}}}}","assignments":{{"mode":"none"}},
      "permissions":{{"read":["A.Read.All"],"basis":"b"}},"restore":"inventory_only","restore_reason":"r","risk":"low",
      "verified":{{"path":true,"type":true,"source":"s"}}}})",
      id, list);
}

std::string file_of(std::string_view types) { return fmt::format(R"({{"family":"f","types":[{}]}})", types); }

TEST(ContractRegistry, KnowsTheTypesOfTheFirstRelease) {
  for (const std::string_view id :
       {"settings_catalog_policy", "endpoint_security_policy", "device_configuration", "update_ring",
        "compliance_policy", "powershell_script", "remediation_script", "macos_shell_script", "mobile_app",
        "assignment_filter", "scope_tag", "conditional_access_policy", "named_location", "administrative_template",
        "autopilot_profile", "notification_template", "enrollment_status_page", "group"})
    EXPECT_TRUE(ContractRegistry::builtin().find(id)) << id;
}

TEST(ContractRegistry, KnowsEveryTypeOfEveryFamily) {
  std::map<std::string, std::array<int, 3>> counts;  // enabled, preview only, inventory only
  for (const Contract& c : ContractRegistry::builtin().all()) ++counts[c.category][static_cast<std::size_t>(c.restore)];
  const std::map<std::string, std::array<int, 3>> expected{
      {"device_configuration", {7, 4, 2}},
      {"endpoint_security", {2, 1, 0}},
      {"compliance", {5, 0, 0}},
      {"scripts", {5, 0, 0}},
      {"enrollment", {7, 9, 6}},
      {"apps", {3, 3, 3}},
      {"app_protection", {3, 0, 4}},
      {"updates", {6, 0, 1}},
      {"windows365", {2, 1, 3}},
      {"connectors", {0, 1, 7}},
      {"tenant_administration", {7, 3, 4}},
      {"entra_conditional_access", {4, 1, 1}},
      {"entra_policies", {2, 17, 3}},
      {"entra_directory", {1, 7, 9}},
      {"microsoft_services", {0, 0, 4}},
  };
  EXPECT_EQ(counts, expected);
  EXPECT_EQ(ContractRegistry::builtin().all().size(), 148u);
}

// A member that the structs forgot, or read into the wrong place, would show here.
TEST(ContractRegistry, HoldsExactlyWhatTheFilesSay) {
  std::size_t compared = 0;
  for (const embedded::File& file : embedded::graph_contracts()) {
    const json::value parsed = json::parse(file.bytes);
    for (const json::value& entry : parsed.at("types").as_array()) {
      const Contract& c = contract(entry.at("id").as_string());
      EXPECT_TRUE(to_json(c) == entry) << c.id << " is read as\n" << json::serialize(to_json(c));
      EXPECT_EQ(c.category + ".json", file.path);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 148u);
}

TEST(ContractRegistry, WhatIsNotVerifiedOrNotForAppsIsNeverListed) {
  for (const Contract& c : ContractRegistry::builtin().all()) {
    const bool apps_may = c.permissions.delegated_only != DelegatedOnly::read_and_write;
    EXPECT_EQ(c.sync == SyncMode::never, !apps_may || !c.verified.path.value()) << c.id;
    if (c.sync == SyncMode::by_default) EXPECT_TRUE(c.can_be_listed()) << c.id;
  }
  EXPECT_FALSE(contract("inventory_policy").can_be_listed());
}

TEST(ContractRegistry, AnUnknownTypeIsNothing) {
  EXPECT_EQ(ContractRegistry::builtin().find("settings_catalog"), nullptr);
  EXPECT_EQ(ContractRegistry::builtin().find(""), nullptr);
}

TEST(ContractRegistry, EveryContractCanBeCalledAndExplained) {
  for (const Contract& c : ContractRegistry::builtin().all()) {
    EXPECT_TRUE(c.list_target().starts_with(c.graph_version == GraphVersion::beta ? "/beta/" : "/v1.0/")) << c.id;
    EXPECT_EQ(c.list_target("parent").find_first_of(" {}'"), std::string::npos) << c.id;
    EXPECT_EQ(c.item_target("id").find_first_of(" '"), std::string::npos) << c.id;
    EXPECT_TRUE(c.permissions.read.front().find(".Read") != std::string::npos) << c.id << ": least privilege reads";
    EXPECT_FALSE(c.label.empty() || c.category.empty()) << c.id;
    EXPECT_EQ(&contract(c.id), &c);
  }
}

TEST(Contract, TargetsCarryVersionQueryAndEncodedIds) {
  EXPECT_EQ(contract("settings_catalog_policy").list_target(),
            "/beta/deviceManagement/configurationPolicies?$top=100&$expand=assignments");
  EXPECT_EQ(contract("apple_ade_ios_profile").list_target("a/b"),
            "/beta/deviceManagement/depOnboardingSettings/a%2Fb/enrollmentProfiles");
  EXPECT_TRUE(contract("group").list_target().starts_with("/v1.0/groups?$select=id,displayName,"));
  EXPECT_TRUE(contract("group").list_target().ends_with("&$top=999"));
  EXPECT_EQ(contract("scope_tag").list_target(), "/beta/deviceManagement/roleScopeTags");
  EXPECT_EQ(contract("device_configuration").item_target("a/../b"),
            "/beta/deviceManagement/deviceConfigurations/a%2F..%2Fb");
}

TEST(Contract, ARowOfASharedListHasExactlyOneType) {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"templateReference":{"templateFamily":"none"}})", "settings_catalog_policy"},
      {R"({"templateReference":{"templateFamily":"companyPortal"}})", "settings_catalog_policy"},
      {R"({"templateReference":null})", "settings_catalog_policy"},
      {R"({"templateReference":{"templateFamily":"endpointSecurityFirewall"}})", "endpoint_security_policy"},
      {R"({"templateReference":{"templateFamily":"endpointSecurityOfTomorrow"}})", "endpoint_security_policy"},
      {R"({"templateReference":{"templateFamily":"baseline"}})", "security_baseline_policy"},
      {R"({"templateReference":{"templateFamily":"deviceConfigurationScripts"}})", "linux_script_policy"},
      {R"({"templateReference":{"templateFamily":"enrollmentConfiguration"}})", "device_preparation_policy"},
  };
  for (const auto& [row, expected] : rows)
    for (const Contract& c : ContractRegistry::builtin().all())
      if (c.list.path == "/deviceManagement/configurationPolicies")
        EXPECT_EQ(c.matches(json::parse(row)), c.id == expected) << row << " " << c.id;
}

TEST(Contract, DerivedTypesAreToldApartByTheirODataType) {
  const json::value ring{{"@odata.type", "#microsoft.graph.windowsUpdateForBusinessConfiguration"}};
  const json::value wifi{{"@odata.type", "#microsoft.graph.windowsWifiConfiguration"}};
  EXPECT_TRUE(contract("update_ring").matches(ring));
  EXPECT_FALSE(contract("device_configuration").matches(ring));
  EXPECT_TRUE(contract("device_configuration").matches(wifi));
  EXPECT_FALSE(contract("update_ring").matches(wifi));
}

TEST(Contract, FlagsTellRowsApartToo) {
  const json::value oem{{"appSupportsOemConfig", true}};
  EXPECT_TRUE(contract("oem_config_policy").matches(oem));
  EXPECT_FALSE(contract("app_config_managed_devices").matches(oem));
  for (const json::value& row : {json::value{{"appSupportsOemConfig", false}}, json::value(json::object{})}) {
    EXPECT_FALSE(contract("oem_config_policy").matches(row));
    EXPECT_TRUE(contract("app_config_managed_devices").matches(row));
  }
}

TEST(Contract, AListPerParentCarriesTheParentsId) {
  EXPECT_EQ(contract("apple_ade_ios_profile").list_target("a b"),
            "/beta/deviceManagement/depOnboardingSettings/a%20b/enrollmentProfiles");
}

TEST(Contract, WhatTheCallerChoosesIsNotStripped) {
  EXPECT_EQ(general_strip_list(contract("device_configuration")).front(), "id");
  EXPECT_EQ(general_strip_list(contract("authentication_context")).front(), "createdDateTime");
}

TEST(Contract, ASingleObjectGoesByItsType) {
  const json::value settings{{"secureByDefault", true}};
  EXPECT_EQ(object_id(contract("device_management_settings"), settings), "device_management_settings");
  EXPECT_EQ(object_name(contract("device_management_settings"), settings),
            contract("device_management_settings").label);
  EXPECT_EQ(object_id(contract("cross_tenant_access_partner"), json::value{{"tenantId", "t"}}), "t");
}

TEST(Contract, NamesAndIdsAreReadFromRows) {
  const json::value row{{"id", "1"}, {"name", "catalog"}, {"displayName", "display"}};
  EXPECT_EQ(object_id(contract("group"), row), "1");
  EXPECT_EQ(object_name(contract("settings_catalog_policy"), row), "catalog");
  EXPECT_EQ(object_name(contract("device_configuration"), row), "display");
  EXPECT_EQ(object_name(contract("group"), json::value{{"displayName", nullptr}}), "(no name)");
  EXPECT_EQ(object_name(contract("group_lifecycle_policy"), json::value{{"id", "0a1b2c3d-4e5f"}}),
            "Group lifecycle policy …c3d-4e5f");
  EXPECT_EQ(object_id(contract("group"), json::object{}), "");
}

TEST(ContractRegistry, SaysWhatIsWrongWithAFile) {
  const std::string good = R"({"path":"/a"})";
  EXPECT_TRUE(load(file_of(entry("a", good))));
  const std::pair<std::string, std::string> cases[] = {
      {"{", "Not JSON"},
      {R"({"types":[]})", "family"},
      {file_of(entry("a", R"({"path":"a"})")), "must be a path"},
      {file_of(entry("a", R"({"path":"/a","top":0})")), "top"},
      {file_of(entry("a", R"({"path":"/a","select":"id"})")), "\"list.select\" must be a list"},
      {file_of(entry("a", R"({"path":"/a","tops":1})")), "The contract of a: \"list.tops\" is not a known member."},
      {file_of(entry("a", R"({"path":"/a","filter_support":"maybe"})")), "it is one of supported, limited, ignored"},
      {file_of(entry("a", R"({"path":"/{b}"})")), "list.parent"},
      {file_of(entry("a", R"({"path":"/{b}/c","parent":{"type":"x","placeholder":"b"}})")), "x, which is not declared"},
      {file_of(entry("a", R"({"path":"/a","match":{"property":"p"}})")), "match"},
      {file_of(R"({"id":"a"})"), "The contract of a"},
      {file_of(entry("a", good) + "," + entry("a", R"({"path":"/b"})")), "declared twice"},
      {file_of(entry("a", good) + "," + entry("b", good)), "nothing tells them apart"},
  };
  for (const auto& [text, expected] : cases) {
    const auto loaded = load(text);
    ASSERT_FALSE(loaded) << text;
    EXPECT_NE(loaded.error().message.find(expected), std::string::npos) << loaded.error().message;
  }
}

TEST(Contract, WhatIsSoOfOneSubtypeIsNotSoOfTheOthers) {
  const auto has = [](const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto of = [](std::string_view id, std::string_view type) {
    return unwritable_properties(contract(id), json::object{{"@odata.type", fmt::format("#microsoft.graph.{}", type)}});
  };
  const auto windows = of("device_configuration", "windows10GeneralConfiguration");
  const auto mac = of("device_configuration", "macOSGeneralDeviceConfiguration");
  EXPECT_TRUE(has(windows.read_only, "privacyAccessControls"));
  EXPECT_FALSE(has(mac.read_only, "privacyAccessControls")) << "the PPPC payload is an ordinary property";
  EXPECT_TRUE(has(mac.read_only, "createdDateTime"));
  EXPECT_TRUE(has(of("mobile_app", "winGetApp").on_update, "installExperience"));
  EXPECT_FALSE(has(of("mobile_app", "win32LobApp").on_update, "installExperience"));
  EXPECT_TRUE(has(of("mobile_app", "win32LobApp").on_update, "appUrl"));
  EXPECT_FALSE(has(unwritable_properties(contract("mobile_app"), {}).on_update, "installExperience"));
}

}  // namespace
}  // namespace ta::graph
