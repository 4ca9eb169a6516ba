// Tenants and who belongs to them.
#pragma once
#include "access/audit.h"

namespace ta::access {

struct NewTenant {
  std::string slug;
  std::string name;
  std::string time_zone = "UTC";
};

// Refuses a bad or taken slug, a bad name, a misspelt time zone.
Outcome<Tenant> create_tenant(storage::Transaction& tx, const NewTenant& wanted, Timestamp now);

// For a member's eyes: nullopt both for a tenant that does not exist and for one that the user does not belong to.
std::optional<TenantAccess> find_tenant_for(storage::Transaction& tx, UserId user, std::string_view slug);
// By name; of more than `limit`, the oldest.
std::vector<TenantAccess> list_tenants_of(storage::Transaction& tx, UserId user, int limit = 100'000);

// For the program itself and the command line: without asking who looks.
std::optional<Tenant> find_tenant(storage::Transaction& tx, TenantId id);
std::optional<Tenant> find_tenant_by_slug(storage::Transaction& tx, std::string_view slug);
std::vector<Tenant> list_tenants(storage::Transaction& tx);  // by slug

// Its name and time zone; what is left out stays. Told to the audit log like the number of days below. Refuses a bad
// name or zone, and not_found. Schedules keep the zones they have.
struct TenantChange {
  std::optional<std::string> name, time_zone;
};
Outcome<Tenant> edit_tenant(storage::Transaction& tx, const Tenant& tenant, const TenantChange& change, AuditEntry by,
                            Timestamp now);

// How long completed runs are kept, 1 to 36,500 days; none: as the installation says. Told to the audit log as done
// `by` whoever it names (action, target and detail are filled in), unless nothing changes. Refuses a number out of
// range, and not_found.
inline constexpr int kKeepDaysMax = 36'500;
Outcome<void> set_keep_days(storage::Transaction& tx, const Tenant& tenant, std::optional<int> days, AuditEntry by,
                            Timestamp now);
std::string keep_text(std::optional<int> days);  // "90 days", or "as the server says"

std::vector<Membership> list_members(storage::Transaction& tx, TenantId tenant);  // by the user's name

// Refuses already_member, and not_found when there is no such tenant or user.
Outcome<void> add_member(storage::Transaction& tx, TenantId tenant, UserId user, Role role, Timestamp now);
// Both refuse not_found for someone who is no member, and last_owner rather than leave a tenant without an Owner.
// remove_member tells the role that it took away.
Outcome<void> change_role(storage::Transaction& tx, TenantId tenant, UserId user, Role role, Timestamp now);
Outcome<Role> remove_member(storage::Transaction& tx, TenantId tenant, UserId user);

}  // namespace ta::access
