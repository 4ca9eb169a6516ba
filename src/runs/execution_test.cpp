// Executing: claims, leases, fencing, retries, rescue, shutdown, outcomes. Behaviours 1, 3, 4, 7, 13 to 16 in their
// first cut.
#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class ExecutionTest : public EngineTest {
 protected:
  ClaimedJob claim_one() {
    auto jobs = queue_.claim("w", 1);
    EXPECT_EQ(jobs.size(), 1u);
    return jobs.at(0);
  }
  static Completion success() { return {RunOutcome::succeeded, {}, {}, {}}; }
  std::vector<Notification> terminal_notifications() {
    auto bell = reader_.notifications(kAlva.user, false, std::nullopt, 100);
    std::erase_if(bell, [](const Notification& n) { return n.kind != "terminal"; });
    return bell;
  }
};
TEST_P(ExecutionTest, ACompletionWhoseAnswerWasLostIsNotLate) {
  const RunId run = start(request()).run.id;
  FinishedJob finished{queue_.claim("w1", 1).at(0), success()};
  finished.completion.ended_at = clock_.now();
  ASSERT_TRUE(queue_.complete_many({finished}).front());
  EXPECT_TRUE(queue_.complete_many({finished}, true).front()) << "it was this one that landed";
  finished.completion.ended_at = clock_.now() + std::chrono::microseconds{1};
  EXPECT_FALSE(queue_.complete_many({finished}, true).front()) << "somebody else's";
  EXPECT_EQ(reload(run).outcome, RunOutcome::succeeded);
}

INSTANTIATE_TEST_SUITE_P(Engines, ExecutionTest, testing::engines(), testing::engine_name);

TEST_P(ExecutionTest, CountsDecideTheOutcome) {
  struct Case {
    int good, bad;
    RunOutcome outcome;
  };
  for (const Case& c : {Case{3, 0, RunOutcome::succeeded}, Case{2, 1, RunOutcome::partially_succeeded},
                        Case{0, 2, RunOutcome::failed}, Case{0, 0, RunOutcome::succeeded}}) {
    work_ = [&](RunContext& context) {
      context.set_total(c.good + c.bad);
      context.count(&SummaryCounts::success, c.good);
      for (int i = 0; i < c.bad; ++i) {
        context.count(&SummaryCounts::failed);
        context.note_failure(FailureCode::graph_forbidden, "no");
      }
      return Report::done();
    };
    const Started started = start(request());
    EXPECT_EQ(worker().run_once(), 1);
    const Run run = reload(started.run.id);
    EXPECT_EQ(run.status, RunStatus::completed);
    EXPECT_EQ(run.outcome, c.outcome);
    EXPECT_EQ(run.summary_counts.total, c.good + c.bad);
    if (c.bad) {
      ASSERT_EQ(run.failure_summary.size(), 1u);
      EXPECT_EQ(run.failure_summary[0].count, c.bad);
    }
  }
  EXPECT_EQ(terminal_notifications().size(), 4u);
  EXPECT_EQ(count("run_jobs"), 0);
}

TEST_P(ExecutionTest, AThrowingHandlerFailsItsRunAndTheWorkerLivesOn) {
  work_ = [](RunContext&) -> Report {
    throw std::runtime_error("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl");
  };
  const Started first = start(request());
  Worker one = worker();
  one.run_once();
  const Run run = reload(first.run.id);
  EXPECT_EQ(run.outcome, RunOutcome::failed);
  EXPECT_EQ(run.failure_summary[0].code, "internal.error");
  EXPECT_EQ(run.failure_summary[0].message, "token [redacted]");
  work_ = {};
  const Started second = start(request());
  one.run_once();
  EXPECT_EQ(reload(second.run.id).outcome, RunOutcome::succeeded);
}

// SQL, the names of tables and the values sent are for the log.
TEST_P(ExecutionTest, ARawDatabaseErrorReachesTheLogAlone) {
  work_ = [this](RunContext&) -> Report {
    database_->write([](storage::Transaction& tx) {
      tx.run_text("odd_statement", "INSERT INTO no_such_table (secret_column) VALUES (:value)",
                  {{"value", "of Contoso"}});
    });
    return Report::done();
  };
  const Started started = start(request());
  ::testing::internal::CaptureStderr();
  worker().run_once();
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("no_such_table"), std::string::npos) << log;
  EXPECT_NE(log.find(fmt::format("run.handler_failed run={}", started.run.id)), std::string::npos) << log;
  const Run run = reload(started.run.id);
  EXPECT_EQ(run.outcome, RunOutcome::failed);
  EXPECT_EQ(run.failure_summary.at(0).code, "internal.error");
  const std::string shown = json::serialize(to_json(run)) + terminal_body(run);
  for (const char* raw : {"no_such_table", "odd_statement", "secret_column", "Contoso", "ERROR"})
    EXPECT_EQ(shown.find(raw), std::string::npos) << shown;
  EXPECT_NE(shown.find("log"), std::string::npos) << "it says where the reason is";
}

// Claimed ahead is not begun: only what a slot works on is `running`, and only once it lasts.
TEST_P(ExecutionTest, ARunIsRunningWhileItsHandlerIsAtWork) {
  std::atomic<bool> finish{false};
  work_ = [&](RunContext& context) -> Report {
    while (!finish) context.check_stop();
    return Report::done();
  };
  StartRequest local = request({"first"}), ahead = request({"ahead"});
  local.type = ahead.type = "test.local";
  const RunId first = start(local).run.id, second = start(ahead).run.id;
  Worker one = worker({.slots = 1, .prefetch = 5, .poll = 20ms});
  one.start();
  ASSERT_TRUE(testing::eventually([&] { return reload(first).status == RunStatus::running; }));
  EXPECT_EQ(reload(first).started_at, clock_.now());
  EXPECT_EQ(count("run_jobs WHERE lease_token IS NOT NULL"), 2);
  EXPECT_EQ(reload(second).status, RunStatus::queued);
  EXPECT_EQ(reload(second).started_at, std::nullopt);
  finish = true;
  ASSERT_TRUE(testing::eventually([&] { return !reload(second).active(); }));
  EXPECT_EQ(reload(second).started_at, clock_.now()) << "written with its end, if it was over at once";
}

TEST_P(ExecutionTest, ProgressAndAnotherAttemptShowThatItRuns) {
  const Started started = start(request()), other = start(request({"b"}, 8));
  const ClaimedJob first = claim_one(), second = claim_one();
  ASSERT_TRUE(queue_.progress(first, {.processed = 3}));
  EXPECT_EQ(reload(started.run.id).status, RunStatus::running);
  EXPECT_EQ(reload(started.run.id).summary_counts.processed, 3);
  ASSERT_TRUE(queue_.retry(second, {FailureCode::graph_throttled, "", {}}));
  EXPECT_EQ(reload(other.run.id).status, RunStatus::running);
}

TEST_P(ExecutionTest, BeginningChangesNothingThatHasEnded) {
  const Started started = start(request());
  const ClaimedJob job = claim_one();
  ASSERT_TRUE(queue_.complete(job, success()));
  EXPECT_FALSE(queue_.begin({{&job, clock_.now()}}).front());
  EXPECT_EQ(reload(started.run.id).status, RunStatus::completed);
}

TEST_P(ExecutionTest, ARunOfADeletedPersonEndsWithoutANotification) {
  const Started started = start(request());
  const ClaimedJob job = claim_one();
  database_->write([](storage::Transaction& tx) { tx.run_text("gone", "DELETE FROM users WHERE name = 'Alva'"); });
  EXPECT_TRUE(queue_.complete(job, success()));
  EXPECT_EQ(reload(started.run.id).outcome, RunOutcome::succeeded);
  EXPECT_EQ(reload(started.run.id).user_id, std::nullopt);
  EXPECT_EQ(count("notifications"), 0);
}

TEST_P(ExecutionTest, OnlyTheHolderOfTheLeaseCompletes) {
  const Started started = start(request());
  const ClaimedJob first = claim_one();
  EXPECT_TRUE(queue_.begin({{&first, clock_.now()}}).front());
  EXPECT_EQ(reload(started.run.id).status, RunStatus::running);
  clock_.advance(11s);
  EXPECT_EQ(queue_.reap(), 1);
  const ClaimedJob second = claim_one();
  EXPECT_NE(first.lease_token, second.lease_token);
  EXPECT_EQ(second.attempt, 2);

  EXPECT_FALSE(queue_.complete(first, success())) << "late";
  EXPECT_FALSE(queue_.progress(first, {}));
  EXPECT_FALSE(queue_.hand_back(first, FailureCode::worker_interrupted));
  EXPECT_TRUE(queue_.heartbeat({first}).empty());
  EXPECT_EQ(reload(started.run.id).status, RunStatus::running);

  EXPECT_EQ(queue_.heartbeat({second}).size(), 1u);
  EXPECT_TRUE(queue_.complete(second, success()));
  EXPECT_FALSE(queue_.complete(second, success()));
  EXPECT_EQ(terminal_notifications().size(), 1u);
  const auto detail = reader_.detail(kContoso, started.run.id).value();
  ASSERT_EQ(detail.attempts.size(), 2u);
  EXPECT_EQ(detail.attempts[0].code, "worker.lost");
  EXPECT_TRUE(detail.attempts[0].late_result_at.has_value());
  EXPECT_EQ(detail.attempts[1].code, "");
}

TEST_P(ExecutionTest, ALostWorkerIsNoticedWithinFifteenSecondsAndAfterTheLastAttemptTheRunFails) {
  const Started started = start(request());
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(claim_one().attempt, attempt);
    clock_.advance(15s);
    EXPECT_EQ(queue_.reap(), 1);
  }
  const Run run = reload(started.run.id);
  EXPECT_EQ(run.outcome, RunOutcome::failed);
  EXPECT_EQ(run.failure_summary[0].code, "worker.lost");
  EXPECT_EQ(terminal_notifications().size(), 1u);
  EXPECT_EQ(start(request()).disposition, Disposition::created);
}

TEST_P(ExecutionTest, AHeartbeatKeepsTheLease) {
  start(request());
  const ClaimedJob job = claim_one();
  for (int i = 0; i < 5; ++i) {
    clock_.advance(8s);
    EXPECT_EQ(queue_.heartbeat({job}).size(), 1u);
    EXPECT_EQ(queue_.reap(), 0);
  }
}

TEST_P(ExecutionTest, PassingFailuresAreTriedAgainAfterTheOtherSidesWish) {
  int calls = 0;
  work_ = [&](RunContext& context) {
    ++calls;
    if (context.attempt() == 1) return Report::failed({FailureCode::graph_throttled, "slow down", 60'000ms});
    return Report::done();
  };
  const Started started = start(request());
  Worker one = worker();
  EXPECT_EQ(one.run_once(), 1);
  EXPECT_EQ(reload(started.run.id).status, RunStatus::running) << "between attempts it still runs for its readers";
  const auto waiting = reader_.detail(kContoso, started.run.id).value();
  EXPECT_EQ(waiting.job->last_code, "graph.throttled");
  EXPECT_GE(waiting.job->available_at - clock_.now(), 60s);
  EXPECT_EQ(one.run_once(), 0);
  clock_.advance(61s);
  EXPECT_EQ(one.run_once(), 1);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(reload(started.run.id).outcome, RunOutcome::succeeded);
}

TEST_P(ExecutionTest, AttemptsAreBounded) {
  work_ = [](RunContext&) { return Report::failed({FailureCode::graph_unavailable, "away", {}}); };
  const Started started = start(request());
  Worker one = worker();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(one.run_once(), 1);
    clock_.advance(10min);
  }
  EXPECT_EQ(one.run_once(), 0);
  EXPECT_EQ(reload(started.run.id).failure_summary[0].code, "graph.unavailable");
}

TEST_P(ExecutionTest, WhoMayNoLongerRunItIsAskedAgainAtTheStart) {
  authorise_ = [](const ClaimedJob&) { return "Alva is no member any more."; };
  work_ = [](RunContext&) -> Report { throw std::logic_error("must not be called"); };
  const Started started = start(request());
  worker().run_once();
  EXPECT_EQ(reload(started.run.id).failure_summary[0].code, "run.not_allowed");
  EXPECT_EQ(reload(started.run.id).failure_summary[0].message, "Alva is no member any more.");
}

TEST_P(ExecutionTest, UnknownTypesAndForeignPayloadsEndWithAClearCode) {
  const Started unknown = start(request());
  const Started garbled = start(request({"b"}));
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("spoil", "UPDATE run_jobs SET type = 'no.such' WHERE run_id = :id", {{"id", unknown.run.id}});
    tx.run_text("spoil", "UPDATE run_jobs SET payload = :payload WHERE run_id = :id",
                {{"id", garbled.run.id}, {"payload", json::array{1, 2}}});
  });
  EXPECT_EQ(worker().run_once(), 2);
  EXPECT_EQ(reload(unknown.run.id).failure_summary[0].code, "run.invalid_input");
  EXPECT_EQ(reload(garbled.run.id).failure_summary[0].code, "run.invalid_input");
}

TEST_P(ExecutionTest, ARunDeletedInMidFlightHarmsNobody) {
  const Started started = start(request());
  const ClaimedJob job = claim_one();
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("delete", "DELETE FROM operation_runs WHERE id = :id", {{"id", started.run.id}});
  });
  EXPECT_FALSE(queue_.complete(job, success()));
  EXPECT_EQ(count("run_jobs"), 0);
}

TEST_P(ExecutionTest, AWorkerThatStopsHandsItsRunsBackWithoutUsingAnAttempt) {
  std::atomic<bool> entered{false};
  work_ = [&](RunContext& context) -> Report {
    entered = true;
    for (;;) context.check_stop();
  };
  const Started started = start(request());
  {
    Worker one = worker({.poll = 20ms, .heartbeat = 20ms, .stop_grace = 1ms});
    one.start();
    ASSERT_TRUE(testing::eventually([&] { return reload(started.run.id).status == RunStatus::running; }));
    EXPECT_TRUE(entered);
    one.stop();
  }
  const auto detail = reader_.detail(kContoso, started.run.id).value();
  EXPECT_EQ(detail.run.status, RunStatus::running);
  EXPECT_EQ(detail.job->attempt, 0);
  EXPECT_EQ(detail.job->last_code, "worker.interrupted");
  work_ = {};
  worker().run_once();
  EXPECT_EQ(reload(started.run.id).outcome, RunOutcome::succeeded);
}

// What a claim under way brings in after the others were asked to stop: nobody else would ask it.
TEST_P(ExecutionTest, AWorkerThatStopsWhileItClaimsStopsTheseRunsToo) {
  std::atomic<int> entered{0};
  work_ = [&](RunContext& context) -> Report {
    ++entered;
    for (;; std::this_thread::yield()) context.check_stop();
  };
  for (int i = 0; i < 20; ++i) {
    start(request({"before" + std::to_string(i)}));
    Worker one = worker({.slots = 100, .heartbeat = 20ms, .stop_grace = 0ms});
    const int known = entered;
    one.start();
    ASSERT_TRUE(testing::eventually([&] { return entered.load() > known; }));
    start(request({"meanwhile" + std::to_string(i)}));
    one.stop();
  }
  EXPECT_EQ(count("run_jobs"), 40);
  EXPECT_EQ(claim_one().attempt, 1);
}

TEST_P(ExecutionTest, ProgressReachesReadersWhileItRuns) {
  std::atomic<bool> go{false};
  work_ = [&](RunContext& context) {
    context.set_total(10);
    context.count(&SummaryCounts::processed, 4);
    while (!go) context.check_stop();
    return Report::done();
  };
  std::atomic<int> changes{0};
  const auto subscription = feed_.subscribe([&](const RunChange& change) { changes += change.run.value != 0; });
  const Started started = start(request());
  // With an idle worker's pace the progress would never be seen.
  Worker one = worker({.poll = 20ms, .heartbeat = 10min, .progress = 10ms});
  one.start();
  EXPECT_TRUE(testing::eventually([&] { return reload(started.run.id).summary_counts.processed == 4; }));
  // Changes are coalesced, so what counts is that one arrives after each state that a reader waits for.
  EXPECT_TRUE(testing::eventually([&] { return changes >= 1; }));
  changes = 0;
  go = true;
  EXPECT_TRUE(testing::eventually([&] { return !reload(started.run.id).active(); }));
  EXPECT_TRUE(testing::eventually([&] { return changes >= 1; }));
}

TEST_P(ExecutionTest, TwoWorkersNeverShareARun) {
  std::atomic<int> executed{0};
  work_ = [&](RunContext&) { return ++executed, Report::done(); };
  for (int i = 0; i < 60; ++i) start(request({std::to_string(i)}));
  Worker one = worker({.name = "one", .poll = 20ms}), two = worker({.name = "two", .poll = 20ms});
  one.start();
  two.start();
  EXPECT_TRUE(testing::eventually([&] { return count("run_jobs") == 0; }));
  one.stop();
  two.stop();
  EXPECT_EQ(executed, 60);
  EXPECT_EQ(terminal_notifications().size(), 60u);
}

TEST_P(ExecutionTest, FinalStatesNeverChange) {
  const Started started = start(request());
  EXPECT_TRUE(service_.fail_run(kContoso, started.run.id, {FailureCode::run_timeout, "", {}}));
  EXPECT_FALSE(service_.fail_run(kContoso, started.run.id, {FailureCode::internal_error, "", {}}));
  EXPECT_FALSE(service_.fail_run(kFabrikam, started.run.id, {FailureCode::internal_error, "", {}}));
  EXPECT_EQ(reload(started.run.id).failure_summary[0].code, "run.timeout");
  EXPECT_EQ(count("run_jobs"), 0) << "nobody may execute it any more";
}

// Else a completion and a beginning of the same runs, in different orders, would be a deadlock.
// SQLite has one writer.
class BeginningTest : public EngineTest {};
INSTANTIATE_TEST_SUITE_P(Postgres, BeginningTest, ::testing::Values(storage::Engine::postgres), testing::engine_name);

TEST_P(BeginningTest, WaitsForNobody) {
  const Started held = start(request()), free = start(request({"b"}, 8));
  const std::vector<ClaimedJob> jobs = queue_.claim("w", 2);
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("hold", "SELECT 1 FROM operation_runs WHERE id = :id FOR UPDATE", {{"id", held.run.id}});
    for (const ClaimedJob& job : jobs) EXPECT_EQ(queue_.begin({{&job, clock_.now()}}).front(), job.run == free.run.id);
  });
  EXPECT_EQ(reload(held.run.id).status, RunStatus::queued);
  EXPECT_EQ(reload(free.run.id).status, RunStatus::running);
}

}  // namespace
}  // namespace ta::runs
