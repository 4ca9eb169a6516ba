#include "graph/capability.h"

#include <gtest/gtest.h>

#include <map>

#include "graph/contract_registry.h"

namespace ta::graph {
namespace {

Contract contract(std::string_view id) { return *ContractRegistry::builtin().find(id); }

// One line per type: what is possible, how far a restore goes and what keeps it from more.
std::string line(const Contract& c) {
  const Capabilities can = capabilities(c);
  std::string abilities;
  for (const auto& [ability, letter] : {std::pair{can.list, 'l'}, {can.version, 'v'}, {can.back_up, 'b'}})
    abilities += ability.possible ? letter : '-';
  abilities += can.without_secrets ? '*' : ' ';
  return fmt::format("{:40}{} {:15}{}\n", c.id, abilities, name(can.restore), name(can.restore_limit));
}

// Changing a record so that a type can do more or less must be meant: change its line, too.
constexpr std::string_view kGolden = R"(
mam_ios_policy                          lvb  preview_only   high_risk
mam_android_policy                      lvb  preview_only   high_risk
mam_windows_policy                      lvb  preview_only   high_risk
mam_default_policy                      l--  inventory_only kept_as_inventory
wip_mdm_policy                          l--  inventory_only kept_as_inventory
wip_without_enrollment_policy           l--  inventory_only kept_as_inventory
managed_app_policy                      l--  inventory_only kept_as_inventory
mobile_app                              lvb  preview_only   marked_preview_only
mobile_app_category                     lvb  enabled        none
app_config_managed_devices              lvb* enabled        none
app_config_managed_apps                 lvb* enabled        none
policy_set                              lvb  preview_only   marked_preview_only
vpp_token                               l--  inventory_only kept_as_inventory
ebook                                   l--  inventory_only kept_as_inventory
ios_provisioning_profile                lvb  preview_only   marked_preview_only
enterprise_code_signing_certificate     l--  inventory_only kept_as_inventory
compliance_policy                       lvb  preview_only   high_risk
compliance_policy_v2                    lvb  preview_only   high_risk
compliance_script                       lvb  enabled        none
notification_template                   lvb  enabled        none
device_management_settings              lvb  preview_only   high_risk
compliance_partner                      l--  inventory_only kept_as_inventory
chrome_os_connection                    l--  inventory_only kept_as_inventory
domain_join_connector                   l--  inventory_only kept_as_inventory
device_management_partner               l--  inventory_only kept_as_inventory
remote_assistance_partner               l--  inventory_only kept_as_inventory
mobile_threat_defense_connector         lvb  preview_only   marked_preview_only
certificate_connector                   l--  inventory_only kept_as_inventory
service_now_connection                  l--  inventory_only kept_as_inventory
device_configuration                    lvb* preview_only   high_risk
settings_catalog_policy                 lvb* preview_only   high_risk
administrative_template                 lvb  preview_only   high_risk
admx_file                               l--  inventory_only kept_as_inventory
reusable_setting                        lvb  enabled        none
hardware_configuration                  lvb* preview_only   high_risk
inventory_policy                        ---  inventory_only path_not_verified
resource_access_profile                 l--  inventory_only kept_as_inventory
derived_credential                      lvb  preview_only   marked_preview_only
microsoft_tunnel_configuration          lvb  preview_only   high_risk
microsoft_tunnel_site                   lvb  preview_only   marked_preview_only
wdac_supplemental_policy                lvb  preview_only   marked_preview_only
oem_config_policy                       lvb  enabled        none
endpoint_security_policy                lvb* preview_only   high_risk
security_baseline_policy                lvb* preview_only   high_risk
endpoint_security_intent                lvb  preview_only   marked_preview_only
device_preparation_policy               lvb* preview_only   marked_preview_only
autopilot_profile                       lvb  preview_only   high_risk
autopilot_device                        l--  inventory_only kept_as_inventory
enrollment_status_page                  lvb  preview_only   high_risk
enrollment_device_limit                 lvb  preview_only   high_risk
enrollment_platform_restriction         lvb  preview_only   high_risk
enrollment_platform_restrictions_defaultlvb  preview_only   high_risk
windows_hello_for_business              lvb  preview_only   high_risk
co_management_settings                  lvb  preview_only   high_risk
enrollment_notification                 lvb  preview_only   marked_preview_only
windows_restore                         lvb  preview_only   marked_preview_only
apple_enrollment_token                  l--  inventory_only kept_as_inventory
apple_ade_ios_profile                   lvb  preview_only   marked_preview_only
apple_ade_macos_profile                 lvb* preview_only   marked_preview_only
apple_ade_tvos_profile                  lvb  preview_only   marked_preview_only
apple_ade_visionos_profile              lvb  preview_only   marked_preview_only
apple_user_enrollment_profile           lvb  preview_only   marked_preview_only
apns_certificate                        l--  inventory_only kept_as_inventory
android_enterprise_binding              l--  inventory_only kept_as_inventory
android_device_owner_profile            lvb* preview_only   marked_preview_only
android_work_profile_enrollment         l--  inventory_only kept_as_inventory
corporate_device_identifier             l--  inventory_only kept_as_inventory
conditional_access_policy               lvb  preview_only   high_risk
named_location                          lvb  preview_only   high_risk
authentication_strength                 lvb  preview_only   high_risk
authentication_context                  lvb  enabled        none
terms_of_use                            ---  inventory_only not_for_apps
conditional_access_template             l--  inventory_only kept_as_inventory
group                                   lvb  preview_only   marked_preview_only
group_setting                           lvb  enabled        none
group_lifecycle_policy                  lvb  preview_only   marked_preview_only
administrative_unit                     lvb  preview_only   marked_preview_only
directory_role_definition               lvb  preview_only   marked_preview_only
directory_role_assignment               l--  inventory_only kept_as_inventory
application                             l--  inventory_only kept_as_inventory
service_principal                       l--  inventory_only kept_as_inventory
oauth2_permission_grant                 l--  inventory_only kept_as_inventory
domain                                  l--  inventory_only kept_as_inventory
organization                            l--  inventory_only kept_as_inventory
organization_branding                   lvb  preview_only   marked_preview_only
attribute_set                           lvb  preview_only   marked_preview_only
custom_security_attribute               lvb  preview_only   marked_preview_only
identity_provider                       l--  inventory_only kept_as_inventory
directory_sync                          ---  inventory_only not_for_apps
delegated_admin_relationship            l--  inventory_only kept_as_inventory
authentication_methods_policy           lvb  preview_only   marked_preview_only
authentication_method_configuration     lvb  preview_only   marked_preview_only
authorization_policy                    lvb  preview_only   marked_preview_only
security_defaults                       lvb  preview_only   marked_preview_only
cross_tenant_access_policy              lvb  preview_only   marked_preview_only
cross_tenant_access_default             lvb  preview_only   marked_preview_only
cross_tenant_access_partner             lvb  preview_only   marked_preview_only
external_identities_policy              lvb  enabled        none
authentication_flows_policy             lvb  enabled        none
device_registration_policy              lvb  preview_only   marked_preview_only
admin_consent_request_policy            lvb  preview_only   marked_preview_only
permission_grant_policy                 lvb  preview_only   marked_preview_only
app_management_default_policy           lvb  preview_only   marked_preview_only
app_management_policy                   lvb  preview_only   marked_preview_only
activity_based_timeout_policy           lvb  preview_only   marked_preview_only
token_lifetime_policy                   lvb  preview_only   marked_preview_only
home_realm_discovery_policy             lvb  preview_only   marked_preview_only
feature_rollout_policy                  ---  inventory_only not_for_apps
mdm_scope_policy                        ---  inventory_only not_for_apps
mam_scope_policy                        ---  inventory_only not_for_apps
pim_role_policy                         lvb  preview_only   marked_preview_only
b2b_management_policy                   lvb  preview_only   marked_preview_only
tcm_monitor                             l--  inventory_only kept_as_inventory
tcm_drift                               l--  inventory_only kept_as_inventory
tcm_snapshot_job                        l--  inventory_only kept_as_inventory
entra_backup_snapshot                   l--  inventory_only kept_as_inventory
linux_script_policy                     lvb* enabled        none
powershell_script                       lvb  preview_only   high_risk
macos_shell_script                      lvb  preview_only   high_risk
macos_custom_attribute                  lvb  enabled        none
remediation_script                      lvb  preview_only   high_risk
device_category                         lvb  enabled        none
assignment_filter                       lvb  preview_only   high_risk
scope_tag                               lvb  preview_only   high_risk
intune_role_definition                  lvb  preview_only   high_risk
intune_role_assignment                  lvb  preview_only   marked_preview_only
terms_and_conditions                    lvb  enabled        none
company_portal_branding                 lvb  enabled        none
device_cleanup_rule                     lvb  preview_only   marked_preview_only
operation_approval_policy               lvb  preview_only   marked_preview_only
operation_approval_request              l--  inventory_only kept_as_inventory
cloud_pki_ca                            l--  inventory_only kept_as_inventory
remote_help_settings                    lvb  enabled        none
endpoint_analytics_baseline             l--  inventory_only kept_as_inventory
intune_audit_event                      l--  inventory_only kept_as_inventory
update_ring                             lvb  enabled        none
apple_update_policy                     lvb  enabled        none
zebra_fota_deployment                   l--  inventory_only kept_as_inventory
feature_update_profile                  lvb  preview_only   high_risk
quality_update_profile                  lvb  preview_only   high_risk
quality_update_policy                   lvb  preview_only   high_risk
driver_update_profile                   lvb  preview_only   high_risk
w365_provisioning_policy                lvb  preview_only   marked_preview_only
w365_user_setting                       lvb  enabled        none
w365_azure_network_connection           l--  inventory_only kept_as_inventory
w365_device_image                       l--  inventory_only kept_as_inventory
w365_organization_settings              lvb  enabled        none
w365_cloud_pc_pool                      l--  inventory_only kept_as_inventory
)";

TEST(Capability, OfEveryTypeIsAsReviewed) {
  std::string lines = "\n";
  for (const Contract& c : ContractRegistry::builtin().all()) lines += line(c);
  EXPECT_EQ(lines, kGolden);
}

TEST(Capability, OnlyVerifiedFactsOfAppsAreActedOn) {
  Contract c = contract("update_ring");
  EXPECT_EQ(capabilities(c).restore, RestoreMode::enabled);
  c.verified.path = false;
  EXPECT_EQ(capabilities(c).list, (Ability{false, Limit::path_not_verified}));
  EXPECT_EQ(capabilities(c).restore, RestoreMode::inventory_only);
  EXPECT_EQ(capabilities(c).restore_limit, Limit::path_not_verified);
  c = contract("update_ring");
  c.permissions.delegated_only = DelegatedOnly::read_and_write;
  EXPECT_EQ(capabilities(c).back_up, (Ability{false, Limit::not_for_apps}));
  c.permissions.delegated_only = DelegatedOnly::write;
  EXPECT_TRUE(capabilities(c).back_up.possible);
  EXPECT_EQ(capabilities(c).restore_limit, Limit::not_writable_by_apps);
}

TEST(Capability, AGuessedWriteIsOnlyShown) {
  const auto limited = [](auto change) {
    Contract c = contract("update_ring");
    change(c);
    EXPECT_TRUE(capabilities(c).back_up.possible);
    return capabilities(c).restore_limit;
  };
  EXPECT_EQ(limited([](Contract& c) { c.create->basis = Basis::convention; }), Limit::write_not_verified);
  EXPECT_EQ(limited([](Contract& c) { c.update->basis = Basis::convention; }), Limit::write_not_verified);
  EXPECT_EQ(limited([](Contract& c) { c.assignments.basis = Basis::convention; }), Limit::write_not_verified);
  EXPECT_EQ(limited([](Contract& c) {
              c.assignments.basis = Basis::documented;
              c.verified.assignments_body_key = false;
            }),
            Limit::write_not_verified);
  EXPECT_EQ(limited([](Contract& c) { c.verified.update = false; }), Limit::none) << "a client was seen to do it";
  EXPECT_EQ(limited([](Contract& c) {
              c.verified.update = false;
              c.update->basis = Basis::documented;
            }),
            Limit::write_not_verified);
}

TEST(Capability, HighRiskIsPreviewOnlyUntilItIsAllowed) {
  const Contract policy = contract("conditional_access_policy");
  EXPECT_EQ(capabilities(policy).restore, RestoreMode::preview_only);
  EXPECT_EQ(capabilities(policy).restore_limit, Limit::high_risk);
  EXPECT_EQ(capabilities(policy, HighRisk::enabled).restore, RestoreMode::enabled);
  EXPECT_EQ(capabilities(contract("mobile_app"), HighRisk::enabled).restore, RestoreMode::preview_only)
      << "its record says so, whatever the risk";
}

TEST(Capability, AllowingHighRiskEnablesWhatTheRecordsEnable) {
  std::map<RestoreMode, int> modes;
  for (const Contract& c : ContractRegistry::builtin().all()) {
    const RestoreMode mode = capabilities(c, HighRisk::enabled).restore;
    EXPECT_LE(mode == RestoreMode::enabled, c.restore == RestoreMode::enabled) << c.id;
    ++modes[mode];
  }
  EXPECT_EQ(modes[RestoreMode::enabled], 54);
}

TEST(Capability, EveryLimitIsExplained) {
  EXPECT_TRUE(explanation(Limit::none).empty());
  for (const Contract& c : ContractRegistry::builtin().all()) {
    const Capabilities can = capabilities(c);
    EXPECT_EQ(can.restore == RestoreMode::enabled, explanation(can.restore_limit).empty()) << c.id;
    EXPECT_EQ(can.list.possible, explanation(can.list.limit).empty()) << c.id;
  }
}

}  // namespace
}  // namespace ta::graph
