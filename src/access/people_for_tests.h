// Users and tenants for the tests of this and other modules; every failure throws.
#pragma once
#include "access/tenants.h"
#include "access/users.h"
#include "testing/clock.h"
#include "testing/database.h"

namespace ta::access {

inline const Timestamp kTestNow = testing::FixedClock().now();

// For changes that must succeed.
inline void must(const Outcome<void>& outcome) {
  if (!outcome) throw std::runtime_error(outcome.error().text());
}

// Without a password: nobody can sign in as them.
inline User make_user(storage::Transaction& tx, const std::string& email, std::string name = "Alva Lindqvist") {
  return create_user(tx, {.email = email, .name = std::move(name), .password_hash = "none"}, kTestNow).value();
}

inline Tenant make_tenant(storage::Transaction& tx, const std::string& slug, std::string name = "Contoso Ltd") {
  return create_tenant(tx, {.slug = slug, .name = std::move(name), .time_zone = "Europe/Berlin"}, kTestNow).value();
}

inline User make_member(storage::Transaction& tx, const Tenant& tenant, Role role, const std::string& email) {
  const User user = make_user(tx, email);
  must(add_member(tx, tenant.id, user.id, role, kTestNow));
  return user;
}

}  // namespace ta::access
