#include "access/roles.h"

#include <array>

namespace ta::access {
namespace {

// One line says everything about a capability: who has it at least, and which kind of token may carry it.
struct CapabilityRule {
  Capability capability;
  std::string_view name;
  Role least;
  TokenScope scope;
};

constexpr std::array kRules{
    CapabilityRule{Capability::runs_view, "runs.view", Role::readonly, TokenScope::read},
    CapabilityRule{Capability::runs_start, "runs.start", Role::operator_, TokenScope::start},
    CapabilityRule{Capability::inventory_sync, "inventory.sync", Role::operator_, TokenScope::start},
    CapabilityRule{Capability::providers_manage, "providers.manage", Role::manager, TokenScope::admin},
    CapabilityRule{Capability::providers_run, "providers.run", Role::operator_, TokenScope::start},
    CapabilityRule{Capability::backups_manage, "backups.manage", Role::manager, TokenScope::admin},
    CapabilityRule{Capability::restore_execute, "restore.execute", Role::manager, TokenScope::admin},
    CapabilityRule{Capability::drift_acknowledge, "drift.acknowledge", Role::operator_, TokenScope::start},
    CapabilityRule{Capability::members_manage, "members.manage", Role::owner, TokenScope::admin},
    CapabilityRule{Capability::settings_manage, "settings.manage", Role::owner, TokenScope::admin},
    CapabilityRule{Capability::audit_view, "audit.view", Role::readonly, TokenScope::read},
    CapabilityRule{Capability::rbac_setup, "rbac.setup", Role::owner, TokenScope::admin},
};

constexpr std::array kCapabilities = [] {
  std::array<Capability, kRules.size()> list{};
  for (std::size_t i = 0; i < kRules.size(); ++i) list[i] = kRules[i].capability;
  return list;
}();

// rule() indexes by the enum's value.
static_assert([] {
  for (std::size_t i = 0; i < kRules.size(); ++i)
    if (static_cast<std::size_t>(kRules[i].capability) != i) return false;
  return kRules.size() == static_cast<std::size_t>(Capability::rbac_setup) + 1;
}());

constexpr std::array kRoles{Role::readonly, Role::operator_, Role::manager, Role::owner};
constexpr std::array kScopes{TokenScope::read, TokenScope::start, TokenScope::admin};

const CapabilityRule& rule(Capability capability) { return kRules[static_cast<std::size_t>(capability)]; }

template <class Enum>
std::optional<Enum> find_by_name(std::span<const Enum> all, std::string_view wanted) {
  for (const Enum value : all)
    if (name(value) == wanted) return value;
  return std::nullopt;
}

}  // namespace

bool allows(Role role, Capability capability) { return role >= rule(capability).least; }

bool allows(TokenScope scope, Capability capability) { return scope >= rule(capability).scope; }

std::string_view name(Role role) {
  switch (role) {
    case Role::readonly: return "readonly";
    case Role::operator_: return "operator";
    case Role::manager: return "manager";
    case Role::owner: return "owner";
  }
  return {};
}

std::string_view label(Role role) {
  switch (role) {
    case Role::readonly: return "Readonly";
    case Role::operator_: return "Operator";
    case Role::manager: return "Manager";
    case Role::owner: return "Owner";
  }
  return {};
}

std::string_view name(Capability capability) { return rule(capability).name; }

std::string_view name(TokenScope scope) {
  switch (scope) {
    case TokenScope::read: return "read";
    case TokenScope::start: return "start";
    case TokenScope::admin: return "admin";
  }
  return {};
}

std::optional<Role> role_from(std::string_view name) { return find_by_name<Role>(kRoles, name); }
std::optional<Capability> capability_from(std::string_view name) {
  return find_by_name<Capability>(kCapabilities, name);
}
std::optional<TokenScope> token_scope_from(std::string_view name) { return find_by_name<TokenScope>(kScopes, name); }

std::span<const Role> all_roles() { return kRoles; }
std::span<const Capability> all_capabilities() { return kCapabilities; }
std::span<const TokenScope> all_token_scopes() { return kScopes; }

}  // namespace ta::access
