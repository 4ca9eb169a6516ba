#include "graph/permission_report.h"

#include <gtest/gtest.h>

#include "graph/contract_registry.h"

namespace ta::graph {
namespace {

using Names = std::vector<std::string>;

std::vector<ModuleAccess> report(const Names& granted, std::initializer_list<std::string_view> ids) {
  std::vector<const Contract*> types;
  for (const std::string_view id : ids) types.push_back(ContractRegistry::builtin().find(id));
  return permission_report(granted, types);
}

TypeAccess access(const Names& granted, std::string_view id) { return report(granted, {id}).at(0).types.at(0); }

TEST(PermissionReport, AGrantedPermissionLetsItsTypesBeRead) {
  const TypeAccess policy = access({"DeviceManagementConfiguration.Read.All"}, "settings_catalog_policy");
  EXPECT_TRUE(policy.readable);
  EXPECT_FALSE(policy.writable);
  EXPECT_TRUE(policy.missing_to_read.empty());
  EXPECT_EQ(policy.missing_to_write, Names{"DeviceManagementConfiguration.ReadWrite.All"});
}

TEST(PermissionReport, WritingIncludesReadingOfTheSame) {
  const TypeAccess policy = access({"DeviceManagementConfiguration.ReadWrite.All"}, "settings_catalog_policy");
  EXPECT_TRUE(policy.readable);
  EXPECT_TRUE(policy.writable);
  const TypeAccess tag = access({"DeviceManagementConfiguration.ReadWrite.All"}, "mobile_app");
  EXPECT_FALSE(tag.readable);
}

TEST(PermissionReport, AlternativesAreNamedLeastPrivilegeFirst) {
  const TypeAccess script = access({}, "powershell_script");
  EXPECT_EQ(script.missing_to_read,
            (Names{"DeviceManagementScripts.Read.All", "DeviceManagementConfiguration.Read.All"}));
  EXPECT_TRUE(access({"DeviceManagementConfiguration.Read.All"}, "powershell_script").readable)
      << "the second one will do";
}

TEST(PermissionReport, SomeWritesNeedSeveralPermissionsTogether) {
  const TypeAccess reader = access({"Policy.Read.All"}, "conditional_access_policy");
  EXPECT_TRUE(reader.readable);
  EXPECT_EQ(reader.missing_to_write, (Names{"Policy.ReadWrite.ConditionalAccess", "Application.Read.All"}));
  const TypeAccess writer = access({"Policy.Read.All", "Policy.ReadWrite.ConditionalAccess", "Application.Read.All"},
                                   "conditional_access_policy");
  EXPECT_TRUE(writer.writable);
  EXPECT_FALSE(access({"Policy.ReadWrite.ConditionalAccess"}, "conditional_access_policy").readable)
      << "writing one kind of policy is not reading all of them";
}

TEST(PermissionReport, WhatOnlyUsersMayDoAsksForNothing) {
  const TypeAccess terms = access({"Agreement.Read.All", "Agreement.ReadWrite.All"}, "terms_of_use");
  EXPECT_FALSE(terms.readable);
  EXPECT_TRUE(terms.user_only_read);
  EXPECT_TRUE(terms.missing_to_read.empty());
  const TypeAccess rules = access({"RoleManagement.Read.All"}, "pim_role_policy");
  EXPECT_TRUE(rules.readable);
  EXPECT_TRUE(rules.user_only_write);
  EXPECT_TRUE(rules.missing_to_write.empty());
}

TEST(PermissionReport, AModuleAsksForAsFewPermissionsAsWillDo) {
  const auto modules = report({"DeviceManagementApps.Read.All"},
                              {"powershell_script", "remediation_script", "linux_script_policy", "mobile_app"});
  ASSERT_EQ(modules.size(), 2u);
  EXPECT_EQ(modules[0].category, "scripts");
  EXPECT_EQ(modules[0].readable, 0);
  EXPECT_EQ(modules[0].ask_to_read,
            (Names{"DeviceManagementScripts.Read.All", "DeviceManagementConfiguration.Read.All"}));
  EXPECT_EQ(modules[1].category, "apps");
  EXPECT_EQ(modules[1].readable, 1);
  EXPECT_TRUE(modules[1].ask_to_read.empty());
  EXPECT_EQ(modules[1].ask_to_write, Names{"DeviceManagementApps.ReadWrite.All"});
}

TEST(PermissionReport, WhatAModuleAsksForIsEnough) {
  std::vector<const Contract*> everything;
  for (const Contract& contract : ContractRegistry::builtin().all()) everything.push_back(&contract);
  Names granted;
  for (const ModuleAccess& module : permission_report({}, everything))
    for (const Names* asked : {&module.ask_to_read, &module.ask_to_write})
      granted.insert(granted.end(), asked->begin(), asked->end());
  for (const ModuleAccess& module : permission_report(granted, everything))
    for (const TypeAccess& type : module.types) {
      EXPECT_EQ(type.readable, !type.user_only_read) << type.contract->id;
      const bool written = type.contract->restore != RestoreMode::inventory_only;
      EXPECT_EQ(type.writable, written && !type.user_only_write) << type.contract->id;
    }
}

TEST(PermissionReport, InventoryOnlyTypesAreNeverWritable) {
  const TypeAccess connector = access({"DeviceManagementConfiguration.ReadWrite.All"}, "certificate_connector");
  EXPECT_FALSE(connector.writable);
  EXPECT_TRUE(connector.missing_to_write.empty());
}

}  // namespace
}  // namespace ta::graph
