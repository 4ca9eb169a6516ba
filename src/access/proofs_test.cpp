#include "access/proofs.h"

#include "access/api_tokens.h"
#include "access/sign_in.h"
#include "testing/database.h"
#include "testing/people.h"

namespace ta::access {
namespace {

using testing::must;
using Kind = Lapse;

constexpr std::string_view kPassword = "correct horse battery";

// An Operator of one tenant with a session and a token, and what they hold.
class ProofsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ProofsTest() {
    database_->write([&](storage::Transaction& tx) {
      tenant_ = testing::make_tenant(tx, "contoso");
      testing::make_member(tx, tenant_, Role::owner, "owner@contoso.example");
      user_ = create_user(tx, {"alva@contoso.example", "Alva", hasher_.hash(kPassword).value()}, clock_.now()).value();
      must(add_member(tx, tenant_.id, user_.id, Role::operator_, clock_.now()));
    });
    session_ = start();
    token_ = issue({TokenScope::start});
  }

  StartedSession start() { return sign_in_.sign_in(user_.email, kPassword, caller_).value(); }
  Principal issue(std::vector<TokenScope> scopes, std::optional<Timestamp> expires_at = {}) {
    const auto issued = database_->write([&](storage::Transaction& tx) {
      return issue_api_token(tx, random_, {user_.id, "nightly", scopes, expires_at}, clock_.now()).value();
    });
    return bearer_principal(*database_, clock_, "Bearer " + issued.secret).value();
  }
  std::optional<Lapse> lapse(const Proof& proof) { return sign_in_.lapses({&proof, 1}).front(); }
  Proof of(const Principal& principal, Capability needs = Capability::runs_view) {
    return proof_of(principal, tenant_.id, needs);
  }
  // What becomes of the session's and the token's proofs after a change.
  std::pair<std::optional<Lapse>, std::optional<Lapse>> after(
      const std::function<void(storage::Transaction&)>& change) {
    database_->write(change);
    const std::vector<Proof> both{of(session_.principal), of(token_)};
    const auto answers = sign_in_.lapses(both);
    return {answers[0], answers[1]};
  }
  std::pair<std::optional<Lapse>, std::optional<Lapse>> both(Lapse lapse) { return {lapse, lapse}; }

  testing::TestDatabase database_{GetParam()};
  testing::FixedClock clock_;
  SecureRandom random_;
  PasswordHasher hasher_{PasswordCost::lowest(), 4};
  SignIn sign_in_{*database_, clock_, random_, hasher_};
  Caller caller_{"192.0.2.1", "Browser/1.0", "0123456789abcdef"};
  Tenant tenant_;
  User user_;
  StartedSession session_;
  Principal token_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ProofsTest, testing::engines(), testing::engine_name);

TEST_P(ProofsTest, HoldWhileNothingChanges) {
  EXPECT_EQ(lapse(of(session_.principal)), std::nullopt);
  EXPECT_EQ(lapse(of(token_)), std::nullopt);
  EXPECT_EQ(lapse(proof_of(session_.principal)), std::nullopt) << "of the person, in no tenant";
  EXPECT_EQ(lapse({.user = user_.id, .tenant = tenant_.id, .capability = Capability::runs_start}), std::nullopt)
      << "of an account alone, as a run that was started on a page";
  EXPECT_EQ(token_.token_name, "nightly");
}

TEST_P(ProofsTest, TheSessionEnds) {
  sign_in_.sign_out(session_.principal, caller_);
  EXPECT_EQ(lapse(of(session_.principal)), Kind::session_over);
  EXPECT_EQ(lapse(proof_of(session_.principal)), Kind::session_over);
  EXPECT_EQ(lapse(of(token_)), std::nullopt) << "a token is none of its business";
}

TEST_P(ProofsTest, AnotherSessionUnderTheSameNumberIsAnotherOne) {
  sign_in_.sign_out(session_.principal, caller_);
  const StartedSession again = start();
  if (GetParam() == storage::Engine::sqlite) ASSERT_EQ(again.principal.session, session_.principal.session);
  EXPECT_EQ(lapse(of(session_.principal)), Kind::session_over);
  EXPECT_EQ(lapse(of(again.principal)), std::nullopt);
}

TEST_P(ProofsTest, TheSessionEndsEverywhereOrWithThePassword) {
  const StartedSession second = start();
  sign_in_.sign_out_everywhere(second.principal, caller_);
  EXPECT_EQ(lapse(of(session_.principal)), Kind::session_over);
  const StartedSession third = start();
  const auto fourth = sign_in_.change_password(third.principal, kPassword, "staple battery horse", caller_);
  EXPECT_EQ(lapse(of(third.principal)), Kind::session_over);
  EXPECT_EQ(lapse(of(fourth->principal)), std::nullopt);
}

TEST_P(ProofsTest, TheSessionGetsTooOld) {
  clock_.advance(std::chrono::hours{12});
  EXPECT_EQ(lapse(of(session_.principal)), Kind::session_over) << "12 hours without a request";
  StartedSession used = start();
  for (int day = 0; day < 28; ++day) {
    ASSERT_TRUE(sign_in_.session(used.secret)) << day;
    EXPECT_EQ(lapse(of(used.principal)), std::nullopt) << day;
    clock_.advance(std::chrono::hours{12} - std::chrono::minutes{day == 27 ? 0 : 1});
  }
  clock_.advance(std::chrono::minutes{27});
  EXPECT_EQ(lapse(of(used.principal)), Kind::session_over) << "14 days in use";
}

TEST_P(ProofsTest, TheTokenEnds) {
  const Principal brief = issue({TokenScope::read}, clock_.now() + std::chrono::hours{1});
  EXPECT_EQ(lapse(of(brief)), std::nullopt);
  clock_.advance(std::chrono::hours{1});
  EXPECT_EQ(lapse(of(brief)), Kind::token_expired);
  const auto revoked = after([&](auto& tx) { must(revoke_api_token(tx, user_.id, *token_.token, clock_.now())); });
  EXPECT_EQ(revoked.second, Kind::token_revoked);
  EXPECT_EQ(revoked.first, std::nullopt);
}

TEST_P(ProofsTest, AnothersTokenProvesNothing) {
  const User other = database_->write([](auto& tx) { return testing::make_user(tx, "bo@contoso.example", "Bo"); });
  EXPECT_EQ(lapse({.user = other.id, .token = token_.token}), Kind::token_revoked);
  EXPECT_EQ(lapse({.user = other.id, .session = session_.principal.session_hash}), Kind::session_over);
}

TEST_P(ProofsTest, TheMembershipEndsAndComesBack) {
  EXPECT_EQ(after([&](auto& tx) { must(remove_member(tx, tenant_.id, user_.id)); }), both(Kind::not_a_member));
  EXPECT_EQ(lapse(proof_of(session_.principal)), std::nullopt) << "they are still signed in";
  EXPECT_EQ(after([&](auto& tx) { must(add_member(tx, tenant_.id, user_.id, Role::readonly, clock_.now())); }),
            std::pair(std::optional<Lapse>(), std::optional<Lapse>()));
}

TEST_P(ProofsTest, TheRoleOrTheScopeDoesNotAllowIt) {
  EXPECT_EQ(lapse(of(token_, Capability::runs_start)), std::nullopt);
  EXPECT_EQ(lapse(of(token_, Capability::providers_manage)), Kind::not_allowed);
  database_->write([&](auto& tx) { must(change_role(tx, tenant_.id, user_.id, Role::readonly, clock_.now())); });
  EXPECT_EQ(lapse(of(token_, Capability::runs_start)), Kind::not_allowed);
  EXPECT_EQ(lapse(of(session_.principal)), std::nullopt) << "reading is still theirs";
  EXPECT_EQ(lapse(of(issue({TokenScope::read}), Capability::runs_start)), Kind::not_allowed);
  EXPECT_EQ(lapse({.user = user_.id, .tenant = tenant_.id}), Kind::not_allowed) << "what nobody named is not allowed";
}

TEST_P(ProofsTest, TheAccountIsDisabledOrDeleted) {
  EXPECT_EQ(after([&](auto& tx) { must(disable_user(tx, user_.id, clock_.now())); }), both(Kind::account_disabled));
  EXPECT_EQ(after([&](auto& tx) { tx.run_text("gone", "DELETE FROM users WHERE id = :id", {{"id", user_.id}}); }),
            both(Kind::account_deleted));
  EXPECT_EQ(lapse({.tenant = tenant_.id, .capability = Capability::runs_view}), Kind::account_deleted);
}

TEST_P(ProofsTest, ManyAreAnsweredInTheirOrder) {
  std::vector<Proof> proofs;
  for (int i = 0; i < 500; ++i) proofs.push_back(i % 7 == 0 ? Proof{.user = UserId{9'999}} : of(token_));
  EXPECT_TRUE(sign_in_.lapses({}).empty());
  const auto answers = sign_in_.lapses(proofs);
  ASSERT_EQ(answers.size(), proofs.size());
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i].has_value(), i % 7 == 0) << i;
}

}  // namespace
}  // namespace ta::access
