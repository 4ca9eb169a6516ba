#include "monitoring/run_words.h"

#include <gtest/gtest.h>

#include "monitoring/run_timeline.h"
#include "runs/run_service.h"

namespace ta::monitoring {
namespace {

using namespace std::chrono_literals;
using runs::RunOutcome;
using runs::RunStatus;

const Timestamp kNow = *parse_rfc3339("2026-11-21T08:45:00Z");

class RunWords : public ::testing::Test {
 protected:
  RunWords() {
    type_.name = "inventory.sync";
    type_.definition.label = "Inventory sync";
    type_.definition.expected = 10min;
    run_.id = RunId(48213);
    run_.initiator_name = "Alva Lindqvist";
    run_.type = "inventory.sync";
    run_.created_at = kNow - 5min;
    job_.attempt = 1;
    job_.attempts_max = 5;
  }

  void queued(std::chrono::seconds ago, runs::Wait wait) {
    run_.created_at = job_.available_at = kNow - ago;
    job_.attempt = 0;
    wait_ = wait;
  }
  void started(std::chrono::seconds ago) {
    run_.status = RunStatus::running;
    run_.started_at = kNow - ago;
    job_.lease_expires_at = kNow + 10s;
    job_.last_progress_at = kNow - 1s;
  }
  void ended(RunOutcome outcome) {
    run_.status = RunStatus::completed;
    run_.outcome = outcome;
    run_.completed_at = kNow;
  }
  std::string said() {
    const auto note = situation({run_, &job_, &type_, wait_ ? &*wait_ : nullptr, kNow, zone_});
    return note ? note->text : "";
  }
  std::string in_list() {
    const auto note = list_note({run_, &job_, &type_, wait_ ? &*wait_ : nullptr, kNow, zone_});
    return note ? note->text : "";
  }

  runs::RegisteredType type_;
  runs::Run run_;
  runs::RunJob job_;
  std::optional<runs::Wait> wait_;
  web::TimeZone zone_{"UTC"};
};

using runs::WaitReason;

TEST_F(RunWords, QueuedRunsSayWhatTheyWaitFor) {
  queued(5s, {.reason = WaitReason::no_worker});
  EXPECT_EQ(said(), "Waiting for a worker.");
  EXPECT_EQ(in_list(), "");
  queued(4min, {.reason = WaitReason::next});
  EXPECT_EQ(said(), "Waiting 4 min 0 s for a worker, which takes it in a moment.");
  queued(4min, {.reason = WaitReason::no_worker});
  EXPECT_EQ(said(),
            "Waiting 4 min 0 s. No worker is connected. Tell whoever runs this server; `tenantatlas doctor` explains.");
  EXPECT_EQ(in_list(), said());
}

TEST_F(RunWords, ALimitIsSaidAtOnceAndInTheListAfterAMoment) {
  queued(5s, {.reason = WaitReason::tenant_limit, .active = 4, .most = 4});
  EXPECT_EQ(said(), "Waiting: 4 of 4 runs of this tenant are active.");
  EXPECT_EQ(in_list(), "");
  queued(5s, {.reason = WaitReason::tenant_limit, .active = 3, .most = 3, .for_others = true});
  EXPECT_EQ(said(), "Waiting: 3 of 3 runs of this tenant are active; the last slot is kept for other tenants.");
  queued(12s, {.reason = WaitReason::scope_limit, .active = 1, .most = 1});
  EXPECT_EQ(said(), "Waiting 12 s: 1 of 1 run on this connection is active.");
  queued(12s, {.reason = WaitReason::type_limit, .active = 2, .most = 2});
  EXPECT_EQ(in_list(), "Waiting 12 s: 2 of 2 runs of this operation in this tenant are active.");
}

TEST_F(RunWords, APlaceInTheLineIsCounted) {
  runs::Wait turn{.reason = WaitReason::turn, .active = 4, .most = 4};
  queued(12s, turn);
  EXPECT_EQ(said(), "Waiting 12 s for its turn. All 4 slots are busy.");
  const auto with = [&](std::int64_t ahead) {
    turn.ahead = ahead;
    queued(12s, turn);
    return said();
  };
  EXPECT_EQ(with(0), "Waiting 12 s for its turn. All 4 slots are busy; this tenant's next one is this.");
  EXPECT_EQ(with(1), "Waiting 12 s for its turn. All 4 slots are busy; 1 operation of this tenant was due before it.");
  EXPECT_EQ(with(41),
            "Waiting 12 s for its turn. All 4 slots are busy; 41 operations of this tenant were due before it.");
  EXPECT_EQ(with(runs::kAheadMax + 1),
            "Waiting 12 s for its turn. All 4 slots are busy; 1,000+ operations of this tenant were due before it.");
}

TEST_F(RunWords, AnAttemptThatIsDueWaitsLikeAnyRun) {
  started(5min);
  job_.lease_expires_at.reset();
  job_.available_at = kNow - 20s;
  wait_ = runs::Wait{.reason = WaitReason::tenant_limit, .active = 2, .most = 2};
  EXPECT_EQ(said(), "Attempt 2 of 5 is due. Waiting 20 s: 2 of 2 runs of this tenant are active.");
  EXPECT_EQ(in_list(), said());
}

TEST_F(RunWords, ForProgramsTheReasonHasNumbersAndASentenceThatStands) {
  const auto later = to_json(runs::Wait{.reason = WaitReason::later, .until = kNow});
  EXPECT_EQ(json::serialize(later),
            R"({"reason":"later","text":"Starts at 2026-11-21T08:45:00Z.","until":"2026-11-21T08:45:00Z"})");
  const auto turn = to_json(runs::Wait{.reason = WaitReason::turn, .active = 2, .most = 2, .ahead = 7});
  EXPECT_EQ(turn.at("text"),
            "Waiting for its turn. All 2 slots are busy; 7 operations of this tenant were due before it.");
  EXPECT_EQ(turn.at("ahead"), 7);
}

TEST_F(RunWords, ARunThatGoesWellSaysNothing) {
  started(1min);
  EXPECT_EQ(said(), "");
}

TEST_F(RunWords, NoProgressForAWhileIsSaidCalmly) {
  started(5min);
  job_.last_progress_at = kNow - 80s;
  EXPECT_EQ(said(), "No progress for 1 min 20 s. The worker is alive.");
  EXPECT_EQ(in_list(), "");
}

TEST_F(RunWords, LateIsMeasuredAgainstTheType) {
  started(11min);
  EXPECT_EQ(said(), "Taking longer than expected (usually under 10 min). Nothing to do yet.");
  type_.definition.expected = 12min;
  EXPECT_EQ(said(), "");
}

TEST_F(RunWords, ALostWorkerIsNotTheRunsFailure) {
  started(1min);
  job_.lease_expires_at = kNow - 8s;
  EXPECT_EQ(said(), "The worker was lost 8 s ago. Another one takes over.");
  job_.attempt = job_.attempts_max;
  EXPECT_EQ(said(), "The worker was lost 8 s ago. The run will end as failed.");
}

TEST_F(RunWords, BetweenAttemptsTheNextOneHasATimeAndAReason) {
  started(1min);
  job_.lease_expires_at.reset();
  job_.available_at = kNow + 70s;
  job_.last_code = "graph.throttled";
  EXPECT_EQ(said(),
            "Attempt 2 of 5 starts at 08:46:10. Microsoft Graph limited our requests. What was done so far is kept.");
}

TEST_F(RunWords, AnEndedRunHasNoSituation) {
  ended(RunOutcome::succeeded);
  EXPECT_EQ(said(), "");
}

TEST_F(RunWords, PercentagesNeedATotalAndStayBelowHundred) {
  started(1min);
  run_.summary_counts.processed = 312;
  EXPECT_EQ(progress_of(run_, &type_).text, "312 items so far");
  EXPECT_FALSE(progress_of(run_, &type_).percent);
  run_.summary_counts.total = 1204;
  EXPECT_EQ(progress_of(run_, &type_).text, "312 of 1,204 items");
  EXPECT_EQ(progress_of(run_, &type_).percent, 25);
  run_.summary_counts.processed = 1204;
  EXPECT_EQ(progress_of(run_, &type_).percent, 99);
}

TEST_F(RunWords, ATotalThatCannotBeTrustedGivesNoPercentage) {
  started(1min);
  run_.summary_counts.total = 0;
  EXPECT_FALSE(progress_of(run_, &type_).percent);
  run_.summary_counts.total = 10;
  run_.summary_counts.processed = 12;
  EXPECT_FALSE(progress_of(run_, &type_).percent);
  EXPECT_EQ(progress_of(run_, &type_).text, "12 items so far");
}

TEST_F(RunWords, ProgressBeforeAndAfter) {
  EXPECT_EQ(progress_of(run_, &type_).text, "Not started");
  started(1min);
  EXPECT_EQ(progress_of(run_, &type_).text, "Nothing counted yet");
  run_.summary_counts.processed = 490;
  run_.summary_counts.failed = 6;
  ended(RunOutcome::partially_succeeded);
  EXPECT_EQ(progress_of(run_, &type_).text, "490 items, 6 failed");
}

TEST_F(RunWords, ResultsSayWhatIsKept) {
  started(1min);
  run_.summary_counts.processed = 490;
  run_.summary_counts.created = 484;
  run_.summary_counts.failed = 6;
  ended(RunOutcome::partially_succeeded);
  EXPECT_EQ(result_sentence(run_, &type_),
            "Partially succeeded. 490 items: 484 new, 6 failed. What succeeded is kept.");
  run_.summary_counts = {};
  run_.summary_counts.processed = 1;
  ended(RunOutcome::succeeded);
  EXPECT_EQ(result_sentence(run_, &type_), "Succeeded. 1 item.");
}

TEST_F(RunWords, ATypeMaySayInItsOwnWordsWhatARunCameTo) {
  started(1min);
  run_.summary_counts.processed = 490;
  run_.summary_counts.failed = 1;
  ended(RunOutcome::partially_succeeded);
  type_.definition.failed_unit = "types";
  type_.definition.result_words = [](const runs::Run& run) {
    return run.context.contains("gone") ? std::string("1 gone.") : std::string();
  };
  EXPECT_EQ(result_sentence(run_, &type_), "Partially succeeded. 490 items: 1 type failed. What succeeded is kept.");
  run_.context["gone"] = 1;
  EXPECT_EQ(result_sentence(run_, &type_), "Partially succeeded. 1 gone. 1 type failed. What succeeded is kept.");
  EXPECT_EQ(runs::terminal_body(run_, &type_.definition), "1 gone.");
  run_.failure_summary = {{"graph.forbidden", "Scope tag: refused", 1}};
  EXPECT_EQ(runs::terminal_body(run_, &type_.definition), "1 gone. A permission is missing. Scope tag: refused");
  run_.outcome = RunOutcome::failed;
  EXPECT_EQ(runs::terminal_body(run_, &type_.definition), "A permission is missing. Scope tag: refused");
  EXPECT_EQ(runs::terminal_body({}), "Done.");
}

TEST_F(RunWords, FailuresMayCountSomethingElseThanProgress) {
  started(1min);
  type_.definition.unit = "objects";
  type_.definition.failed_unit = "types";
  run_.summary_counts.processed = 490;
  run_.summary_counts.failed = 1;
  ended(RunOutcome::partially_succeeded);
  EXPECT_EQ(progress_of(run_, &type_).text, "490 objects, 1 type failed");
  EXPECT_EQ(result_sentence(run_, &type_), "Partially succeeded. 490 objects: 1 type failed. What succeeded is kept.");
  EXPECT_EQ(failure_unit(run_, &type_), "types");
  EXPECT_EQ(failure_unit(run_, nullptr), "items");
  run_.summary_counts = {};
  EXPECT_EQ(failure_unit(run_, &type_), "") << "it concerns the run as a whole";
  EXPECT_EQ(failure_view({"graph.unauthorized", "", 1}, "").count, "");
}

TEST_F(RunWords, ADispatchFailureSaysThatNothingStarted) {
  run_.failure_summary = {{"queue.dispatch_failed", "", 1}};
  ended(RunOutcome::failed);
  const std::string text = result_sentence(run_, &type_);
  EXPECT_NE(text.find("The operation did not start."), std::string::npos);
  EXPECT_NE(text.find("You can start it again."), std::string::npos);
  EXPECT_FALSE(duration_of(run_, kNow));
}

TEST_F(RunWords, FailuresCarryHeadlineNextStepAndCode) {
  const FailureView view = failure_view({"graph.forbidden", "Directory.Read.All is missing", 3}, "items");
  EXPECT_EQ(view.headline, "A permission is missing");
  EXPECT_EQ(view.tone, "danger");
  EXPECT_EQ(view.count, "3 items");
  EXPECT_FALSE(view.infrastructure);
  EXPECT_TRUE(failure_view({"worker.lost", "", 1}, "items").infrastructure);
  EXPECT_EQ(failure_view({"no.such_code", "", 1}, "items").headline, info(FailureCode::internal_error).headline);
}

TEST_F(RunWords, ZeroCountsAreHidden) {
  run_.summary_counts.total = 1204;
  run_.summary_counts.failed = 0;
  const auto views = count_views(run_.summary_counts);
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].label, "Total");
  EXPECT_EQ(views[0].value, "1,204");
}

TEST_F(RunWords, TheTimelineTellsEveryAttempt) {
  started(4min);
  ended(RunOutcome::succeeded);
  runs::RunDetail detail{run_, std::nullopt, {}};
  detail.attempts = {{1, kNow - 4min, kNow - 3min, "graph.throttled", "a"}, {2, kNow - 2min, kNow, "", "b"}};
  const auto entries = timeline_of(detail, zone_);
  ASSERT_EQ(entries.size(), 5u);
  EXPECT_EQ(entries[0].text, "Queued by Alva Lindqvist");
  EXPECT_EQ(entries[1].text, "Attempt 1 started after waiting 1 min 0 s");
  EXPECT_EQ(entries[2].text, "Attempt 1 ended: Microsoft Graph limited our requests");
  EXPECT_EQ(entries[3].text, "Attempt 2 started over");
  EXPECT_EQ(entries[4].text, "Finished: Succeeded");
  EXPECT_EQ(entries[2].clock, "08:42:00");
}

}  // namespace
}  // namespace ta::monitoring
