// Rows of this module's tables as structs. Every query names its columns the same way: user_id, email, user_name, …
#pragma once
#include "access/access.h"

namespace ta::access {

User read_user(const storage::Row& row);
Tenant read_tenant(const storage::Row& row);
Role read_role(const storage::Row& row);
std::vector<TokenScope> read_scopes(const storage::Row& row);

}  // namespace ta::access
