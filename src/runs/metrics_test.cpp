// What /metrics says about the engine, after real runs on both engines.
#include "runs/metrics.h"

#include <prometheus/text_serializer.h>

#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class MetricsTest : public EngineTest {
 protected:
  std::string text() const { return prometheus::TextSerializer().Serialize(metrics_.collect()); }
  // "name{labels}" as Prometheus prints it → its value; -1 when there is no such series.
  double value(const std::string& series) const {
    const std::string all = "\n" + text();
    const auto at = all.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(all.substr(at + series.size() + 2));
  }
  double starts(const char* disposition, const char* type = "test.probe") const {
    return value(fmt::format("tenantatlas_run_starts_total{{disposition=\"{}\",type=\"{}\"}}", disposition, type));
  }
  double completed(const char* outcome) const {
    return value(fmt::format("tenantatlas_runs_completed_total{{outcome=\"{}\",type=\"test.probe\"}}", outcome));
  }
  double notified(const char* kind) const {
    return value(fmt::format("tenantatlas_notifications_total{{kind=\"{}\"}}", kind));
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, MetricsTest, testing::engines(), testing::engine_name);

TEST_P(MetricsTest, EveryAnswerToAStartIsCounted) {
  EXPECT_EQ(starts("created"), -1);
  start(request());
  EXPECT_EQ(starts("joined"), 0);  // there from the type's first event on
  start(request());
  start(request());
  StartRequest other = request();
  other.type = "test.other";
  start(other);
  EXPECT_EQ(starts("created"), 1);
  EXPECT_EQ(starts("joined"), 2);
  EXPECT_EQ(starts("scope_busy", "test.other"), 1);
  EXPECT_EQ(notified("queued"), 1);
}

TEST_P(MetricsTest, WhatIsRolledBackIsNotCounted) {
  EXPECT_THROW(database_->write([&](storage::Transaction& tx) {
    (void)service_.start(tx, request());
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(starts("created"), -1);
  EXPECT_EQ(notified("queued"), -1);
}

TEST_P(MetricsTest, ADispatchThatThrowsIsAnOutcomeAndACode) {
  RunService service{*database_, catalog_, clock_,
                     feed_,      metrics_, [](auto&, auto&) { throw std::runtime_error("queue is away"); }};
  ASSERT_TRUE(service.start(request()));
  EXPECT_EQ(starts("dispatch_failed"), 1);
  EXPECT_EQ(starts("created"), 0);
  EXPECT_EQ(completed("failed"), 1);
  EXPECT_EQ(value("tenantatlas_run_failures_total{code=\"queue.dispatch_failed\",type=\"test.probe\"}"), 1);
}

TEST_P(MetricsTest, DelayAndDurationAreMeasuredPerType) {
  work_ = [this](RunContext&) {
    clock_.advance(20s);
    return Report::done();
  };
  start(request());
  clock_.advance(2s);
  worker().run_once();
  EXPECT_EQ(value("tenantatlas_run_queue_delay_seconds_sum{type=\"test.probe\"}"), 2);
  EXPECT_EQ(value("tenantatlas_run_queue_delay_seconds_bucket{type=\"test.probe\",le=\"1\"}"), 0);
  EXPECT_EQ(value("tenantatlas_run_queue_delay_seconds_bucket{type=\"test.probe\",le=\"2.5\"}"), 1);
  EXPECT_EQ(value("tenantatlas_run_duration_seconds_sum{type=\"test.probe\"}"), 20);
  EXPECT_EQ(completed("succeeded"), 1);
  EXPECT_EQ(completed("failed"), 0);
  EXPECT_EQ(notified("terminal"), 1);
}

TEST_P(MetricsTest, ACodeCountsOncePerRunHoweverOftenItHappened) {
  work_ = [](RunContext& context) {
    context.count(&SummaryCounts::success);
    for (int i = 0; i < 3; ++i) context.note_failure(FailureCode::graph_forbidden, fmt::format("object {}", i));
    return Report::done();
  };
  start(request());
  worker().run_once();
  EXPECT_EQ(completed("partially_succeeded"), 1);
  EXPECT_EQ(value("tenantatlas_run_failures_total{code=\"graph.forbidden\",type=\"test.probe\"}"), 1);
}

TEST_P(MetricsTest, ClaimsAreCountedWithTheEmptyOnes) {
  for (int i = 0; i < 3; ++i) start(request({"a"}, 100 + i));
  EXPECT_EQ(queue_.claim("w", 10).size(), 3u);
  EXPECT_TRUE(queue_.claim("w", 10).empty());
  EXPECT_EQ(value("tenantatlas_claim_size_count"), 2);
  EXPECT_EQ(value("tenantatlas_claim_size_sum"), 3);
  EXPECT_EQ(value("tenantatlas_claim_size_bucket{le=\"0\"}"), 1);
}

TEST_P(MetricsTest, AClaimThatALimitCutShortIsCounted) {
  for (const char* one : {"a", "b", "c"}) {
    StartRequest single = request({one});
    single.type = "test.single";
    start(single);
  }
  EXPECT_EQ(queue_.claim("w", 4).size(), 1u);
  EXPECT_EQ(value("tenantatlas_limits_reached_total{limit=\"type\"}"), 1);
  EXPECT_EQ(value("tenantatlas_limits_reached_total{limit=\"tenant\"}"), 0);
}

TEST_P(MetricsTest, ALostWorkerIsRescuedAndItsResultIsLate) {
  start(request());
  const ClaimedJob job = queue_.claim("w", 1).at(0);
  EXPECT_EQ(value("tenantatlas_reaper_actions_total{action=\"rescued\"}"), 0);
  clock_.advance(11s);
  queue_.reap();
  EXPECT_FALSE(queue_.complete(job, {RunOutcome::succeeded, {}, {}, {}}));
  EXPECT_EQ(value("tenantatlas_reaper_actions_total{action=\"rescued\"}"), 1);
  EXPECT_EQ(value("tenantatlas_late_results_total"), 1);
  EXPECT_EQ(completed("succeeded"), 0);
}

TEST_P(MetricsTest, ARunWithoutAJobIsSweptAndCounted) {
  RunService service{*database_, catalog_, clock_, feed_, metrics_, [](auto&, auto&) {}};
  ASSERT_TRUE(service.start(request()));
  clock_.advance(60s);
  EXPECT_EQ(queue_.sweep(), 1);
  EXPECT_EQ(value("tenantatlas_reaper_actions_total{action=\"never_dispatched\"}"), 1);
  EXPECT_EQ(value("tenantatlas_run_failures_total{code=\"queue.never_dispatched\",type=\"test.probe\"}"), 1);
}

}  // namespace
}  // namespace ta::runs
