// Groups, scope tags, filters, Conditional Access and the organization.
#include <array>

#include "simulator/world_generator.h"

namespace ta::simulator {
namespace {

constexpr std::array<std::string_view, 12> kDepartments{"Finance", "Sales",     "Engineering", "Support",
                                                        "Legal",   "Marketing", "Warehouse",   "Retail",
                                                        "People",  "Research",  "Executives",  "Contractors"};
constexpr std::array<std::string_view, 6> kCities{"Berlin", "Lyon", "Austin", "Osaka", "Leeds", "Malmo"};

enum class GroupKind { assigned_security, dynamic_devices, dynamic_users, microsoft365, synced };

std::string group_name(Draft& draft, GroupKind kind) {
  const auto department = draft.dice.pick(kDepartments);
  switch (kind) {
    case GroupKind::dynamic_devices: return fmt::format("Devices - {} - {}", department, draft.dice.pick(kCities));
    case GroupKind::dynamic_users: return fmt::format("Users - {} - {}", department, draft.dice.pick(kCities));
    case GroupKind::microsoft365: return fmt::format("{} team {}", department, draft.dice.pick(kCities));
    case GroupKind::synced: return fmt::format("GG_{}_{}", department, draft.dice.pick(kCities));
    case GroupKind::assigned_security: break;
  }
  return fmt::format("SG - {} - {}", department, draft.dice.pick(kCities));
}

json::value dynamic_rule(GroupKind kind, std::string_view name) {
  if (kind == GroupKind::dynamic_devices)
    return fmt::format("(device.displayName -startsWith \"{}\")", name.substr(10, 3)).c_str();
  if (kind == GroupKind::dynamic_users) return "(user.accountEnabled -eq true)";
  return nullptr;
}

NewObject group(Draft& draft) {
  const auto kind = static_cast<GroupKind>(draft.dice.below(5));
  const auto [created, renewed] = draft.dates();
  const std::string id = draft.dice.uuid();
  const std::string name = group_name(draft, kind);
  const bool mail = kind == GroupKind::microsoft365;
  const json::value rule = dynamic_rule(kind, name);
  const std::string nickname = fmt::format("g{}", id.substr(0, 8));
  draft.groups.push_back(id);
  NewObject made;
  made.body = {{"id", id},
               {"deletedDateTime", nullptr},
               {"classification", nullptr},
               {"createdDateTime", created.substr(0, 19) + "Z"},
               {"description", draft.dice.chance(60) ? json::value(name) : json::value(nullptr)},
               {"displayName", name},
               {"expirationDateTime", nullptr},
               {"groupTypes", mail             ? json::array{"Unified"}
                              : rule.is_null() ? json::array{}
                                               : json::array{"DynamicMembership"}},
               {"isAssignableToRole", nullptr},
               {"mail", mail ? json::value(nickname + "@" + draft.domain) : json::value(nullptr)},
               {"mailEnabled", mail},
               {"mailNickname", nickname},
               {"membershipRule", rule},
               {"membershipRuleProcessingState", rule.is_null() ? json::value(nullptr) : json::value("On")},
               {"onPremisesSyncEnabled", kind == GroupKind::synced ? json::value(true) : json::value(nullptr)},
               {"preferredLanguage", nullptr},
               {"proxyAddresses", json::array{}},
               {"renewedDateTime", renewed.substr(0, 19) + "Z"},
               {"securityEnabled", !mail},
               {"theme", nullptr},
               {"visibility", mail ? json::value("Private") : json::value(nullptr)}};
  return made;
}

NewObject scope_tag(Draft& draft, std::size_t number) {
  draft.scope_tags.push_back(std::to_string(number));
  NewObject made;
  made.parts["assignments"] = {};
  made.body = {
      {"id", std::to_string(number)},
      {"displayName", number == 0 ? std::string("Default")
                                  : fmt::format("{} {}", draft.dice.pick(kCities), draft.dice.pick(kDepartments))},
      {"description", number == 0 ? "Default Role Scope Tag" : ""},
      {"isBuiltIn", number == 0}};
  return made;
}

struct FilterKind {
  std::string_view platform, name, rule;
};
constexpr std::array<FilterKind, 6> kFilters{{
    {"windows10AndLater", "Win - Corporate", "(device.deviceOwnership -eq \"Corporate\")"},
    {"windows10AndLater", "Win - Virtual machines", "(device.model -startsWith \"Virtual\")"},
    {"windows10AndLater", "Win - Version 24H2", "(device.osVersion -startsWith \"10.0.26100\")"},
    {"iOS", "iOS - Corporate", "(device.deviceOwnership -eq \"Corporate\")"},
    {"macOS", "macOS - Apple silicon", "(device.cpuArchitecture -eq \"arm64\")"},
    {"androidForWork", "Android - Personal", "(device.deviceOwnership -eq \"Personal\")"},
}};

NewObject filter(Draft& draft) {
  const FilterKind& kind = draft.dice.pick(kFilters);
  const auto [created, modified] = draft.dates();
  const std::string id = draft.dice.uuid();
  draft.filters.push_back(id);
  NewObject made;
  made.body = {{"id", id},
               {"createdDateTime", created},
               {"lastModifiedDateTime", modified},
               {"displayName", fmt::format("{} - {}", kind.name, draft.dice.pick(kCities))},
               {"description", ""},
               {"platform", kind.platform},
               {"rule", kind.rule},
               {"roleScopeTags", draft.scope_tag_ids()},
               {"assignmentFilterManagementType", "devices"},
               {"payloads", json::array{}}};
  return made;
}

NewObject named_location(Draft& draft, bool country) {
  const auto [created, modified] = draft.dates();
  const std::string id = draft.dice.uuid();
  const std::string_view city = draft.dice.pick(kCities);
  draft.named_locations.push_back(id);
  NewObject made;
  made.body = {{"@odata.type", graph_type(country ? "countryNamedLocation" : "ipNamedLocation")},
               {"id", id},
               {"displayName", country ? "Blocked countries" : fmt::format("Office {}", city)},
               {"modifiedDateTime", modified},
               {"createdDateTime", created}};
  if (country)
    append(made.body, {{"countriesAndRegions", json::array{"KP", "RU"}},
                       {"includeUnknownCountriesAndRegions", false},
                       {"countryLookupMethod", "clientIpAddress"}});
  else
    append(made.body, {{"isTrusted", true},
                       {"ipRanges", json::array{json::object{
                                        {"@odata.type", graph_type("iPv4CidrRange")},
                                        {"cidrAddress", fmt::format("203.0.113.{}/32", draft.dice.below(255))}}}}});
  return made;
}

constexpr std::array<std::string_view, 8> kAccessTopics{
    "Require MFA for admins", "Require MFA for all users", "Block legacy authentication", "Require compliant device",
    "Block by location",      "Session lifetime on BYOD",  "Require app protection",      "Protect security info"};

json::object access_conditions(Draft& draft) {
  json::object users{{"includeUsers", json::array{"All"}},      {"excludeUsers", json::array{"GuestsOrExternalUsers"}},
                     {"includeGroups", json::array{}},          {"excludeGroups", json::array{}},
                     {"includeRoles", json::array{}},           {"excludeRoles", json::array{}},
                     {"includeGuestsOrExternalUsers", nullptr}, {"excludeGuestsOrExternalUsers", nullptr}};
  if (!draft.groups.empty()) users["excludeGroups"] = json::array{json::value(draft.dice.pick(draft.groups))};
  json::value locations = nullptr;
  if (!draft.named_locations.empty() && draft.dice.chance(30))
    locations = json::object{{"includeLocations", json::array{"All"}},
                             {"excludeLocations", json::array{json::value(draft.dice.pick(draft.named_locations))}}};
  return {{"userRiskLevels", json::array{}},
          {"signInRiskLevels", json::array{}},
          {"clientAppTypes", json::array{"all"}},
          {"servicePrincipalRiskLevels", json::array{}},
          {"platforms", nullptr},
          {"locations", std::move(locations)},
          {"devices", nullptr},
          {"clientApplications", nullptr},
          {"applications", json::object{{"includeApplications", json::array{"All"}},
                                        {"excludeApplications", json::array{}},
                                        {"includeUserActions", json::array{}},
                                        {"includeAuthenticationContextClassReferences", json::array{}},
                                        {"applicationFilter", nullptr}}},
          {"users", std::move(users)}};
}

NewObject access_policy(Draft& draft, std::size_t number) {
  static constexpr std::array<std::string_view, 3> kStates{"enabled", "disabled", "enabledForReportingButNotEnforced"};
  const auto [created, modified] = draft.dates();
  const std::string_view topic = draft.dice.pick(kAccessTopics);
  NewObject made;
  made.body = {
      {"id", draft.dice.uuid()},
      {"templateId", nullptr},
      {"displayName", fmt::format("CA{:03} - {}", number + 1, topic)},
      {"createdDateTime", created},
      {"modifiedDateTime", draft.dice.chance(80) ? json::value(modified) : json::value(nullptr)},
      {"state", draft.dice.pick(kStates)},
      {"sessionControls", nullptr},
      {"conditions", access_conditions(draft)},
      {"grantControls", json::object{{"operator", "OR"},
                                     {"builtInControls", json::array{topic.starts_with("Block") ? "block" : "mfa"}},
                                     {"customAuthenticationFactors", json::array{}},
                                     {"termsOfUse", json::array{}},
                                     {"authenticationStrength", nullptr}}}};
  return made;
}

}  // namespace

std::vector<NewObject> generate_groups(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t) { return group(draft); });
}

std::vector<NewObject> generate_scope_tags(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t i) { return scope_tag(draft, i); });
}

std::vector<NewObject> generate_filters(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t) { return filter(draft); });
}

std::vector<NewObject> generate_named_locations(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t i) { return named_location(draft, i == 1); });
}

std::vector<NewObject> generate_conditional_access(Draft& draft, std::size_t count) {
  return repeat(count, [&](std::size_t i) { return access_policy(draft, i); });
}

NewObject generate_organization(Draft& draft, const Tenant& tenant) {
  json::object domain{{"capabilities", "Email, OfficeCommunicationsOnline"},
                      {"isDefault", true},
                      {"isInitial", true},
                      {"name", tenant.domain},
                      {"type", "Managed"}};
  NewObject made;
  made.body = {{"id", tenant.id},
               {"deletedDateTime", nullptr},
               {"businessPhones", json::array{"+1 555 0100"}},
               {"city", draft.dice.pick(kCities)},
               {"country", nullptr},
               {"countryLetterCode", "DE"},
               {"createdDateTime", "2019-03-04T08:00:00Z"},
               {"displayName", tenant.display_name},
               {"marketingNotificationEmails", json::array{}},
               {"mobileDeviceManagementAuthority", "intune"},
               {"onPremisesLastSyncDateTime", nullptr},
               {"onPremisesSyncEnabled", nullptr},
               {"postalCode", nullptr},
               {"preferredLanguage", "en"},
               {"tenantType", "AAD"},
               {"technicalNotificationMails", json::array{"it@" + tenant.domain}},
               {"verifiedDomains", json::array{std::move(domain)}}};
  return made;
}

}  // namespace ta::simulator
