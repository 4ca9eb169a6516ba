// What the System page and /metrics are made of, on both engines.
#include "runs/engine_status.h"

#include "runs/engine_fixture.h"
#include "runs/retention.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class EngineStatusTest : public EngineTest {
 protected:
  EngineStatus read() { return read_engine_status(*database_, clock_); }
  const QueueDepth& at(const EngineStatus& status, Standing standing) const {
    return status.queue[FairShare::index(standing)];
  }
  void fill(int count, Priority priority, const std::string& type = "test.local", TenantId tenant = kContoso) {
    std::vector<StartRequest> batch;
    for (int i = 0; i < count; ++i) {
      batch.push_back(request({fmt::format("run {}", next_++)}));
      batch.back().type = type;
      batch.back().priority = priority;
      batch.back().tenant = tenant;
    }
    service_.start_many(batch);
  }
  int next_ = 1;
};
INSTANTIATE_TEST_SUITE_P(Engines, EngineStatusTest, testing::engines(), testing::engine_name);

TEST_P(EngineStatusTest, AnEmptyInstallationHasNothing) {
  const EngineStatus status = read();
  EXPECT_TRUE(status.workers.empty());
  EXPECT_FALSE(status.leader);
  EXPECT_FALSE(status.retention);
  for (const QueueDepth& depth : status.queue) {
    EXPECT_EQ(depth.waiting, 0);
    EXPECT_FALSE(depth.oldest_due_at);
  }
  EXPECT_TRUE(status.engine_version.starts_with(GetParam() == storage::Engine::sqlite ? "SQLite 3" : "PostgreSQL 1"));
}

TEST_P(EngineStatusTest, WorkersTellTheirSlotsAndAreLostAfterAWhile) {
  queue_.worker_seen("anna", 4);
  const Timestamp begun = clock_.now();
  fill(3, Priority::user);
  ASSERT_EQ(queue_.claim("anna", 3).size(), 3u);
  clock_.advance(10s);
  queue_.worker_seen("bo", 2, 1);
  EngineStatus status = read();
  ASSERT_EQ(status.workers.size(), 2u);
  const WorkerStatus& anna = status.workers[0];
  EXPECT_EQ(anna.name, "anna");
  EXPECT_EQ(anna.version, TA_VERSION);
  EXPECT_EQ(anna.since, begun);
  EXPECT_EQ(anna.busy, 3);
  EXPECT_TRUE(anna.alive);
  EXPECT_EQ(status.workers[1].stuck_handlers, 1);
  EXPECT_EQ(status.slots, 6);
  EXPECT_EQ(status.busy, 3);
  clock_.advance(10s);
  status = read();
  EXPECT_FALSE(status.workers[0].alive);
  EXPECT_EQ(status.slots, 2);
}

TEST_P(EngineStatusTest, TheQueueIsCountedByStandingAndTypeWithItsOldest) {
  fill(2, Priority::user);
  const Timestamp first = clock_.now();
  clock_.advance(5s);
  fill(3, Priority::user, "test.probe", kFabrikam);
  fill(4, Priority::bulk, "test.single");
  EngineStatus status = read();
  EXPECT_EQ(at(status, Standing::user).waiting, 5);
  EXPECT_EQ(at(status, Standing::user).by_type,
            (std::map<std::string, std::int64_t>{{"test.local", 2}, {"test.probe", 3}}));
  EXPECT_EQ(at(status, Standing::user).oldest_due_at, first);
  EXPECT_EQ(at(status, Standing::bulk).oldest_due_at, first + 5s);
  EXPECT_FALSE(at(status, Standing::scheduled).oldest_due_at);

  const ClaimedJob job = queue_.claim("w", 1).at(0);
  ASSERT_TRUE(queue_.retry(job, {FailureCode::graph_throttled, "", 60'000ms}));
  status = read();
  EXPECT_EQ(at(status, Standing::begun).waiting, 1);
  EXPECT_FALSE(at(status, Standing::begun).oldest_due_at) << "its pause is not over";
}

TEST_P(EngineStatusTest, CountingHasABound) {
  for (int i = 0; i < 3; ++i) fill(4'000, Priority::bulk);
  EXPECT_EQ(at(read(), Standing::bulk).waiting, kQueuedMax + 1);
}

TEST_P(EngineStatusTest, TheLeaderAndItsLatestRoundAreKnown) {
  Leadership leadership(*database_, clock_, "anna");
  Retention retention(*database_, clock_, leadership);
  start(request());
  ASSERT_EQ(worker().run_once(), 1);
  clock_.advance(91 * 24h);
  while (retention.run_once().more) continue;
  const EngineStatus status = read();
  ASSERT_TRUE(status.leader);
  EXPECT_EQ(status.leader->holder, "anna");
  EXPECT_EQ(status.leader->term, 1);
  EXPECT_GT(status.leader->until, clock_.now());
  ASSERT_TRUE(status.retention);
  EXPECT_EQ(status.retention->ended_at, clock_.now());
  EXPECT_EQ(status.retention->pruned, 1);
}

}  // namespace
}  // namespace ta::runs
