// Users and tenants for tests, made by the real stores; every refusal throws. For modules that link ta_access.
#pragma once
#include "access/tenants.h"
#include "access/users.h"
#include "testing/clock.h"

namespace ta::testing {

// When everything here was made.
inline const Timestamp kTestNow = FixedClock().now();

// For changes that must succeed.
template <class T>
void must(const access::Outcome<T>& outcome) {
  if (!outcome) throw std::runtime_error(outcome.error().text());
}

// Without a password: nobody can sign in as them.
inline access::User make_user(storage::Transaction& tx, const std::string& email, std::string name = "Alva Lindqvist") {
  return access::create_user(tx, {.email = email, .name = std::move(name), .password_hash = "none"}, kTestNow).value();
}

inline access::Tenant make_tenant(storage::Transaction& tx, const std::string& slug, std::string name = "Contoso Ltd") {
  return access::create_tenant(tx, {.slug = slug, .name = std::move(name), .time_zone = "Europe/Berlin"}, kTestNow)
      .value();
}

inline access::User make_member(storage::Transaction& tx, const access::Tenant& tenant, access::Role role,
                                const std::string& email) {
  const access::User user = make_user(tx, email);
  must(access::add_member(tx, tenant.id, user.id, role, kTestNow));
  return user;
}

}  // namespace ta::testing
