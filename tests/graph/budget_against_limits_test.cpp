// The client's budget against Microsoft's published limits, as the simulator keeps them. In made-up time.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/random.h"
#include "graph/request_budget.h"
#include "simulator/throttle.h"
#include "testing/clock.h"

namespace ta {
namespace {

using namespace std::chrono_literals;
using graph::RequestBudget;
using std::chrono::milliseconds;

// Each request reaches Graph between 5 and 600 ms after it left.
class AgainstMicrosoftsLimits : public ::testing::Test {
 protected:
  struct Outcome {
    milliseconds took{0};
    int refusals = 0;
  };
  Outcome send(int requests, bool write, simulator::ThrottleLimits limits = {}) {
    simulator::Throttle throttle(limits, clock_);
    RequestBudget budget;
    std::multiset<milliseconds> arriving;
    Outcome out;
    milliseconds now{0};
    for (int left = requests; left > 0 || !arriving.empty();) {
      const std::vector<bool> batch(std::min(left, 20), write);
      const auto grant = budget.take(graph::Workload::intune, batch, RequestBudget::Time(now));
      left -= static_cast<int>(grant.requests);
      for (std::size_t i = 0; i < grant.requests; ++i)
        arriving.insert(now + milliseconds(5 + static_cast<int>(random_->below(596))));
      if (left > 0 && grant.wait == 0ms) continue;
      now = arriving.empty() ? now + grant.wait : *arriving.begin();
      while (!arriving.empty() && *arriving.begin() <= now) {
        clock_.set(start_ + *arriving.begin());
        arriving.erase(arriving.begin());
        const auto kind = write ? simulator::Budget::intune_write : simulator::Budget::intune_read;
        const auto refusal = throttle.charge("tenant", "app", kind);
        if (!refusal) continue;
        ++out.refusals;
        ++left;
        const std::chrono::seconds asked(refusal->retry_after_seconds.value_or(0));
        budget.refused(graph::Workload::intune, asked, RequestBudget::Time(now));
      }
    }
    out.took = now;
    return out;
  }

  ta::testing::FixedClock clock_;
  const Timestamp start_ = clock_.now();
  std::unique_ptr<Random> random_ = seeded_random(7);
};

TEST_F(AgainstMicrosoftsLimits, AReadingTakesHardlyLongerThanTheLimitsAskFor) {
  for (const int n : {1, 950, 951, 1'900, 1'901, 4'000, 9'500, 20'000}) {
    const Outcome out = send(n, false);
    EXPECT_EQ(out.refusals, 0) << n;
    const double windows = std::ceil(n / 950.0) - 1;
    EXPECT_LE(out.took.count(), 1.15 * windows * 20'000 + 3'000) << n;
    EXPECT_GE(out.took.count(), windows * 20'000) << n << ": faster than allowed";
  }
}

TEST_F(AgainstMicrosoftsLimits, SoDoWrites) {
  for (const int n : {95, 96, 950}) {
    const Outcome out = send(n, true);
    EXPECT_EQ(out.refusals, 0) << n;
    EXPECT_LE(out.took.count(), 1.15 * (std::ceil(n / 95.0) - 1) * 20'000 + 3'000) << n;
  }
}

TEST_F(AgainstMicrosoftsLimits, ALimitThatOthersHalveIsLearned) {
  const Outcome out = send(10'000, false, {.per_app_and_tenant = 500});
  EXPECT_LE(out.took, 20s * 20 * 2) << "twice what the limit itself asks for";
  EXPECT_LE(out.refusals, 1'500) << "of 10,000; without learning it is one for each";
}

}  // namespace
}  // namespace ta
