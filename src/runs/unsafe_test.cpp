// Operations at which a second attempt does harm: once begun, they are never begun again. Behaviour 16 of the engine's
// contract.
#include "runs/engine_fixture.h"
#include "runs/engine_status.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class UnsafeTest : public EngineTest {
 protected:
  StartRequest once(json::array types = {"a"}) const {
    StartRequest once = request(std::move(types));
    once.type = "test.once";
    return once;
  }
  // Counts its beginnings and hears a stop.
  void work_until_stopped(int items_done = 0) {
    work_ = [this, items_done](RunContext& context) -> Report {
      if (items_done > 0) context.count(&SummaryCounts::success, items_done);
      for (++begun_;; std::this_thread::yield()) context.check_stop();
    };
  }
  void stop_while_it_works(int prefetch = 0) {
    Worker one =
        worker({.slots = 1, .prefetch = prefetch, .poll = 20ms, .heartbeat = 10ms, .progress = 5ms, .stop_grace = 1ms});
    one.start();
    ASSERT_TRUE(testing::eventually([&] { return begun_ == 1; }));
    if (prefetch > 0)
      ASSERT_TRUE(testing::eventually([&] { return count("run_jobs WHERE lease_token IS NULL") == 0; }));
    one.stop();
  }

  std::atomic<int> begun_{0};
};
INSTANTIATE_TEST_SUITE_P(Engines, UnsafeTest, testing::engines(), testing::engine_name);

TEST_P(UnsafeTest, AStopEndsWhatHasBegunAndItNeverBeginsAgain) {
  work_until_stopped();
  const Started started = start(once());
  stop_while_it_works();
  const Run run = reload(started.run.id);
  EXPECT_EQ(run.outcome, RunOutcome::failed);
  EXPECT_EQ(run.failure_summary.at(0).code, "worker.interrupted");
  EXPECT_EQ(count("run_jobs"), 0);
  EXPECT_EQ(worker({.name = "another"}).run_once(), 0);
  EXPECT_EQ(begun_, 1);
  EXPECT_EQ(count("notifications WHERE kind = 'terminal'"), 1);
  EXPECT_EQ(start(once()).disposition, Disposition::created) << "its identity is free";
}

TEST_P(UnsafeTest, WhatSucceededBeforeTheStopIsTold) {
  work_until_stopped(3);
  const Started started = start(once());
  stop_while_it_works();
  const Run run = reload(started.run.id);
  EXPECT_EQ(run.outcome, RunOutcome::partially_succeeded);
  EXPECT_EQ(run.summary_counts.success, 3);
  EXPECT_EQ(run.failure_summary.at(0).code, "worker.interrupted");
}

TEST_P(UnsafeTest, WhatIsOnlyClaimedIsHandedBackAndRunsOnce) {
  work_until_stopped();
  const Started first = start(once()), ahead = start(once({"ahead"}));
  stop_while_it_works(4);
  EXPECT_FALSE(reload(first.run.id).active());
  EXPECT_EQ(reload(ahead.run.id).status, RunStatus::queued);
  work_ = [this](RunContext&) { return ++begun_, Report::done(); };
  EXPECT_EQ(worker({.name = "another"}).run_once(), 1);
  EXPECT_EQ(reload(ahead.run.id).outcome, RunOutcome::succeeded);
  EXPECT_EQ(begun_, 2);
}

TEST_P(UnsafeTest, AFailureThatPassesByItselfIsNoReasonToTryAgain) {
  work_ = [this](RunContext&) { return ++begun_, Report::failed({FailureCode::graph_unavailable, "away", {}}); };
  const Started started = start(once());
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(reload(started.run.id).failure_summary.at(0).code, "graph.unavailable");
  EXPECT_EQ(begun_, 1);
}

// Its run was queued by a version that knew it as harmless.
TEST_P(UnsafeTest, TheTypeOfTodayDecides) {
  const Started stopped = start(once()), lost = start(once({"lost"})), failing = start(once({"failing"}));
  database_->write([](storage::Transaction& tx) { tx.run_text("older", "UPDATE run_jobs SET attempts_max = 5"); });
  const std::vector<ClaimedJob> jobs = queue_.claim("w", 2);
  for (const ClaimedJob& job : jobs) EXPECT_FALSE(queue_.may_repeat(job));
  queue_.abandon(jobs.at(0), FailureCode::worker_interrupted, {.success = 2});
  EXPECT_EQ(reload(stopped.run.id).outcome, RunOutcome::partially_succeeded);
  clock_.advance(11s);
  EXPECT_EQ(queue_.reap(), 1);
  EXPECT_EQ(reload(lost.run.id).failure_summary.at(0).code, "worker.lost");
  work_ = [](RunContext&) { return Report::failed({FailureCode::graph_throttled, "", {}}); };
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_FALSE(reload(failing.run.id).active());
}

// Of the deadline too: a clock that is set ahead is no time that passed.
TEST_P(UnsafeTest, AClockThatIsSetAheadEndsNothing) {
  work_until_stopped();
  const Started started = start(once());
  Leadership leadership(*database_, clock_, "one");
  Maintenance maintenance(queue_, leadership, *random_, {.interval = 20ms});
  Worker one(queue_, service_, clock_, *random_, feed_,
             {.poll = 20ms, .heartbeat = 10ms, .progress = 5ms, .stop_grace = 1ms});
  one.start();
  ASSERT_TRUE(testing::eventually([&] { return begun_ == 1; }));
  maintenance.start();
  clock_.advance(24h);
  const Timestamp jumped = clock_.now();
  const auto seen = [&] {
    const EngineStatus status = read_engine_status(*database_, clock_);
    return status.workers.size() == 1 && status.workers[0].seen_at >= jumped;
  };
  EXPECT_TRUE(testing::eventually(seen)) << "a heartbeat after the jump";
  const std::int64_t steps = maintenance.effort().steps;
  EXPECT_TRUE(testing::eventually([&] { return maintenance.effort().steps > steps + 3; }));
  EXPECT_TRUE(reload(started.run.id).active());
  maintenance.stop();
  one.stop();
  EXPECT_EQ(reload(started.run.id).failure_summary.at(0).code, "worker.interrupted");
}

}  // namespace
}  // namespace ta::runs
