#include "access/rows.h"

namespace ta::access {

User read_user(const storage::Row& row) {
  return {.id = row.get<UserId>("user_id"),
          .email = row.get<std::string>("email"),
          .name = row.get<std::string>("user_name"),
          .preferences = row.get<json::value>("preferences"),
          .created_at = row.get<Timestamp>("user_created_at"),
          .last_sign_in_at = row.get<std::optional<Timestamp>>("last_sign_in_at"),
          .disabled_at = row.get<std::optional<Timestamp>>("disabled_at")};
}

Tenant read_tenant(const storage::Row& row) {
  return {.id = row.get<TenantId>("tenant_id"),
          .slug = row.get<std::string>("slug"),
          .name = row.get<std::string>("tenant_name"),
          .time_zone = row.get<std::string>("time_zone"),
          .created_at = row.get<Timestamp>("tenant_created_at"),
          .keep_days = row.get<std::optional<int>>("keep_days")};
}

Role read_role(const storage::Row& row) {
  const auto role = role_from(row.get<std::string>("role"));
  if (!role) throw FailureError(FailureCode::internal_error, "a membership with an unknown role");
  return *role;
}

std::vector<TokenScope> read_scopes(const storage::Row& row) {
  std::vector<TokenScope> scopes;
  const json::value list = row.get<json::value>("scopes");
  for (const json::value& item : list.as_array())
    if (const auto scope = token_scope_from(item.as_string())) scopes.push_back(*scope);
  return scopes;
}

}  // namespace ta::access
