// Whose worker is lost, and whose only looks so: after a jump of the clock, a pause, an outage. Also who sweeps.
#include "runs/lease_watch.h"

#include "runs/process_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class LeaseWatchTest : public EngineTest {
 protected:
  // Time passes for everything, and maintenance looks.
  int look_after(std::chrono::milliseconds passed) {
    clock_.advance(passed);
    return maintenance_.run_once(steady_ += passed).rescued;
  }
  // How long after the claim the run of a worker that fell silent is taken over.
  std::chrono::milliseconds takeover(std::chrono::milliseconds first_look) {
    auto passed = first_look;
    for (int rescued = look_after(first_look); rescued == 0; rescued = look_after(2'500ms)) passed += 2'500ms;
    return passed;
  }

  LeaseWatch::Steady::time_point steady_{1h};
  Leadership leadership_{*database_, clock_, "one"};
  Maintenance maintenance_{queue_, leadership_, *random_};
};
INSTANTIATE_TEST_SUITE_P(Engines, LeaseWatchTest, testing::engines(), testing::engine_name);

TEST_P(LeaseWatchTest, ALostWorkersRunIsTakenOverWithinFourteenSeconds) {
  for (const auto first_look : {0ms, 100ms, 1'000ms, 2'499ms}) {
    start(request());
    const ClaimedJob job = queue_.claim("lost", 1).at(0);
    const auto took = takeover(first_look);
    EXPECT_GT(took, 10s);
    EXPECT_LE(took, 14s) << "first looked at after " << first_look.count() << " ms";
    database_->write([](storage::Transaction& tx) { tx.run_text("clear", "DELETE FROM operation_runs"); });
  }
}

TEST_P(LeaseWatchTest, AClockThatIsSetAheadTakesNoRunFromALivingWorker) {
  start(request());
  const ClaimedJob job = queue_.claim("alive", 1).at(0);
  look_after(1s);
  clock_.advance(1h);  // the time of day only
  EXPECT_EQ(look_after(1s), 0) << "every lease seems to be over";
  EXPECT_EQ(look_after(1s), 0);
  EXPECT_EQ(queue_.heartbeat({job}).size(), 1u);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(look_after(2'500ms), 0);
    EXPECT_EQ(queue_.heartbeat({job}).size(), 1u);
  }
}

// Its machine's clock is an hour behind: its leases are over when they are written.
TEST_P(LeaseWatchTest, AWorkerWhoseClockIsBehindKeepsItsRuns) {
  start(request());
  testing::FixedClock behind(clock_.now() - 1h);
  OtherProcess other(database_.url(), catalog_, behind);
  const ClaimedJob job = queue_.claim("alive", 1).at(0);
  for (int i = 0; i < 8; ++i) {
    behind.advance(2'500ms);
    ASSERT_EQ(other.queue.heartbeat({job}).size(), 1u);
    EXPECT_EQ(look_after(2'500ms), 0);
  }
}

TEST_P(LeaseWatchTest, AProcessThatWasStoppedLooksAgainBeforeItTakesAnything) {
  start(request());
  const ClaimedJob job = queue_.claim("alive", 1).at(0);
  look_after(8s);
  EXPECT_EQ(look_after(60s), 0) << "the whole machine was stopped";
  EXPECT_EQ(look_after(2'500ms), 0);
  EXPECT_EQ(queue_.heartbeat({job}).size(), 1u);
  EXPECT_EQ(look_after(2'500ms), 0);
}

TEST_P(LeaseWatchTest, WhatIsReallyLostIsTakenAfterAPauseToo) {
  start(request());
  queue_.claim("lost", 1);
  look_after(8s);
  EXPECT_EQ(look_after(60s), 0);
  std::chrono::milliseconds passed{0};
  for (; look_after(2'500ms) == 0; passed += 2'500ms) ASSERT_LT(passed, 15s);
  EXPECT_GE(passed, 2'500ms) << "it was looked at three times";
}

TEST_P(LeaseWatchTest, AnOutageIsNoSilence) {
  const SilentLease lease{clock_.now(), RunId{1}, "token"};
  LeaseWatch watch(10s);
  watch.begin(steady_);
  EXPECT_FALSE(watch.is_silent(lease));
  watch.end(steady_);
  watch.begin(steady_ + 5s);  // and the database did not answer
  for (const auto passed : {8s, 12s, 22s}) {
    watch.begin(steady_ + passed);
    EXPECT_FALSE(watch.is_silent(lease)) << passed.count();
    watch.end(steady_ + passed);
  }
  watch.begin(steady_ + 24s);
  EXPECT_TRUE(watch.is_silent(lease)) << "that was sixteen seconds with an answer";
}

TEST_P(LeaseWatchTest, AnotherTokenIsAnotherLease) {
  LeaseWatch watch(10s);
  const auto look = [&](std::chrono::seconds passed, const char* token) {
    watch.begin(steady_ + passed);
    const bool silent = watch.is_silent({clock_.now(), RunId{1}, token});
    watch.end(steady_ + passed);
    return silent;
  };
  EXPECT_FALSE(look(0s, "a"));
  EXPECT_TRUE(look(4s, "a"));
  EXPECT_FALSE(look(8s, "b"));
  EXPECT_TRUE(look(12s, "b"));
}

TEST_P(LeaseWatchTest, OnlyTheLeaderSweeps) {
  RunService mute{*database_, catalog_, clock_, feed_, metrics_, [](auto&, auto&) {}};
  ASSERT_TRUE(mute.start(request()));
  clock_.advance(60s);
  Leadership other(*database_, clock_, "other");
  ASSERT_TRUE(other.try_acquire());
  EXPECT_EQ(maintenance_.run_once().never_dispatched, 0);
  other.resign();
  EXPECT_EQ(maintenance_.run_once().never_dispatched, 1);
}

}  // namespace
}  // namespace ta::runs
