// Handlers that are asked to stop and do not. Behaviour 17 of the engine's contract, and what a stop gives back (16).
#include <prometheus/text_serializer.h>

#include <future>

#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class StoppingTest : public EngineTest {
 protected:
  StoppingTest() {
    work_ = [entered = entered_, go = go_](RunContext&) {
      ++*entered;
      go.wait();  // hears nothing else
      return Report::done();
    };
  }
  // What runs on was made by this test; it must be gone before the test is.
  ~StoppingTest() override { let_go(); }

  void let_go() {
    if (!std::exchange(released_, true)) release_.set_value();
  }
  // One slot, and little patience.
  Worker impatient(std::string name = "impatient") {
    return worker({.name = std::move(name),
                   .slots = 1,
                   .poll = 20ms,
                   .heartbeat = 10ms,
                   .progress = 5ms,
                   .stop_grace = 0ms,
                   .hard_grace = 5ms});
  }
  bool in_handler() {
    return testing::eventually([&] { return *entered_ > 0; });
  }
  bool returned(const Worker& worker) {
    let_go();
    return testing::eventually([&] { return worker.stuck_handlers() == 0; });
  }
  std::string flag(RunId run) { return json_string(reload(run).context, "handler_does_not_stop"); }
  std::string metrics() const { return prometheus::TextSerializer().Serialize(metrics_.collect()); }

  std::shared_ptr<std::atomic<int>> entered_ = std::make_shared<std::atomic<int>>(0);
  std::promise<void> release_;
  std::shared_future<void> go_ = release_.get_future().share();
  bool released_ = false;
};
INSTANTIATE_TEST_SUITE_P(Engines, StoppingTest, testing::engines(), testing::engine_name);

TEST_P(StoppingTest, AHandlerThatIgnoresItsDeadlineLosesItsSlotAndItsRunIsFlagged) {
  const Started stuck = start(request());
  Worker one = impatient();
  one.start();
  ASSERT_TRUE(in_handler());
  clock_.advance(2h);
  EXPECT_TRUE(testing::eventually([&] { return !reload(stuck.run.id).active(); }));
  const Run ended = reload(stuck.run.id);
  EXPECT_EQ(ended.failure_summary.at(0).code, "run.timeout");
  EXPECT_EQ(ended.failure_summary.at(0).message, "Its handler does not stop.");
  EXPECT_EQ(flag(stuck.run.id), "attempt 1 on impatient");
  const auto counted = [&] { return metrics().find("tenantatlas_stuck_handlers_total 1") != std::string::npos; };
  EXPECT_TRUE(testing::eventually(counted)) << "after the commit";

  work_ = {};
  const Started next = start(request({"next"}));
  EXPECT_TRUE(testing::eventually([&] { return !reload(next.run.id).active(); })) << "the only slot is free again";
  EXPECT_EQ(one.stuck_handlers(), 1);
  EXPECT_TRUE(returned(one));
  EXPECT_EQ(reload(stuck.run.id).outcome, RunOutcome::failed) << "its late result changes nothing";
  EXPECT_TRUE(reader_.detail(kContoso, stuck.run.id)->attempts.at(0).late_result_at.has_value());
  EXPECT_EQ(count("notifications WHERE kind = 'terminal'"), 2);
}

TEST_P(StoppingTest, AWorkerStopsThoughAHandlerDoesNotAndAnotherOneRunsItAgain) {
  const Started stuck = start(request());
  Worker one = impatient();
  one.start();
  ASSERT_TRUE(in_handler());
  one.stop();
  EXPECT_EQ(one.stuck_handlers(), 1);
  const auto waiting = reader_.detail(kContoso, stuck.run.id).value();
  EXPECT_EQ(waiting.job->attempt, 1) << "what it did is not known, so the attempt counts";
  EXPECT_EQ(waiting.job->last_code, "worker.interrupted");
  EXPECT_EQ(waiting.job->last_message, "Its handler does not stop.");
  EXPECT_EQ(flag(stuck.run.id), "attempt 1 on impatient");
  EXPECT_EQ(count("workers"), 0);

  work_ = {};
  EXPECT_EQ(worker({.name = "another"}).run_once(), 1);
  EXPECT_EQ(reload(stuck.run.id).outcome, RunOutcome::succeeded);
  EXPECT_TRUE(returned(one)) << "and finds no worker to tell";
}

TEST_P(StoppingTest, WhatMustNotBeTriedTwiceFailsWhenItsHandlerDoesNotStop) {
  StartRequest once = request();
  once.type = "test.once";
  const Started stuck = start(once);
  Worker one = impatient();
  one.start();
  ASSERT_TRUE(in_handler());
  one.stop();
  EXPECT_EQ(reload(stuck.run.id).failure_summary.at(0).code, "worker.interrupted");
  EXPECT_EQ(start(once).disposition, Disposition::created) << "its identity is free";
  EXPECT_TRUE(returned(one));
}

TEST_P(StoppingTest, AHandlerThatLostItsLeaseLosesItsSlotTooAndHarmsNobody) {
  const Started stuck = start(request());
  Worker one = impatient();
  one.start();
  ASSERT_TRUE(in_handler());
  database_->write([&](storage::Transaction& tx) {  // the reaper took it, as after a pause of the process
    tx.run_text("pause", "UPDATE run_jobs SET lease_token = 'of another', worker = 'another'");
  });
  EXPECT_TRUE(testing::eventually([&] { return one.stuck_handlers() == 1; }));
  EXPECT_TRUE(testing::eventually([&] { return flag(stuck.run.id) == "attempt 1 on impatient"; }));
  EXPECT_EQ(count("run_jobs WHERE lease_token = 'of another'"), 1);
  EXPECT_TRUE(returned(one));
  EXPECT_TRUE(reload(stuck.run.id).active());
}

TEST_P(StoppingTest, WaitingRunsAreHandedBackThoughEverySlotIsStuck) {
  start(request());
  start(request({"claimed ahead"}));
  Worker one = worker({.slots = 1,
                       .prefetch = 4,
                       .poll = 20ms,
                       .heartbeat = 10ms,
                       .progress = 5ms,
                       .stop_grace = 0ms,
                       .hard_grace = 5ms});
  one.start();
  ASSERT_TRUE(in_handler());
  ASSERT_TRUE(testing::eventually([&] { return count("run_jobs WHERE lease_token IS NOT NULL") == 2; }));
  one.stop();
  EXPECT_EQ(count("run_jobs WHERE lease_token IS NULL"), 2);
  EXPECT_EQ(count("run_jobs WHERE attempt = 0"), 1) << "the one that had not begun";
  EXPECT_TRUE(returned(one));
}

// SQLite's one writer would keep every heartbeat waiting as well.
class StuckWriteTest : public StoppingTest {};
INSTANTIATE_TEST_SUITE_P(Postgres, StuckWriteTest, ::testing::Values(storage::Engine::postgres), testing::engine_name);

TEST_P(StuckWriteTest, AHandlerStuckInsideAWriteStopsNoHeartbeat) {
  work_ = [entered = entered_, go = go_](RunContext& context) {
    context.write([&](storage::Transaction&) {
      ++*entered;
      go.wait();
    });
    return Report::done();
  };
  const Started stuck = start(request());
  Worker one = impatient();
  one.start();
  ASSERT_TRUE(in_handler());
  clock_.advance(2h);
  ASSERT_TRUE(testing::eventually([&] { return one.stuck_handlers() == 1; }));
  for (int i = 0; i < 3; ++i) {
    clock_.advance(1min);
    EXPECT_TRUE(testing::eventually([&] { return reader_.queue_health().workers_alive == 1; }, 5s));
  }
  EXPECT_TRUE(reload(stuck.run.id).active()) << "its write holds the run";
  EXPECT_TRUE(returned(one));
  EXPECT_TRUE(testing::eventually([&] { return !reload(stuck.run.id).active(); }));
  EXPECT_EQ(reload(stuck.run.id).failure_summary.at(0).code, "run.timeout");
}

// Soft, then hard: what ends within the grace ends as it would have.
TEST_P(StoppingTest, ASoftStopLetsAHandlerFinish) {
  const Started started = start(request());
  Worker one = worker({.slots = 1, .poll = 20ms, .heartbeat = 10ms, .stop_grace = 20s});
  one.start();
  ASSERT_TRUE(in_handler());
  std::thread stopping([&] { one.stop(); });
  let_go();
  stopping.join();
  EXPECT_EQ(reload(started.run.id).outcome, RunOutcome::succeeded);
  EXPECT_EQ(one.stuck_handlers(), 0);
}

}  // namespace
}  // namespace ta::runs
