// What lets somebody go on: a session or an API token, an enabled account, and a right in a tenant. Kept by what
// outlives one request (an open event stream, a queued run) and looked at again later, many at once.
#pragma once
#include <span>

#include "access/access.h"

namespace ta::access {

struct Proof {
  std::optional<UserId> user;            // none: the account was deleted
  std::string session;                   // Principal::session_hash; empty: it does not hang on a session
  std::optional<ApiTokenId> token;       // none: it does not hang on an API token
  std::optional<TenantId> tenant;        // none: it is about the person, and `capability` is not asked
  std::optional<Capability> capability;  // in the tenant; none, where there is a tenant: nothing is allowed
};

// The principal's session or token, and what it is used for.
Proof proof_of(const Principal& principal, std::optional<TenantId> tenant = {}, std::optional<Capability> needs = {});

// Why a proof no longer holds.
enum class Lapse {
  account_deleted,
  account_disabled,
  session_over,
  token_revoked,
  token_expired,
  not_a_member,
  not_allowed,
};

// One answer per proof, in order; none: it still holds. One statement, however many there are. Sessions without a
// request since `idle_max` are over.
std::vector<std::optional<Lapse>> lapses(storage::Transaction& tx, std::span<const Proof> proofs, Timestamp now,
                                         std::chrono::minutes idle_max);

}  // namespace ta::access
