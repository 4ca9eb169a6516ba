// PostgreSQL's statistics of a long ledger say that no run is active. What starts, beginnings and ends read must not
// depend on it.
#include "runs/engine_fixture.h"
#include "testing/postgres.h"

namespace ta::runs {
namespace {

class PlansTest : public EngineTest {
 protected:
  void execute(std::string_view sql) {
    database_->write([&](storage::Transaction& tx) { tx.run_text("test", sql); });
  }
  void start_each(int count) {
    std::vector<StartRequest> requests;
    for (int i = 0; i < count; ++i) requests.push_back(request({"a"}, i + 1));
    for (const auto& started : service_.start_many(requests))
      ASSERT_EQ(started.value().disposition, Disposition::created);
  }
  // Rows of runs and jobs that this connection has read lately, in this transaction for certain.
  static std::int64_t rows_read(storage::Transaction& tx) {
    return tx
        .run_text("read",
                  "SELECT CAST(SUM(seq_tup_read + idx_tup_fetch) AS BIGINT) AS n FROM pg_stat_xact_user_tables "
                  "WHERE relname IN ('operation_runs', 'run_jobs')")[0]
        .get<std::int64_t>("n");
  }
};
INSTANTIATE_TEST_SUITE_P(Postgres, PlansTest, ::testing::Values(storage::Engine::postgres), testing::engine_name);

TEST_P(PlansTest, AHandfulOfRowsIsReadHoweverManyAreActive) {
  constexpr int kMany = 1'500, kHandful = 100;
  start_each(kMany);
  execute("UPDATE operation_runs SET status = 'completed', outcome = 'succeeded', completed_at = created_at");
  execute("DELETE FROM run_jobs");
  for (const char* table : {"operation_runs", "run_jobs"})
    testing::postgres_execute(database_.url(), fmt::format("VACUUM ANALYZE {}", table));
  start_each(kMany);
  database_->write([&](storage::Transaction& tx) {
    EXPECT_EQ(service_.start(tx, request({"a"}, kMany + 1)).value().disposition, Disposition::created);
    EXPECT_LE(rows_read(tx), kHandful);
  });
  StartRequest other = request({"b"}, 7);
  other.type = "test.other";
  database_->write([&](storage::Transaction& tx) {
    EXPECT_EQ(service_.start(tx, request({"a"}, 7)).value().disposition, Disposition::joined);
    EXPECT_EQ(service_.start(tx, other).value().disposition, Disposition::scope_busy);
    EXPECT_LE(rows_read(tx), kHandful);
  });
  const ClaimedJob job = queue_.claim("w", 1).at(0);
  database_->write([&](storage::Transaction& tx) {
    EXPECT_TRUE(service_.mark_running(tx, {{job.tenant, job.run, job.type, job.leased_at}}).front());
    EXPECT_LE(rows_read(tx), kHandful);
  });
  const Completion done{RunOutcome::succeeded, {}, {}, {}};
  database_->write([&](storage::Transaction& tx) {
    EXPECT_TRUE(service_.complete_many(tx, {{job.tenant, job.run, job.type, job.user, job.leased_at, done}}).front());
    EXPECT_LE(rows_read(tx), kHandful);
  });
}

}  // namespace
}  // namespace ta::runs
