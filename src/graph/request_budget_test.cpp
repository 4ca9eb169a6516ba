#include "graph/request_budget.h"

#include <gtest/gtest.h>

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using enum Workload;

class RequestBudgetTest : public ::testing::Test {
 protected:
  RequestBudget::Grant reads(std::size_t count, Workload workload = intune) {
    return budget_.take(workload, std::vector<bool>(count, false), now_);
  }
  RequestBudget::Grant writes(std::size_t count) { return budget_.take(intune, std::vector<bool>(count, true), now_); }

  RequestBudget budget_{{.requests = 100, .writes = 10, .window = 20s}};
  RequestBudget::Time now_{1h};
};

TEST_F(RequestBudgetTest, TheWholeAllowanceMayLeaveAtOnceAndThenTheWindowMustPass) {
  EXPECT_EQ(reads(60).requests, 60u);
  now_ += 5s;
  const auto rest = reads(60);
  EXPECT_EQ(rest.requests, 40u) << "the first ones";
  EXPECT_GE(rest.wait, 15s);
  EXPECT_LE(rest.wait, 17s);
  now_ += rest.wait;
  EXPECT_EQ(reads(100).requests, 60u) << "what left five seconds later counts on";
  now_ += 1h;
  EXPECT_EQ(reads(150).requests, 100u) << "nothing is saved up";
}

TEST_F(RequestBudgetTest, NothingIsTakenOnCredit) {
  reads(100);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(reads(20).requests, 0u);
  now_ += reads(1).wait;
  EXPECT_EQ(reads(100).requests, 100u) << "what was refused does not count";
}

TEST_F(RequestBudgetTest, WritesHaveTheirOwnSmallerBudget) {
  const auto some = writes(15);
  EXPECT_EQ(some.requests, 10u);
  EXPECT_GT(some.wait, 19s);
  EXPECT_EQ(reads(95).requests, 90u) << "a write is a request, too";
  EXPECT_EQ(budget_.take(intune, {true, false}, now_).requests, 0u) << "their order is kept";
}

TEST_F(RequestBudgetTest, WorkloadsDoNotHoldEachOther) {
  reads(200);
  EXPECT_EQ(reads(1, directory).wait, 0ms);
}

TEST_F(RequestBudgetTest, WithoutALimitNothingWaits) {
  RequestBudget none({.requests = 0, .writes = 0});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(none.take(intune, std::vector<bool>(1'000, true), now_).wait, 0ms);
}

TEST_F(RequestBudgetTest, ALimitSmallerThanABatchStillLetsOneByOneLeave) {
  RequestBudget narrow({.requests = 1, .writes = 1, .window = 20s});
  EXPECT_EQ(narrow.take(intune, std::vector<bool>(20, false), now_).requests, 1u);
  now_ += narrow.take(intune, std::vector<bool>(20, false), now_).wait;
  EXPECT_EQ(narrow.take(intune, std::vector<bool>(20, false), now_).requests, 1u);
}

TEST_F(RequestBudgetTest, OneRefusalSlowsDownAndASecondOneCloses) {
  budget_.refused(intune, 30s, now_);
  EXPECT_DOUBLE_EQ(budget_.share(intune, now_), 0.7);
  EXPECT_EQ(reads(100).requests, 70u) << "it may have been an accident";
  budget_.refused(intune, 30s, now_);
  EXPECT_DOUBLE_EQ(budget_.share(intune, now_), 0.7) << "what is refused together is one refusal";
  EXPECT_EQ(reads(1).wait, 30s);
  EXPECT_EQ(reads(1, directory).wait, 0ms);
  now_ += 30s;
  EXPECT_GT(reads(100).requests, 70u);
  budget_.refused(intune, 24h, now_);
  EXPECT_LE(reads(1).wait, 300s) << "it is not closed for ever";
}

TEST_F(RequestBudgetTest, AnAcceptedRequestEndsARowOfRefusals) {
  budget_.refused(intune, 30s, now_);
  budget_.accepted(intune);
  budget_.refused(intune, 30s, now_);
  EXPECT_GT(reads(1).requests, 0u);
}

TEST_F(RequestBudgetTest, RefusalsThatGoOnLowerItToAboutOneASecondAndTimeBringsItBack) {
  RequestBudget real;
  for (int i = 0; i < 60; ++i) real.refused(conditional_access, std::nullopt, now_ += 1s);
  EXPECT_LE(real.take(conditional_access, std::vector<bool>(50, false), now_).requests, 25u);
  const double low = real.share(conditional_access, now_);
  EXPECT_LT(low, real.share(conditional_access, now_ + 20s));
  EXPECT_DOUBLE_EQ(real.share(conditional_access, now_ + 200s), 1);
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
