// The benchmarks as commands, as small as they go, on both engines: every figure is there, the figures agree with each
// other and with what was asked for, and the database has the rows it had before. None is held to a duration.
#include "access/tenants.h"
#include "cli/cli_fixture_test.h"
#include "testing/database.h"

namespace ta::cli {
namespace {

using Keys = std::set<std::string>;

const Keys kEnvironment{"benchmark", "cores", "engine", "engine_version", "machine", "version"};

class BenchTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  BenchTest() { add_what_others_have(); }

  // Runs the benchmark on this test's database; its figures without those of the environment, which are as they must
  // be. Afterwards every table has the rows of before.
  json::object figures(const std::string& name, const std::vector<std::string>& options) {
    const auto before = rows();
    std::vector<std::string> words{"bench", name, "--database", database_.url(), "--json"};
    words.insert(words.end(), options.begin(), options.end());
    const Said said = Terminal().run(words);
    EXPECT_EQ(said.code, kDone) << said.err;
    EXPECT_EQ(rows(), before);
    if (said.code != kDone) return {};
    json::object out = said.json().as_object();
    EXPECT_EQ(out["benchmark"].as_string(), name);
    EXPECT_EQ(out["engine"], GetParam() == storage::Engine::sqlite ? "sqlite" : "postgresql");
    for (const std::string& key : kEnvironment) EXPECT_EQ(out.erase(key), 1u) << key;
    return out;
  }

  static Keys keys(const json::object& figures) {
    Keys keys;
    for (const auto& one : figures) keys.emplace(one.key());
    return keys;
  }
  static double number(const json::value& figures, std::string_view key) { return figures.at(key).to_number<double>(); }
  static void expect_durations(const json::value& durations, std::int64_t count) {
    EXPECT_EQ(keys(durations.as_object()), (Keys{"count", "ms_p50", "ms_p95", "ms_p99", "ms_max"}));
    EXPECT_EQ(durations.at("count"), count);
    EXPECT_GT(number(durations, "ms_p50"), 0);
    EXPECT_LE(number(durations, "ms_p50"), number(durations, "ms_p95"));
    EXPECT_LE(number(durations, "ms_p95"), number(durations, "ms_p99"));
    EXPECT_LE(number(durations, "ms_p99"), number(durations, "ms_max"));
  }

  // How many each table has, but for those that nobody may remove from, and those that go when their time is over.
  std::map<std::string, std::int64_t> rows() {
    static const Keys kLeft{"audit_log", "sign_in_attempts", "leader_leases"};
    return database_->read([](storage::Transaction& tx) {
      std::map<std::string, std::int64_t> rows;
      const std::string_view tables =
          GetParam() == storage::Engine::sqlite
              ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
              : "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()";
      for (const storage::Row& table : tx.run_text("tables", tables)) {
        const auto name = table.get<std::string>("name");
        if (!kLeft.contains(name))
          rows[name] = tx.run_text("count", "SELECT COUNT(*) AS n FROM " + name)[0].get<std::int64_t>("n");
      }
      rows["the latest round pruned"] =
          tx.run_text("round", "SELECT pruned FROM maintenance_rounds")[0].get<std::int64_t>("pruned");
      return rows;
    });
  }

  testing::TestDatabase database_{GetParam()};

 private:
  // A run that is long over, and the latest round of the retention: no benchmark may take them for its own.
  void add_what_others_have() {
    const Timestamp old = SystemClock().now() - std::chrono::days{200};
    database_->write([&](storage::Transaction& tx) {
      const auto tenant = access::create_tenant(tx, {"contoso", "Contoso", "UTC"}, old).value();
      tx.run_text("old_run",
                  "INSERT INTO operation_runs (tenant_id, initiator_name, type, status, outcome, run_identity_hash,"
                  " started_at, completed_at, created_at, updated_at)"
                  " VALUES (:tenant, 'Amelie', 'inventory.sync', 'completed', 'succeeded', :hash,"
                  " :old, :old, :old, :old)",
                  {{"tenant", tenant.id}, {"hash", std::string(64, 'a')}, {"old", old}});
      tx.run_text("round", "INSERT INTO maintenance_rounds (name, ended_at, pruned) VALUES ('retention', :old, 7)",
                  {{"old", old}});
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, BenchTest, testing::engines(), testing::engine_name);

TEST_P(BenchTest, FairnessCountsWhatWasClaimedBeforeASingleRun) {
  const json::object out =
      figures("fairness", {"--backlog", "600", "--singles", "8", "--slots", "2", "--run-ms", "5", "--repeat", "2"});
  const Keys measured{"delay_without_backlog_ms_p50",
                      "delay_without_backlog_ms_max",
                      "delay_ms_p50",
                      "delay_ms_p95",
                      "delay_ms_p99",
                      "delay_ms_max",
                      "longest_run_ms",
                      "bound_ms",
                      "first_come_first_served_s",
                      "runs_claimed_first_max",
                      "bound_runs"};
  Keys all = measured;
  all.insert({"within_bound", "backlog", "singles", "slots", "run_ms", "repetitions", "spread"});
  EXPECT_EQ(keys(out), all);
  EXPECT_EQ(keys(out.at("spread").as_object()), measured);
  EXPECT_EQ(out.at("repetitions"), 2);
  EXPECT_EQ(out.at("backlog"), 600);
  EXPECT_EQ(number(out, "bound_runs"), 4) << "one round of two slots, and a claim that was under way";
  const json::array& claimed_first = out.at("spread").at("runs_claimed_first_max").as_array();
  EXPECT_GE(claimed_first[0].to_number<double>(), 0);
  EXPECT_LE(claimed_first[1].to_number<double>(), number(out, "bound_runs"));
  EXPECT_GE(number(out, "longest_run_ms"), 5);
  EXPECT_GE(number(out, "bound_ms"), number(out, "longest_run_ms"));
  EXPECT_LE(number(out, "delay_ms_p50"), number(out, "delay_ms_max"));
}

TEST_P(BenchTest, FairnessSaysWhenTheBacklogWasTooSmall) {
  const auto before = rows();
  const Said said = Terminal().run({"bench", "fairness", "--database", database_.url(), "--backlog", "1", "--singles",
                                    "3", "--run-ms", "1", "--repeat", "1"});
  EXPECT_EQ(said.code, kFailed);
  EXPECT_NE(said.err.find("The backlog was gone before the end: give it more runs."), std::string::npos) << said.err;
  EXPECT_EQ(rows(), before);
}

TEST_P(BenchTest, ListReadsEveryPartOfALedgerOfManyTenants) {
  const json::object out = figures(
      "list", {"--runs", "3000", "--tenants", "3", "--reads", "4", "--maintenance-passes", "1"});
  const Keys pages{"page_with_tab_counts", "page_first",       "page_middle", "page_last",
                   "page_at_any_depth",    "api_at_any_depth", "tab_counts"};
  Keys all = pages;
  all.insert({"runs", "tenants", "runs_of_the_tenant", "maintenance_core_percent", "maintenance_passes",
              "start_ms_max_beside_maintenance", "beside_maintenance"});
  EXPECT_EQ(keys(out), all);
  for (const std::string& page : pages) expect_durations(out.at(page), 4);
  EXPECT_EQ(out.at("runs"), 3000);
  EXPECT_EQ(out.at("tenants"), 3);
  EXPECT_EQ(out.at("runs_of_the_tenant"), 300);
  EXPECT_GE(number(out, "maintenance_passes"), 1);
  EXPECT_GT(number(out, "maintenance_core_percent"), 0);
  EXPECT_GT(number(out.at("beside_maintenance").at("start"), "count"), 0);
  EXPECT_EQ(out.at("start_ms_max_beside_maintenance"), out.at("beside_maintenance").at("start").at("ms_max"));
}

TEST_P(BenchTest, ListForgetsWhatWasAskedForAndMeasuresStartsBeforeAndMeanwhile) {
  const json::object out =
      figures("list", {"--runs", "5000", "--tenants", "2", "--reads", "1", "--prune-percent", "20",
                       "--maintenance-passes", "1"});
  const json::value& before = out.at("before_pruning");
  const json::value& during = out.at("while_pruning");
  EXPECT_EQ(keys(before.as_object()), (Keys{"seconds", "start"}));
  EXPECT_EQ(keys(during.as_object()), (Keys{"seconds", "start", "runs_pruned"}));
  EXPECT_NEAR(number(during, "runs_pruned"), 1000, 1) << "18 of 90 days; one run lies on the edge";
  for (const json::value& phase : {before, during}) {
    EXPECT_GT(number(phase, "seconds"), 0);
    EXPECT_GT(number(phase.at("start"), "count"), 0);
    expect_durations(phase.at("start"), phase.at("start").at("count").as_int64());
  }
}

TEST_P(BenchTest, StartAnswersEveryStartAndJoin) {
  const json::object out = figures("start", {"--queued", "3", "--starts", "12"});
  EXPECT_EQ(keys(out), (Keys{"queued_before", "at_once", "start", "starts_per_s", "join"}));
  EXPECT_EQ(out.at("queued_before"), 3);
  expect_durations(out.at("start"), 12);
  expect_durations(out.at("join"), 12);
  EXPECT_GT(number(out, "starts_per_s"), 0);
}

TEST_P(BenchTest, RunsHasTheEnginesFiguresBesideThoseOfBareSql) {
  const json::object out = figures("runs", {"--runs", "20", "--repeat", "1"});
  const Keys rates{"raw_single_insert_per_s", "raw_each_per_s",
                   "raw_bulk_insert_per_s",   "raw_drain_per_s",
                   "single_start_per_s",      "bulk_start_per_s",
                   "drain_batched_per_s",     "latency_ms_p50",
                   "latency_ms_p99",          "drain_each_acknowledged_per_s"};
  Keys all = rates;
  all.insert({"duplicate_race", "runs", "repetitions", "spread"});
  EXPECT_EQ(keys(out), all);
  EXPECT_EQ(keys(out.at("spread").as_object()), rates);
  for (const std::string& rate : rates) EXPECT_GT(number(out, rate), 0) << rate;
  EXPECT_EQ(out.at("runs"), 20);
  EXPECT_EQ(out.at("duplicate_race"),
            (json::value{{"callers", 1600}, {"identities", 50}, {"runs", 50}, {"every_id_right", true}}));
}

TEST_P(BenchTest, LatencyHasWhatAnIdleProcessCosts) {
  const json::object out = figures("latency", {"--idle-seconds", "1", "--repeat", "1"});
  Keys all{"latency_ms_p50", "latency_ms_p99", "idle_cpu_percent", "repetitions", "spread"};
  if (GetParam() == storage::Engine::postgres) all.insert("idle_transactions_per_s");
  EXPECT_EQ(keys(out), all);
  EXPECT_LE(number(out, "latency_ms_p50"), number(out, "latency_ms_p99"));
  EXPECT_GE(number(out, "idle_cpu_percent"), 0);
}

// ----- wrong options
// ----------------------------------------------------------------------------------------------------

TEST(BenchOptions, AWrongOneIsSaidBeforeAnyDatabaseIsOpened) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"fairness", "--backlog", "0"}, "--backlog must be a number from 1 to 10000000."},
      {{"fairness", "--singles", "-1"}, "--singles must be a number from 1 to 10000000."},
      {{"fairness", "--slots", "1001"}, "--slots must be a number from 1 to 1000."},
      {{"fairness", "--run-ms", "soon"}, "--run-ms needs a whole number, not \"soon\""},
      {{"fairness", "--repeat", "0"}, "--repeat must be a number from 1 to 10000000."},
      {{"list", "--runs", "10000001"}, "--runs must be a number from 1 to 10000000."},
      {{"list", "--tenants", "0"}, "--tenants must be a number from 1 to 10000000."},
      {{"list", "--reads", "0"}, "--reads must be a number from 1 to 10000000."},
      {{"list", "--prune-percent", "100"}, "--prune-percent must be a number from 0 to 99."},
      {{"list", "--maintenance-passes", "0"}, "--maintenance-passes must be a number from 1 to 1000."},
      {{"latency", "--idle-seconds", "0"}, "--idle-seconds must be a number from 1 to 3600."},
      {{"runs", "--runs", "0"}, "--runs must be a number from 1 to 10000000."},
      {{"start", "--queued", "0"}, "--queued must be a number from 1 to 10000000."},
      {{"sync", "--failing-percent", "101"}, "--failing-percent must be a number from 0 to 100."}};
  for (const auto& [options, expected] : cases) {
    std::vector<std::string> words{"bench", options[0], options[1], options[2]};
    if (options[0] != "sync") words.insert(words.end(), {"--database", "sqlite:/no/such/folder/bench.db"});
    const Said said = Terminal().run(words);
    EXPECT_EQ(said.code, kUsage) << options[1];
    EXPECT_NE(said.err.find(expected), std::string::npos) << said.err;
  }
}

TEST(BenchOptions, ADatabaseThatCannotBeOpenedIsSaid) {
  const Said said = Terminal().run({"bench", "list", "--database", "sqlite:/no/such/folder/bench.db"});
  EXPECT_EQ(said.code, kFailed);
  EXPECT_NE(said.err.find("/no/such/folder/bench.db"), std::string::npos) << said.err;
}

}  // namespace
}  // namespace ta::cli
