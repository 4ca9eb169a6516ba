#include "access/tenants.h"

#include "access/input_rules.h"
#include "access/owners.h"
#include "access/rows.h"
#include "access/tenants.sql.h"
#include "base/folded_order.h"

namespace ta::access {
namespace {

std::optional<Tenant> first_tenant(const storage::Rows& rows) {
  return rows.empty() ? std::nullopt : std::optional(read_tenant(rows[0]));
}

// What this member is, if they may stop being it.
Outcome<Role> check_owner_remains(storage::Transaction& tx, TenantId tenant, UserId user) {
  // The tenant is locked before the membership, as in every other place, so that two of these cannot deadlock.
  const bool other_owner = has_other_owner(tx, tenant, user);
  const auto rows = tx.run(sql::member_find, {{"tenant_id", tenant}, {"user_id", user}});
  if (rows.empty()) return refuse(Refusal::Reason::not_found);
  const Role role = read_role(rows[0]);
  if (role == Role::owner && !other_owner) return refuse(Refusal::Reason::last_owner);
  return role;
}

}  // namespace

Outcome<Tenant> create_tenant(storage::Transaction& tx, const NewTenant& wanted, Timestamp now) {
  if (!is_slug(wanted.slug)) return refuse(Refusal::Reason::slug_invalid);
  const std::string name = trimmed(wanted.name);
  if (!is_display_name(name, 200)) return refuse(Refusal::Reason::name_invalid);
  if (!is_time_zone_name(wanted.time_zone)) return refuse(Refusal::Reason::time_zone_invalid);
  const auto rows = tx.run(sql::tenant_insert,
                           {{"slug", wanted.slug}, {"name", name}, {"time_zone", wanted.time_zone}, {"now", now}});
  if (rows.empty()) return refuse(Refusal::Reason::slug_taken);
  return *find_tenant(tx, rows[0].get<TenantId>("tenant_id"));
}

std::optional<TenantAccess> find_tenant_for(storage::Transaction& tx, UserId user, std::string_view slug) {
  if (!is_slug(slug)) return std::nullopt;
  const auto rows = tx.run(sql::tenant_for_member, {{"user_id", user}, {"slug", slug}});
  if (rows.empty()) return std::nullopt;
  return TenantAccess{read_tenant(rows[0]), read_role(rows[0])};
}

std::vector<TenantAccess> list_tenants_of(storage::Transaction& tx, UserId user, int limit) {
  std::vector<TenantAccess> tenants;
  for (const storage::Row row : tx.run(sql::tenants_of_member, {{"user_id", user}, {"limit", limit}}))
    tenants.push_back({read_tenant(row), read_role(row)});
  sort_by_name(tenants, [](const TenantAccess& access) { return access.tenant.name; });
  return tenants;
}

std::optional<Tenant> find_tenant(storage::Transaction& tx, TenantId id) {
  return first_tenant(tx.run(sql::tenant_by_id, {{"tenant_id", id}}));
}

std::optional<Tenant> find_tenant_by_slug(storage::Transaction& tx, std::string_view slug) {
  if (!is_slug(slug)) return std::nullopt;
  return first_tenant(tx.run(sql::tenant_by_slug, {{"slug", slug}}));
}

std::vector<Tenant> list_tenants(storage::Transaction& tx) {
  std::vector<Tenant> tenants;
  for (const storage::Row row : tx.run(sql::tenant_list)) tenants.push_back(read_tenant(row));
  sort_by_name(tenants, [](const Tenant& tenant) { return tenant.slug; });
  return tenants;
}

Outcome<Tenant> edit_tenant(storage::Transaction& tx, const Tenant& tenant, const TenantChange& change, AuditEntry by,
                            Timestamp now) {
  Tenant wanted = tenant;
  if (change.name) wanted.name = trimmed(*change.name);
  if (change.time_zone) wanted.time_zone = *change.time_zone;
  if (!is_display_name(wanted.name, 200)) return refuse(Refusal::Reason::name_invalid);
  if (!is_time_zone_name(wanted.time_zone)) return refuse(Refusal::Reason::time_zone_invalid);
  if (wanted.name == tenant.name && wanted.time_zone == tenant.time_zone) return tenant;
  const auto rows =
      tx.run(sql::tenant_update,
             {{"tenant_id", tenant.id}, {"name", wanted.name}, {"time_zone", wanted.time_zone}, {"now", now}});
  if (rows.affected() == 0) return refuse(Refusal::Reason::not_found);
  by.action = "tenant.changed";
  by.tenant = tenant.id;
  by.target_type = "tenant";
  by.target_id = std::to_string(tenant.id.value);
  by.target_name = wanted.name;
  by.detail = {{"before", json::object{{"name", tenant.name}, {"time_zone", tenant.time_zone}}},
               {"after", json::object{{"name", wanted.name}, {"time_zone", wanted.time_zone}}}};
  record(tx, by, now);
  return wanted;
}

Outcome<void> set_keep_days(storage::Transaction& tx, const Tenant& tenant, std::optional<int> days, AuditEntry by,
                            Timestamp now) {
  if (days && (*days < 1 || *days > kKeepDaysMax)) return refuse(Refusal::Reason::keep_days_invalid);
  if (days == tenant.keep_days) return {};
  const auto rows = tx.run(sql::tenant_set_keep_days, {{"tenant_id", tenant.id}, {"keep_days", days}, {"now", now}});
  if (rows.affected() == 0) return refuse(Refusal::Reason::not_found);
  by.action = "tenant.retention_changed";
  by.tenant = tenant.id;
  by.target_type = "tenant";
  by.target_id = std::to_string(tenant.id.value);
  by.target_name = tenant.name;
  by.detail = {{"before", keep_text(tenant.keep_days)}, {"after", keep_text(days)}};
  record(tx, by, now);
  return {};
}

std::string keep_text(std::optional<int> days) {
  return days ? fmt::format("{} days", *days) : std::string("as the server says");
}

std::vector<Membership> list_members(storage::Transaction& tx, TenantId tenant) {
  std::vector<Membership> members;
  for (const storage::Row row : tx.run(sql::member_list, {{"tenant_id", tenant}}))
    members.push_back({read_user(row), read_role(row), row.get<Timestamp>("since")});
  sort_by_name(members, [](const Membership& member) { return member.user.name; });
  return members;
}

Outcome<void> add_member(storage::Transaction& tx, TenantId tenant, UserId user, Role role, Timestamp now) {
  const auto rows =
      tx.run(sql::member_insert, {{"tenant_id", tenant}, {"user_id", user}, {"role", name(role)}, {"now", now}});
  if (rows.affected() > 0) return {};
  const bool exists = !tx.run(sql::member_find, {{"tenant_id", tenant}, {"user_id", user}}).empty();
  return refuse(exists ? Refusal::Reason::already_member : Refusal::Reason::not_found);
}

Outcome<void> change_role(storage::Transaction& tx, TenantId tenant, UserId user, Role role, Timestamp now) {
  if (const auto checked = check_owner_remains(tx, tenant, user);
      !checked && !(role == Role::owner && checked.error().reason == Refusal::Reason::last_owner))
    return tl::make_unexpected(checked.error());
  tx.run(sql::member_set_role, {{"tenant_id", tenant}, {"user_id", user}, {"role", name(role)}, {"now", now}});
  return {};
}

Outcome<Role> remove_member(storage::Transaction& tx, TenantId tenant, UserId user) {
  const auto role = check_owner_remains(tx, tenant, user);
  if (role) tx.run(sql::member_delete, {{"tenant_id", tenant}, {"user_id", user}});
  return role;
}

}  // namespace ta::access
