#include "access/api_tokens.h"

#include "access/api_tokens.sql.h"
#include "access/input_rules.h"
#include "access/rows.h"
#include "base/digest.h"

namespace ta::access {
namespace {

constexpr std::string_view kPrefix = "ta_";
constexpr std::size_t kHintLength = 8;
constexpr std::chrono::seconds kTouchEvery{60};

json::array to_json(const std::vector<TokenScope>& scopes) {
  json::array list;
  for (const TokenScope scope : scopes) list.emplace_back(name(scope));
  return list;
}

ApiToken read_token(const storage::Row& row) {
  return {.id = row.get<ApiTokenId>("token_id"),
          .user = row.get<UserId>("user_id"),
          .name = row.get<std::string>("name"),
          .hint = row.get<std::string>("hint"),
          .scopes = read_scopes(row),
          .created_at = row.get<Timestamp>("created_at"),
          .expires_at = row.get<std::optional<Timestamp>>("expires_at"),
          .last_used_at = row.get<std::optional<Timestamp>>("last_used_at"),
          .revoked_at = row.get<std::optional<Timestamp>>("revoked_at")};
}

// The token in "Bearer ta_…"; the scheme's name has no case (RFC 9110).
std::optional<std::string_view> bearer_secret(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size() + kPrefix.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(authorization[i])) != kScheme[i]) return std::nullopt;
  std::string_view secret = authorization.substr(kScheme.size());
  secret.remove_prefix(std::min(secret.find_first_not_of(' '), secret.size()));
  return secret.starts_with(kPrefix) ? std::optional(secret) : std::nullopt;
}

}  // namespace

Outcome<IssuedApiToken> issue_api_token(storage::Transaction& tx, Random& random, const NewApiToken& wanted,
                                        Timestamp now) {
  const std::string name = trimmed(wanted.name);
  if (!is_display_name(name, 100)) return refuse(Refusal::Reason::name_invalid);
  if (wanted.scopes.empty()) return refuse(Refusal::Reason::scopes_invalid);
  if (wanted.expires_at && *wanted.expires_at <= now) return refuse(Refusal::Reason::expiry_invalid);
  const std::string secret = std::string(kPrefix) + random.token();
  const auto rows = tx.run(sql::api_token_insert, {{"user_id", wanted.user},
                                                   {"name", name},
                                                   {"secret_hash", sha256_hex(secret)},
                                                   {"hint", secret.substr(0, kHintLength)},
                                                   {"scopes", to_json(wanted.scopes)},
                                                   {"now", now},
                                                   {"expires_at", wanted.expires_at}});
  if (rows.empty()) return refuse(Refusal::Reason::not_found);
  return IssuedApiToken{secret, read_token(rows[0])};
}

std::vector<ApiToken> list_api_tokens(storage::Transaction& tx, UserId user) {
  std::vector<ApiToken> tokens;
  for (const storage::Row row : tx.run(sql::api_token_list, {{"user_id", user}})) tokens.push_back(read_token(row));
  return tokens;
}

Outcome<void> revoke_api_token(storage::Transaction& tx, UserId user, ApiTokenId id, Timestamp now) {
  const auto rows = tx.run(sql::api_token_revoke, {{"user_id", user}, {"token_id", id}, {"now", now}});
  if (rows.affected() == 0) return refuse(Refusal::Reason::not_found);
  return {};
}

std::optional<Principal> bearer_principal(storage::Database& database, const Clock& clock,
                                          std::string_view authorization) {
  const auto secret = bearer_secret(authorization);
  if (!secret) return std::nullopt;
  const Timestamp now = clock.now();
  std::optional<Timestamp> last_used;
  auto principal = database.read([&](storage::Transaction& tx) -> std::optional<Principal> {
    const auto rows = tx.run(sql::api_token_find, {{"secret_hash", sha256_hex(*secret)}, {"now", now}});
    if (rows.empty()) return std::nullopt;
    last_used = rows[0].get<std::optional<Timestamp>>("last_used_at");
    return Principal{.user = read_user(rows[0]),
                     .token = rows[0].get<ApiTokenId>("token_id"),
                     .scopes = read_scopes(rows[0]),
                     .token_name = rows[0].get<std::string>("token_name")};
  });
  if (principal && (!last_used || now - *last_used >= kTouchEvery))
    database.write([&](storage::Transaction& tx) {
      tx.run(sql::api_token_touch, {{"token_id", *principal->token}, {"now", now}});
    });
  return principal;
}

}  // namespace ta::access
