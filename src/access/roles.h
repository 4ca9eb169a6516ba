// Roles, capabilities and the one map between them. No code asks for a role by name: it asks for a capability.
#pragma once
#include <optional>
#include <span>
#include <string_view>

namespace ta::access {

// What a member is to one tenant. Each role may do what the one before it may do, and more.
enum class Role { readonly, operator_, manager, owner };

// Everything that is guarded (product.md 3). Names are stable: they reach the audit log, the API and the tooltips.
enum class Capability {
  runs_view,
  runs_start,
  inventory_sync,
  providers_manage,
  providers_run,
  backups_manage,
  restore_execute,
  drift_acknowledge,
  members_manage,
  settings_manage,
  audit_view,
  rbac_setup,
};

// The central role map.
bool allows(Role role, Capability capability);

std::string_view name(Role role);              // "operator"
std::string_view label(Role role);             // "Operator"
std::string_view name(Capability capability);  // "runs.start"
std::optional<Role> role_from(std::string_view name);
std::optional<Capability> capability_from(std::string_view name);
std::span<const Role> all_roles();  // the least first
std::span<const Capability> all_capabilities();

// What an API token may be used for at most; its user's role still decides within that.
enum class TokenScope { read, start, admin };

bool allows(TokenScope scope, Capability capability);
std::string_view name(TokenScope scope);
std::optional<TokenScope> token_scope_from(std::string_view name);
std::span<const TokenScope> all_token_scopes();

}  // namespace ta::access
