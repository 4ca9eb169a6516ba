// Who may do what: users, tenants, memberships, and the question that every surface asks before it acts.
//
// Stores are free functions over a storage::Transaction, so that a change and its audit entry commit together.
// Read-only ones may run in Database::read.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/roles.h"
#include "base/ids.h"
#include "base/time.h"
#include "storage/database.h"

namespace ta::access {

using SessionId = Id<struct SessionTag>;
using ApiTokenId = Id<struct ApiTokenTag>;

struct User {
  UserId id;
  std::string email;  // lower case
  std::string name;
  json::value preferences;  // what /profile keeps (theme, zone, shortcuts); an object
  Timestamp created_at;
  std::optional<Timestamp> last_sign_in_at;
  std::optional<Timestamp> disabled_at;  // a disabled user can do nothing at all
};

struct Tenant {
  TenantId id;
  std::string slug;  // in URLs: /t/{slug}
  std::string name;
  std::string time_zone;  // IANA name
  Timestamp created_at;
  std::optional<int> keep_days = {};  // its completed runs; none: the installation's setting
};

struct Membership {
  User user;
  Role role;
  Timestamp since;
};

// A tenant as one of its members reaches it.
struct TenantAccess {
  Tenant tenant;
  Role role;
};

// Who is calling, and through what. Made by SignIn::session (cookie) and by bearer_principal (API token).
struct Principal {
  User user;
  std::optional<SessionId> session;  // exactly one of the two is set
  std::optional<ApiTokenId> token;
  std::vector<TokenScope> scopes;  // of the token; unused for a session
  std::string csrf_token;          // of the session; empty for a token
  std::string session_hash;        // how the database knows the session: an id may be given again; empty for a token
  std::string token_name;          // empty for a session

  // Whether `role` and the token's scopes both allow it.
  bool may(Role role, Capability capability) const;
};

// Why something that a person asked for was not done. text() is a sentence to show to them.
struct Refusal {
  enum class Reason {
    wrong_credentials,
    too_many_attempts,
    busy,
    password_too_short,
    password_too_long,
    password_is_email,
    password_unchanged,
    email_invalid,
    email_taken,
    name_invalid,
    slug_invalid,
    slug_taken,
    time_zone_invalid,
    last_owner,
    already_member,
    not_found,
    scopes_invalid,
    expiry_invalid,
    keep_days_invalid,
  };
  Reason reason;
  std::chrono::seconds retry_after{0};  // of too_many_attempts
  std::string text() const;
};

template <class T>
using Outcome = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(Refusal::Reason reason, std::chrono::seconds retry_after = {}) {
  return tl::make_unexpected(Refusal{reason, retry_after});
}

// not_found: no such tenant, or the user is not a member of it, or is disabled (the same answer, 404).
// forbidden: a member without the capability (403).
enum class Decision { granted, not_found, forbidden };

// The one check behind pages, API and CLI, asked again when a queued run starts executing. Reads the current
// membership.
Decision authorize(storage::Transaction& tx, UserId user, TenantId tenant, Capability capability);
// The same, narrowed by the scopes of the caller's API token.
Decision authorize(storage::Transaction& tx, const Principal& principal, TenantId tenant, Capability capability);

}  // namespace ta::access
