#include "graph/reference_values.h"

#include <gtest/gtest.h>

#include "graph/contract_registry.h"

namespace ta::graph {
namespace {

constexpr std::string_view kGroup = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
constexpr std::string_view kOther = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
constexpr std::string_view kZeros = "00000000-0000-0000-0000-000000000000";

using Values = std::set<ReferenceValue>;

Values values(std::string_view type, const json::value& object) {
  return reference_values(*ContractRegistry::builtin().find(type), object);
}

Values of(std::string_view property, const json::value& object) {
  Contract contract;
  contract.references.push_back({std::string(property), {"group"}, {}});
  return reference_values(contract, object);
}

json::object target(std::string_view group, std::string_view filter) {
  return {{"target", {{"groupId", group}, {"deviceAndAppManagementAssignmentFilterId", filter}}}};
}

TEST(ReferenceValues, AssignedGroupsFiltersAndScopeTags) {
  const json::value policy{{"roleScopeTagIds", {"0", "7"}},
                           {"assignments", json::array{target(kGroup, kZeros), target(kOther, "f1")}}};
  EXPECT_EQ(values("settings_catalog_policy", policy),
            (Values{{"assignments[].target.groupId", std::string(kGroup)},
                    {"assignments[].target.groupId", std::string(kOther)},
                    {"assignments[].target.deviceAndAppManagementAssignmentFilterId", "f1"},
                    {"roleScopeTagIds[]", "0"},
                    {"roleScopeTagIds[]", "7"}}));
}

TEST(ReferenceValues, WordsAndWhatIsMissingReferToNothing) {
  const json::value policy{{"conditions",
                            {{"users", {{"includeUsers", {"All"}}, {"includeGroups", json::array{kGroup}}}},
                             {"locations", nullptr},
                             {"applications", {{"includeApplications", json::array{kOther}}}}}},
                           {"grantControls", {{"authenticationStrength", {{"id", "s4"}}}}}};
  EXPECT_EQ(values("conditional_access_policy", policy),
            (Values{{"conditions.users.includeGroups[]", std::string(kGroup)},
                    {"grantControls.authenticationStrength.id", "s4"}}))
      << "apps are named by appId, which is no object's id";
}

TEST(ReferenceValues, PathsReachEveryElementAndAnywhereBelow) {
  EXPECT_EQ(of("a[].b.c[]", {{"a", {{{"b", {{"c", {"x1", "x2"}}}}}, {{"b", 3}}, 7}}}).size(), 2u);
  const json::value deep{{"settings", {{{"settingInstance", {{"simpleSettingValue", {{"value", "r1"}}}}}}}}};
  EXPECT_EQ(of("settings[]..simpleSettingValue.value", deep).size(), 1u);
  EXPECT_EQ(of("definition@odata.bind", {{"definition@odata.bind", "https://host/beta/definitions/d9"}}),
            (Values{{"definition@odata.bind", "d9"}}));
}

TEST(ReferenceValues, ObjectsTextsAndPathsCountWithTheirIds) {
  EXPECT_EQ(of("role", {{"role", {{"id", "r2"}, {"name", "x"}}}}).begin()->id, "r2");
  EXPECT_EQ(of("scope", {{"scope", "/administrativeUnits/u5"}}).begin()->id, "u5");
  EXPECT_TRUE(of("scope", {{"scope", "/"}}).empty());
  const std::string rule = fmt::format("user.memberof -any (group.objectId -in ['{}', '{}'])", kGroup, kOther);
  EXPECT_EQ(of("membershipRule", {{"membershipRule", rule}}).size(), 2u);
  EXPECT_TRUE(of("membershipRule", {{"membershipRule", "user.city -eq \"Berlin\""}}).empty());
  EXPECT_TRUE(of("a", {{"a", std::string(300, '1')}}).empty());
}

// Whatever the contracts say, no object makes the search fail.
TEST(ReferenceValues, EveryDeclaredPathCanBeFollowed) {
  for (const Contract& contract : ContractRegistry::builtin().all())
    for (const Reference& reference : contract.references) {
      EXPECT_FALSE(reference.property.empty()) << contract.id;
      EXPECT_TRUE(of(reference.property, {{"id", 1}, {"assignments", nullptr}}).empty()) << reference.property;
    }
}

}  // namespace
}  // namespace ta::graph
