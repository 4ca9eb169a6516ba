#include "access/sign_in.h"

#include <thread>

#include "testing/database.h"
#include "testing/people.h"

namespace ta::access {
namespace {

using testing::must;

constexpr std::string_view kPassword = "correct horse battery";

class SignInTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  SignInTest() {
    user_ = database_->write([&](auto& tx) {
      return create_user(tx, {"alva@contoso.example", "Alva", hasher_.hash(kPassword).value()}, clock_.now()).value();
    });
  }
  Outcome<StartedSession> try_password(std::string_view password, std::string_view email = "alva@contoso.example") {
    return sign_in_.sign_in(email, password, caller_);
  }
  StartedSession start() { return try_password(kPassword).value(); }
  Refusal::Reason refusal(std::string_view password, std::string_view email = "alva@contoso.example") {
    return try_password(password, email).error().reason;
  }
  storage::Rows query(const std::string& text) {
    return database_->read([&](auto& tx) { return tx.run_text("look", text); });
  }

  testing::TestDatabase database_{GetParam()};
  testing::FixedClock clock_;
  SecureRandom random_;
  PasswordHasher hasher_{PasswordCost::lowest(), 4};
  SignIn sign_in_{*database_, clock_, random_, hasher_};
  Caller caller_{"192.0.2.1", "Browser/1.0", "0123456789abcdef"};
  User user_;
};
INSTANTIATE_TEST_SUITE_P(Engines, SignInTest, testing::engines(), testing::engine_name);

TEST_P(SignInTest, TheRightPasswordStartsASession) {
  const StartedSession started = try_password(kPassword, " ALVA@contoso.example").value();
  EXPECT_EQ(started.principal.user.id, user_.id);
  EXPECT_EQ(started.principal.user.last_sign_in_at, clock_.now());
  const auto principal = sign_in_.session(started.secret);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->user.email, "alva@contoso.example");
  EXPECT_EQ(principal->session, started.principal.session);
  EXPECT_FALSE(principal->token);
  EXPECT_EQ(principal->csrf_token, started.principal.csrf_token);
  EXPECT_NE(start().principal.csrf_token, started.principal.csrf_token);
}

TEST_P(SignInTest, WrongPasswordAndUnknownUserAreTheSameToTheCaller) {
  EXPECT_EQ(refusal("wrong horse battery"), Refusal::Reason::wrong_credentials);
  EXPECT_EQ(refusal(kPassword, "nobody@contoso.example"), Refusal::Reason::wrong_credentials);
  EXPECT_EQ(refusal(kPassword, "not an email"), Refusal::Reason::wrong_credentials);
  EXPECT_EQ(refusal("", ""), Refusal::Reason::wrong_credentials);
  EXPECT_EQ(Refusal{Refusal::Reason::wrong_credentials}.text(), "Email or password is wrong.");
}

TEST_P(SignInTest, OnlyHashesAreStored) {
  const StartedSession started = start();
  for (const char* table : {"sessions", "users", "audit_log", "sign_in_attempts"}) {
    const std::string text = GetParam() == storage::Engine::postgres ? "t::text" : "*";
    const auto rows = query(fmt::format("SELECT {} FROM {} t", text, table));
    for (const storage::Row row : rows) {
      std::string all;
      if (GetParam() == storage::Engine::postgres) all = row.get<std::string>("t");
      EXPECT_EQ(all.find(started.secret), std::string::npos) << table;
      EXPECT_EQ(all.find(kPassword), std::string::npos) << table;
      EXPECT_EQ(all.find(started.principal.csrf_token), std::string::npos) << table;
    }
  }
  EXPECT_NE(query("SELECT secret_hash FROM sessions")[0].get<std::string>("secret_hash"), started.secret);
}

TEST_P(SignInTest, UnknownCookiesAreNobody) {
  start();
  for (const std::string_view secret : {"", "x", "'; DROP TABLE sessions; --"}) EXPECT_FALSE(sign_in_.session(secret));
  EXPECT_FALSE(sign_in_.session(std::string(100'000, 'x')));
}

TEST_P(SignInTest, AnIdleSessionEndsAndAUsedOneGoesOn) {
  const StartedSession started = start();
  for (int hour = 0; hour < 30; hour += 10) {
    clock_.advance(std::chrono::hours{10});
    EXPECT_TRUE(sign_in_.session(started.secret)) << hour;
  }
  clock_.advance(std::chrono::hours{12});
  EXPECT_FALSE(sign_in_.session(started.secret));
}

TEST_P(SignInTest, EvenAUsedSessionEndsAfterItsAge) {
  const StartedSession started = start();
  for (int hour = 0; hour < 14 * 24 - 6; hour += 6) {
    clock_.advance(std::chrono::hours{6});
    ASSERT_TRUE(sign_in_.session(started.secret)) << hour;
  }
  clock_.advance(std::chrono::hours{6});
  EXPECT_FALSE(sign_in_.session(started.secret));
  start();
  EXPECT_EQ(query("SELECT id FROM sessions").size(), 1u) << "the expired row is cleaned up by a later sign-in";
}

TEST_P(SignInTest, SigningOutEndsThisSessionOnly) {
  const StartedSession one = start(), other = start();
  sign_in_.sign_out(one.principal, caller_);
  EXPECT_FALSE(sign_in_.session(one.secret));
  EXPECT_TRUE(sign_in_.session(other.secret));
  EXPECT_EQ(sign_in_.sessions(user_.id).size(), 1u);
}

TEST_P(SignInTest, SigningOutEverywhereEndsAllOfThisUserOnly) {
  database_->write([&](auto& tx) {
    create_user(tx, {"bo@contoso.example", "Bo", hasher_.hash(kPassword).value()}, clock_.now()).value();
  });
  const StartedSession one = start(), other = start();
  const StartedSession bo = try_password(kPassword, "bo@contoso.example").value();
  sign_in_.sign_out_everywhere(one.principal, caller_);
  EXPECT_FALSE(sign_in_.session(one.secret) || sign_in_.session(other.secret));
  EXPECT_TRUE(sign_in_.session(bo.secret));
}

TEST_P(SignInTest, ANewPasswordEndsEverySessionAndThisOneGoesOnAsAnother) {
  const StartedSession here = start(), elsewhere = start();
  const auto change = [&](std::string_view current, std::string_view wanted) {
    return sign_in_.change_password(here.principal, current, wanted, caller_);
  };
  EXPECT_EQ(change("wrong", "staple battery horse").error().reason, Refusal::Reason::wrong_credentials);
  EXPECT_EQ(change(kPassword, "short").error().reason, Refusal::Reason::password_too_short);
  EXPECT_TRUE(sign_in_.session(elsewhere.secret)) << "a refused change changes nothing";
  EXPECT_EQ(change(kPassword, kPassword).error().reason, Refusal::Reason::password_unchanged);
  const auto changed = change(kPassword, "staple battery horse");
  ASSERT_TRUE(changed);
  EXPECT_FALSE(sign_in_.session(here.secret)) << "whoever copied it has nothing";
  EXPECT_FALSE(sign_in_.session(elsewhere.secret));
  const auto now = sign_in_.session(changed->secret);
  ASSERT_TRUE(now);
  EXPECT_EQ(now->user.id, user_.id);
  EXPECT_EQ(now->csrf_token, changed->principal.csrf_token);
  EXPECT_EQ(sign_in_.sessions(user_.id).size(), 1u);
  EXPECT_EQ(refusal(kPassword), Refusal::Reason::wrong_credentials);
  EXPECT_TRUE(try_password("staple battery horse"));
}

TEST_P(SignInTest, GuessingTheCurrentPasswordIsCountedAsSigningInIs) {
  const StartedSession here = start();
  const auto guess = [&] {
    return sign_in_.change_password(here.principal, "a guess", "staple battery horse", caller_).error().reason;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(guess(), Refusal::Reason::wrong_credentials) << i;
  EXPECT_EQ(guess(), Refusal::Reason::too_many_attempts);
  EXPECT_EQ(refusal(kPassword), Refusal::Reason::too_many_attempts) << "one count for both";
  EXPECT_EQ(query("SELECT 1 AS n FROM audit_log WHERE action = 'user.password_changed' AND result = 'refused'").size(),
            5u);
}

TEST_P(SignInTest, ADisabledUserIsOutAtOnce) {
  const StartedSession started = start();
  database_->write([&](auto& tx) { must(disable_user(tx, user_.id, clock_.now())); });
  EXPECT_FALSE(sign_in_.session(started.secret));
  EXPECT_EQ(refusal(kPassword), Refusal::Reason::wrong_credentials);
}

TEST_P(SignInTest, TooManyAttemptsLockTheAccountForThisAddress) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(refusal("wrong"), Refusal::Reason::wrong_credentials) << i;
  const Refusal refused = try_password(kPassword).error();
  EXPECT_EQ(refused.reason, Refusal::Reason::too_many_attempts) << "even with the right password";
  EXPECT_EQ(refused.text(), "Too many attempts. Try again in 5 min.");
  const Caller elsewhere{"192.0.2.2", "", ""};
  EXPECT_TRUE(sign_in_.sign_in("alva@contoso.example", kPassword, elsewhere)) << "its owner is not locked out";
  clock_.advance(std::chrono::minutes{4});
  EXPECT_EQ(try_password(kPassword).error().text(), "Too many attempts. Try again in 1 min.");
  clock_.advance(std::chrono::minutes{1});
  EXPECT_TRUE(try_password(kPassword));
}

TEST_P(SignInTest, SuccessForgetsEarlierMistakes) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(refusal("wrong"), Refusal::Reason::wrong_credentials);
    EXPECT_TRUE(try_password(kPassword)) << round;
  }
}

TEST_P(SignInTest, OneAddressCannotTryManyAccounts) {
  SignIn strict(*database_, clock_, random_, hasher_, {.attempts_per_address_max = 20});
  int wrong = 0, refused = 0;
  for (int i = 0; i < 30; ++i) {
    const auto outcome = strict.sign_in(fmt::format("user{}@contoso.example", i), "Summer2026!!", caller_);
    (outcome.error().reason == Refusal::Reason::too_many_attempts ? refused : wrong)++;
  }
  EXPECT_EQ(wrong, 20);
  EXPECT_EQ(refused, 10);
}

// Guesses sent at the same moment are counted before any of them is verified.
TEST_P(SignInTest, ParallelGuessesAreCounted) {
  std::atomic<int> verified = 0;
  {
    std::vector<std::jthread> guesses;
    for (int i = 0; i < 16; ++i)
      guesses.emplace_back([&] { verified += refusal("wrong") == Refusal::Reason::wrong_credentials; });
  }
  EXPECT_EQ(verified, 5);
}

TEST_P(SignInTest, TheAuditLogSaysWhoSignedInAndNeverWhatWasTyped) {
  start();
  try_password("wrong");
  try_password("x", "my-password-in-the-wrong-field@x");
  const auto rows = query("SELECT user_id, actor, action, result, address FROM audit_log ORDER BY id");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].get<std::string>("action"), "session.started");
  EXPECT_EQ(rows[0].get<std::string>("result"), "done");
  EXPECT_EQ(rows[0].get<UserId>("user_id"), user_.id);
  EXPECT_EQ(rows[0].get<std::string>("address"), "192.0.2.1");
  EXPECT_EQ(rows[1].get<std::string>("result"), "refused");
  EXPECT_EQ(rows[2].get<std::string>("actor"), "Unknown");
  EXPECT_TRUE(rows[2].is_null("user_id"));
}

TEST_P(SignInTest, SessionsAreListedWithWhereTheyCameFrom) {
  caller_.user_agent = "Mozilla\n\xFF" + std::string(500, 'x');
  start();
  clock_.advance(std::chrono::minutes{5});
  caller_ = {"192.0.2.9", "Other/2", ""};
  start();
  const auto sessions = sign_in_.sessions(user_.id);
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions[0].address, "192.0.2.9");
  EXPECT_TRUE(sessions[1].user_agent.starts_with("Mozilla \xEF\xBF\xBDxxx"));
  EXPECT_LE(sessions[1].user_agent.size(), 300u);
}

}  // namespace
}  // namespace ta::access
