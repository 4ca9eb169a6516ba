// Retention: what goes, what stays, in which steps, and who does it. Behaviours 22 and 24 of the engine's contract.
#include "runs/retention.h"

#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class RetentionTest : public EngineTest {
 protected:
  static constexpr auto kDay = 24h;

  RunId complete_one(const std::string& what) {
    const RunId run = start(request({what})).run.id;
    EXPECT_EQ(worker().run_once(), 1);
    EXPECT_EQ(reload(run).status, RunStatus::completed);
    return run;
  }
  // Its first attempt is lost, so that the attempts are logged.
  RunId complete_at_second_try(const std::string& what) {
    const RunId run = start(request({what})).run.id;
    EXPECT_EQ(queue_.claim("lost", 1).size(), 1u);
    clock_.advance(11s);
    EXPECT_EQ(queue_.reap(), 1);
    EXPECT_EQ(worker().run_once(), 1);
    return run;
  }
  std::vector<RunId> complete_some(int count, Microseconds apart = 1s) {
    std::vector<RunId> runs;
    for (int i = 0; i < count; ++i) {
      runs.push_back(complete_one(fmt::format("run {}", i)));
      clock_.advance(apart);
    }
    return runs;
  }
  bool exists(RunId run) { return reader_.find(kContoso, run).has_value(); }
  void execute(std::string_view sql, const storage::Params& params = {}) {
    database_->write([&](storage::Transaction& tx) { tx.run_text("test", sql, params); });
  }
  std::set<std::string> facts(std::string_view sql) {
    return database_->read([&](storage::Transaction& tx) {
      std::set<std::string> all;
      for (const storage::Row row : tx.run_text("facts", sql)) all.insert(row.get<std::string>("fact"));
      return all;
    });
  }
  std::int64_t prune_all(Retention& retention) {
    std::int64_t pruned = 0;
    for (Retention::Counts step{.more = true}; step.more;) {
      step = retention.run_once();
      pruned += step.pruned;
    }
    return pruned;
  }

  Leadership leadership_{*database_, clock_, "anna"};
  Retention retention_{*database_, clock_, leadership_};
};
INSTANTIATE_TEST_SUITE_P(Engines, RetentionTest, testing::engines(), testing::engine_name);

TEST_P(RetentionTest, OldCompletedRunsGoWithTheirAttemptsAndNotifications) {
  const RunId old = complete_at_second_try("old");
  clock_.advance(60 * kDay);
  const RunId young = complete_at_second_try("young");
  clock_.advance(31 * kDay);
  const std::string of_old = fmt::format("run_attempts WHERE run_id = {}", old);
  ASSERT_GT(count(of_old), 0);
  EXPECT_EQ(prune_all(retention_), 1);
  EXPECT_FALSE(exists(old));
  EXPECT_TRUE(exists(young));
  const std::string of_young = fmt::format(" WHERE run_id = {}", young);
  EXPECT_EQ(count(of_old), 0);
  EXPECT_GT(count("run_attempts" + of_young), 0);
  EXPECT_EQ(count("run_attempts"), count("run_attempts" + of_young));
  EXPECT_EQ(count("notifications"), 2);
  EXPECT_EQ(count("notifications" + of_young), 2);
}

TEST_P(RetentionTest, ActiveRunsStayHoweverOld) {
  const RunId running = start(request({"running"})).run.id;
  const std::vector<ClaimedJob> jobs = queue_.claim("w", 1);
  ASSERT_EQ(jobs.size(), 1u);
  queue_.begin({{&jobs[0], clock_.now()}});
  const RunId queued = start(request({"queued"})).run.id;
  clock_.advance(1000 * kDay);
  EXPECT_EQ(prune_all(retention_), 0);
  EXPECT_EQ(reload(running).status, RunStatus::running);
  EXPECT_EQ(reload(queued).status, RunStatus::queued);
  EXPECT_EQ(count("run_jobs"), 2);
}

TEST_P(RetentionTest, NinetyDaysCountFromTheCompletion) {
  const RunId run = start(request()).run.id;
  clock_.advance(50 * kDay);
  ASSERT_EQ(worker().run_once(), 1);
  clock_.advance(90 * kDay);
  EXPECT_EQ(prune_all(retention_), 0) << "kept for all of them";
  clock_.advance(kDay);
  EXPECT_EQ(prune_all(retention_), 1);
  EXPECT_FALSE(exists(run));
}

TEST_P(RetentionTest, ATenantsOwnNumberOfDaysWins) {
  const auto complete_in = [&](TenantId tenant) {
    StartRequest one = request();
    one.tenant = tenant;
    const RunId run = start(one).run.id;
    EXPECT_EQ(worker().run_once(), 1);
    return run;
  };
  execute(
      "INSERT INTO tenants (id, slug, name, time_zone, keep_days, created_at, updated_at)"
      " VALUES (3, 'northwind', 'Northwind', 'UTC', 365, :now, :now)",
      {{"now", clock_.now()}});
  execute("UPDATE tenants SET keep_days = 7 WHERE id = 1");
  const RunId brief = complete_in(kContoso), usual = complete_in(kFabrikam), lasting = complete_in(TenantId{3});
  const auto kept = [&] {
    return std::array{reader_.find(kContoso, brief).has_value(), reader_.find(kFabrikam, usual).has_value(),
                      reader_.find(TenantId{3}, lasting).has_value()};
  };
  clock_.advance(7 * kDay);
  EXPECT_EQ(prune_all(retention_), 0);
  clock_.advance(kDay);
  EXPECT_EQ(prune_all(retention_), 1);
  EXPECT_EQ(kept(), (std::array{false, true, true}));
  clock_.advance(83 * kDay);
  EXPECT_EQ(prune_all(retention_), 1);
  EXPECT_EQ(kept(), (std::array{false, false, true}));
  clock_.advance(300 * kDay);
  EXPECT_EQ(prune_all(retention_), 1);
}

TEST_P(RetentionTest, ABatchGoesOnWithTheNextTenant) {
  Retention small(*database_, clock_, leadership_, {.batch = 3});
  for (const TenantId tenant : {kFabrikam, kContoso, kFabrikam, kContoso, kContoso}) {
    StartRequest one = request({fmt::format("at {}", to_unix_micros(clock_.now()))});
    one.tenant = tenant;
    start(one);
    ASSERT_EQ(worker().run_once(), 1);
    clock_.advance(1s);
  }
  start(request({"active"}));
  clock_.advance(91 * kDay);
  for (const auto& [pruned, more] : {std::pair{3, true}, {2, false}}) {
    const auto step = small.run_once();
    EXPECT_EQ(step.pruned, pruned);
    EXPECT_EQ(step.more, more);
  }
  EXPECT_EQ(count("operation_runs"), 1);
}

TEST_P(RetentionTest, TheIdentityOfAForgottenRunIsFree) {
  const RunId old = complete_one("a");
  clock_.advance(91 * kDay);
  ASSERT_EQ(prune_all(retention_), 1);
  const Started again = start(request());
  EXPECT_EQ(again.disposition, Disposition::created);
  EXPECT_NE(again.run.id, old) << "a link to the old run must not show another one";
}

TEST_P(RetentionTest, ABatchIsBoundedAndTakesTheOldestFirst) {
  Retention small(*database_, clock_, leadership_, {.batch = 3});
  const auto runs = complete_some(7);
  clock_.advance(91 * kDay);
  for (const auto& [pruned, more] : {std::pair{3, true}, {3, true}, {1, false}}) {
    const auto before = static_cast<std::size_t>(7 - count("operation_runs"));
    const auto step = small.run_once();
    EXPECT_EQ(step.pruned, pruned);
    EXPECT_EQ(step.more, more);
    for (std::size_t i = 0; i < runs.size(); ++i) EXPECT_EQ(exists(runs[i]), i >= before + pruned) << i;
  }
}

TEST_P(RetentionTest, WhatPointsAtARunOutlivesIt) {
  const RunId run = complete_one("sync");
  execute(
      R"(INSERT INTO provider_connections (id, tenant_id, provider, entra_tenant_id, display_name, is_default, status,
                                               created_at, updated_at)
             VALUES (7, 1, 'microsoft', '11111111-2222-3333-4444-555555555555', 'Contoso', :default, 'connected', :now,
                     :now))",
      {{"default", true}, {"now", clock_.now()}});
  execute(R"(INSERT INTO inventory_items (tenant_id, connection_id, type, external_id, name, platform, meta,
                                          first_seen_at, last_seen_at, last_seen_run_id)
             VALUES (1, 7, 'deviceConfiguration', 'x', 'Item', 'windows', '{}', :now, :now, :run))",
          {{"now", clock_.now()}, {"run", run}});
  execute(R"(INSERT INTO inventory_coverage (tenant_id, connection_id, type, attempted_at, attempted_run_id, code,
                                             listed_at, listed_run_id, listed_count)
             VALUES (1, 7, 'deviceConfiguration', :now, :run, '', :now, :run, 1))",
          {{"now", clock_.now()}, {"run", run}});
  clock_.advance(91 * kDay);
  EXPECT_EQ(prune_all(retention_), 1);
  EXPECT_EQ(count("inventory_items WHERE last_seen_run_id IS NULL"), 1);
  EXPECT_EQ(count("inventory_coverage WHERE attempted_run_id IS NULL AND listed_run_id IS NULL"), 1);
}

// A run that still waits goes with its job when its tenant does; a person's notifications go with the person.
TEST_P(RetentionTest, JobsAndNotificationsGoWithTheirTenantAndTheirUser) {
  const RunId run = complete_one("a");
  start(request());
  ASSERT_GT(count("notifications"), 1);
  ASSERT_EQ(count("run_jobs"), 1);
  execute("DELETE FROM users");
  EXPECT_EQ(count("notifications"), 0);
  EXPECT_TRUE(exists(run)) << "what was done stays on record";
  EXPECT_EQ(count("operation_runs WHERE user_id IS NOT NULL"), 0);
  execute("DELETE FROM tenants");
  EXPECT_EQ(count("operation_runs"), 0);
  EXPECT_EQ(count("run_jobs"), 0);
  EXPECT_EQ(count("run_attempts"), 0);
}

// Else every pruned run reads the whole table that points at it.
TEST_P(RetentionTest, EveryReferenceToARunIsIndexed) {
  const bool sqlite = GetParam() == storage::Engine::sqlite;
  const auto references = facts(sqlite ? R"(SELECT t.name || '.' || f."from" AS fact FROM sqlite_schema t
                          JOIN pragma_foreign_key_list(t.name) f WHERE f."table" = 'operation_runs')"
                                       : R"(SELECT c.conrelid::regclass || '.' || a.attname AS fact FROM pg_constraint c
                          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                         WHERE c.contype = 'f' AND c.confrelid = 'operation_runs'::regclass)");
  const auto indexed =
      facts(sqlite ? R"(SELECT t.name || '.' || i.name AS fact FROM sqlite_schema t JOIN pragma_index_list(t.name) l
                          JOIN pragma_index_info(l.name) i WHERE i.seqno = 0 AND i.name IS NOT NULL AND l.partial = 0
                        UNION SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                         WHERE c.pk = 1)"
                   : R"(SELECT i.indrelid::regclass || '.' || a.attname AS fact FROM pg_index i
                          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                         WHERE i.indpred IS NULL)");
  EXPECT_GE(references.size(), 6u);
  for (const std::string& reference : references) EXPECT_TRUE(indexed.contains(reference)) << reference;
}

TEST_P(RetentionTest, OnlyTheLeaderPrunes) {
  Leadership second(*database_, clock_, "bo");
  Retention other(*database_, clock_, second, {.batch = 1});
  complete_some(3);
  clock_.advance(91 * kDay);
  EXPECT_TRUE(other.run_once().leading);
  const auto idle = retention_.run_once();
  EXPECT_FALSE(idle.leading);
  EXPECT_EQ(idle.pruned, 0);
  EXPECT_EQ(count("operation_runs"), 2);
}

TEST_P(RetentionTest, APausedLeaderPrunesNothingWhenItWakes) {
  complete_some(3);
  clock_.advance(91 * kDay);
  testing::FixedClock stopped(clock_.now());
  Leadership paused(*database_, stopped, "paused");
  Retention pruner(*database_, stopped, paused, {.batch = 1});
  ASSERT_EQ(pruner.run_once().pruned, 1);
  clock_.advance(31s);
  ASSERT_EQ(leadership_.try_acquire(), 2);
  const auto step = pruner.run_once();
  EXPECT_FALSE(step.leading);
  EXPECT_EQ(step.pruned, 0);
  EXPECT_EQ(count("operation_runs"), 2);
}

TEST_P(RetentionTest, TheNextLeaderFinishesWhatADeadOneBegan) {
  EXPECT_EQ(prune_all(retention_), 0) << "led before, and has nothing due today";
  leadership_.resign();
  complete_some(5);
  clock_.advance(91 * kDay);
  {
    Leadership dead(*database_, clock_, "dead");
    Retention pruner(*database_, clock_, dead, {.batch = 2});
    EXPECT_EQ(pruner.run_once().pruned, 2);
    EXPECT_EQ(retention_.run_once().pruned, 0);
  }
  clock_.advance(31s);
  EXPECT_EQ(prune_all(retention_), 3);
}

TEST_P(RetentionTest, ARoundADay) {
  Leadership steady(*database_, clock_, "steady", {.lease = 10'000h});  // one term: a new leader has a round of its own
  Retention daily(*database_, clock_, steady);
  complete_one("a");
  clock_.advance(89 * kDay + 12h);
  EXPECT_EQ(prune_all(daily), 0) << "at once after the start";
  clock_.advance(23h);
  EXPECT_EQ(prune_all(daily), 0) << "old now, and no round is due";
  clock_.advance(1h);
  EXPECT_EQ(prune_all(daily), 1);
}

TEST_P(RetentionTest, AClockSetBackDelaysNoRound) {
  complete_one("a");
  clock_.advance(365 * kDay);
  EXPECT_EQ(prune_all(retention_), 1);
  clock_.advance(-365 * kDay);
  complete_one("b");
  clock_.advance(91 * kDay);
  EXPECT_EQ(prune_all(retention_), 1);
}

TEST_P(RetentionTest, ARunThatSomebodyHoldsWaitsForTheNextRound) {
  if (GetParam() == storage::Engine::sqlite) return;  // one writer: nothing is held while it prunes
  const auto runs = complete_some(3);
  clock_.advance(91 * kDay);
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("hold", "SELECT 1 FROM operation_runs WHERE id = :id FOR UPDATE", {{"id", runs[0]}});
    EXPECT_EQ(prune_all(retention_), 2) << "and does not wait";
  });
  clock_.advance(kDay);
  EXPECT_EQ(prune_all(retention_), 1);
}

TEST_P(RetentionTest, ItsThreadPrunesAllAndStops) {
  complete_some(25);
  clock_.advance(91 * kDay);
  Retention background(*database_, clock_, leadership_, {.batch = 4, .pause = 1ms});
  background.start();
  EXPECT_TRUE(testing::eventually([&] { return count("operation_runs") == 0; }));
  background.stop();
  background.stop();
}

}  // namespace
}  // namespace ta::runs
