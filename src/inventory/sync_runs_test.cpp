#include "inventory/sync_runs.h"

#include "inventory/inventory_fixture.h"

namespace ta::inventory {
namespace {

using SyncRunsTest = InventoryTest;
INSTANTIATE_TEST_SUITE_P(Engines, SyncRunsTest, testing::engines(), testing::engine_name);

TEST(SyncWords, SayWhatChanged) {
  EXPECT_EQ(words({.appeared = 3, .changed = 1, .gone = 1}), "3 new, 1 changed, 1 gone.");
  EXPECT_EQ(words({.gone = 1234}), "1,234 gone.");
  EXPECT_EQ(words({}), "Nothing has changed.");
  EXPECT_EQ(words({.appeared = 1, .first_types = 1, .first_objects = 1}), "First reading: 1 object.");
  EXPECT_EQ(words({.appeared = 1'234'567, .gone = 2, .first_types = 3, .first_objects = 1'234'560}),
            "7 new, 2 gone. First reading: 1,234,560 objects.");
}

TEST(SyncWords, OfARunFollowItsContext) {
  runs::Run run;
  run.summary_counts.success = 489;
  EXPECT_EQ(result_words(run), "") << "a run from before had no changes";
  run.context["changes"] = to_json(SyncChanges{});
  EXPECT_EQ(result_words(run), "489 objects, nothing has changed.");
  run.context["changes"] = to_json(SyncChanges{.appeared = 12, .gone = 1});
  run.context["first_reading"] = json::object{{"types", 1}, {"objects", 10}};
  EXPECT_EQ(result_words(run), "2 new, 1 gone. First reading: 10 objects.");
  run.context["changes"] = to_json(SyncChanges{});
  run.failure_summary = {{"graph.forbidden", "", 1}};
  EXPECT_EQ(result_words(run), "") << "what could not be read may have changed";
  run.context["changes"] = "nonsense";
  EXPECT_EQ(result_words(run), "");
}

TEST_P(SyncRunsTest, WhatASyncFoundIsTheSumOverItsTypesAndAttempts) {
  const RunId run = start_run(here_);
  const auto record = [&](TypeResult result) {
    result.at = clock_.now();
    database_->write([&](storage::Transaction& tx) { record_type(tx, tenant_, run, result); });
  };
  const auto sum = [&] {
    return database_->read([&](storage::Transaction& tx) { return changes_of(tx, tenant_, run); });
  };
  EXPECT_FALSE(sum().any());
  record({.type = "group", .listed = 5, .changes = {.appeared = 1, .changed = 2, .gone = 3}});
  record({.type = "ebook", .listed = 7, .changes = {.appeared = 7, .first_types = 1, .first_objects = 7}});
  // Of a first reading that broke off, a second attempt counts only what the first did not reach.
  record({.type = "scope_tag", .listed = 4, .code = "graph.throttled", .changes = {.appeared = 4, .first_types = 1}});
  record({.type = "scope_tag", .listed = 6, .code = "graph.throttled", .changes = {.appeared = 2, .first_types = 1}});
  EXPECT_EQ(sum().appeared, 1 + 7 + 4 + 2);
  record({.type = "scope_tag", .listed = 9, .changes = {.appeared = 9, .first_types = 1}});
  // After a first reading that ended, another attempt finds nothing new.
  record({.type = "ebook", .listed = 7, .changes = {}});
  database_->write([&](storage::Transaction& tx) { add_gone(tx, tenant_, run, "group", 500); });
  const SyncChanges found = sum();
  EXPECT_EQ(found.appeared, 1 + 7 + 9);
  EXPECT_EQ(found.changed, 2);
  EXPECT_EQ(found.gone, 503);
  EXPECT_EQ(found.first_types, 2);
  EXPECT_EQ(found.first_objects, 16);
  EXPECT_FALSE(database_->read([&](storage::Transaction& tx) { return changes_of(tx, other_tenant_, run); }).any());
}

TEST_P(SyncRunsTest, TheLatestFullSyncIsOfItsConnectionAndDidNotFail) {
  const auto full = [&](ConnectionId connection, const char* outcome) {
    const RunId run =
        service_.start({tenant_, "inventory.sync", json::object{{"connection", connection.value}}, std::nullopt})
            .value()
            .run.id;
    database_->write([&](storage::Transaction& tx) {
      record_type(tx, tenant_, run, {.type = "group", .listed = 1, .at = clock_.now(), .changes = {.gone = 1}});
      runs::Completion completion;
      completion.outcome = *runs::run_outcome(outcome);
      if (completion.outcome == runs::RunOutcome::failed) completion.failures.push_back({"graph.unavailable", "", 1});
      service_.complete(tx, tenant_, run, completion);
    });
    clock_.advance(std::chrono::minutes{1});
    return run;
  };
  const auto latest = [&](ConnectionId connection) {
    return database_->read([&](storage::Transaction& tx) { return latest_full_sync(tx, tenant_, connection); });
  };
  EXPECT_FALSE(latest(here_));
  const RunId first = full(here_, "succeeded");
  full(here_, "failed");
  const RunId other = full(there_, "succeeded");
  EXPECT_EQ(latest(here_)->run, first);
  EXPECT_EQ(latest(here_)->changes.gone, 1);
  EXPECT_EQ(latest(there_)->run, other);
  const auto recent = database_->read([&](storage::Transaction& tx) { return recent_syncs(tx, tenant_, 2); });
  ASSERT_EQ(recent.size(), 2u);
  EXPECT_EQ(recent[0].run, other);
  EXPECT_EQ(recent[0].connection, there_);
  EXPECT_TRUE(recent[0].everything);
}

}  // namespace
}  // namespace ta::inventory
