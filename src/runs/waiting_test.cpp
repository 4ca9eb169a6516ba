// Why a run waits, on both engines.
#include "runs/waiting.h"

#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class WaitingTest : public EngineTest {
 protected:
  WaitingTest() { queue_.worker_seen("w", 2); }

  RunId add(const std::string& type, std::int64_t connection = 7, TenantId tenant = kContoso) {
    StartRequest one = request({fmt::format("run {}", next_++)}, connection);
    one.type = type;
    one.tenant = tenant;
    clock_.advance(1ms);
    return start(one).run.id;
  }
  void fill(int count, const std::string& type, TenantId tenant = kContoso) {
    std::vector<StartRequest> batch;
    for (int i = 0; i < count; ++i) {
      batch.push_back(request({fmt::format("run {}", next_++)}));
      batch.back().type = type;
      batch.back().tenant = tenant;
    }
    service_.start_many(batch);
    clock_.advance(1ms);
  }
  std::optional<Wait> wait(RunId run, LimitOptions limits = {}, TenantId tenant = kContoso) {
    const Limits given(catalog_, limits);
    WaitReasons waits(*database_, clock_, given);
    const auto jobs = reader_.jobs(tenant, {run});
    if (jobs.empty()) return std::nullopt;
    const auto alone = waits.of(tenant, run, jobs[0].second);
    const auto among = waits.of(tenant, jobs);
    EXPECT_EQ(alone.has_value(), among.contains(run));
    if (alone) EXPECT_EQ(alone->reason, among.at(run).reason);
    return alone;
  }
  WaitReason reason(RunId run, LimitOptions limits = {}) { return wait(run, limits).value().reason; }

  int next_ = 1;
};
INSTANTIATE_TEST_SUITE_P(Engines, WaitingTest, testing::engines(), testing::engine_name);

TEST_P(WaitingTest, NobodyIsThere) {
  const RunId run = add("test.local");
  EXPECT_EQ(reason(run), WaitReason::next);
  clock_.advance(16s);
  EXPECT_EQ(reason(run), WaitReason::no_worker);
}

TEST_P(WaitingTest, WhatAWorkerHoldsOrWhatHasEndedWaitsForNothing) {
  const RunId run = add("test.local");
  const auto jobs = queue_.claim("w", 1);
  EXPECT_FALSE(wait(run));
  queue_.complete(jobs.at(0), {RunOutcome::succeeded, {}, {}, {}});
  EXPECT_FALSE(wait(run));
}

TEST_P(WaitingTest, ALimitIsNamedWithItsNumbers) {
  add("test.probe", 1);
  add("test.probe", 2);
  queue_.claim("w", 2);
  const RunId run = add("test.probe", 2);
  const Wait tenant = wait(run, {.per_tenant = 2}).value();
  EXPECT_EQ(tenant.reason, WaitReason::tenant_limit);
  EXPECT_EQ(tenant.active, 2);
  EXPECT_EQ(tenant.most, 2);
  const Wait scope = wait(run, {.per_tenant = 3, .per_scope = 1}).value();
  EXPECT_EQ(scope.reason, WaitReason::scope_limit);
  EXPECT_EQ(scope.most, 1);
}

TEST_P(WaitingTest, TheSlotThatIsKeptForOthersIsNamed) {
  fill(1, "test.local");
  queue_.claim("w", 1);
  const RunId run = add("test.local");
  const Wait kept = wait(run, kUsualLimits).value();
  EXPECT_EQ(kept.reason, WaitReason::tenant_limit);
  EXPECT_EQ(kept.active, 1);
  EXPECT_EQ(kept.most, 1);
  EXPECT_TRUE(kept.for_others);
  const RunId theirs = add("test.local", 7, kFabrikam);
  EXPECT_EQ(wait(theirs, kUsualLimits, kFabrikam).value().reason, WaitReason::next);
}

TEST_P(WaitingTest, ATypesOwnLimitIsNamed) {
  add("test.single");
  queue_.claim("w", 1);
  const Wait type = wait(add("test.single")).value();
  EXPECT_EQ(type.reason, WaitReason::type_limit);
  EXPECT_EQ(type.active, 1);
  EXPECT_EQ(type.most, 1);
}

TEST_P(WaitingTest, APauseHasItsEnd) {
  add("test.local");
  const ClaimedJob job = queue_.claim("w", 1).at(0);
  ASSERT_TRUE(queue_.retry(job, {FailureCode::graph_throttled, "", 30'000ms}));
  const Wait paused = wait(job.run).value();
  EXPECT_EQ(paused.reason, WaitReason::later);
  EXPECT_EQ(paused.until, clock_.now() + 30s);
  clock_.advance(30s);
  queue_.worker_seen("w", 2);
  EXPECT_EQ(reason(job.run), WaitReason::next);
}

TEST_P(WaitingTest, ItsPlaceCountsWhatWasDueBeforeInItsTenant) {
  fill(2, "test.local", kFabrikam);
  queue_.claim("w", 2);
  fill(3, "test.local");
  add("test.probe", 8);
  const RunId run = add("test.probe", 9);
  fill(5, "test.local");
  fill(7, "test.local", kFabrikam);
  const Wait turn = wait(run).value();
  EXPECT_EQ(turn.reason, WaitReason::turn);
  EXPECT_EQ(turn.active, 2);
  EXPECT_EQ(turn.most, 2);
  EXPECT_EQ(turn.ahead, 4);
}

TEST_P(WaitingTest, ALongWayIsCountedUpToABound) {
  fill(2, "test.local");
  queue_.claim("w", 2);
  fill(1'200, "test.local");
  const RunId last = add("test.local");
  EXPECT_EQ(wait(last).value().ahead, kAheadMax + 1);
}

TEST_P(WaitingTest, TheBacklogIsCountedUpToABoundAndItsOldestIsRight) {
  fill(1, "test.local");
  const Timestamp first = clock_.now() - 1ms;
  for (int i = 0; i < 12; ++i) fill(1'000, "test.local");  // more at once would meet the deadline of a statement
  const QueueHealth health = reader_.queue_health();
  EXPECT_EQ(health.queued, kQueuedMax + 1);
  EXPECT_EQ(health.oldest_queued_at, first);
}

}  // namespace
}  // namespace ta::runs
