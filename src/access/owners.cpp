#include "access/owners.h"

#include "access/owners.sql.h"

namespace ta::access {

bool has_other_owner(storage::Transaction& tx, TenantId tenant, UserId user) {
  tx.run(sql::tenant_lock, {{"tenant_id", tenant}});
  return tx.run(sql::tenant_other_owners, {{"tenant_id", tenant}, {"user_id", user}})[0].get<int>("owners") > 0;
}

}  // namespace ta::access
