#include "runs/run_reader.h"

#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class ReaderTest : public EngineTest {
 protected:
  // `count` completed runs, one a minute, every third of them failed, one in two started by Jonas.
  void make_history(int count) {
    for (int i = 0; i < count; ++i) {
      StartRequest one = request({std::to_string(i)});
      if (i % 2) one.initiator = kJonas;
      const RunId id = start(one).run.id;
      const auto jobs = queue_.claim("w", 1);
      clock_.advance(std::chrono::seconds{1 + i % 5});
      Completion completion{i % 3 ? RunOutcome::succeeded : RunOutcome::failed, {}, {}, {}};
      ASSERT_TRUE(queue_.complete(jobs.at(0), completion));
      ids_.push_back(id);
      clock_.advance(60s);
    }
  }
  std::vector<RunId> walk(const RunFilter& filter, RunSort sort, int limit) {
    std::vector<RunId> seen;
    std::optional<RunCursor> cursor;
    do {
      const RunPage page = reader_.list(kContoso, filter, sort, cursor, limit);
      for (const Run& run : page.runs) seen.push_back(run.id);
      cursor = page.older;
    } while (cursor);
    return seen;
  }
  std::vector<RunId> ids_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ReaderTest, testing::engines(), testing::engine_name);

TEST_P(ReaderTest, KeysetPagesVisitEveryRunOnceInEverySort) {
  make_history(23);
  for (const RunSort sort :
       {RunSort::started_desc, RunSort::started_asc, RunSort::duration_desc, RunSort::duration_asc}) {
    const auto seen = walk({}, sort, 5);
    EXPECT_EQ(seen.size(), 23u);
    EXPECT_EQ(std::set<RunId>(seen.begin(), seen.end()).size(), 23u);
  }
  const auto newest_first = walk({}, RunSort::started_desc, 4);
  EXPECT_TRUE(std::equal(newest_first.begin(), newest_first.end(), ids_.rbegin()));
}

TEST_P(ReaderTest, NewerLeadsBackToTheSamePage) {
  make_history(12);
  const RunPage first = reader_.list(kContoso, {}, RunSort::started_desc, std::nullopt, 5);
  EXPECT_FALSE(first.newer.has_value());
  const RunPage second = reader_.list(kContoso, {}, RunSort::started_desc, first.older, 5);
  const RunPage back = reader_.list(kContoso, {}, RunSort::started_desc, second.newer, 5);
  ASSERT_EQ(back.runs.size(), 5u);
  EXPECT_EQ(back.runs[0].id, first.runs[0].id);
  EXPECT_FALSE(back.newer.has_value());
  EXPECT_TRUE(back.older.has_value());
}

TEST_P(ReaderTest, FiltersAndCountsAgree) {
  make_history(12);
  start(request({"active"}));
  RunFilter failed{.tab = RunTab::failed};
  EXPECT_EQ(walk(failed, RunSort::started_desc, 3).size(), 4u);
  const RunTabCounts counts = reader_.tab_counts(kContoso, {});
  EXPECT_EQ(counts.all, 13);
  EXPECT_EQ(counts.active, 1);
  EXPECT_EQ(counts.succeeded, 8);
  EXPECT_EQ(counts.partially_succeeded, 0);
  EXPECT_EQ(counts.failed, 4);
  EXPECT_EQ(walk({.initiator = kJonas.user}, RunSort::started_desc, 50).size(), 6u);
  EXPECT_EQ(walk({.type = "no.such"}, RunSort::started_desc, 50).size(), 0u);
  EXPECT_EQ(walk({.status = RunStatus::queued}, RunSort::started_desc, 50).size(), 1u);
  EXPECT_EQ(walk({.from = clock_.now() - 121s}, RunSort::started_desc, 50).size(), 2u);
}

TEST_P(ReaderTest, AnotherTenantSeesNothing) {
  make_history(2);
  EXPECT_TRUE(reader_.list(kFabrikam, {}, RunSort::started_desc, std::nullopt, 5).runs.empty());
  EXPECT_FALSE(reader_.find(kFabrikam, ids_[0]).has_value());
  EXPECT_FALSE(reader_.detail(kFabrikam, ids_[0]).has_value());
  EXPECT_EQ(reader_.tab_counts(kFabrikam, {}).all, 0);
}

TEST_P(ReaderTest, NotificationsBelongToTheirReader) {
  make_history(2);
  const auto alvas = reader_.notifications(kAlva.user, false, std::nullopt, 10);
  ASSERT_EQ(alvas.size(), 2u);
  EXPECT_EQ(alvas[0].tenant_slug, "contoso");
  EXPECT_EQ(alvas[0].title, "Probe failed");
  EXPECT_FALSE(reader_.mark_read(kJonas.user, alvas[0].id));
  EXPECT_EQ(reader_.unread_count(kAlva.user), 1);
  EXPECT_TRUE(reader_.mark_read(kAlva.user, alvas[0].id));
  EXPECT_EQ(reader_.unread_count(kAlva.user), 0);
  reader_.mark_all_read(kJonas.user);
  EXPECT_TRUE(reader_.notifications(kJonas.user, true, std::nullopt, 10).empty());
}

TEST_P(ReaderTest, NotificationsOfATenantThatOneHasLeftAreGoneAndComeBackWithTheMembership) {
  make_history(2);
  const auto of_alva = [&](bool unread_only) {
    return reader_.notifications(kAlva.user, unread_only, std::nullopt, 10).size();
  };
  const auto execute = [&](const std::string& statement, const storage::Params& params = {}) {
    database_->write([&](storage::Transaction& tx) { tx.run_text("change", statement, params); });
  };
  const NotificationId one = reader_.notifications(kAlva.user, false, std::nullopt, 10).at(0).id;
  execute("DELETE FROM tenant_memberships WHERE user_id = 1");
  EXPECT_EQ(of_alva(false), 0u);
  EXPECT_EQ(reader_.unread_count(kAlva.user), 0);
  EXPECT_FALSE(reader_.mark_read(kAlva.user, one));
  reader_.mark_all_read(kAlva.user);
  execute(
      "INSERT INTO tenant_memberships (tenant_id, user_id, role, created_at, updated_at) "
      "VALUES (1, 1, 'readonly', :now, :now)",
      {{"now", clock_.now()}});
  EXPECT_EQ(of_alva(false), 2u);
  EXPECT_EQ(of_alva(true), 1u) << "nothing was marked as read meanwhile";
  EXPECT_EQ(reader_.unread_count(kAlva.user), 1);
}

TEST_P(ReaderTest, WhatADeletedPersonStartedIsNotTheSystems) {
  make_history(2);
  service_.start({kContoso, "test.probe", request({"s"}).inputs, std::nullopt}).value();
  database_->write([](storage::Transaction& tx) { tx.run_text("gone", "DELETE FROM users"); });
  EXPECT_EQ(walk({.system_only = true}, RunSort::started_desc, 50).size(), 1u);
  EXPECT_EQ(reload(ids_[0]).initiator_name, "Alva") << "as it was then";
}

// A ledger of completed runs, the oldest of which took the longest, without the engine.
TEST_P(ReaderTest, ALongListByDurationSortsItsNewestRuns) {
  constexpr std::int64_t kMore = 20;
  const bool sqlite = GetParam() == storage::Engine::sqlite;
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("ledger",
                sqlite ? R"(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :count)
      INSERT INTO operation_runs (tenant_id, initiator_name, type, status, outcome, run_identity_hash, started_at,
                                  completed_at, created_at, updated_at)
      SELECT 1, 'System', 'test.probe', 'completed', 'succeeded', printf('%064d', n), n, n + 1000000 - n, n, n FROM n)"
                       : R"(INSERT INTO operation_runs (tenant_id, initiator_name, type, status, outcome,
                                  run_identity_hash, started_at, completed_at, created_at, updated_at)
      SELECT 1, 'System', 'test.probe', 'completed', 'succeeded', lpad(n::text, 64, '0'), t, t + (1000000 - n) *
             INTERVAL '1 microsecond', t, t
      FROM generate_series(1, :count::bigint) AS n, LATERAL (SELECT to_timestamp(n / 1e6)) AS at(t))",
                {{"count", kSortedByDurationMax + kMore}});
  });
  const RunPage longest = reader_.list(kContoso, {}, RunSort::duration_desc, std::nullopt, 5);
  ASSERT_EQ(longest.runs.size(), 5u);
  EXPECT_EQ(to_unix_micros(longest.runs[0].created_at), kMore + 1) << "of the newest 10,000 only";
  const RunPage next = reader_.list(kContoso, {}, RunSort::duration_desc, longest.older, 5);
  EXPECT_EQ(to_unix_micros(next.runs.at(0).created_at), kMore + 6);
  EXPECT_EQ(reader_.tab_counts(kContoso, {}).succeeded, kCountMax + 1);
}

TEST_P(ReaderTest, CountsStopAtTheirBound) {
  for (int i = 0; i < 5; ++i) start(request({std::to_string(i)}));
  EXPECT_EQ(reader_.active_count(kContoso), 5);
  EXPECT_EQ(reader_.active_count(kContoso, 3), 3);
}

TEST_P(ReaderTest, TheActivityOfAMembersTenantsIsOneAnswer) {
  make_history(4);
  start(request({"active"}));
  service_.start({kFabrikam, "test.probe", request({"other"}).inputs, std::nullopt}).value();
  const auto lately = reader_.activity_of_member(kAlva.user, clock_.now() - 1h);
  ASSERT_EQ(lately.size(), 1u) << "of another's tenant nothing is told";
  EXPECT_EQ(lately.at(kContoso).active, 1);
  EXPECT_EQ(lately.at(kContoso).failed, 2);
  EXPECT_EQ(reader_.activity_of_member(kAlva.user, clock_.now()).at(kContoso).failed, 0);
  EXPECT_TRUE(reader_.activity_of_member(UserId{99}, clock_.now()).empty());
}

TEST_P(ReaderTest, OutcomesByDayEndToday) {
  make_history(4);
  const auto days = reader_.outcomes_by_day(kContoso, 14);
  ASSERT_EQ(days.size(), 14u);
  EXPECT_EQ(days.back().succeeded, 2);
  EXPECT_EQ(days.back().failed, 2);
  EXPECT_EQ(days.front().succeeded, 0);
}

TEST_P(ReaderTest, HealthCountsLivingWorkersAndWaitingRuns) {
  EXPECT_EQ(reader_.queue_health().workers_alive, 0);
  queue_.worker_seen("w", 4);
  start(request());
  const QueueHealth health = reader_.queue_health();
  EXPECT_EQ(health.workers_alive, 1);
  EXPECT_EQ(health.queued, 1);
  EXPECT_EQ(health.oldest_queued_at, clock_.now());
  clock_.advance(16s);
  EXPECT_EQ(reader_.queue_health().workers_alive, 0);
}

TEST(RunCursorTest, SurvivesTextAndRefusesAnythingElse) {
  const RunCursor cursor{1'795'250'467'000'000, RunId{42}, true};
  const auto back = run_cursor_from(to_text(cursor, RunSort::started_desc), RunSort::started_desc);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->key, cursor.key);
  EXPECT_EQ(back->id, cursor.id);
  EXPECT_TRUE(back->newer);
  EXPECT_FALSE(run_cursor_from(to_text(cursor, RunSort::started_desc), RunSort::duration_asc).has_value());
  for (const char* bad : {"", "x", "%%%", "MC4xLjEuMXg", "AAAAAAAAAAAAAAAAAAAAAAAA"})
    EXPECT_FALSE(run_cursor_from(bad, RunSort::started_desc).has_value()) << bad;
}

}  // namespace
}  // namespace ta::runs
