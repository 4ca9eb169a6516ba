// What a handler reports, on its way into the ledger: failures of many kinds, contexts, texts that no database takes,
// the reason for which it was stopped.
#include "runs/engine_fixture.h"
#include "runs/stored_text.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class ReportedTest : public EngineTest {
 protected:
  Run run_with(Work work) {
    work_ = std::move(work);
    const Started started = start(request());
    EXPECT_EQ(worker().run_once(), 1);
    return reload(started.run.id);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ReportedTest, testing::engines(), testing::engine_name);

TEST_P(ReportedTest, FailuresBeyondFiftyKindsKeepTheirCodeAndTheirNumber) {
  const Run run = run_with([](RunContext& context) {
    for (int i = 0; i < 60; ++i) context.note_failure(FailureCode::graph_forbidden, fmt::format("object {}", i));
    context.note_failure(FailureCode::graph_not_found, "the interesting one", 7);
    context.note_failure(FailureCode::graph_not_found, "another one");
    context.note_failure(FailureCode::graph_forbidden, "object 3", 2);
    return Report::done();
  });
  std::map<std::string, std::int64_t> by_code, by_message;
  for (const FailureEntry& entry : run.failure_summary) {
    by_code[entry.code] += entry.count;
    by_message[entry.code + " " + entry.message] += entry.count;
  }
  EXPECT_EQ(run.failure_summary.size(), 52u) << "fifty kinds, and the others of two codes";
  EXPECT_EQ(by_code["graph.forbidden"], 62);
  EXPECT_EQ(by_code["graph.not_found"], 8);
  EXPECT_EQ(by_message["graph.forbidden object 49"], 1) << "its own count is untouched";
  EXPECT_EQ(by_message["graph.forbidden object 3"], 3);
  EXPECT_EQ(by_message["graph.not_found Other failures with this code; their messages were not kept."], 8);
}

// Members are replaced whole and a null is a value, on both engines.
TEST_P(ReportedTest, ContextsMergeAlike) {
  StartRequest wanted = request();
  wanted.context = {{"kept", 1}, {"nested", {{"before", true}}}, {"a \"b\".c", {1, 2}}, {"number", 0.5}};
  work_ = [](RunContext& context) {
    context.set_context("nested", json::object{{"after", nullptr}});
    context.set_context("none", nullptr);
    context.set_context("big", std::int64_t{9'007'199'254'740'993});
    return Report::done();
  };
  const Started started = start(wanted);
  ASSERT_EQ(worker().run_once(), 1);
  const json::value expected{{"kept", 1},           {"nested", {{"after", nullptr}}},
                             {"a \"b\".c", {1, 2}}, {"number", 0.5},
                             {"none", nullptr},     {"big", std::int64_t{9'007'199'254'740'993}}};
  EXPECT_EQ(canonical_json(reload(started.run.id).context), canonical_json(expected));
}

TEST_P(ReportedTest, AFlagLeavesTheContextAsItIs) {
  StartRequest wanted = request();
  wanted.context = {{"kept", nullptr}};
  const Started started = start(wanted);
  const ClaimedJob job = queue_.claim("w", 1).at(0);
  queue_.abandon(job, FailureCode::run_timeout, {});
  const Run run = reload(started.run.id);
  EXPECT_TRUE(run.context.contains("kept"));
  EXPECT_EQ(json_string(run.context, "handler_does_not_stop"), "attempt 1 on w");
}

TEST_P(ReportedTest, WhatNoDatabaseTakesIsReplaced) {
  const std::string nul("a\0b", 3),
      half =
          "c\xED\xA0\x80"
          "d",
      latin = "caf\xE9";
  const Run run = run_with([&](RunContext& context) {
    context.set_context("texts", json::array{nul, json::object{{half, latin}}});
    context.note_failure(FailureCode::graph_forbidden, nul);
    context.note_failure(FailureCode::graph_not_found, half);
    return Report::failed({FailureCode::graph_bad_request, nul + latin, {}});
  });
  EXPECT_EQ(run.outcome, RunOutcome::failed);
  EXPECT_EQ(run.failure_summary.size(), 3u);
  const json::value expected{"a\uFFFDb", {{"c\uFFFDd", "caf\uFFFD"}}};
  EXPECT_EQ(run.context.at("texts"), expected);
}

// Past the handler's context, as an operation of another version might have put it together.
TEST_P(ReportedTest, ACompletionWithANulInItsContextIsStored) {
  const Started started = start(request());
  const ClaimedJob job = queue_.claim("w", 1).at(0);
  EXPECT_TRUE(queue_.complete(job, {RunOutcome::succeeded, {}, {}, {{"text", std::string("\0", 1)}}}));
  EXPECT_EQ(json_string(reload(started.run.id).context, "text"), "\uFFFD");
}

TEST_P(ReportedTest, TheFirstReasonToStopStays) {
  for (const StopReason first : {StopReason::shutdown, StopReason::lease_lost, StopReason::deadline}) {
    RunContext context({RunId{1}, kContoso, 1, "token", 1h}, *database_, clock_);
    EXPECT_FALSE(context.stop_token().stop_requested());
    context.request_stop(first);
    for (const StopReason later : {StopReason::shutdown, StopReason::lease_lost, StopReason::deadline})
      context.request_stop(later);
    EXPECT_EQ(context.stop_reason(), first);
    EXPECT_TRUE(context.stop_token().stop_requested());
  }
}

// A run that took too long does not begin again because a shutdown came while it stopped.
TEST_P(ReportedTest, AShutdownAfterTheDeadlineIsStillATimeout) {
  std::atomic<bool> entered{false}, go{false};
  work_ = [&](RunContext& context) -> Report {
    for (entered = true; !go; std::this_thread::yield()) continue;
    for (;; std::this_thread::yield()) context.check_stop();
  };
  const Started started = start(request());
  Worker one = worker({.slots = 1, .poll = 20ms, .heartbeat = 10ms, .progress = 5ms, .stop_grace = 0ms});
  one.start();
  ASSERT_TRUE(testing::eventually([&] { return entered.load(); }));
  clock_.advance(2h);
  const auto seen = [&] {
    return database_->read([&](storage::Transaction& tx) {
      const auto rows = tx.run_text("seen", "SELECT seen_at FROM workers");
      return rows.size() == 1 && rows[0].get<Timestamp>("seen_at") == clock_.now();
    });
  };
  ASSERT_TRUE(testing::eventually(seen)) << "the heartbeat that finds the deadline passed";
  std::thread stopping([&] { one.stop(); });
  go = true;
  stopping.join();
  EXPECT_EQ(reload(started.run.id).failure_summary.at(0).code, "run.timeout");
}

TEST(StoredText, IsWellFormedAndWithoutNul) {
  json::value value{{std::string("k\0", 2), 1}, {"fine", {std::string("\0", 1), 2}}};
  make_storable(value);
  EXPECT_EQ(value, (json::value{{"k\uFFFD", 1}, {"fine", {"\uFFFD", 2}}}));
}

}  // namespace
}  // namespace ta::runs
