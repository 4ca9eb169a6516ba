#include "graph/request_budget.h"

#include <gtest/gtest.h>

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using enum Workload;

class RequestBudgetTest : public ::testing::Test {
 protected:
  std::chrono::milliseconds reserve(int requests, int writes = 0) {
    return budget_.reserve(intune, requests, writes, now_);
  }
  RequestBudget budget_{{.burst = 100, .per_second = 10, .writes_burst = 10, .writes_per_second = 1}};
  RequestBudget::Time now_{1h};
};

TEST_F(RequestBudgetTest, ABurstIsFreeAndThenTheRateCounts) {
  EXPECT_EQ(reserve(100), 0ms);
  EXPECT_EQ(reserve(20), 2000ms);
  EXPECT_EQ(reserve(10), 3000ms) << "after those before it";
  now_ += 3s;
  EXPECT_EQ(reserve(5), 500ms);
  now_ += 1h;
  EXPECT_EQ(reserve(100), 0ms) << "never more than the burst is saved up";
  EXPECT_GT(reserve(1), 0ms);
}

TEST_F(RequestBudgetTest, TheLimitsOfAnyTwentySecondsAreKept) {
  RequestBudget real;
  int sent = 0;
  for (auto at = now_; at < now_ + 20s; at += 10ms)
    while (real.reserve(intune, 1, 0, at) == 0ms) ++sent;
  EXPECT_LE(sent, 1000);
}

TEST_F(RequestBudgetTest, WritesHaveTheirOwnSmallerBudget) {
  EXPECT_EQ(reserve(10, 10), 0ms);
  EXPECT_EQ(reserve(1, 1), 1000ms);
  EXPECT_EQ(reserve(1, 0), 0ms);
}

TEST_F(RequestBudgetTest, WorkloadsDoNotHoldEachOther) {
  reserve(200);
  EXPECT_EQ(budget_.reserve(directory, 1, 0, now_), 0ms);
}

TEST_F(RequestBudgetTest, OneRefusalSlowsDownAndASecondOneCloses) {
  budget_.refused(intune, 30s, now_);
  EXPECT_LT(budget_.share(intune), 1);
  EXPECT_EQ(reserve(1), 0ms) << "it may have been an accident";
  budget_.refused(intune, 30s, now_);
  EXPECT_EQ(reserve(1), 30s);
  EXPECT_EQ(budget_.reserve(directory, 1, 0, now_), 0ms);
  now_ += 31s;
  EXPECT_EQ(reserve(1), 0ms);
  budget_.refused(intune, 24h, now_);
  EXPECT_LE(reserve(1), 301s) << "nobody closes it for ever";
}

TEST_F(RequestBudgetTest, SuccessBringsTheRateBack) {
  for (int i = 0; i < 20; ++i) budget_.refused(intune, std::nullopt, now_);
  EXPECT_DOUBLE_EQ(budget_.share(intune), 0.1);
  EXPECT_GE(reserve(2), 500ms);
  for (int i = 0; i < 60; ++i) budget_.accepted(intune);
  EXPECT_DOUBLE_EQ(budget_.share(intune), 1);
}

TEST(Workload, IsToldByThePath) {
  EXPECT_EQ(workload_of("/beta/deviceManagement/configurationPolicies"), intune);
  EXPECT_EQ(workload_of("/v1.0/deviceAppManagement/mobileApps?$top=5"), intune);
  EXPECT_EQ(workload_of("/v1.0/identity/conditionalAccess/policies"), conditional_access);
  EXPECT_EQ(workload_of("/v1.0/groups"), directory);
  EXPECT_EQ(workload_of("nonsense"), directory);
}

}  // namespace
}  // namespace ta::graph
