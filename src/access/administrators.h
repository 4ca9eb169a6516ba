// Administrators of the installation: who may see what belongs to no tenant, such as the System page. It gives no right
// in any tenant. Only the command line makes them.
#pragma once
#include "access/access.h"

namespace ta::access {

// False for a disabled user.
bool is_administrator(storage::Transaction& tx, UserId user);
// False when they are one already (or are none).
bool make_administrator(storage::Transaction& tx, UserId user, Timestamp now);
bool remove_administrator(storage::Transaction& tx, UserId user);

}  // namespace ta::access
