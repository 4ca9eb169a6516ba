#include "simulator/world_generator.h"

#include <array>

#include "base/digest.h"

namespace ta::simulator {
namespace {

using namespace std::chrono_literals;

struct Company {
  std::string_view name, domain;
};
constexpr std::array<Company, 10> kCompanies{{{"Contoso", "contoso"},
                                              {"Fabrikam", "fabrikam"},
                                              {"Northwind Traders", "northwind"},
                                              {"Adventure Works", "adventureworks"},
                                              {"Tailspin Toys", "tailspintoys"},
                                              {"Woodgrove Bank", "woodgrove"},
                                              {"Litware", "litware"},
                                              {"Proseware", "proseware"},
                                              {"Wingtip Clinics", "wingtip"},
                                              {"Lamna Healthcare", "lamna"}}};

// The sets whose objects tell a story, in the order of creation: what is referred to comes first. Shares are per
// thousand of what the other sets leave.
struct Share {
  std::string_view path;
  Generator generate;
  std::size_t per_thousand, at_least;
};
constexpr std::array<Share, 16> kShares{{
    {"deviceManagement/roleScopeTags", generate_scope_tags, 15, 1},
    {"groups", generate_groups, 180, 1},
    {"deviceManagement/assignmentFilters", generate_filters, 30, 1},
    {"deviceManagement/notificationMessageTemplates", generate_notification_templates, 12, 1},
    {"identity/conditionalAccess/namedLocations", generate_named_locations, 15, 1},
    {"identity/conditionalAccess/policies", generate_conditional_access, 45, 1},
    {"deviceManagement/deviceConfigurations", generate_device_configurations, 130, 1},
    {"deviceManagement/groupPolicyConfigurations", generate_group_policies, 40, 1},
    {"deviceManagement/deviceCompliancePolicies", generate_compliance_policies, 50, 1},
    {"deviceManagement/deviceManagementScripts", generate_powershell_scripts, 35, 1},
    {"deviceManagement/deviceShellScripts", generate_shell_scripts, 20, 1},
    {"deviceManagement/deviceHealthScripts", generate_health_scripts, 35, 1},
    {"deviceManagement/windowsAutopilotDeploymentProfiles", generate_autopilot_profiles, 15, 1},
    {"deviceManagement/deviceEnrollmentConfigurations", generate_enrollment_configurations, 35, 11},
    {"deviceAppManagement/mobileApps", generate_apps, 150, 1},
    // The rest of the thousand.
    {"deviceManagement/configurationPolicies", generate_configuration_policies, 0, 1},
}};

App make_app(Dice& dice, std::string_view purpose, Timestamp now) {
  App app{.purpose = std::string(purpose),
          .display_name = "TenantAtlas",
          .client_id = dice.uuid(),
          .object_id = dice.uuid(),
          .client_secret = "sim8Q~" + base64url(dice.bytes(25)),
          .secret_expires_at = now + 24h * 365 * 50};
  app.roles = app.scopes = read_permissions();
  app.scopes.emplace_back("User.Read");
  return app;
}

std::vector<App> make_apps(Dice& dice, Timestamp now) {
  std::vector<App> apps;
  for (const std::string_view purpose : {"full", "limited", "expired_secret", "no_consent", "writer"})
    apps.push_back(make_app(dice, purpose, now));
  apps[1].display_name = "TenantAtlas (limited)";
  std::erase(apps[1].roles, "DeviceManagementScripts.Read.All");
  apps[2].secret_expires_at = now - 24h * 365;
  apps[3].consented = false;
  apps[4].display_name = "TenantAtlas (restore)";
  apps[4].roles.insert(apps[4].roles.end(), write_permissions().begin(), write_permissions().end());
  return apps;
}

// People sign in to it. Its dice are its own: the objects of a seed must not depend on it.
App make_public_app(Dice dice, Timestamp now) {
  App app = make_app(dice, "public", now);
  app.display_name = "TenantAtlas (people)";
  app.client_secret.clear();
  app.is_public = true;
  app.scopes = read_permissions();
  app.scopes.insert(app.scopes.end(), write_permissions().begin(), write_permissions().end());
  app.scopes.emplace_back("User.Read");
  app.roles.clear();
  return app;
}

std::vector<User> make_users(Dice dice, std::string_view domain) {
  std::vector<User> users;
  for (const auto& [name, display_name] : {std::pair{"admin", "Alex Admin"}, std::pair{"reader", "Robin Reader"}})
    users.push_back({dice.uuid(), fmt::format("{}@{}", name, domain), display_name});
  return users;
}

bool has_story(const EntitySet& set) {
  return set.path == "organization" ||
         std::any_of(kShares.begin(), kShares.end(), [&](const Share& share) { return share.path == set.path; });
}

// From here on there is something of everything.
constexpr std::size_t kSomethingOfEverything = 250;

// Without the built-in ones.
std::size_t plain_count(const EntitySet& set, std::size_t objects) {
  if (set.singleton) return set.builtin.empty() ? 1 : 0;
  if (set.share == 0) return 0;
  const std::size_t at_least = objects >= kSomethingOfEverything ? 1 : 0;
  return std::min(set.count_max, std::max(at_least, objects * set.share / 1000));
}

std::size_t share_of(const Share& share, std::size_t objects) {
  return std::max(share.at_least, objects * share.per_thousand / 1000);
}

std::vector<NewObject> generate_plain_set(Draft& draft, const EntitySet& set, std::size_t objects) {
  std::vector<NewObject> made = generate_builtin(draft, set);
  for (NewObject& one : generate_plain(draft, set, plain_count(set, objects))) made.push_back(std::move(one));
  return made;
}

// Of the counted sets without a story, organization included.
std::size_t plain_total(std::size_t objects) {
  std::size_t total = 1;
  for (const EntitySet& set : entity_sets())
    if (set.counted && !has_story(set) && set.union_of.empty()) total += set.builtin.size() + plain_count(set, objects);
  return total;
}

void fill(Tenant& tenant, Draft& draft, std::size_t objects) {
  const std::size_t plain = plain_total(objects);
  const std::size_t pool = objects > plain ? objects - plain : 0;
  std::size_t left = pool;
  for (const Share& share : kShares) {
    const bool last = &share == &kShares.back();
    const std::size_t count = last ? std::max<std::size_t>(left, 1) : share_of(share, pool);
    left -= std::min(left, count);
    tenant.sets[std::string(share.path)] = make_collection(*find_set(share.path), share.generate(draft, count));
  }
  std::vector<NewObject> organization;
  organization.push_back(generate_organization(draft, tenant));
  tenant.sets["organization"] = make_collection(*find_set("organization"), std::move(organization));
  for (const EntitySet& set : entity_sets())
    if (!has_story(set) && set.union_of.empty())
      tenant.sets[set.path] = make_collection(set, generate_plain_set(draft, set, objects));
}

Tenant generate_tenant(const WorldOptions& options, std::size_t number) {
  Dice dice(options.seed * 1'000'003 + number);
  const Company& company = kCompanies[number % kCompanies.size()];
  const std::string suffix = number < kCompanies.size() ? "" : std::to_string(number / kCompanies.size() + 1);
  Tenant tenant{.id = dice.uuid(),
                .display_name = std::string(company.name) + (suffix.empty() ? "" : " " + suffix),
                .domain = std::string(company.domain) + suffix + ".onmicrosoft.com"};
  tenant.apps = make_apps(dice, options.now);
  const std::uint64_t people_seed = options.seed * 1'000'003 + number + 500'000;
  tenant.apps.push_back(make_public_app(Dice(people_seed), options.now));
  tenant.users = make_users(Dice(people_seed + 1), tenant.domain);
  Draft draft{.dice = dice,
              .now = options.now,
              .domain = tenant.domain,
              .tenant_id = tenant.id,
              .organization = tenant.display_name};
  fill(tenant, draft, options.objects_per_tenant);
  return tenant;
}

std::string intune_date(Timestamp time) {
  const std::string text = to_rfc3339(time);
  const std::size_t dot = text.find('.');
  if (dot == std::string::npos) return text;
  return text.substr(0, text.size() - 1) + "0Z";
}

constexpr std::array<std::string_view, 18> kAudiences{"All devices",
                                                      "All users",
                                                      "Finance",
                                                      "Pilot ring",
                                                      "Broad ring",
                                                      "Kiosk",
                                                      "Frontline",
                                                      "Engineering",
                                                      "Sales",
                                                      "Headquarters",
                                                      "Warehouse Berlin",
                                                      "Warehouse Lyon",
                                                      "Shared tools",
                                                      "Executives",
                                                      "Retail",
                                                      "Call centre",
                                                      "BYOD",
                                                      "Privileged workstations"};

}  // namespace

std::vector<Tenant> generate_tenants(const WorldOptions& options) {
  std::vector<Tenant> tenants;
  for (std::size_t i = 0; i < options.tenants; ++i) tenants.push_back(generate_tenant(options, i));
  return tenants;
}

Draft::Dates Draft::dates() {
  constexpr std::size_t kThreeYears = 3 * 365 * 24 * 3600;
  const std::size_t age = 3600 + dice.below(kThreeYears);
  const Timestamp created = now - std::chrono::seconds(age) - Microseconds(dice.below(1'000'000));
  return {intune_date(created), intune_date(created + std::chrono::seconds(dice.below(age)))};
}

json::object Draft::target() {
  json::object target;
  const std::size_t kind = dice.below(10);
  const bool for_group = kind < 7 && !groups.empty();
  target["@odata.type"] = !for_group  ? (kind % 2 ? "#microsoft.graph.allLicensedUsersAssignmentTarget"
                                                  : "#microsoft.graph.allDevicesAssignmentTarget")
                          : kind == 0 ? "#microsoft.graph.exclusionGroupAssignmentTarget"
                                      : "#microsoft.graph.groupAssignmentTarget";
  const bool filtered = kind != 0 && !filters.empty() && dice.chance(20);
  target["deviceAndAppManagementAssignmentFilterId"] =
      filtered ? json::value(dice.pick(filters)) : json::value(nullptr);
  target["deviceAndAppManagementAssignmentFilterType"] = filtered ? (dice.chance(70) ? "include" : "exclude") : "none";
  if (for_group) target["groupId"] = dice.pick(groups);
  return target;
}

json::array Draft::assignments(std::string_view owner_id, std::size_t count) {
  json::array list;
  for (std::size_t i = 0; i < count; ++i) {
    json::object where = target();
    const std::string who = where.contains("groupId") ? json_string(where, "groupId") : dice.uuid();
    list.push_back(json::object{{"id", fmt::format("{}_{}", owner_id, who)},
                                {"source", "direct"},
                                {"sourceId", owner_id},
                                {"target", std::move(where)}});
  }
  return list;
}

json::array Draft::scope_tag_ids() {
  if (scope_tags.size() < 2 || dice.chance(75)) return {"0"};
  return {json::value(dice.pick(scope_tags))};
}

std::string Draft::name(std::string_view platform, std::string_view topic) {
  return fmt::format("{} - {} - {}", platform, topic, dice.pick(kAudiences));
}

json::object varied_properties(Dice& dice, const Kind& kind) {
  json::object object = json::parse(kind.properties).as_object();
  for (auto& member : object)
    if (member.value().is_bool() && dice.chance(30)) member.value() = !member.value().as_bool();
  return object;
}

std::string graph_type(std::string_view name) { return fmt::format("#microsoft.graph.{}", name); }

void append(json::object& object, json::object more) {
  for (auto& member : more) object[member.key()] = std::move(member.value());
}

}  // namespace ta::simulator
