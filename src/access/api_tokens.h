// API tokens: bearer secrets of a user, narrowed by scopes. Only their SHA-256 is stored.
#pragma once
#include "access/access.h"
#include "base/random.h"

namespace ta::access {

struct ApiToken {
  ApiTokenId id;
  UserId user;
  std::string name;
  std::string hint;  // how it begins, to tell tokens apart
  std::vector<TokenScope> scopes;
  Timestamp created_at;
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> last_used_at;  // to the minute
  std::optional<Timestamp> revoked_at;
};

struct NewApiToken {
  UserId user;
  std::string name;
  std::vector<TokenScope> scopes;
  std::optional<Timestamp> expires_at;
};

struct IssuedApiToken {
  std::string secret;  // "ta_…", shown once
  ApiToken token;
};

// Refuses a bad name, no scopes, an expiry in the past, an unknown user.
Outcome<IssuedApiToken> issue_api_token(storage::Transaction& tx, Random& random, const NewApiToken& wanted,
                                        Timestamp now);
std::vector<ApiToken> list_api_tokens(storage::Transaction& tx, UserId user);  // the newest first, revoked ones too
// Refuses not_found for a token that is not this user's. Revoking twice is fine.
Outcome<void> revoke_api_token(storage::Transaction& tx, UserId user, ApiTokenId id, Timestamp now);

// Who an Authorization header ("Bearer ta_…") speaks for; nullopt for any other header, for an unknown, expired or
// revoked token, and for a disabled user.
std::optional<Principal> bearer_principal(storage::Database& database, const Clock& clock,
                                          std::string_view authorization);

}  // namespace ta::access
