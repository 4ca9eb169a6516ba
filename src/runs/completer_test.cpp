// Results that have come and must not be lost: a poisoned one among them, a database that is away, a stop.
#include "runs/completer.h"

#include "runs/process_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;
using storage::Engine;

class CompleterTest : public EngineTest {
 protected:
  std::vector<ClaimedJob> claim_many(int number) {
    std::vector<StartRequest> batch;
    for (int i = 0; i < number; ++i) {
      batch.push_back(request({std::to_string(i)}));
      batch.back().type = "test.local";
    }
    for (const auto& started : service_.start_many(batch)) EXPECT_TRUE(started.has_value());
    return queue_.claim("w", number);
  }
  FinishedJob finished(const ClaimedJob& job) {
    Completion done{RunOutcome::succeeded, {.success = 1}, {}, {{"said", "something"}}};
    done.ended_at = clock_.now();
    return {job, done};
  }
  // The database refuses to let this run end: as succeeded, or at all.
  void refuse(RunId run, const std::string& outcomes = "new.outcome = 'succeeded'") {
    database_->write([&](storage::Transaction& tx) {
      if (tx.engine() == Engine::sqlite)
        return tx.run_script(
            fmt::format("CREATE TRIGGER refusal BEFORE UPDATE ON operation_runs WHEN new.id = {} AND {} "
                        "BEGIN SELECT RAISE(ABORT, 'not this one'); END",
                        run, outcomes));
      tx.run_script(
          fmt::format("CREATE FUNCTION refusal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$; "
                      "CREATE TRIGGER refusal BEFORE UPDATE ON operation_runs FOR EACH ROW WHEN (new.id = {} AND {}) "
                      "EXECUTE FUNCTION refusal()",
                      run, outcomes));
    });
  }
  void refuse_no_more() {
    database_->write([&](storage::Transaction& tx) {
      tx.run_script(tx.engine() == Engine::sqlite ? "DROP TRIGGER refusal" : "DROP TRIGGER refusal ON operation_runs");
    });
  }
  // Holds what writes of jobs need until `meanwhile` returns.
  void hold_database(const std::function<void()>& meanwhile) {
    const auto other = testing::open_database(database_.url());
    other->write([&](storage::Transaction& tx) {
      if (tx.engine() == Engine::postgres) tx.run_text("hold", "LOCK TABLE run_jobs IN EXCLUSIVE MODE");
      meanwhile();
    });
  }

  OtherProcess impatient_{database_.url(), catalog_, clock_, {.statement_deadline = 20ms, .acquire_deadline = 20ms}};
  std::atomic<int> written_{0}, answered_{0};
  Completer::Done count_ = [this](bool written) {
    written_ += written;
    ++answered_;
  };
};
INSTANTIATE_TEST_SUITE_P(Engines, CompleterTest, testing::engines(), testing::engine_name);

TEST_P(CompleterTest, APoisonedCompletionCostsOnlyItself) {
  const std::vector<ClaimedJob> jobs = claim_many(25);
  const RunId poisoned = jobs.at(11).run;
  refuse(poisoned);
  {
    Completer completer(queue_);
    for (const ClaimedJob& job : jobs) completer.submit(finished(job), count_);
  }
  EXPECT_EQ(answered_, 25);
  EXPECT_EQ(written_, 24);
  EXPECT_EQ(count("operation_runs WHERE outcome = 'succeeded'"), 24);
  const Run run = reload(poisoned);
  EXPECT_EQ(run.outcome, RunOutcome::failed);
  EXPECT_EQ(run.failure_summary.at(0).code, "internal.error");
  EXPECT_EQ(count("run_jobs"), 0);
  EXPECT_EQ(count("notifications WHERE kind = 'terminal'"), 25);
}

// Its failure is refused as well: then the trouble may pass, and the others do not wait for it.
TEST_P(CompleterTest, AResultWhoseFailureIsRefusedTooIsKeptAndTheOthersDoNotWait) {
  const std::vector<ClaimedJob> jobs = claim_many(10);
  refuse(jobs.at(3).run, "new.outcome <> 'pending'");
  Completer completer(queue_, {.pause_max = 20ms});
  for (const ClaimedJob& job : jobs) completer.submit(finished(job), count_);
  EXPECT_TRUE(testing::eventually([&] { return written_ == 9; }));
  EXPECT_EQ(answered_, 9);
  refuse_no_more();
  EXPECT_TRUE(testing::eventually([&] { return written_ == 10; }));
  EXPECT_EQ(reload(jobs.at(3).run).outcome, RunOutcome::succeeded);
}

TEST_P(CompleterTest, WhatTheDatabaseDoesNotTakeNowItTakesLater) {
  const std::vector<ClaimedJob> jobs = claim_many(5);
  Completer completer(impatient_.queue, {.pause_max = 20ms});
  hold_database([&] {
    for (const ClaimedJob& job : jobs) completer.submit(finished(job), count_);
    EXPECT_TRUE(testing::eventually([&] { return completer.failed_writes() > 5; }));
    EXPECT_EQ(answered_, 0);
  });
  EXPECT_TRUE(testing::eventually([&] { return written_ == 5; }));
  EXPECT_EQ(count("operation_runs WHERE outcome = 'succeeded'"), 5);
}

TEST_P(CompleterTest, AStopWaitsForTheDatabaseButNotForEver) {
  const std::vector<ClaimedJob> jobs = claim_many(2);
  auto patient = std::make_unique<Completer>(impatient_.queue, CompleterOptions{.pause_max = 20ms});
  auto hasty = std::make_unique<Completer>(impatient_.queue, CompleterOptions{.stop_patience = 50ms});
  std::thread stopping;
  hold_database([&] {
    hasty->submit(finished(jobs.at(0)), count_);
    hasty.reset();
    EXPECT_EQ(answered_, 1);
    EXPECT_EQ(written_, 0);
    patient->submit(finished(jobs.at(1)), count_);
    const Completer& stopped = *patient;
    stopping = std::thread([&] { patient.reset(); });
    EXPECT_TRUE(testing::eventually([&] { return stopped.failed_writes() > 3; }));
  });
  stopping.join();
  EXPECT_EQ(written_, 1);
  EXPECT_TRUE(reload(jobs.at(0).run).active()) << "for the reaper";
  EXPECT_EQ(reload(jobs.at(1).run).outcome, RunOutcome::succeeded);
}

}  // namespace
}  // namespace ta::runs
