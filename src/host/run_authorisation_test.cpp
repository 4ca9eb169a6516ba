#include "host/run_authorisation.h"

#include "access/api_tokens.h"
#include "access/tenants.h"
#include "access/users.h"
#include "runs/engine_fixture.h"
#include "testing/people.h"

namespace ta {
namespace {

using namespace std::chrono_literals;
using testing::must;

// Jonas starts what waits in the queue; then something ends, and a worker comes.
class RunAuthorisationTest : public runs::EngineTest {
 protected:
  RunAuthorisationTest() {
    authorise_ = run_authorisation(*database_, catalog_, clock_);
    work_ = [this](runs::RunContext&) {
      ++worked_;
      return runs::Report::done();
    };
  }

  RunId start(std::optional<runs::Initiator> initiator, const char* type = "a") {
    runs::StartRequest wanted = request({type});
    wanted.initiator = std::move(initiator);
    return EngineTest::start(wanted).run.id;
  }
  runs::Initiator with_token(std::optional<Timestamp> expires_at = {}) {
    const auto issued = database_->write([&](storage::Transaction& tx) {
      return access::issue_api_token(tx, *random_, {kJonas.user, "nightly", {access::TokenScope::start}, expires_at},
                                     clock_.now())
          .value();
    });
    token_ = issued.token.id;
    return {kJonas.user, kJonas.name, runs::InitiatorToken{token_.value, issued.token.name}};
  }
  void change(const std::function<void(storage::Transaction&)>& what) { database_->write(what); }
  void execute(const std::string& statement) {
    change([&](storage::Transaction& tx) { tx.run_text("change", statement); });
  }

  // Works off the queue: the run was refused for this reason, and its handler was never called.
  void expect_refused(RunId id, std::string_view why) {
    EXPECT_EQ(worker().run_once(), 1);
    const Run run = reload(id);
    EXPECT_EQ(run.outcome, runs::RunOutcome::failed);
    ASSERT_EQ(run.failure_summary.size(), 1u);
    EXPECT_EQ(run.failure_summary[0].code, "run.not_allowed");
    EXPECT_EQ(run.failure_summary[0].message, why);
    EXPECT_EQ(worked_, 0);
  }
  void expect_done(RunId id) {
    EXPECT_EQ(worker().run_once(), 1);
    EXPECT_EQ(reload(id).outcome, runs::RunOutcome::succeeded);
    EXPECT_EQ(worked_, 1);
  }

  int worked_ = 0;
  access::ApiTokenId token_;
};
INSTANTIATE_TEST_SUITE_P(Engines, RunAuthorisationTest, testing::engines(), testing::engine_name);

TEST_P(RunAuthorisationTest, WhoStillMayRunsIt) { expect_done(start(kJonas)); }

TEST_P(RunAuthorisationTest, ARemovedMembersRunDoesNotRun) {
  const auto id = start(kJonas);
  execute("DELETE FROM tenant_memberships WHERE user_id = 2");
  expect_refused(id, "Jonas is no longer a member of this tenant.");
  EXPECT_EQ(count("notifications WHERE user_id = 2 AND kind = 'terminal'"), 1) << "kept for a return";
}

TEST_P(RunAuthorisationTest, ARoleThatBecameTooLowDoesNotRunIt) {
  const auto id = start(kJonas);
  change([](auto& tx) { must(access::change_role(tx, kContoso, UserId{2}, access::Role::readonly, Timestamp())); });
  expect_refused(id, "The role of Jonas no longer allows it.");
}

TEST_P(RunAuthorisationTest, ADisabledPersonsRunDoesNotRun) {
  const auto id = start(kJonas);
  change([&](auto& tx) { must(access::disable_user(tx, UserId{2}, clock_.now())); });
  expect_refused(id, "The account of Jonas is disabled.");
}

TEST_P(RunAuthorisationTest, ADeletedPersonsRunIsNotTheSystemsAndKeepsTheirName) {
  const auto id = start(kJonas);
  execute("DELETE FROM users WHERE id = 2");
  expect_refused(id, "The account of Jonas was deleted.");
  EXPECT_EQ(reload(id).initiator_name, "Jonas");
  EXPECT_FALSE(reload(id).user_id);
}

TEST_P(RunAuthorisationTest, ARevokedTokensRunDoesNotRun) {
  const auto id = start(with_token());
  EXPECT_EQ(runs::api_token_name(reload(id)), "nightly");
  EXPECT_EQ(reload(id).context.at("api_token").at("id"), json::value(token_.value));
  change([&](auto& tx) { must(access::revoke_api_token(tx, UserId{2}, token_, clock_.now())); });
  expect_refused(id, "Its API token \"nightly\" was revoked.");
}

TEST_P(RunAuthorisationTest, AnExpiredTokensRunDoesNotRun) {
  const auto id = start(with_token(clock_.now() + 1min));
  clock_.advance(1min);
  expect_refused(id, "Its API token \"nightly\" has expired.");
}

TEST_P(RunAuthorisationTest, ATokenThatHoldsRunsIt) { expect_done(start(with_token())); }

TEST_P(RunAuthorisationTest, AnothersRevokedTokenIsNoneOfItsBusiness) {
  const auto id = start(kJonas);
  with_token();
  change([&](auto& tx) { must(access::revoke_api_token(tx, UserId{2}, token_, clock_.now())); });
  expect_done(id);
}

TEST_P(RunAuthorisationTest, TheSystemsRunsGoOnWhoeverIsGone) {
  const auto id = start(std::nullopt);
  execute("DELETE FROM users");
  expect_done(id);
}

TEST_P(RunAuthorisationTest, ARunningOneGoesOn) {
  const auto id = start(with_token());
  work_ = [&](runs::RunContext&) {
    ++worked_;
    execute("DELETE FROM users WHERE id = 2");
    return runs::Report::done();
  };
  expect_done(id);
}

// Started by a process of the version before, beside this one.
TEST_P(RunAuthorisationTest, AJobThatDoesNotSayWhetherAPersonStartedItIsAPersonsWhereItNamesOne) {
  const auto id = start(kJonas);
  execute(GetParam() == storage::Engine::sqlite ? "UPDATE run_jobs SET by_person = 0"
                                                : "UPDATE run_jobs SET by_person = FALSE");
  execute("DELETE FROM tenant_memberships WHERE user_id = 2");
  expect_refused(id, "Jonas is no longer a member of this tenant.");
}

// Handed back or lost on the way: the next attempt is a beginning again.
TEST_P(RunAuthorisationTest, TheNextAttemptIsAskedAgain) {
  const auto id = start(with_token());
  ASSERT_EQ(queue_.claim("w", 1).size(), 1u);
  change([&](auto& tx) { must(access::revoke_api_token(tx, UserId{2}, token_, clock_.now())); });
  clock_.advance(1min);
  ASSERT_EQ(queue_.reap(), 1);
  clock_.advance(10min);
  expect_refused(id, "Its API token \"nightly\" was revoked.");
}

// The same for starts that share a transaction.
TEST_P(RunAuthorisationTest, ManyStartsRememberTheirPeopleToo) {
  runs::StartRequest local = request({"a"});
  local.type = "test.local";
  local.initiator = with_token();
  const auto id = service_.start_many({local}).at(0)->run.id;
  execute("DELETE FROM users WHERE id = 2");
  expect_refused(id, "The account of Jonas was deleted.");
}

}  // namespace
}  // namespace ta
