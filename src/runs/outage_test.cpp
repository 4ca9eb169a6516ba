// A database that stalls, goes and comes back, and wake-ups that get lost. Behaviours 18 to 20 of the engine's
// contract.
#include "runs/process_fixture.h"
#include "storage/migrations.h"
#include "testing/postgres.h"
#include "testing/tcp_proxy.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;
using storage::Engine;

constexpr auto kNever = 10min;  // a poll that does not come

class OutageTest : public EngineTest {
 protected:
  StartRequest local(const std::string& type) const {
    StartRequest local = request({type});
    local.type = "test.local";
    return local;
  }
  bool all_completed() {
    return testing::eventually([&] { return count("operation_runs WHERE status <> 'completed'") == 0; });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, OutageTest, testing::engines(), testing::engine_name);

// 19
// Who is woken too early finds nothing, and nothing wakes it again. Messages arrive in the order in which they were
// sent, so whatever was sent before the commit has come when a later one has.
TEST_P(OutageTest, NobodyIsWokenBeforeTheCommit) {
  OtherProcess other(database_.url(), catalog_, clock_);
  ChangeFeed& elsewhere = GetParam() == Engine::postgres ? other.feed : feed_;
  std::atomic<int> woken{0}, heard{0};
  const auto work = elsewhere.on_work([&] { ++woken; });
  const auto changes = elsewhere.subscribe([&](const RunChange& change) { heard += change.run == RunId{999}; });
  const auto hear_one_more = [&] {
    const int so_far = heard;
    EXPECT_TRUE(testing::eventually([&] {  // the first ones are sent before the other process listens
      feed_.publish(kContoso, RunId{999});
      return heard > so_far;
    }));
  };
  hear_one_more();
  const int before = woken;  // a new listener is told once that it may have missed something
  database_->write([&](storage::Transaction& tx) {
    ASSERT_TRUE(service_.start(tx, request()).has_value());
    hear_one_more();
    hear_one_more();
    EXPECT_EQ(woken, before);
  });
  EXPECT_TRUE(testing::eventually([&] { return woken > before; }));
}

TEST_P(OutageTest, AWorkerThatNeverLooksByItselfIsWokenByTheCommit) {
  Worker one = worker({.poll = kNever});
  one.start();
  const Started started =
      database_->write([&](storage::Transaction& tx) { return service_.start(tx, request()).value(); });
  EXPECT_TRUE(all_completed());
  EXPECT_EQ(reload(started.run.id).outcome, RunOutcome::succeeded);
}

TEST_P(OutageTest, AMissedWakeUpIsCoveredByThePoll) {
  OtherProcess deaf(database_.url(), catalog_, clock_);
  testing::TestDatabase elsewhere(GetParam());
  ChangeFeed lost(*elsewhere);  // its messages reach nobody
  RunService mute(*database_, catalog_, clock_, lost, metrics_);
  Worker one = deaf.worker({.poll = 20ms});
  one.start();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(mute.start(local(std::to_string(i))).has_value());
    EXPECT_TRUE(all_completed());
  }
}

TEST_P(OutageTest, ABacklogOlderThanTheWorkerDrainsWithoutWaitingForTicks) {
  std::vector<StartRequest> batch;
  for (int i = 0; i < 500; ++i) batch.push_back(local(std::to_string(i)));
  service_.start_many(batch);
  clock_.advance(1h);
  OtherProcess fresh(database_.url(), catalog_, clock_);
  Worker one = fresh.worker({.slots = 4, .poll = kNever});
  one.start();
  EXPECT_TRUE(all_completed());
}

// 18, in its form for both: the database does not do what a loop asks for, for longer than the loop's deadline.
TEST_P(OutageTest, ADatabaseThatIsHeldUpHangsNoLoop) {
  storage::DatabaseOptions impatient{.statement_deadline = 100ms, .acquire_deadline = 100ms};
  OtherProcess process(database_.url(), catalog_, clock_, impatient);
  Worker one = process.worker({.poll = 20ms, .heartbeat = 20ms, .stop_grace = 1ms});
  one.start();
  ASSERT_TRUE(testing::eventually([&] { return count("workers") == 1; }));
  database_->write([&](storage::Transaction& tx) {
    if (GetParam() == Engine::postgres) tx.run_text("hold", "LOCK TABLE run_jobs, workers IN ACCESS EXCLUSIVE MODE");
    EXPECT_THROW(process.queue.claim("w", 1), storage::StorageError) << "it ends, with an error";
    if (GetParam() == Engine::postgres) EXPECT_THROW(process.queue.reap(), storage::StorageError);
    EXPECT_THROW(process.queue.worker_seen("w", 1), storage::StorageError);
  });
  start(local("after"));
  EXPECT_TRUE(all_completed()) << "the loops are alive";
  database_->write([&](storage::Transaction& tx) {
    if (GetParam() == Engine::postgres) tx.run_text("hold", "LOCK TABLE run_jobs, workers IN ACCESS EXCLUSIVE MODE");
    one.stop();  // comes back
  });
}

// The statements of one SQL connection go through a cable that is pulled out, without a goodbye.
class StalledNetworkTest : public EngineTest {
 protected:
  testing::TcpProxy proxy_{database_.url()};
  const storage::DatabaseOptions impatient_{.statement_deadline = 100ms, .connect_deadline = 1s, .listen_probe = 50ms};
};
INSTANTIATE_TEST_SUITE_P(Engines, StalledNetworkTest, ::testing::Values(Engine::postgres), testing::engine_name);

TEST_P(StalledNetworkTest, AStalledCallEndsAndTheWorkerGoesOnWhenTheNetworkIsBack) {
  OtherProcess process(proxy_.url(), catalog_, clock_, impatient_);
  Worker one = process.worker({.poll = 20ms, .heartbeat = 20ms});
  one.start();
  ASSERT_TRUE(testing::eventually([&] { return count("workers") == 1; }));
  proxy_.stall();
  EXPECT_THROW(process.queue.reap(), storage::StorageError);
  const Started started = start(request());
  EXPECT_EQ(reload(started.run.id).status, RunStatus::queued);
  proxy_.resume();
  EXPECT_TRUE(testing::eventually([&] { return !reload(started.run.id).active(); }));
}

TEST_P(StalledNetworkTest, AWorkerStopsThoughEveryCallStalls) {
  std::atomic<bool> entered{false};
  work_ = [&](RunContext& context) -> Report {
    for (entered = true;;) context.check_stop();
  };
  OtherProcess process(proxy_.url(), catalog_, clock_, impatient_);
  const Started started = start(request());
  {
    Worker one = process.worker({.slots = 1, .poll = 20ms, .heartbeat = 20ms, .stop_grace = 1ms});
    one.start();
    ASSERT_TRUE(testing::eventually([&] { return entered.load(); }));
    proxy_.stall();
    std::thread network([&] {  // the hand-back is tried again: it comes through once the network is back
      EXPECT_THROW(process.queue.reap(), storage::StorageError);
      proxy_.resume();
    });
    one.stop();
    network.join();
  }
  EXPECT_EQ(reader_.detail(kContoso, started.run.id)->job->last_code, "worker.interrupted");
}

// 19: the old connection stays open for ever and says nothing; a new one would work.
TEST_P(StalledNetworkTest, AHalfOpenSocketIsNoticedAndWhatWasMissedIsMadeGood) {
  OtherProcess process(proxy_.url(), catalog_, clock_, impatient_);
  std::atomic<int> resets{0}, changes{0};
  const auto subscription =
      process.feed.subscribe([&](const RunChange& change) { change.reset ? ++resets : ++changes; });
  ASSERT_TRUE(testing::eventually([&] { return resets == 1; }));
  proxy_.freeze();
  start(request({"while nobody heard"}));
  EXPECT_TRUE(testing::eventually([&] { return resets >= 2; })) << "subscribers read everything anew";
  const int heard = changes;
  start(request({"after"}));
  EXPECT_TRUE(testing::eventually([&] { return changes > heard; }));
}

// 20. Everything on one server that goes away and comes back, with clocks that run: leases end, and a reaper works.
class LostServerTest : public ::testing::Test {
 protected:
  LostServerTest() {
    testing::postgres_execute(cluster_.url(), "CREATE DATABASE engine");
    const auto database = testing::open_database(url_);
    EXPECT_TRUE(storage::migrate(*database).has_value());
    database->write([](storage::Transaction& tx) {
      tx.run_text("seed", R"(INSERT INTO tenants (id, slug, name, time_zone, created_at, updated_at)
                             VALUES (1, 'contoso', 'Contoso', 'UTC', now(), now()))");
      tx.run_text("seed", R"(INSERT INTO users (id, email, name, created_at, updated_at)
                             VALUES (1, 'alva@example.com', 'Alva', now(), now()))");
    });
    add_operation<LocalProbe>(catalog_,
                              {.label = "Probe", .capability = "runs.start", .retry_safe = true, .attempts_max = 50},
                              [] { return LocalProbe{{{}}}; });
  }

  static StartRequest start_request(const std::string& type) {
    return {TenantId{1}, "test.local", json::object{{"connection", 1}, {"types", {type}}},
            Initiator{UserId{1}, "Alva"}};
  }
  // Starts until told to stop, each again and again until it is answered. What was answered must not be lost.
  void start_until(const std::atomic<bool>& stop) {
    OtherProcess web(url_, catalog_, clock_, options_);
    for (int i = 0; !stop; ++i) {
      const StartRequest request = start_request(std::to_string(i));
      while (!answered(web, request) && !stop) std::this_thread::yield();
    }
  }
  bool answered(OtherProcess& web, const StartRequest& request) try {
    const RunId run = web.service.start(request)->run.id;
    const std::lock_guard lock(mutex_);
    answered_.insert(run);
    answered_at_ = std::chrono::steady_clock::now();
    return true;
  } catch (const storage::StorageError&) {
    return false;
  }
  std::size_t answered_so_far() {
    const std::lock_guard lock(mutex_);
    return answered_.size();
  }
  // From now until the next start is answered.
  void report_recovery(const char* what) {
    const auto from = std::chrono::steady_clock::now();
    EXPECT_TRUE(testing::eventually([&] {
      const std::lock_guard lock(mutex_);
      return answered_at_ > from;
    }));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - from);
    RecordProperty(what, static_cast<int>(took.count()));
    fmt::print("{}: starts are answered again after {} ms\n", what, took.count());
  }
  void expect_nothing_lost() {
    const auto database = testing::open_database(url_);
    const auto count = [&](const std::string& from) {
      return database->read([&](storage::Transaction& tx) {
        return tx.run_text("count", "SELECT COUNT(*) AS count FROM " + from)[0].get<std::int64_t>("count");
      });
    };
    EXPECT_TRUE(testing::eventually([&] { return count("operation_runs WHERE status <> 'completed'") == 0; }, 60s));
    EXPECT_EQ(count("run_jobs"), 0);
    EXPECT_EQ(count("operation_runs WHERE outcome <> 'succeeded'"), 0);
    EXPECT_GE(count("operation_runs"), static_cast<std::int64_t>(answered_.size()));
    EXPECT_EQ(count("notifications WHERE kind = 'terminal'"), count("operation_runs"));
    EXPECT_EQ(count("notifications WHERE kind = 'queued'"), count("operation_runs"));
    for (const RunId run : answered_)
      EXPECT_EQ(count(fmt::format("operation_runs WHERE id = {}", run)), 1) << "an answered start is lost";
  }
  // `trouble` happens while one process starts runs and another one executes them.
  void expect_survived(const std::function<void()>& trouble) {
    OtherProcess process(url_, catalog_, clock_, options_, {.lease = 1s, .backoff_base = 10ms});
    Worker worker = process.worker({.slots = 8, .poll = 50ms, .heartbeat = 200ms});
    Leadership leadership(*process.connection, clock_, "one", {.lease = 1s});
    Maintenance maintenance(process.queue, leadership, *process.random, {.interval = 100ms});
    worker.start();
    maintenance.start();
    std::atomic<bool> stop{false};
    std::thread starter([&] { start_until(stop); });
    EXPECT_TRUE(testing::eventually([&] { return answered_so_far() > 20; }));
    trouble();
    stop = true;
    starter.join();
    expect_nothing_lost();
    maintenance.stop();
    worker.stop();
  }

  testing::PostgresCluster cluster_{testing::PostgresCluster::Durability::durable};
  const std::string url_ = cluster_.url("engine");
  storage::DatabaseOptions options_;
  SystemClock clock_;
  Catalog catalog_;
  std::mutex mutex_;
  std::set<RunId> answered_;
  std::chrono::steady_clock::time_point answered_at_;
};

TEST_F(LostServerTest, ARestartLosesNothing) {
  expect_survived([&] {
    for (int i = 0; i < 2; ++i) {
      cluster_.stop();
      cluster_.start();
      report_recovery("restart");
    }
  });
}

TEST_F(LostServerTest, BackendsTerminatedInAStreamLoseNothing) {
  expect_survived([&] {
    const std::size_t before = answered_so_far();
    for (int i = 0; i < 100; ++i)
      testing::postgres_execute(cluster_.url("engine"),
                                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'engine' AND "
                                "pid <> pg_backend_pid()");
    report_recovery("terminated");
    EXPECT_GT(answered_so_far(), before);
  });
}

TEST_F(LostServerTest, AnExhaustedPoolLosesNothing) {
  options_ = {.connections_max = 1, .acquire_deadline = 20ms};
  expect_survived([&] {
    OtherProcess web(url_, catalog_, clock_, options_);
    std::vector<std::thread> others;
    std::atomic<int> refused{0};
    std::atomic<bool> stop{false};
    const auto start_on = [&](int who) {
      for (int n = 0; !stop; ++n)
        if (!answered(web, start_request(fmt::format("{}-{}", who, n)))) ++refused;
    };
    web.connection->read([&](storage::Transaction&) {  // holds the only connection
      for (int i = 0; i < 8; ++i) others.emplace_back(start_on, i);
      EXPECT_TRUE(testing::eventually([&] { return refused >= 8; }));
    });
    report_recovery("pool");
    stop = true;
    for (std::thread& other : others) other.join();
  });
}

}  // namespace
}  // namespace ta::runs
