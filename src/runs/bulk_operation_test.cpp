// Bulk operations: an outcome per item, whatever happens to the worker; the breaker; the page's lines; the pace.
#include "runs/bulk_operation.h"

#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

struct BulkProbe : Probe {
  static constexpr std::string_view kType = "test.bulk";
};

class BulkTest : public EngineTest {
 protected:
  BulkTest() {
    TypeDefinition definition{.label = "Bulk", .capability = "runs.start", .retry_safe = true, .attempts_max = 3};
    definition.domain = BulkOperationService::adapter();
    add_operation<BulkProbe>(catalog_, definition, [this] { return BulkProbe{{work_}}; });
    work_ = [this](RunContext& context) {
      return bulk_.run(context, [this] { return plan(); }, [&](const BulkItem& item) { return act(context, item); });
    };
  }

  std::vector<BulkItem> plan() {
    ++plans_;
    std::vector<BulkItem> items;
    for (int i = 0; i < items_; ++i) items.push_back({fmt::format("k{}", i), fmt::format("Item {}", i)});
    return items;
  }
  ItemResult act(RunContext& context, const BulkItem& item) {
    const int number = std::stoi(item.key.substr(1));
    ++acted_[number];
    return action_ ? action_(context, number) : ItemResult{};
  }
  static ItemResult forbidden() { return ItemResult::failed({FailureCode::graph_forbidden, "no", {}}); }

  RunId start_bulk() {
    StartRequest wanted = request();
    wanted.type = "test.bulk";
    return start(wanted).run.id;
  }
  Run run_bulk() {
    const RunId run = start_bulk();
    EXPECT_EQ(worker().run_once(), 1);
    return reload(run);
  }
  std::int64_t items_with(const std::string& outcome) {
    return count(fmt::format("bulk_operation_items WHERE tenant_id = 1 AND outcome = '{}'", outcome));
  }

  int items_ = 10, plans_ = 0;
  std::map<int, int> acted_;  // how often, by item
  std::function<ItemResult(RunContext&, int)> action_;
  BulkOperationService bulk_;
};
INSTANTIATE_TEST_SUITE_P(Engines, BulkTest, testing::engines(), testing::engine_name);

TEST_P(BulkTest, EveryItemHasItsOutcomeAndTheRunCountsThem) {
  using enum ItemOutcome;
  action_ = [](RunContext&, int i) -> ItemResult {
    constexpr ItemOutcome kWays[] = {created, updated, deleted, unchanged, succeeded};
    if (i < 5) return {kWays[i]};
    if (i == 5) return ItemResult::skipped({FailureCode::graph_conflict, "changed meanwhile", {}});
    if (i == 6) throw std::runtime_error("client_secret=abcdefgh12345678");
    if (i == 7) throw FailureError(FailureCode::graph_not_found, "gone");
    return forbidden();
  };
  const Run run = run_bulk();
  EXPECT_EQ(run.outcome, RunOutcome::partially_succeeded);
  const SummaryCounts& c = run.summary_counts;
  EXPECT_EQ(c, (SummaryCounts{10, 10, 5, 4, 1, 1, 1, 1, 1}));
  for (const auto& [outcome, text] : {std::pair{created, "created"}, {skipped, "skipped"}})
    EXPECT_EQ(name(outcome), text);
  for (const char* outcome : {"created", "updated", "deleted", "unchanged", "succeeded", "skipped"})
    EXPECT_EQ(items_with(outcome), 1) << outcome;
  EXPECT_EQ(items_with("failed"), 4);
  EXPECT_EQ(count("bulk_operation_items WHERE message LIKE '%abcdefgh12345678%'"), 0) << "sanitised";
  EXPECT_EQ(count("bulk_operation_items WHERE code = 'internal.error' AND message <> ''"), 1);
  ASSERT_EQ(run.failure_summary.size(), 3u);
  EXPECT_EQ(run.failure_summary.back().code, "graph.forbidden");
  EXPECT_EQ(run.failure_summary.back().count, 2);
  EXPECT_EQ(count("bulk_operation_runs WHERE outcome = 'partially_succeeded' AND total = 10"), 1);
}

TEST_P(BulkTest, NothingToDoIsDoneAndDoublesAreOneItem) {
  items_ = 0;
  EXPECT_EQ(run_bulk().outcome, RunOutcome::succeeded);
  work_ = [&](RunContext& context) {
    return bulk_.run(
        context, [] { return std::vector<BulkItem>{{"k1", "One"}, {"k1", "Again"}, {"k2", "Two"}}; },
        [&](const BulkItem& item) { return act(context, item); });
  };
  EXPECT_EQ(run_bulk().summary_counts.total, 2);
  EXPECT_EQ(acted_, (std::map<int, int>{{1, 1}, {2, 1}}));
}

TEST_P(BulkTest, AShutdownBetweenItemsLosesNothingAndRepeatsNothing) {
  action_ = [](RunContext& context, int i) -> ItemResult {
    if (i == 3) context.request_stop(StopReason::shutdown);
    return i == 1 ? forbidden() : ItemResult{ItemOutcome::updated};
  };
  const RunId run = start_bulk();
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(reload(run).status, RunStatus::running);
  EXPECT_EQ(acted_.size(), 4u);
  EXPECT_EQ(count("bulk_operation_items WHERE outcome IS NULL"), 6);
  EXPECT_EQ(worker().run_once(), 1);
  for (const auto& [item, times] : acted_) EXPECT_EQ(times, 1) << item;
  EXPECT_EQ(plans_, 1);
  const Run ended = reload(run);
  EXPECT_EQ(ended.outcome, RunOutcome::partially_succeeded);
  EXPECT_EQ(ended.summary_counts.processed, 10) << "the earlier attempt counts too";
  EXPECT_EQ(ended.summary_counts.updated, 9);
  ASSERT_EQ(ended.failure_summary.size(), 1u);
  EXPECT_EQ(ended.failure_summary[0].code, "graph.forbidden");
}

TEST_P(BulkTest, AfterALostWorkerOnlyTheItemInFlightIsActedOnAgain) {
  const RunId run = start_bulk();
  action_ = [&](RunContext& context, int i) -> ItemResult {
    // The lease runs out in the middle of item 4, whose outcome is never written by this worker.
    if (i == 4 && context.attempt() == 1) {
      clock_.advance(11s);
      EXPECT_EQ(queue_.reap(), 1);
      context.request_stop(StopReason::lease_lost);
      throw Stopped();
    }
    return {};
  };
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(reload(run).outcome, RunOutcome::succeeded);
  for (const auto& [item, times] : acted_) EXPECT_EQ(times, item == 4 ? 2 : 1) << item;
  EXPECT_EQ(reload(run).summary_counts.success, 10);
}

TEST_P(BulkTest, TheFirstOutcomeOfAnItemStays) {
  action_ = [&](RunContext&, int i) -> ItemResult {
    // A worker that was given up finishes the item while the next one is at it.
    if (i == 2)
      database_->write([&](storage::Transaction& tx) {
        tx.run_text("late", "UPDATE bulk_operation_items SET outcome = 'created', done_at = :now WHERE position = 2",
                    {{"now", clock_.now()}});
      });
    return forbidden();
  };
  items_ = 5;
  const Run run = run_bulk();
  EXPECT_EQ(items_with("created"), 1);
  EXPECT_EQ(run.summary_counts.created, 1);
  EXPECT_EQ(run.summary_counts.failed, 4);
}

TEST_P(BulkTest, ADatabaseThatGoesAwayEndsTheAttemptNotTheItem) {
  bool away = true;
  action_ = [&](RunContext&, int i) -> ItemResult {
    if (i == 6 && std::exchange(away, false))
      throw storage::StorageError(storage::StorageError::Kind::unavailable, "gone");
    return {};
  };
  const RunId run = start_bulk();
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(reload(run).status, RunStatus::running);
  clock_.advance(1min);
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(reload(run).outcome, RunOutcome::succeeded);
  EXPECT_EQ(items_with("succeeded"), 10);
}

class BreakerTest : public BulkTest {
 protected:
  // Which items fail; the others are updated.
  void fail_when(std::function<bool(int)> bad) {
    action_ = [bad = std::move(bad)](RunContext&, int i) {
      return bad(i) ? forbidden() : ItemResult{ItemOutcome::updated};
    };
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, BreakerTest, testing::engines(), testing::engine_name);

TEST_P(BreakerTest, HalfMayFail) {
  items_ = 100;
  fail_when([](int i) { return i % 2 == 0; });
  const Run run = run_bulk();
  EXPECT_EQ(acted_.size(), 100u);
  EXPECT_EQ(items_with("failed"), 50);
  EXPECT_EQ(run.outcome, RunOutcome::partially_succeeded);
}

TEST_P(BreakerTest, MoreThanHalfOfTheSampleStopsTheRest) {
  items_ = 1'000;
  fail_when([](int i) { return i < 11; });
  const Run run = run_bulk();
  EXPECT_EQ(acted_.size(), 20u) << "not before the sample is there";
  EXPECT_EQ(items_with("skipped"), 980);
  EXPECT_EQ(count("bulk_operation_items WHERE code = 'bulk.stopped'"), 980);
  EXPECT_EQ(run.outcome, RunOutcome::partially_succeeded);
  EXPECT_EQ(run.summary_counts.total, 1'000);
  EXPECT_EQ(run.summary_counts.processed, 20);
  EXPECT_EQ(run.summary_counts.skipped, 980);
  EXPECT_EQ(run.failure_summary.back().code, "bulk.stopped");
  EXPECT_EQ(run.failure_summary.back().count, 980);
  EXPECT_FALSE(run.failure_summary.back().message.empty());
}

TEST_P(BreakerTest, AProviderThatDiesHalfwayIsNoticedAtOnce) {
  items_ = 500;
  fail_when([](int i) { return i >= 300; });
  run_bulk();
  EXPECT_EQ(acted_.size(), 311u) << "what went well long ago does not count";
}

TEST_P(BreakerTest, WhenNothingSucceededTheRunFailed) {
  items_ = 50;
  fail_when([](int) { return true; });
  const Run run = run_bulk();
  EXPECT_EQ(run.outcome, RunOutcome::failed);
  EXPECT_EQ(acted_.size(), 20u);
}

TEST_P(BreakerTest, AFewItemsAreNoSampleAndSkippedOnesDoNotCount) {
  items_ = 19;
  fail_when([](int) { return true; });
  run_bulk();
  EXPECT_EQ(acted_.size(), 19u);
  acted_.clear();
  items_ = 60;
  action_ = [](RunContext&, int i) {
    return i % 3 == 0 ? forbidden() : ItemResult::skipped({FailureCode::graph_conflict, "", {}});
  };
  run_bulk();
  EXPECT_EQ(acted_.size(), 58u) << "the twentieth that was tried";
}

TEST_P(BreakerTest, AnotherAttemptRemembersWhatTheLastOneSaw) {
  items_ = 100;
  action_ = [](RunContext& context, int i) {
    if (i == 14 && context.attempt() == 1 && !context.should_stop()) context.request_stop(StopReason::shutdown);
    return forbidden();
  };
  const RunId run = start_bulk();
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(acted_.size(), 20u);
  EXPECT_EQ(reload(run).outcome, RunOutcome::failed);
}

TEST_P(BulkTest, TheRunsPageHasALinePerItemFailuresFirst) {
  items_ = 300;
  action_ = [](RunContext&, int i) { return i == 250 ? forbidden() : ItemResult{}; };
  const Run run = run_bulk();
  const RegisteredType& type = *catalog_.find("test.bulk");
  const auto parts = reader_.parts(type, kContoso, run.id);
  ASSERT_EQ(parts.size(), static_cast<std::size_t>(kRunPartsMax));
  EXPECT_EQ(parts[0].label, "Item 250");
  EXPECT_EQ(parts[0].state, "failed");
  EXPECT_EQ(parts[0].code, "graph.forbidden");
  EXPECT_EQ(parts[1].label, "Item 0");
  EXPECT_TRUE(reader_.parts(type, kFabrikam, run.id).empty()) << "of another tenant";
}

// How fast items go is the disk's matter, one durable write each; planning, resuming and skipping are not.
TEST_P(BulkTest, TenThousandItemsArePlannedResumedAndSkippedAtOnce) {
  items_ = 10'000;
  action_ = [](RunContext& context, int i) {
    if (i == 15 && context.attempt() == 1) context.request_stop(StopReason::shutdown);
    return forbidden();
  };
  const RunId run = start_bulk();
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(worker().run_once(), 1);
  EXPECT_EQ(plans_, 1);
  EXPECT_EQ(acted_.size(), 20u);
  EXPECT_EQ(items_with("skipped"), 9'980);
  EXPECT_EQ(reload(run).summary_counts.total, 10'000);
}

}  // namespace
}  // namespace ta::runs
