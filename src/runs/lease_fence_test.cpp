// What a handler writes for its run commits only while its attempt holds the lease.
#include "runs/process_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class LeaseFenceTest : public EngineTest {
 protected:
  LeaseFenceTest() {
    database_->write([](storage::Transaction& tx) { tx.run_script("CREATE TABLE observed (value INTEGER)"); });
  }
  static void observe(RunContext& context, int value) {
    context.write([&](storage::Transaction& tx) {
      tx.run_text("observe", "INSERT INTO observed (value) VALUES (:value)", {{"value", value}});
    });
  }
  RunContext context_of(const ClaimedJob& job) { return {queue_.attempt_of(job), *database_, clock_}; }
};
INSTANTIATE_TEST_SUITE_P(Engines, LeaseFenceTest, testing::engines(), testing::engine_name);

TEST_P(LeaseFenceTest, TheHolderOfTheLeaseWrites) {
  const Started started = start(request());
  RunContext context = context_of(queue_.claim("w", 1).at(0));
  observe(context, 1);
  EXPECT_EQ(count("observed"), 1);
  EXPECT_FALSE(context.should_stop());
  EXPECT_EQ(context.read([&](storage::Transaction& tx) { return tx.run_text("all", "SELECT * FROM observed").size(); }),
            1u);
}

TEST_P(LeaseFenceTest, AWriteAfterARescueAReclaimOrTheEndIsRefusedAndStopsTheHandler) {
  start(request());
  const ClaimedJob first = queue_.claim("w", 1).at(0);
  RunContext late = context_of(first);
  clock_.advance(11s);
  ASSERT_EQ(queue_.reap(), 1);
  EXPECT_THROW(observe(late, 1), Stopped) << "rescued";
  EXPECT_EQ(late.stop_reason(), StopReason::lease_lost);
  const ClaimedJob second = queue_.claim("w", 1).at(0);
  EXPECT_THROW(observe(late, 2), Stopped) << "claimed again";
  ASSERT_TRUE(queue_.complete(second, {RunOutcome::succeeded, {}, {}, {}}));
  EXPECT_THROW(observe(late, 3), Stopped) << "completed";
  RunContext ended = context_of(second);
  EXPECT_THROW(observe(ended, 4), Stopped) << "its own run has ended";
  EXPECT_EQ(count("observed"), 0);
}

TEST_P(LeaseFenceTest, WhatFailsInsideTheTransactionWritesNothing) {
  start(request());
  RunContext context = context_of(queue_.claim("w", 1).at(0));
  EXPECT_THROW(context.write([&](storage::Transaction& tx) {
    tx.run_text("observe", "INSERT INTO observed (value) VALUES (1)");
    throw std::runtime_error("half way");
  }),
               std::runtime_error);
  EXPECT_EQ(count("observed"), 0);
}

// An expired lease that nobody took is still held: the worker was slow, and its work is good.
TEST_P(LeaseFenceTest, AnExpiredLeaseThatNobodyTookStillHolds) {
  start(request());
  RunContext context = context_of(queue_.claim("w", 1).at(0));
  clock_.advance(1h);
  observe(context, 1);
  EXPECT_EQ(count("observed"), 1);
}

// The rescue passes by a run whose handler is in the middle of a write, and takes it afterwards.
TEST_P(LeaseFenceTest, NoRescueWhileTheHandlerWrites) {
  if (GetParam() == storage::Engine::sqlite) {
    SUCCEED() << "SQLite has one writer, so no rescue can begin";
    return;
  }
  start(request());
  RunContext context = context_of(queue_.claim("w", 1).at(0));
  clock_.advance(11s);
  OtherProcess other(database_.url(), catalog_, clock_);
  context.write([&](storage::Transaction&) { EXPECT_EQ(other.queue.reap(), 0); });
  EXPECT_EQ(other.queue.reap(), 1);
}

// The heartbeat and the counts of a run go on while its handler writes: they wait for nothing it holds.
TEST_P(LeaseFenceTest, HeartbeatAndProgressGoOnWhileTheHandlerWrites) {
  if (GetParam() == storage::Engine::sqlite) {
    SUCCEED() << "SQLite has one writer";
    return;
  }
  start(request());
  const ClaimedJob job = queue_.claim("w", 1).at(0);
  RunContext context = context_of(job);
  storage::DatabaseOptions impatient{.statement_deadline = 2s};
  OtherProcess other(database_.url(), catalog_, clock_, impatient);
  clock_.advance(5s);
  context.write([&](storage::Transaction&) {
    EXPECT_EQ(other.queue.heartbeat({job}), std::vector{job.run});
    EXPECT_TRUE(other.queue.progress(job, {.processed = 1}));
  });
  clock_.advance(6s);
  EXPECT_EQ(queue_.reap(), 0) << "the heartbeat has extended the lease";
}

TEST_P(LeaseFenceTest, ALateAttemptIsRecordedAsLate) {
  const RunId run = start(request()).run.id;
  work_ = [&](RunContext& context) {
    if (context.attempt() == 1) {
      clock_.advance(11s);
      EXPECT_EQ(queue_.reap(), 1);
      observe(context, 1);
    }
    observe(context, 2);
    return Report::done();
  };
  Worker one = worker();
  EXPECT_EQ(one.run_once(), 1);
  ASSERT_TRUE(testing::eventually([&] { return one.run_once() == 1; }));
  const RunDetail detail = reader_.detail(kContoso, run).value();
  EXPECT_EQ(detail.run.outcome, RunOutcome::succeeded);
  EXPECT_TRUE(std::ranges::find(detail.attempts, 1, &RunAttempt::number)->late_result_at.has_value());
  EXPECT_EQ(count("observed WHERE value = 2"), 1);
  EXPECT_EQ(count("observed"), 1);
}

TEST_P(LeaseFenceTest, AHandlerKnowsHowMuchTimeItHas) {
  start(request());
  std::chrono::steady_clock::time_point now{};
  const RunContext context(queue_.attempt_of(queue_.claim("w", 1).at(0)), *database_, clock_, [&] { return now; });
  EXPECT_EQ(context.time_left(), 1h);
  now += 59min;
  EXPECT_EQ(context.time_left(), 1min);
  clock_.advance(24h);
  EXPECT_EQ(context.time_left(), 1min) << "the time of day was set";
  now += 2min;
  EXPECT_EQ(context.time_left(), 0min);
}

}  // namespace
}  // namespace ta::runs
