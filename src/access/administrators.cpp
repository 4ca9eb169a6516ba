#include "access/administrators.h"

#include "access/administrators.sql.h"

namespace ta::access {

bool is_administrator(storage::Transaction& tx, UserId user) {
  return !tx.run(sql::administrator_find, {{"user_id", user}}).empty();
}

bool make_administrator(storage::Transaction& tx, UserId user, Timestamp now) {
  return tx.run(sql::administrator_insert, {{"user_id", user}, {"now", now}}).affected() > 0;
}

bool remove_administrator(storage::Transaction& tx, UserId user) {
  return tx.run(sql::administrator_delete, {{"user_id", user}}).affected() > 0;
}

}  // namespace ta::access
