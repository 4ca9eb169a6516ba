// The guard "a tenant needs at least one Owner".
#pragma once
#include "access/access.h"

namespace ta::access {

// Whether the tenant keeps an enabled Owner without `user`. Locks the tenant until the transaction ends, so that two
// Owners who remove each other at the same moment cannot both succeed.
bool has_other_owner(storage::Transaction& tx, TenantId tenant, UserId user);

}  // namespace ta::access
