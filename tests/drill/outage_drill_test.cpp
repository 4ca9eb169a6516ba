// A database that is away for a long time while runs finish: no result is lost, none is made twice. Behaviour 20 of the
// engine's contract.
//
// TENANTATLAS_DRILL_OUTAGE_SECONDS asks for a longer outage, with the leases and pauses of a server.
#include <cstdlib>
#include <iostream>

#include "drill/drilled_process.h"
#include "storage/migrations.h"
#include "testing/postgres.h"

namespace ta::drill {
namespace {

using namespace std::chrono_literals;

struct LocalInputs {
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(LocalInputs, (), (number))

// Waits for its sign, then returns at once.
struct Finishing {
  static constexpr std::string_view kType = "drill.finishing";
  using Inputs = LocalInputs;
  std::atomic<int>& entered;
  const std::atomic<bool>& finish;
  runs::Report run(const Inputs&, runs::RunContext& context) {
    for (++entered; !finish; std::this_thread::yield()) context.check_stop();
    context.count(&runs::SummaryCounts::success);
    return runs::Report::done();
  }
};

class OutageDrill : public ::testing::Test {
 protected:
  static constexpr int kRuns = 8;

  OutageDrill() {
    testing::postgres_execute(cluster_.url(), "CREATE DATABASE engine");
    const auto database = testing::open_database(url_);
    EXPECT_TRUE(storage::migrate(*database).has_value());
    database->write([](storage::Transaction& tx) {
      tx.run_text("seed", R"(INSERT INTO tenants (id, slug, name, time_zone, created_at, updated_at)
                             VALUES (1, 'contoso', 'Contoso', 'UTC', now(), now()))");
    });
    // It must not be tried twice: a lost result would show as a failed run.
    runs::add_operation<Finishing>(catalog_, {.label = "Finishing", .capability = "runs.start"},
                                   [this] { return Finishing{entered_, finish_}; });
  }
  std::int64_t count(const std::string& from) {
    return testing::open_database(url_)->read([&](storage::Transaction& tx) {
      return tx.run_text("count", "SELECT COUNT(*) AS count FROM " + from)[0].get<std::int64_t>("count");
    });
  }

  testing::PostgresCluster cluster_{testing::PostgresCluster::Durability::durable};
  const std::string url_ = cluster_.url("engine");
  SystemClock clock_;
  runs::Catalog catalog_;
  std::atomic<int> entered_{0};
  std::atomic<bool> finish_{false};
};

TEST_F(OutageDrill, NoFinishedResultIsLost) {
  const char* asked = std::getenv("TENANTATLAS_DRILL_OUTAGE_SECONDS");
  const std::chrono::seconds outage{asked ? std::atoi(asked) : 4};
  // Two processes, so that another one's reaper waits for the first one's results too.
  const runs::QueueOptions queue = asked ? runs::QueueOptions{} : runs::QueueOptions{.lease = 400ms};
  runs::MaintenanceOptions every;
  if (!asked) every.interval = 50ms;
  runs::OtherProcess working(url_, catalog_, clock_, {}, queue), other(url_, catalog_, clock_, {}, queue);
  runs::WorkerOptions options{.slots = kRuns};
  if (!asked) options.heartbeat = 80ms;
  runs::Worker worker = working.worker(options);
  runs::Leadership one(*working.connection, clock_, "one"), two(*other.connection, clock_, "two");
  runs::Maintenance own(working.queue, one, *working.random, every), others(other.queue, two, *other.random, every);
  for (int i = 0; i < kRuns; ++i)
    ASSERT_TRUE(working.service.start({TenantId{1}, "drill.finishing", json::object{{"number", i}}, {}}));
  worker.start();
  own.start();
  others.start();
  ASSERT_TRUE(testing::eventually([&] { return entered_ == kRuns; }));

  cluster_.stop();
  const auto gone = std::chrono::steady_clock::now();
  finish_ = true;
  const auto passed = [&] { return std::chrono::steady_clock::now() - gone; };
  while (passed() < outage) testing::eventually([&] { return passed() >= outage; });
  cluster_.start();
  const auto back = std::chrono::steady_clock::now();
  EXPECT_TRUE(testing::eventually([&] { return count("operation_runs WHERE outcome = 'succeeded'") == kRuns; }, 60s));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - back;
  EXPECT_EQ(entered_, kRuns) << "nothing began again";
  EXPECT_EQ(count("run_attempts"), 0) << "nothing was rescued";
  EXPECT_EQ(count("run_jobs"), 0);
  std::cout << fmt::format("postgres: away for {} s; {} results, {} lost, all written {:.1f} s after it was back\n",
                           outage.count(), kRuns, kRuns - count("operation_runs WHERE outcome = 'succeeded'"),
                           took.count());
  others.stop();
  own.stop();
  worker.stop();
}

}  // namespace
}  // namespace ta::drill
