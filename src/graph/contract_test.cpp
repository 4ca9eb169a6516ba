#include <gtest/gtest.h>

#include <set>

#include "graph/contract_registry.h"

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
      R"({{"id":"{}","label":"L","graph_version":"beta","list":{},"item_path":"/a/{{id}}","entity_type":"e",
      "name_property":"displayName","permissions":{{"read":["A.Read.All"]}},"restore":"enabled","risk":"low"}})",
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

TEST(ContractRegistry, AnUnknownTypeIsNothing) {
  EXPECT_EQ(ContractRegistry::builtin().find("settings_catalog"), nullptr);
  EXPECT_EQ(ContractRegistry::builtin().find(""), nullptr);
}

TEST(ContractRegistry, EveryContractCanBeCalledAndExplained) {
  for (const Contract& c : ContractRegistry::builtin().all()) {
    EXPECT_TRUE(c.list_target().starts_with(c.version == GraphVersion::beta ? "/beta/" : "/v1.0/")) << c.id;
    EXPECT_EQ(c.list_target().find_first_of(" {}'"), std::string::npos) << c.id;
    EXPECT_TRUE(c.read_permissions.front().find(".Read") != std::string::npos) << c.id << ": least privilege reads";
    EXPECT_FALSE(c.label.empty() || c.category.empty()) << c.id;
    EXPECT_EQ(&contract(c.id), &c);
  }
}

TEST(Contract, TargetsCarryVersionQueryAndEncodedIds) {
  EXPECT_EQ(contract("settings_catalog_policy").list_target(), "/beta/deviceManagement/configurationPolicies?$top=100");
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

TEST(Contract, NamesAndIdsAreReadFromRows) {
  const json::value row{{"id", "1"}, {"name", "catalog"}, {"displayName", "display"}};
  EXPECT_EQ(object_id(row), "1");
  EXPECT_EQ(object_name(contract("settings_catalog_policy"), row), "catalog");
  EXPECT_EQ(object_name(contract("device_configuration"), row), "display");
  EXPECT_EQ(object_name(contract("group"), json::value{{"displayName", nullptr}}), "(no name)");
  EXPECT_EQ(object_id(json::object{}), "");
}

TEST(ContractRegistry, SaysWhatIsWrongWithAFile) {
  const std::string good = R"({"path":"/a"})";
  EXPECT_TRUE(load(file_of(entry("a", good))));
  const std::pair<std::string, std::string> cases[] = {
      {"{", "Not JSON"},
      {R"({"types":[]})", "family"},
      {file_of(entry("a", R"({"path":"a"})")), "must be a path"},
      {file_of(entry("a", R"({"path":"/a","top":0})")), "top"},
      {file_of(entry("a", R"({"path":"/a","select":"id"})")), "select"},
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

}  // namespace
}  // namespace ta::graph
