#include "access/api_tokens.h"

#include "base/digest.h"
#include "base/secrets.h"
#include "testing/database.h"
#include "testing/people.h"

namespace ta::access {
namespace {

using testing::make_user, testing::must;

class ApiTokensTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ApiTokensTest() : user_(database_->write([](auto& tx) { return make_user(tx, "alva@contoso.example"); })) {}

  Outcome<IssuedApiToken> issue(NewApiToken wanted) {
    if (!wanted.user) wanted.user = user_.id;
    return database_->write([&](auto& tx) { return issue_api_token(tx, random_, wanted, clock_.now()); });
  }
  std::optional<Principal> bearer(const std::string& authorization) {
    return bearer_principal(*database_, clock_, authorization);
  }
  std::vector<ApiToken> list() {
    return database_->read([&](auto& tx) { return list_api_tokens(tx, user_.id); });
  }

  testing::TestDatabase database_{GetParam()};
  testing::FixedClock clock_;
  SecureRandom random_;
  User user_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ApiTokensTest, testing::engines(), testing::engine_name);

TEST_P(ApiTokensTest, ATokenSpeaksForItsUserWithinItsScopes) {
  const auto issued = issue({.name = "CI", .scopes = {TokenScope::read, TokenScope::start}}).value();
  EXPECT_TRUE(issued.secret.starts_with("ta_"));
  EXPECT_GE(issued.secret.size(), 46u);
  for (const std::string scheme : {"Bearer ", "bearer ", "BEARER  "}) {
    const auto principal = bearer(scheme + issued.secret);
    ASSERT_TRUE(principal) << scheme;
    EXPECT_EQ(principal->user.id, user_.id);
    EXPECT_EQ(principal->token, issued.token.id);
    EXPECT_FALSE(principal->session);
    EXPECT_TRUE(principal->csrf_token.empty());
    EXPECT_TRUE(principal->may(Role::owner, Capability::inventory_sync));
    EXPECT_FALSE(principal->may(Role::owner, Capability::members_manage));
    EXPECT_FALSE(principal->may(Role::readonly, Capability::inventory_sync)) << "a scope never adds to the role";
  }
}

TEST_P(ApiTokensTest, NothingElseIsAToken) {
  const auto issued = issue({.name = "CI", .scopes = {TokenScope::read}}).value();
  const std::string hash = sha256_hex(issued.secret);
  const std::vector<std::string> wrongs{"",
                                        "Bearer",
                                        "Bearer ",
                                        issued.secret,
                                        "Bearer ta_",
                                        "Bearer " + hash,
                                        "Basic " + issued.secret,
                                        "Bearer " + issued.secret + "x",
                                        "Bearer " + issued.secret.substr(0, 45),
                                        "Bearer " + issued.secret + " ",
                                        "Bearer ta_' OR 1=1 --"};
  for (const std::string& wrong : wrongs) EXPECT_FALSE(bearer(wrong)) << wrong;
}

TEST_P(ApiTokensTest, OnlyTheHashIsStored) {
  const auto issued = issue({.name = "CI", .scopes = {TokenScope::read}}).value();
  const auto rows =
      database_->read([](auto& tx) { return tx.run_text("look", "SELECT secret_hash, hint FROM api_tokens"); });
  EXPECT_EQ(rows[0].get<std::string>("secret_hash"), sha256_hex(issued.secret));
  EXPECT_EQ(rows[0].get<std::string>("hint"), issued.secret.substr(0, 8));
}

TEST_P(ApiTokensTest, ATokenInAMessageIsRemoved) {
  for (int i = 0; i < 50; ++i) {
    const auto issued = issue({.name = "CI", .scopes = {TokenScope::read}}).value();
    EXPECT_EQ(redact("refused " + issued.secret + "."), "refused [redacted].");
  }
}

TEST_P(ApiTokensTest, ExpiredRevokedAndOrphanedTokensAreNobody) {
  const auto brief =
      issue({.name = "brief", .scopes = {TokenScope::read}, .expires_at = clock_.now() + std::chrono::hours{1}});
  const auto endless = issue({.name = "endless", .scopes = {TokenScope::read}});
  clock_.advance(std::chrono::hours{1} - Microseconds{1});
  EXPECT_TRUE(bearer("Bearer " + brief->secret));
  clock_.advance(Microseconds{1});
  EXPECT_FALSE(bearer("Bearer " + brief->secret));
  EXPECT_TRUE(bearer("Bearer " + endless->secret));
  database_->write([&](auto& tx) { must(disable_user(tx, user_.id, clock_.now())); });
  EXPECT_FALSE(bearer("Bearer " + endless->secret));
  database_->write([&](auto& tx) {
    must(enable_user(tx, user_.id, clock_.now()));
    must(revoke_api_token(tx, user_.id, endless->token.id, clock_.now()));
  });
  EXPECT_FALSE(bearer("Bearer " + endless->secret));
  EXPECT_TRUE(list()[0].revoked_at);
}

TEST_P(ApiTokensTest, LastUseIsKeptToTheMinute) {
  const auto issued = issue({.name = "CI", .scopes = {TokenScope::read}}).value();
  EXPECT_FALSE(list()[0].last_used_at);
  const Timestamp first = clock_.now();
  bearer("Bearer " + issued.secret);
  clock_.advance(std::chrono::seconds{59});
  bearer("Bearer " + issued.secret);
  EXPECT_EQ(list()[0].last_used_at, first);
  clock_.advance(std::chrono::seconds{1});
  bearer("Bearer " + issued.secret);
  EXPECT_EQ(list()[0].last_used_at, clock_.now());
}

TEST_P(ApiTokensTest, BadWishesAreRefused) {
  const auto reason = [&](NewApiToken wanted) { return issue(std::move(wanted)).error().reason; };
  EXPECT_EQ(reason({.name = " ", .scopes = {TokenScope::read}}), Refusal::Reason::name_invalid);
  EXPECT_EQ(reason({.name = "CI", .scopes = {}}), Refusal::Reason::scopes_invalid);
  EXPECT_EQ(reason({.name = "CI", .scopes = {TokenScope::read}, .expires_at = clock_.now()}),
            Refusal::Reason::expiry_invalid);
  EXPECT_EQ(reason({.user = UserId{999}, .name = "CI", .scopes = {TokenScope::read}}), Refusal::Reason::not_found);
}

TEST_P(ApiTokensTest, OnlyItsOwnerRevokesAToken) {
  const auto issued = issue({.name = "CI", .scopes = {TokenScope::read}}).value();
  database_->write([&](auto& tx) {
    const User other = make_user(tx, "bo@contoso.example");
    EXPECT_EQ(revoke_api_token(tx, other.id, issued.token.id, clock_.now()).error().reason, Refusal::Reason::not_found);
  });
  EXPECT_TRUE(bearer("Bearer " + issued.secret));
}

}  // namespace
}  // namespace ta::access
