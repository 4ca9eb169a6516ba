// Local users. Times are passed in; nothing here reads a clock.
#pragma once
#include "access/access.h"

namespace ta::access {

struct NewUser {
  std::string email;
  std::string name;
  std::string password_hash;  // from PasswordHasher
};

// Refuses a bad email, a bad name, and an email that is taken (in any case).
Outcome<User> create_user(storage::Transaction& tx, const NewUser& wanted, Timestamp now);

std::optional<User> find_user(storage::Transaction& tx, UserId id);
std::optional<User> find_user_by_email(storage::Transaction& tx, std::string_view email);
std::vector<User> list_users(storage::Transaction& tx);  // by email

// Also ends the user's sessions. API tokens stay.
Outcome<void> set_password(storage::Transaction& tx, UserId id, const std::string& password_hash, Timestamp now);

// A disabled user cannot sign in, their sessions end, and their tokens and queued runs are refused. Refuses to disable
// the last enabled Owner of a tenant.
Outcome<void> disable_user(storage::Transaction& tx, UserId id, Timestamp now);
Outcome<void> enable_user(storage::Transaction& tx, UserId id, Timestamp now);

// Replaces what /profile keeps.
void set_preferences(storage::Transaction& tx, UserId id, const json::object& preferences, Timestamp now);

}  // namespace ta::access
