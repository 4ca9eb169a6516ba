// PostgreSQL's statistics of a long ledger say that no run is active. What starts, beginnings and ends read must not
// depend on it.
#include "runs/domain.sql.h"
#include "runs/engine_fixture.h"
#include "runs/queue.sql.h"
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

// SQLite plans without statistics: the same plan for every ledger.
class SqlitePlansTest : public EngineTest {
 protected:
  std::string plan_of(std::string_view sql, const storage::Params& params) {
    return database_->read([&](storage::Transaction& tx) {
      std::string plan;
      for (const storage::Row& row : tx.run_text("plan", "EXPLAIN QUERY PLAN " + std::string(sql), params))
        plan += row.get<std::string>("detail") + "\n";
      return plan;
    });
  }
  std::string plan_of(const storage::Query& query, const storage::Params& params) {
    return plan_of(query.text(storage::Engine::sqlite), params);
  }
  static bool has(const std::string& plan, std::string_view part) { return plan.find(part) != std::string::npos; }
};
INSTANTIATE_TEST_SUITE_P(Sqlite, SqlitePlansTest, ::testing::Values(storage::Engine::sqlite), testing::engine_name);

TEST_P(SqlitePlansTest, MaintenanceReadsActiveRunsAndLeasesOnly) {
  const std::string sweep = plan_of(
      sql::runs_without_job,
      {{"tenant_id", 0}, {"hash", ""}, {"before", clock_.now()}, {"limit", 5'000}, {"last", 4'999}});
  EXPECT_TRUE(has(sweep, "SEARCH operation_runs USING INDEX operation_runs_active_identity")) << sweep;
  EXPECT_TRUE(has(sweep, "SEARCH j USING INTEGER PRIMARY KEY")) << sweep;
  EXPECT_FALSE(has(sweep, "SCAN operation_runs")) << sweep;
  const std::string leases = plan_of(
      sql::leases_silent, {{"before", clock_.now()}, {"after_expiry", Timestamp{}}, {"after_run", 0}, {"limit", 1}});
  EXPECT_TRUE(has(leases, "SEARCH run_jobs USING INDEX run_jobs_lease")) << leases;
}

TEST_P(SqlitePlansTest, TheDomainCheckReadsOneTypesRunsOfLateOnly) {
  std::string text(sql::domain_disagreements.text(storage::Engine::sqlite));
  for (const std::string table = "DOMAIN_TABLE"; text.find(table) != text.npos;)
    text.replace(text.find(table), table.size(), "inventory_sync_runs");
  const std::string plan =
      plan_of(text, {{"type", "inventory.sync"}, {"key", "x"}, {"since", clock_.now()}, {"limit", 500}});
  EXPECT_TRUE(has(plan, "SEARCH r USING INDEX operation_runs_type (tenant_id=? AND type=? AND created_at>?)")) << plan;
  EXPECT_FALSE(has(plan, "SCAN r")) << plan;
  EXPECT_FALSE(has(plan, "SCAN d")) << plan;
}

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
  // The sweep reads a page of the active runs, not the ledger, and leases that are over, not the queue.
  testing::postgres_execute(database_.url(),
                            "DELETE FROM operation_runs WHERE status <> 'completed' AND id % 100 <> 0");
  database_->read([&](storage::Transaction& tx) {
    tx.run(sql::runs_without_job, {{"tenant_id", 0},
                                   {"hash", ""},
                                   {"before", clock_.now() + std::chrono::hours{1}},
                                   {"limit", 5'000},
                                   {"last", 4'999}});
    tx.run(sql::leases_silent,
           {{"before", clock_.now()}, {"after_expiry", Timestamp{}}, {"after_run", 0}, {"limit", 500}});
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
