#include "simulator/entity_sets.h"

#include <array>
#include <utility>

namespace ta::simulator {
namespace {

using Roles = std::vector<std::string_view>;

const Roles kConfiguration{"DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"};
const Roles kService{"DeviceManagementServiceConfig.Read.All", "DeviceManagementServiceConfig.ReadWrite.All"};
const Roles kApps{"DeviceManagementApps.Read.All", "DeviceManagementApps.ReadWrite.All"};
const Roles kScripts{"DeviceManagementScripts.Read.All", "DeviceManagementScripts.ReadWrite.All"};
const Roles kScopeTags{"DeviceManagementRBAC.Read.All", "DeviceManagementRBAC.ReadWrite.All",
                       "DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All"};
const Roles kPolicy{"Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"};
const Roles kGroups{"Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All", "Directory.Read.All"};
const Roles kOrganization{"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All"};

const Part kAssignments{.name = "assignments"};

std::vector<EntitySet> configuration_sets() {
  return {
      {.path = "deviceManagement/configurationPolicies",
       .entity_type = "microsoft.graph.deviceManagementConfigurationPolicy",
       .page_size = 25,
       .parts = {{.name = "settings", .page_size = 25}, {.name = "assignments", .page_size = 25}},
       .read_roles = kConfiguration,
       .name_property = "name"},
      {.path = "deviceManagement/deviceConfigurations",
       .entity_type = "microsoft.graph.deviceConfiguration",
       .in_v1 = true,
       .skip_links = true,
       .beta_only = {"roleScopeTagIds", "supportsScopeTags", "deviceManagementApplicabilityRuleOsEdition"},
       .parts = {kAssignments},
       .read_roles = kConfiguration},
      {.path = "deviceManagement/groupPolicyConfigurations",
       .entity_type = "microsoft.graph.groupPolicyConfiguration",
       .parts = {kAssignments, {.name = "definitionValues", .page_size = 100, .expand_on_list = false}},
       .read_roles = kConfiguration},
      {.path = "deviceManagement/deviceCompliancePolicies",
       .entity_type = "microsoft.graph.deviceCompliancePolicy",
       .in_v1 = true,
       .rejected_functions = {"startswith"},
       .beta_only = {"roleScopeTagIds"},
       .parts = {kAssignments, {.name = "scheduledActionsForRule"}},
       .read_roles = kConfiguration},
      {.path = "deviceManagement/assignmentFilters",
       .entity_type = "microsoft.graph.deviceAndAppManagementAssignmentFilter",
       .filter = FilterRule::rejected,
       .read_roles = kConfiguration},
      {.path = "deviceManagement/roleScopeTags",
       .entity_type = "microsoft.graph.roleScopeTag",
       .parts = {kAssignments},
       .read_roles = kScopeTags},
  };
}

std::vector<EntitySet> script_sets() {
  return {
      {.path = "deviceManagement/deviceManagementScripts",
       .entity_type = "microsoft.graph.deviceManagementScript",
       .null_in_list = {"scriptContent"},
       .parts = {kAssignments},
       .read_roles = kScripts},
      {.path = "deviceManagement/deviceShellScripts",
       .entity_type = "microsoft.graph.deviceShellScript",
       .null_in_list = {"scriptContent"},
       .parts = {{.name = "assignments", .readable = false, .expand_on_list = false}},
       .read_roles = kScripts},
      {.path = "deviceManagement/deviceHealthScripts",
       .entity_type = "microsoft.graph.deviceHealthScript",
       .filter = FilterRule::ignored,
       .null_in_list = {"detectionScriptContent", "remediationScriptContent"},
       .parts = {{.name = "assignments", .expand_on_list = false}},
       .read_roles = kScripts},
  };
}

std::vector<EntitySet> enrollment_sets() {
  return {
      {.path = "deviceManagement/windowsAutopilotDeploymentProfiles",
       .entity_type = "microsoft.graph.windowsAutopilotDeploymentProfile",
       .filter = FilterRule::rejected,
       .parts = {kAssignments},
       .read_roles = kService},
      {.path = "deviceManagement/deviceEnrollmentConfigurations",
       .entity_type = "microsoft.graph.deviceEnrollmentConfiguration",
       .in_v1 = true,
       .rejected_functions = {"endswith"},
       .beta_only = {"roleScopeTagIds", "deviceEnrollmentConfigurationType"},
       .parts = {kAssignments},
       .read_roles = kService},
      {.path = "deviceManagement/notificationMessageTemplates",
       .entity_type = "microsoft.graph.notificationMessageTemplate",
       .in_v1 = true,
       .parts = {{.name = "localizedNotificationMessages"}},
       .read_roles = kService},
  };
}

std::vector<EntitySet> app_and_entra_sets() {
  return {
      {.path = "deviceAppManagement/mobileApps",
       .entity_type = "microsoft.graph.mobileApp",
       .in_v1 = true,
       .skip_links = true,
       .null_in_list = {"largeIcon"},
       .beta_only = {"roleScopeTagIds", "uploadState", "isAssigned", "dependentAppCount"},
       .parts = {{.name = "assignments", .expand_on_list = false}, {.name = "categories", .expand_on_list = false}},
       .read_roles = kApps},
      {.path = "identity/conditionalAccess/policies",
       .entity_type = "microsoft.graph.conditionalAccessPolicy",
       .area = Area::identity,
       .in_v1 = true,
       .read_roles = kPolicy},
      {.path = "identity/conditionalAccess/namedLocations",
       .entity_type = "microsoft.graph.namedLocation",
       .area = Area::identity,
       .in_v1 = true,
       .read_roles = kPolicy},
      {.path = "groups",
       .entity_type = "microsoft.graph.group",
       .area = Area::directory,
       .in_v1 = true,
       .page_size = 100,
       .top_max = 999,
       .top_over_rejected = true,
       .advanced_queries = true,
       .read_roles = kGroups},
      {.path = "organization",
       .entity_type = "microsoft.graph.organization",
       .area = Area::directory,
       .in_v1 = true,
       .page_size = 100,
       .top_max = 999,
       .top_over_rejected = true,
       .read_roles = kOrganization},
  };
}

std::vector<EntitySet> all_sets() {
  std::vector<EntitySet> all;
  for (auto& family : {configuration_sets(), script_sets(), enrollment_sets(), app_and_entra_sets()})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

// Derived types between a set's declared type and its objects: child, parent.
constexpr std::array kParents{
    std::pair{"microsoft.graph.managedIOSStoreApp", "microsoft.graph.managedApp"},
    std::pair{"microsoft.graph.managedAndroidStoreApp", "microsoft.graph.managedApp"},
    std::pair{"microsoft.graph.managedApp", "microsoft.graph.mobileApp"},
    std::pair{"microsoft.graph.win32LobApp", "microsoft.graph.mobileLobApp"},
    std::pair{"microsoft.graph.macOSPkgApp", "microsoft.graph.mobileLobApp"},
    std::pair{"microsoft.graph.mobileLobApp", "microsoft.graph.mobileApp"},
};

}  // namespace

std::span<const EntitySet> entity_sets() {
  static const std::vector<EntitySet> sets = all_sets();
  return sets;
}

const EntitySet* find_set(std::string_view path) {
  for (const EntitySet& set : entity_sets())
    if (set.path == path) return &set;
  return nullptr;
}

const Part* find_part(const EntitySet& set, std::string_view name) {
  for (const Part& part : set.parts)
    if (part.name == name) return &part;
  return nullptr;
}

bool derives_from(std::string_view type, std::string_view ancestor) {
  if (type == ancestor) return true;
  for (const auto& [child, parent] : kParents)
    if (type == child) return derives_from(parent, ancestor);
  return false;
}

std::span<const std::string_view> read_permissions() {
  static constexpr std::array<std::string_view, 9> kRead{"DeviceManagementConfiguration.Read.All",
                                                         "DeviceManagementServiceConfig.Read.All",
                                                         "DeviceManagementApps.Read.All",
                                                         "DeviceManagementScripts.Read.All",
                                                         "DeviceManagementRBAC.Read.All",
                                                         "DeviceManagementManagedDevices.Read.All",
                                                         "Policy.Read.All",
                                                         "Group.Read.All",
                                                         "Organization.Read.All"};
  return kRead;
}

}  // namespace ta::simulator
