// Lost workers and their rescue. Behaviours 3, 4, 14 and 15 of the engine's contract.
#include "runs/process_fixture.h"
#include "storage/migrations.h"
#include "testing/postgres.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class RescueTest : public EngineTest {
 protected:
  void start_many(int number) {
    std::vector<StartRequest> batch;
    for (int i = 0; i < number; ++i) {
      batch.push_back(request({std::to_string(i)}));
      batch.back().type = "test.local";
    }
    for (const auto& started : service_.start_many(batch)) ASSERT_TRUE(started.has_value());
  }
  int reap_all() {
    int rescued = 0;
    while (const int some = queue_.reap()) rescued += some;
    return rescued;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, RescueTest, testing::engines(), testing::engine_name);

TEST_P(RescueTest, RescueAfterCompletionIsANoOp) {
  const Started started = start(request());
  const ClaimedJob job = queue_.claim("w", 1).at(0);
  EXPECT_TRUE(queue_.complete(job, {RunOutcome::succeeded, {}, {}, {}}));
  clock_.advance(1h);
  EXPECT_EQ(queue_.reap(), 0);
  EXPECT_EQ(queue_.sweep(), 0);
  EXPECT_EQ(reload(started.run.id).outcome, RunOutcome::succeeded);
  EXPECT_EQ(count("notifications WHERE kind = 'terminal'"), 1);
}

TEST_P(RescueTest, CompletionAfterTheLastRescueIsANoOpAndRecordedAsLate) {
  StartRequest once = request();
  once.type = "test.once";
  const Started started = start(once);
  const ClaimedJob job = queue_.claim("w", 1).at(0);
  clock_.advance(11s);
  EXPECT_EQ(queue_.reap(), 1);
  EXPECT_FALSE(queue_.complete(job, {RunOutcome::succeeded, {}, {}, {}}));
  const auto detail = reader_.detail(kContoso, started.run.id).value();
  EXPECT_EQ(detail.run.failure_summary.at(0).code, "worker.lost");
  EXPECT_TRUE(detail.attempts.at(0).late_result_at.has_value());
  EXPECT_EQ(count("notifications WHERE kind = 'terminal'"), 1);
}

// 14: a lost heartbeat is the worker's trouble and tried again; a deadline is the operation's own end.
TEST_P(RescueTest, ALostHeartbeatAndADeadlineHaveDifferentCodes) {
  std::atomic<bool> entered{false};
  work_ = [&](RunContext& context) -> Report {
    for (entered = true;;) context.check_stop();
  };
  const Started slow = start(request({"slow"}));
  Worker one = worker({.poll = 20ms, .heartbeat = 10ms, .progress = 5ms});
  one.start();
  ASSERT_TRUE(testing::eventually([&] { return entered.load(); }));
  clock_.advance(2h);  // past the deadline; the heartbeat goes on
  EXPECT_TRUE(testing::eventually([&] { return !reload(slow.run.id).active(); }));
  one.stop();
  EXPECT_EQ(reload(slow.run.id).failure_summary.at(0).code, "run.timeout");
  EXPECT_EQ(one.stuck_handlers(), 0);

  const Started silent = start(request({"silent"}));
  queue_.claim("w", 1);
  clock_.advance(11s);  // far from the deadline; nobody beat
  EXPECT_EQ(queue_.reap(), 1);
  const auto detail = reader_.detail(kContoso, silent.run.id).value();
  EXPECT_TRUE(detail.run.active());
  EXPECT_EQ(detail.job->last_code, "worker.lost");
}

TEST_P(RescueTest, TheReaperPagesPastLongRunningNeighbours) {
  start_many(700);
  const std::vector<ClaimedJob> living = queue_.claim("living", 250), lost = queue_.claim("lost", 450);
  clock_.advance(8s);
  ASSERT_EQ(queue_.heartbeat(living).size(), 250u);
  clock_.advance(4s);
  EXPECT_EQ(reap_all(), 450);
  EXPECT_EQ(count("run_jobs WHERE worker = 'living' AND lease_token IS NOT NULL"), 250);
  EXPECT_EQ(queue_.heartbeat(living).size(), 250u);
  EXPECT_TRUE(queue_.heartbeat(lost).empty());
}

TEST_P(RescueTest, TwoReapersAtOnceRescueEachRunOnce) {
  start_many(500);
  ASSERT_EQ(queue_.claim("lost", 500).size(), 500u);
  clock_.advance(11s);
  OtherProcess other(database_.url(), catalog_, clock_);
  std::atomic<int> rescued{0};
  std::vector<std::thread> reapers;
  for (JobQueue* queue : {&queue_, &other.queue, &queue_, &other.queue})
    reapers.emplace_back([&, queue] {
      while (count("run_jobs WHERE lease_token IS NOT NULL") > 0) rescued += queue->reap();
    });
  for (std::thread& reaper : reapers) reaper.join();
  EXPECT_EQ(rescued, 500);
  EXPECT_EQ(count("run_attempts"), 500);
  EXPECT_EQ(count("run_jobs WHERE attempt = 1 AND last_code = 'worker.lost'"), 500);
}

TEST_P(RescueTest, ANewProcessWithTheOldOnesNameWhileTheOldOneDrains) {
  std::atomic<bool> entered{false}, go{false};
  work_ = [&](RunContext&) {
    for (entered = true; !go;) std::this_thread::yield();
    return Report::done();
  };
  const WorkerOptions options{.name = "web-1", .slots = 2, .poll = 20ms, .heartbeat = 10ms, .stop_grace = 20s};
  const Started first = start(request({"first"}));
  Worker old = worker(options);
  old.start();
  ASSERT_TRUE(testing::eventually([&] { return entered.load(); }));
  std::thread draining([&] { old.stop(); });
  OtherProcess other(database_.url(), catalog_, clock_);
  Worker young = other.worker(options);
  entered = false;
  const Started second = start(request({"second"}));
  young.start();
  EXPECT_TRUE(testing::eventually([&] { return entered.load(); })) << "it begins while the old one drains";
  EXPECT_EQ(count("run_jobs WHERE worker = 'web-1' AND lease_token IS NOT NULL"), 2);
  go = true;
  draining.join();
  for (const Started& started : {first, second})
    EXPECT_TRUE(testing::eventually([&] { return reload(started.run.id).outcome == RunOutcome::succeeded; }));
  EXPECT_EQ(count("run_attempts"), 0) << "nothing was rescued, nothing handed back";
  EXPECT_TRUE(testing::eventually([&] { return count("workers") == 1; })) << "the one that lives is known";
  young.stop();
  EXPECT_EQ(count("workers"), 0);
}

// One page of leases is a few hundred; a pass goes on until it has seen them all.
TEST_P(RescueTest, OnePassRescuesThousands) {
  start_many(1'200);
  ASSERT_EQ(queue_.claim("lost", 1'200).size(), 1'200u);
  clock_.advance(11s);
  EXPECT_EQ(queue_.reap(), 1'200);
}

TEST_P(RescueTest, ARunThatTheDatabaseRefusesStopsNoOthersRescue) {
  start_many(60);
  const std::vector<ClaimedJob> lost = queue_.claim("lost", 60);
  const RunId refused = lost.at(7).run;
  database_->write([&](storage::Transaction& tx) {
    if (tx.engine() == storage::Engine::sqlite)
      return tx.run_script(fmt::format("CREATE TRIGGER refusal BEFORE UPDATE ON run_jobs WHEN new.run_id = {} "
                                       "BEGIN SELECT RAISE(ABORT, 'not this one'); END",
                                       refused));
    tx.run_script(
        fmt::format("CREATE FUNCTION refusal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$; "
                    "CREATE TRIGGER refusal BEFORE UPDATE ON run_jobs FOR EACH ROW WHEN (new.run_id = {}) "
                    "EXECUTE FUNCTION refusal()",
                    refused));
  });
  clock_.advance(11s);
  EXPECT_EQ(queue_.reap(), 59);
  EXPECT_EQ(count("run_jobs WHERE lease_token IS NOT NULL"), 1);
  EXPECT_EQ(count("run_attempts"), 59);
  EXPECT_EQ(queue_.reap(), 0);
}

TEST_P(RescueTest, ASweepGoesThroughEveryActiveRunPageByPage) {
  start_many(5'100);
  database_->write([](storage::Transaction& tx) {
    tx.run_text("lose", "DELETE FROM run_jobs WHERE run_id IN (SELECT id FROM operation_runs ORDER BY "
                        "run_identity_hash DESC LIMIT 3)");
    tx.run_text("lose", "DELETE FROM run_jobs WHERE run_id IN (SELECT id FROM operation_runs ORDER BY "
                        "run_identity_hash LIMIT 2)");
  });
  EXPECT_EQ(queue_.sweep(), 0) << "too young";
  EXPECT_EQ(queue_.sweep(), 0);
  clock_.advance(31s);
  EXPECT_EQ(queue_.sweep(), 2);
  EXPECT_EQ(queue_.sweep(), 3);
  EXPECT_EQ(queue_.sweep(), 0);
  EXPECT_EQ(count("operation_runs WHERE outcome = 'failed'"), 5);
}

TEST_P(RescueTest, ASweepThatMayNotWriteEndsNothing) {
  start(request());
  database_->write([](storage::Transaction& tx) { tx.run_text("lose", "DELETE FROM run_jobs"); });
  clock_.advance(31s);
  EXPECT_EQ(queue_.sweep([](storage::Transaction&) { return false; }), 0);
  EXPECT_EQ(queue_.sweep([](storage::Transaction&) { return true; }), 1);
}

// 4: the tenant goes while its runs are queued and running.
TEST_P(RescueTest, ATenantDeletedInMidFlightTakesItsRunsAndTheWorkerLivesOn) {
  std::atomic<bool> entered{false};
  work_ = [&](RunContext& context) -> Report {
    for (entered = true;;) context.check_stop();
  };
  start(request({"running"}));
  Worker one = worker({.slots = 1, .poll = 20ms, .heartbeat = 10ms, .progress = 5ms});
  one.start();
  ASSERT_TRUE(testing::eventually([&] { return entered.load(); }));
  start(request({"queued"}));
  database_->write([](storage::Transaction& tx) { tx.run_text("gone", "DELETE FROM tenants WHERE slug = 'contoso'"); });
  EXPECT_EQ(count("run_jobs"), 0);
  work_ = {};
  StartRequest foreign = request({"of the other tenant"});
  foreign.tenant = kFabrikam;
  const Started next = start(foreign);
  EXPECT_TRUE(testing::eventually([&] { return !reload(next.run.id, kFabrikam).active(); }));
  EXPECT_EQ(reload(next.run.id, kFabrikam).outcome, RunOutcome::succeeded);
  EXPECT_EQ(count("operation_runs"), 1);
}

// SQLite has no row that one transaction keeps from another.
TEST(RescueOnPostgres, ARunThatSomebodyHoldsStopsNoOthersRescue) {
  testing::TestDatabase database(storage::Engine::postgres);
  testing::FixedClock clock;
  Catalog catalog;
  add_operation<LocalProbe>(catalog, {.label = "Probe", .capability = "runs.start", .retry_safe = false},
                            [] { return LocalProbe{{{}}}; });
  OtherProcess process(database.url(), catalog, clock, {.statement_deadline = 50ms});
  process.connection->write([&](storage::Transaction& tx) {
    tx.run_text("seed", R"(INSERT INTO tenants (id, slug, name, time_zone, created_at, updated_at)
                           VALUES (1, 'contoso', 'Contoso', 'UTC', now(), now()))");
  });
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(process.service.start(
        {TenantId{1}, "test.local", json::object{{"connection", 1}, {"types", {std::to_string(i)}}}, {}}));
  const std::vector<ClaimedJob> lost = process.queue.claim("lost", 5);
  clock.advance(11s);
  database->write([&](storage::Transaction& tx) {
    tx.run_text("hold", "SELECT 1 FROM operation_runs WHERE id = :id FOR UPDATE", {{"id", lost.at(1).run}});
    EXPECT_EQ(process.queue.reap(), 4);
  });
  EXPECT_EQ(process.queue.reap(), 1);
}

// The reaper is stopped in the middle of its transaction, by a lock, and then the server goes.
TEST(RescueOnPostgres, ADatabaseRestartDuringRescueLosesNothingAndRescuesOnce) {
  testing::PostgresCluster cluster(testing::PostgresCluster::Durability::durable);
  testing::postgres_execute(cluster.url(), "CREATE DATABASE rescue");
  testing::FixedClock clock;
  Catalog catalog;
  add_operation<LocalProbe>(catalog, {.label = "Probe", .capability = "runs.start", .retry_safe = true},
                            [] { return LocalProbe{{{}}}; });
  const std::string url = cluster.url("rescue");
  ASSERT_TRUE(storage::migrate(*testing::open_database(url)).has_value());
  OtherProcess process(url, catalog, clock), other(url, catalog, clock);
  const auto count = [&](const std::string& from) {
    return other.connection->read([&](storage::Transaction& tx) {
      return tx.run_text("count", "SELECT COUNT(*) AS count FROM " + from)[0].get<std::int64_t>("count");
    });
  };
  process.connection->write([&](storage::Transaction& tx) {
    tx.run_text("seed", R"(INSERT INTO tenants (id, slug, name, time_zone, created_at, updated_at)
                           VALUES (1, 'contoso', 'Contoso', 'UTC', now(), now()))");
    for (int i = 0; i < 30; ++i)
      ASSERT_TRUE(process.service.start(
          tx, {TenantId{1}, "test.local", json::object{{"connection", 1}, {"types", {std::to_string(i)}}}, {}}));
  });
  ASSERT_EQ(process.queue.claim("lost", 30).size(), 30u);
  clock.advance(11s);
  std::thread reaper;
  EXPECT_THROW(other.connection->write([&](storage::Transaction& tx) {
    tx.run_text("hold", "LOCK TABLE run_attempts IN ACCESS EXCLUSIVE MODE");
    reaper = std::thread([&] { EXPECT_THROW(process.queue.reap(), storage::StorageError); });
    EXPECT_TRUE(testing::eventually(
        [&] { return tx.run_text("waits", "SELECT 1 FROM pg_locks WHERE NOT granted").size() > 0; }));
    cluster.stop();
  }),
               storage::StorageError);
  reaper.join();
  cluster.start();
  EXPECT_EQ(count("run_attempts"), 0) << "a rescue that did not commit did nothing";
  EXPECT_EQ(process.queue.reap(), 30);
  EXPECT_EQ(process.queue.reap(), 0);
  EXPECT_EQ(count("run_attempts WHERE number = 1 AND code = 'worker.lost'"), 30);
  EXPECT_EQ(process.queue.claim("next", 50).size(), 30u);
}

}  // namespace
}  // namespace ta::runs
