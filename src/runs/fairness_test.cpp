// The claim between tenants, priorities and limits, on both engines.
#include <thread>

#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class FairnessTest : public EngineTest {
 protected:
  // Due runs of one tenant, oldest first, each with inputs of its own.
  void fill(TenantId tenant, int count, Priority priority = Priority::user, const std::string& type = "test.local",
            std::int64_t connection = 7) {
    std::vector<StartRequest> batch;
    for (int i = 0; i < count; ++i) {
      batch.push_back(request({fmt::format("run {}", next_++)}, connection));
      batch.back().tenant = tenant;
      batch.back().type = type;
      batch.back().priority = priority;
    }
    for (const auto& started : service_.start_many(batch)) ASSERT_EQ(started->disposition, Disposition::created);
    clock_.advance(1ms);
  }
  void add_tenants(int last) {
    database_->write([&](storage::Transaction& tx) {
      for (int id = 3; id <= last; ++id)
        tx.run_text("seed", R"(INSERT INTO tenants (id, slug, name, time_zone, created_at, updated_at)
            VALUES (:id, :slug, :slug, 'UTC', :now, :now))",
                    {{"id", id}, {"slug", fmt::format("tenant-{}", id)}, {"now", clock_.now()}});
    });
  }
  std::unique_ptr<JobQueue> queue_with(LimitOptions limits) {
    return std::make_unique<JobQueue>(*database_, service_, clock_, *random_, feed_, QueueOptions{.limits = limits});
  }
  static Completion success() { return {RunOutcome::succeeded, {}, {}, {}}; }
  ClaimedJob claim_one() {
    auto jobs = queue_.claim("w", 1);
    return jobs.empty() ? ClaimedJob{} : std::move(jobs.front());
  }
  // Claims of one run each, completed at once; which tenant or type each one was.
  std::vector<std::int64_t> tenants_served(int claims) {
    std::vector<std::int64_t> served;
    for (int i = 0; i < claims; ++i) {
      const ClaimedJob job = claim_one();
      served.push_back(job.tenant.value);
      if (job.run.value) queue_.complete(job, success());
    }
    return served;
  }
  static std::map<std::int64_t, int> by_tenant(const std::vector<ClaimedJob>& jobs) {
    std::map<std::int64_t, int> counts;
    for (const ClaimedJob& job : jobs) ++counts[job.tenant.value];
    return counts;
  }

  int next_ = 1;
};
INSTANTIATE_TEST_SUITE_P(Engines, FairnessTest, testing::engines(), testing::engine_name);

TEST_P(FairnessTest, ABacklogDelaysAnotherTenantByOneRun) {
  fill(kContoso, 500);
  EXPECT_EQ(tenants_served(3), (std::vector<std::int64_t>{1, 1, 1}));
  fill(kFabrikam, 1);
  EXPECT_EQ(tenants_served(3), (std::vector<std::int64_t>{2, 1, 1}));
}

TEST_P(FairnessTest, TenantsTakeTurnsWhateverWaits) {
  add_tenants(5);
  fill(kContoso, 300);
  for (int id = 2; id <= 5; ++id) fill(TenantId{id}, 3);
  std::map<std::int64_t, int> counts;
  for (const std::int64_t tenant : tenants_served(15)) ++counts[tenant];
  for (int id = 1; id <= 5; ++id) EXPECT_EQ(counts[id], 3) << id;
}

TEST_P(FairnessTest, ABatchIsSharedAndWhatOthersLeaveGoesToTheBacklog) {
  add_tenants(4);
  fill(kContoso, 300);
  fill(kFabrikam, 2);
  fill(TenantId{3}, 50);
  EXPECT_EQ(by_tenant(queue_.claim("w", 60)), (std::map<std::int64_t, int>{{1, 29}, {2, 2}, {3, 29}}));
  EXPECT_EQ(by_tenant(queue_.claim("w", 200)), (std::map<std::int64_t, int>{{1, 179}, {3, 21}}));
}

TEST_P(FairnessTest, ABatchHandsOutInTurn) {
  fill(kContoso, 5);
  fill(kFabrikam, 2);
  std::vector<std::int64_t> order;
  for (const ClaimedJob& job : queue_.claim("w", 6)) order.push_back(job.tenant.value);
  EXPECT_EQ(order, (std::vector<std::int64_t>{1, 2, 1, 2, 1, 1}));
}

TEST_P(FairnessTest, ManyTenantsAreAllSeenByOneBatch) {
  add_tenants(90);
  for (int id = 1; id <= 90; ++id) fill(TenantId{id}, 4);
  const auto first = by_tenant(queue_.claim("w", 90));
  EXPECT_EQ(first.size(), 90u);
  // The rotation goes on where it was.
  std::set<std::int64_t> seen;
  for (int i = 0; i < 30; ++i)
    for (const ClaimedJob& job : queue_.claim("w", 3)) seen.insert(job.tenant.value);
  EXPECT_EQ(seen.size(), 90u);
}

TEST_P(FairnessTest, OneTenantsManyConnectionsCountAsOneTenant) {
  for (int connection = 1; connection <= 100; ++connection) fill(kContoso, 1, Priority::user, "test.probe", connection);
  fill(kFabrikam, 30);
  EXPECT_EQ(by_tenant(queue_.claim("w", 4)), (std::map<std::int64_t, int>{{1, 2}, {2, 2}}));
  EXPECT_EQ(by_tenant(queue_.claim("w", 126)), (std::map<std::int64_t, int>{{1, 98}, {2, 28}}));
}

TEST_P(FairnessTest, InATenantTheOldestGoesFirst) {
  fill(kContoso, 1, Priority::user, "test.probe", 9);
  fill(kContoso, 2, Priority::user, "test.local");
  fill(kContoso, 1, Priority::user, "test.probe", 8);
  std::vector<std::string> order;
  for (int i = 0; i < 4; ++i) {
    const ClaimedJob job = claim_one();
    order.push_back(job.type + job.scope_key);
  }
  EXPECT_EQ(order,
            (std::vector<std::string>{"test.probeconnection:9", "test.local", "test.local", "test.probeconnection:8"}));
}

TEST_P(FairnessTest, PrioritiesHaveSharesAndNoneStarves) {
  fill(kContoso, 100, Priority::bulk);
  fill(kContoso, 100, Priority::scheduled, "test.probe");
  fill(kFabrikam, 100, Priority::user);
  std::map<std::string, int> counts;
  for (int i = 0; i < 80; ++i) {
    const ClaimedJob job = claim_one();
    ++counts[job.tenant == kFabrikam ? "user" : job.type == "test.probe" ? "scheduled" : "bulk"];
    queue_.complete(job, success());
  }
  EXPECT_EQ(counts, (std::map<std::string, int>{{"user", 50}, {"scheduled", 20}, {"bulk", 10}}));
}

TEST_P(FairnessTest, AUsersRunPassesABulkBacklogAtOnce) {
  fill(kContoso, 200, Priority::bulk);
  tenants_served(5);
  fill(kContoso, 1, Priority::user, "test.probe");
  const ClaimedJob next = claim_one();
  EXPECT_EQ(next.type, "test.probe");
}

TEST_P(FairnessTest, WhatIsNotDueIsNotClaimedAndHidesNothing) {
  fill(kContoso, 3);
  fill(kFabrikam, 1);
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("later", "UPDATE run_jobs SET available_at = :later WHERE tenant_id = 1",
                {{"later", clock_.now() + 60s}});
  });
  EXPECT_EQ(by_tenant(queue_.claim("w", 10)), (std::map<std::int64_t, int>{{2, 1}}));
  EXPECT_TRUE(queue_.claim("w", 10).empty());
  clock_.advance(61s);
  EXPECT_EQ(queue_.claim("w", 10).size(), 3u);
}

TEST_P(FairnessTest, WhatHasBegunGoesOnBeforeItsTenantsBacklog) {
  fill(kContoso, 1, Priority::bulk);
  const ClaimedJob returned = claim_one();
  fill(kContoso, 50, Priority::user);
  ASSERT_TRUE(queue_.hand_back(returned, FailureCode::worker_interrupted));
  const ClaimedJob again = claim_one();
  EXPECT_EQ(again.run, returned.run);
  EXPECT_EQ(again.attempt, 1);

  ASSERT_TRUE(queue_.retry(again, {FailureCode::graph_throttled, "", 30'000ms}));
  const ClaimedJob other = claim_one();
  EXPECT_NE(other.run, returned.run) << "its pause is not over";
  clock_.advance(31s);
  const std::set<RunId> next{claim_one().run, claim_one().run};  // it shares with users' runs, turn by turn
  EXPECT_TRUE(next.contains(returned.run));
}

TEST_P(FairnessTest, LimitsHoldForEachTenantTypeAndScope) {
  const auto queue = queue_with({.per_tenant = 4, .per_scope = 2});
  fill(kContoso, 10, Priority::user, "test.probe", 7);
  fill(kContoso, 10, Priority::user, "test.probe", 8);
  fill(kContoso, 10, Priority::bulk, "test.single");
  fill(kFabrikam, 10, Priority::user, "test.single");
  const auto jobs = queue->claim("w", 100);
  std::map<std::string, int> counts;
  for (const ClaimedJob& job : jobs) ++counts[fmt::format("{} {} {}", job.tenant, job.type, job.scope_key)];
  EXPECT_LE(counts["1 test.probe connection:7"], 2);
  EXPECT_LE(counts["1 test.probe connection:8"], 2);
  EXPECT_EQ(counts["2 test.single "], 1) << "one at a time, says its type";
  EXPECT_EQ(by_tenant(jobs)[1], 4);
  EXPECT_TRUE(queue->claim("w", 100).empty());
  for (const ClaimedJob& job : jobs)
    if (job.tenant == kFabrikam) EXPECT_TRUE(queue->complete(job, success()));
  EXPECT_EQ(by_tenant(queue->claim("w", 100)), (std::map<std::int64_t, int>{{2, 1}}));
}

// A priority whose turn comes while a limit closes it is owed the turn; else it could wait for ever.
TEST_P(FairnessTest, OneTenantLeavesASlotToTheOthers) {
  fill(kContoso, 20);
  const auto queue = queue_with(kUsualLimits);
  const auto unseen = queue->claim("w", 4);
  EXPECT_EQ(unseen.size(), 3u) << "a worker that was not seen yet counts with what it asks for";
  queue->worker_seen("w", 4);
  EXPECT_TRUE(queue->claim("w", 1).empty());
  fill(kFabrikam, 1, Priority::bulk);
  const auto last = queue->claim("w", 1);
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].tenant, kFabrikam);
  queue->worker_seen("v", 3);
  EXPECT_EQ(queue->claim("v", 10).size(), 6u) << "9 of 10: what a worker asks for counts, too";
  queue->complete(unseen[0], success());
  clock_.advance(20s);
  queue->worker_seen("w", 2);
  EXPECT_TRUE(queue->claim("w", 1).empty()) << "the other worker was not seen for long: one of two slots is the limit";
}

TEST_P(FairnessTest, ATenantAloneOrASlotAloneHasNoLimit) {
  const auto queue = queue_with(kUsualLimits);
  fill(kContoso, 10);
  queue->worker_seen("w", 1);
  EXPECT_EQ(queue->claim("w", 1).size(), 1u) << "nothing can be left of one slot";
  database_->write([](storage::Transaction& tx) {
    tx.run_text("alone", "DELETE FROM tenants WHERE id = :id", {{"id", kFabrikam}});
  });
  queue->worker_seen("w", 4);
  EXPECT_EQ(queue->claim("w", 3).size(), 3u) << "there is nobody to leave one to";
}

TEST_P(FairnessTest, OneConnectionRunsOneSyncAtATime) {
  fill(kContoso, 3, Priority::user, "test.probe", 7);
  fill(kContoso, 1, Priority::user, "test.probe", 8);
  const auto queue = queue_with(kUsualLimits);
  queue->worker_seen("w", 8);
  const auto first = queue->claim("w", 8);
  EXPECT_EQ(first.size(), 2u) << "one of each connection";
  EXPECT_TRUE(queue->claim("w", 6).empty());
  for (const ClaimedJob& job : first) queue->complete(job, success());
  EXPECT_EQ(queue->claim("w", 8).size(), 1u) << "those of one connection follow each other";
}

TEST_P(FairnessTest, ALimitStarvesNoPriority) {
  const auto queue = queue_with({.per_tenant = 1});
  fill(kContoso, 200, Priority::user);
  fill(kContoso, 10, Priority::bulk, "test.probe");
  fill(kFabrikam, 200, Priority::user);
  int bulk = 0;
  for (int i = 0; i < 60; ++i)
    for (const ClaimedJob& job : queue->claim("w", 2)) {
      bulk += job.type == "test.probe";
      queue->complete(job, success());
    }
  EXPECT_GE(bulk, 5);
}

TEST_P(FairnessTest, EightClaimersNeverExceedALimitTogether) {
  add_tenants(4);
  for (int id = 1; id <= 4; ++id) fill(TenantId{id}, 60, Priority::user, "test.probe", id);
  std::map<std::int64_t, int> active;
  int most = 0;
  std::mutex mutex;
  std::atomic<int> done{0};
  const auto claim_all = [&](JobQueue& queue, int worker) {
    while (done < 240) {
      auto jobs = queue.claim(fmt::format("w{}", worker), 1 + worker % 4);
      {
        const std::lock_guard lock(mutex);
        for (const ClaimedJob& job : jobs) most = std::max(most, ++active[job.tenant.value]);
      }
      for (const ClaimedJob& job : jobs) {
        const std::lock_guard lock(mutex);  // counted out before the place is free for others
        --active[job.tenant.value];
        done += queue.complete(job, success());
      }
    }
  };
  std::vector<std::unique_ptr<JobQueue>> queues;  // each as in a process of its own
  std::vector<std::thread> claimers;
  for (int worker = 0; worker < 8; ++worker) {
    queues.push_back(queue_with({.per_tenant = 3}));
    claimers.emplace_back(claim_all, std::ref(*queues.back()), worker);
  }
  for (std::thread& claimer : claimers) claimer.join();
  EXPECT_LE(most, 3);
  EXPECT_EQ(done, 240);
  EXPECT_EQ(count("run_jobs"), 0);
}

// Without it the next run of a tenant at its limit would wait for the poll, in this process and in the others.
TEST_P(FairnessTest, AFreedPlaceWakesWorkersOfEveryProcess) {
  const auto queue = queue_with({.per_tenant = 1});
  ChangeFeed other(*database_);  // of another process
  std::atomic<int> woken{0};
  const auto listener = other.on_work([&] { ++woken; });
  fill(kContoso, 2);
  ASSERT_TRUE(testing::eventually([&] { return woken > 0; }));
  const ClaimedJob first = queue->claim("w", 1).at(0);
  EXPECT_TRUE(queue->claim("w", 1).empty());
  const int before = woken;
  queue->complete(first, success());
  EXPECT_TRUE(testing::eventually([&] { return woken > before; }));
  EXPECT_EQ(queue->claim("w", 1).size(), 1u);
}

TEST_P(FairnessTest, ATenantAtItsLimitIsDrainedWithoutWaitingForThePoll) {
  const auto queue = queue_with({.per_tenant = 1});
  fill(kContoso, 20);
  Worker worker(*queue, service_, clock_, *random_, feed_, {.slots = 4, .poll = 60s});
  worker.start();
  EXPECT_TRUE(testing::eventually([&] { return count("run_jobs") == 0; }));
  worker.stop();
}

// A row that another transaction holds is passed over: nobody waits for it.
TEST_P(FairnessTest, ARunThatSomebodyHoldsDelaysNobody) {
  if (GetParam() == storage::Engine::sqlite) return;  // one writer: nobody can hold a row meanwhile
  fill(kContoso, 2);
  fill(kFabrikam, 1);
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("hold", "SELECT run_id FROM run_jobs ORDER BY run_id LIMIT 1 FOR UPDATE");
    std::vector<ClaimedJob> jobs;
    std::thread([&] { jobs = queue_.claim("w", 10); }).join();
    EXPECT_EQ(jobs.size(), 2u);
  });
  EXPECT_EQ(queue_.claim("w", 10).size(), 1u);
}

}  // namespace
}  // namespace ta::runs
