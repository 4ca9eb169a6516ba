// The thread that repeats a step: when it is called, what ends it, and what a step that throws means.
#include "runs/periodic.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "testing/eventually.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kNever = 24h;

class PeriodicTest : public ::testing::Test {
 protected:
  void start(Periodic::Step step, std::chrono::milliseconds pause_after_failure = kNever) {
    periodic_.start(std::move(step), "test.failed", pause_after_failure);
  }
  ::testing::AssertionResult called(int times) {
    return testing::eventually([&] { return calls_ >= times; });
  }

  std::atomic<int> calls_ = 0;
  Periodic periodic_;  // last, as owners have it
};

TEST_F(PeriodicTest, TheFirstCallIsAtOnceOnAThreadOfItsOwn) {
  std::atomic<std::thread::id> thread;
  start([&] {
    thread = std::this_thread::get_id();
    ++calls_;
    return kNever;
  });
  ASSERT_TRUE(called(1));
  EXPECT_NE(thread.load(), std::this_thread::get_id());
  periodic_.stop();
  EXPECT_EQ(calls_, 1);
}

TEST_F(PeriodicTest, EveryStepSaysHowLongToWait) {
  std::vector<Steady::time_point> ends, begins;
  start([&] {
    begins.push_back(Steady::now());
    const auto pause = calls_++ % 2 == 0 ? 30ms : 0ms;
    ends.push_back(Steady::now());
    return pause;
  });
  ASSERT_TRUE(called(6));
  periodic_.stop();
  for (std::size_t i = 1; i < begins.size(); i += 2) EXPECT_GE(begins[i] - ends[i - 1], 30ms);
}

TEST_F(PeriodicTest, AStepThatThrowsIsLoggedAndCalledAgainAfterItsPause) {
  ::testing::internal::CaptureStderr();
  std::vector<Steady::time_point> begins;
  const auto step = [&]() -> std::chrono::milliseconds {
    begins.push_back(Steady::now());
    if (++calls_ <= 2) throw std::runtime_error("the database does not answer");
    return kNever;
  };
  start(step, 20ms);
  const auto repeated = called(3);
  periodic_.stop();
  const std::string log = ::testing::internal::GetCapturedStderr();
  ASSERT_TRUE(repeated);
  EXPECT_GE(begins[2] - begins[0], 40ms);
  const auto first = log.find("test.failed");
  EXPECT_NE(first, log.rfind("test.failed")) << "once for each: " << log;
  EXPECT_NE(log.find("the database does not answer"), std::string::npos) << log;
}

TEST_F(PeriodicTest, StoppingCutsAPauseShortAndMayBeRepeated) {
  start([&] {
    ++calls_;
    return kNever;
  });
  ASSERT_TRUE(called(1));
  EXPECT_FALSE(periodic_.stopping());
  periodic_.stop();  // or this test lasts a day
  EXPECT_TRUE(periodic_.stopping());
  periodic_.stop();
  EXPECT_EQ(calls_, 1);
}

TEST_F(PeriodicTest, AStepThatRunsIsWaitedForAndSeesTheWish) {
  std::atomic<bool> finished = false;
  start([&] {
    ++calls_;
    EXPECT_TRUE(testing::eventually([&] { return periodic_.stopping(); }));
    const auto later = Steady::now() + 20ms;  // stop() would have returned long before
    EXPECT_TRUE(testing::eventually([&] { return Steady::now() >= later; }));
    finished = true;
    return 0ms;
  });
  ASSERT_TRUE(called(1));
  periodic_.stop();
  EXPECT_TRUE(finished);
  EXPECT_EQ(calls_, 1) << "and not called again";
}

TEST_F(PeriodicTest, TheEndOfItsLifeStopsIt) {
  {
    Periodic brief;
    brief.start([&] { return ++calls_, kNever; }, "test.failed", kNever);
    ASSERT_TRUE(called(1));
  }
  EXPECT_EQ(calls_, 1);
}

TEST_F(PeriodicTest, WhatNeverStartedStopsToo) {
  periodic_.stop();
  EXPECT_TRUE(periodic_.stopping());
}

}  // namespace
}  // namespace ta::runs
