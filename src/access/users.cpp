#include "access/users.h"

#include "access/input_rules.h"
#include "access/owners.h"
#include "access/rows.h"
#include "access/users.sql.h"
#include "base/folded_order.h"

namespace ta::access {

Outcome<User> create_user(storage::Transaction& tx, const NewUser& wanted, Timestamp now) {
  const auto email = normalised_email(wanted.email);
  if (!email) return refuse(Refusal::Reason::email_invalid);
  const std::string name = trimmed(wanted.name);
  if (!is_display_name(name, 200)) return refuse(Refusal::Reason::name_invalid);
  const auto rows = tx.run(sql::user_insert,
                           {{"email", *email}, {"name", name}, {"password_hash", wanted.password_hash}, {"now", now}});
  if (rows.empty()) return refuse(Refusal::Reason::email_taken);
  return *find_user(tx, rows[0].get<UserId>("user_id"));
}

std::optional<User> find_user(storage::Transaction& tx, UserId id) {
  const auto rows = tx.run(sql::user_by_id, {{"user_id", id}});
  return rows.empty() ? std::nullopt : std::optional(read_user(rows[0]));
}

std::optional<User> find_user_by_email(storage::Transaction& tx, std::string_view email) {
  const auto normalised = normalised_email(email);
  if (!normalised) return std::nullopt;
  const auto rows = tx.run(sql::user_by_email, {{"email", *normalised}});
  return rows.empty() ? std::nullopt : std::optional(read_user(rows[0]));
}

std::vector<User> list_users(storage::Transaction& tx) {
  std::vector<User> users;
  for (const storage::Row row : tx.run(sql::user_list)) users.push_back(read_user(row));
  sort_by_name(users, [](const User& user) { return user.email; });
  return users;
}

Outcome<void> set_password(storage::Transaction& tx, UserId id, const std::string& password_hash, Timestamp now) {
  const auto rows = tx.run(sql::user_set_password, {{"user_id", id}, {"password_hash", password_hash}, {"now", now}});
  if (rows.affected() == 0) return refuse(Refusal::Reason::not_found);
  tx.run(sql::user_end_sessions, {{"user_id", id}});
  return {};
}

Outcome<void> disable_user(storage::Transaction& tx, UserId id, Timestamp now) {
  for (const storage::Row row : tx.run(sql::user_owned_tenants, {{"user_id", id}}))
    if (!has_other_owner(tx, row.get<TenantId>("tenant_id"), id)) return refuse(Refusal::Reason::last_owner);
  const auto rows = tx.run(sql::user_set_disabled, {{"user_id", id}, {"disabled_at", now}, {"now", now}});
  if (rows.affected() == 0) return refuse(Refusal::Reason::not_found);
  tx.run(sql::user_end_sessions, {{"user_id", id}});
  return {};
}

Outcome<void> enable_user(storage::Transaction& tx, UserId id, Timestamp now) {
  const auto rows = tx.run(sql::user_set_disabled, {{"user_id", id}, {"disabled_at", nullptr}, {"now", now}});
  if (rows.affected() == 0) return refuse(Refusal::Reason::not_found);
  return {};
}

void set_preferences(storage::Transaction& tx, UserId id, const json::object& preferences, Timestamp now) {
  tx.run(sql::user_set_preferences, {{"user_id", id}, {"preferences", preferences}, {"now", now}});
}

}  // namespace ta::access
