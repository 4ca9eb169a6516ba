// Starting: identity, dedupe, dispatch, scope, notifications. Behaviours 5 to 12 and 23 of the engine's contract.
#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

class StartTest : public EngineTest {
 protected:
  StartRequest local(const std::string& type) const {
    StartRequest local = request({type});
    local.type = "test.local";
    return local;
  }
  Started start_local(const std::string& type) { return start(local(type)); }
};
INSTANTIATE_TEST_SUITE_P(Engines, StartTest, testing::engines(), testing::engine_name);

TEST_P(StartTest, MakesAQueuedRunWithAJobAndOneNotification) {
  const Started started = start(request());
  EXPECT_EQ(started.disposition, Disposition::created);
  EXPECT_EQ(started.run.status, RunStatus::queued);
  EXPECT_EQ(started.run.outcome, RunOutcome::pending);
  EXPECT_EQ(started.run.initiator_name, "Alva");
  EXPECT_EQ(started.run.created_at, clock_.now());
  EXPECT_EQ(count("run_jobs"), 1);
  const auto bell = reader_.notifications(kAlva.user, false, std::nullopt, 10);
  ASSERT_EQ(bell.size(), 1u);
  EXPECT_EQ(bell[0].title, "Probe queued");
  EXPECT_EQ(bell[0].body, "Running in the background.");
}

TEST_P(StartTest, TheSystemIsNotNotified) {
  StartRequest system = request();
  system.initiator.reset();
  EXPECT_EQ(start(system).run.initiator_name, "System");
  EXPECT_EQ(count("notifications"), 0);
}

TEST_P(StartTest, AJoinedStartKeepsTheInitiatorAndNotifiesNobody) {
  const Started first = start(request());
  StartRequest again = request();
  again.initiator = kJonas;
  const Started second = start(again);
  EXPECT_EQ(second.disposition, Disposition::joined);
  EXPECT_EQ(second.run.id, first.run.id);
  EXPECT_EQ(second.run.initiator_name, "Alva");
  EXPECT_EQ(reader_.unread_count(kJonas.user), 0);
}

TEST_P(StartTest, EqualInputsInAnotherSpellingAreOneRun) {
  const Started first = start(request({"b", "a"}));
  EXPECT_EQ(start(request({"a", "b", "a"})).run.id, first.run.id);
  StartRequest reordered = request();
  reordered.inputs = parse_json(R"({"types":["a","b"],"connection":7.0})").value();
  EXPECT_EQ(start(reordered).run.id, first.run.id);
}

TEST_P(StartTest, AnotherTenantTypeOrInputIsAnotherIdentity) {
  const Started first = start(request());
  StartRequest foreign = request();
  foreign.tenant = kFabrikam;
  EXPECT_EQ(start(foreign).disposition, Disposition::created);
  EXPECT_EQ(start(request({"z"})).disposition, Disposition::created);
  StartRequest other = request({"a"}, 8);
  other.type = "test.other";
  EXPECT_EQ(start(other).disposition, Disposition::created);
}

TEST_P(StartTest, ThirtyTwoRacersGetOneRun) {
  std::vector<std::thread> racers;
  std::mutex mutex;
  std::map<RunId, int> ids;
  int created = 0;
  for (int i = 0; i < 32; ++i)
    racers.emplace_back([&] {
      const Started started = start(request());
      const std::lock_guard lock(mutex);
      ++ids[started.run.id];
      created += started.disposition == Disposition::created;
      EXPECT_EQ(started.run.initiator_name, "Alva");
    });
  for (auto& racer : racers) racer.join();
  EXPECT_EQ(created, 1);
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_EQ(ids.begin()->second, 32);
  EXPECT_EQ(count("operation_runs"), 1);
  EXPECT_EQ(count("run_jobs"), 1);
}

TEST_P(StartTest, ABatchAnswersEachStartInOrder) {
  const Started before = start_local("x");
  std::vector<StartRequest> batch{local("a"), local("b"), local("a"), local("x"), request(), local("")};
  batch.back().type = "no.such";
  const auto answers = service_.start_many(batch);
  ASSERT_EQ(answers.size(), batch.size());
  EXPECT_EQ(answers[0]->disposition, Disposition::created);
  EXPECT_EQ(answers[1]->disposition, Disposition::created);
  EXPECT_EQ(answers[2]->disposition, Disposition::joined);
  EXPECT_EQ(answers[2]->run.id, answers[0]->run.id);
  EXPECT_EQ(answers[3]->disposition, Disposition::joined);
  EXPECT_EQ(answers[3]->run.id, before.run.id);
  EXPECT_EQ(answers[4]->disposition, Disposition::created) << "a provider scope is looked at by itself";
  EXPECT_EQ(answers[5].error().code, FailureCode::run_invalid_input);
  EXPECT_EQ(count("run_jobs"), 4);
  EXPECT_EQ(count("notifications"), 4);
}

TEST_P(StartTest, OverlappingBatchesAgree) {
  std::vector<std::thread> racers;
  std::mutex mutex;
  std::map<std::string, std::set<RunId>> ids;
  for (int racer = 0; racer < 8; ++racer)
    racers.emplace_back([&, racer] {
      std::vector<StartRequest> batch;
      for (int i = 0; i < 50; ++i) batch.push_back(local(std::to_string((i * 7 + racer * 13) % 50)));
      const auto answers = service_.start_many(batch);
      const std::lock_guard lock(mutex);
      for (std::size_t i = 0; i < batch.size(); ++i) ids[json::serialize(batch[i].inputs)].insert(answers[i]->run.id);
    });
  for (std::thread& racer : racers) racer.join();
  EXPECT_EQ(ids.size(), 50u);
  for (const auto& [inputs, runs] : ids) EXPECT_EQ(runs.size(), 1u) << inputs;
  EXPECT_EQ(count("operation_runs"), 50);
}

// Each start on a provider scope keeps its scope locked until the batch ends.
TEST_P(StartTest, BatchesThatOverlapInTheirScopesDoNotWaitForEachOther) {
  std::vector<std::thread> racers;
  std::atomic<int> answered{0};
  for (int racer = 0; racer < 4; ++racer)
    racers.emplace_back([&, racer] {
      for (int round = 0; round < 10; ++round) {
        std::vector<StartRequest> batch;
        for (int i = 0; i < 20; ++i) batch.push_back(request({"a"}, 100 + (racer % 2 == 0 ? i : 19 - i)));
        EXPECT_NO_THROW({
          for (const auto& answer : service_.start_many(batch)) answered += answer.has_value();
        });
      }
    });
  for (std::thread& racer : racers) racer.join();
  EXPECT_EQ(answered, 800);
  EXPECT_EQ(count("operation_runs"), 20);
}

TEST_P(StartTest, ARolledBackWinnerLeavesNoGhost) {
  EXPECT_THROW(database_->write([&](storage::Transaction& tx) {
    ASSERT_EQ(service_.start(tx, request())->disposition, Disposition::created);
    throw std::runtime_error("the caller changed its mind");
  }),
               std::runtime_error);
  EXPECT_EQ(count("operation_runs"), 0);
  EXPECT_EQ(count("notifications"), 0);
  EXPECT_EQ(start(request()).disposition, Disposition::created);
}

TEST_P(StartTest, AThrowingDispatcherEndsTheRunAndFreesTheIdentity) {
  bool broken = true;
  RunService service(*database_, catalog_, clock_, feed_, metrics_, [&](storage::Transaction&, const DispatchRequest&) {
    if (broken) throw std::runtime_error("queue away, password=hunter2hunter2");
  });
  const Started failed = service.start(request()).value();
  EXPECT_EQ(failed.disposition, Disposition::dispatch_failed);
  EXPECT_EQ(failed.run.status, RunStatus::completed);
  EXPECT_EQ(failed.run.outcome, RunOutcome::failed);
  ASSERT_EQ(failed.run.failure_summary.size(), 1u);
  EXPECT_EQ(failed.run.failure_summary[0].code, "queue.dispatch_failed");
  EXPECT_EQ(failed.run.failure_summary[0].message.find("hunter2"), std::string::npos);
  const auto bell = reader_.notifications(kAlva.user, false, std::nullopt, 10);
  ASSERT_EQ(bell.size(), 2u);
  EXPECT_EQ(bell[0].kind, "terminal");
  EXPECT_EQ(reader_.unread_count(kAlva.user), 1) << "the terminal one marks the queued one read";
  broken = false;
  const Started again = service.start(request()).value();
  EXPECT_EQ(again.disposition, Disposition::created);
  EXPECT_NE(again.run.id, failed.run.id);
}

TEST_P(StartTest, ADispatcherThatBreaksTheTransactionStillEndsTheRun) {
  RunService service(
      *database_, catalog_, clock_, feed_, metrics_,
      [](storage::Transaction& tx, const DispatchRequest&) { tx.run_text("broken", "SELECT * FROM no_such_table"); });
  EXPECT_EQ(service.start(request())->disposition, Disposition::dispatch_failed);
}

TEST_P(StartTest, AnotherTypeOnTheSameScopeIsRefusedWithTheActiveRun) {
  const Started first = start(request());
  StartRequest other = request();
  other.type = "test.other";
  const Started refused = start(other);
  EXPECT_EQ(refused.disposition, Disposition::scope_busy);
  EXPECT_EQ(refused.run.id, first.run.id);
  EXPECT_EQ(count("operation_runs"), 1);
}

TEST_P(StartTest, UnknownTypesAndBadInputsAreRefusedBeforeAnythingIsWritten) {
  StartRequest unknown = request();
  unknown.type = "no.such";
  EXPECT_EQ(service_.start(unknown).error().code, FailureCode::run_invalid_input);
  for (const char* inputs : {"null", "[]", "{}", R"({"connection":7})", R"({"connection":"x","types":[]})",
                             R"({"connection":0,"types":[]})", R"({"connection":7,"types":[1]})",
                             R"({"connection":7,"types":[],"more":1})", R"({"connection":1.5,"types":[]})"}) {
    StartRequest bad = request();
    bad.inputs = parse_json(inputs).value();
    const auto result = service_.start(bad);
    ASSERT_FALSE(result.has_value()) << inputs;
    EXPECT_EQ(result.error().code, FailureCode::run_invalid_input);
    EXPECT_FALSE(result.error().message.empty());
  }
  EXPECT_EQ(count("operation_runs"), 0);
}

TEST_P(StartTest, TheSweeperEndsRunsThatNobodyWillExecute) {
  RunService lossy(*database_, catalog_, clock_, feed_, metrics_, [](storage::Transaction&, const DispatchRequest&) {});
  const Started lost = lossy.start(request()).value();
  EXPECT_EQ(queue_.sweep(), 0) << "not before its time";
  clock_.advance(std::chrono::seconds{31});
  EXPECT_EQ(queue_.sweep(), 1);
  EXPECT_EQ(reload(lost.run.id).failure_summary[0].code, "queue.never_dispatched");
  EXPECT_EQ(start(request()).disposition, Disposition::created);
}

TEST_P(StartTest, TheDatabaseRefusesIllegalRows) {
  const Started started = start(request());
  const auto update = [&](const std::string& set) {
    database_->write([&](storage::Transaction& tx) {
      tx.run_text("illegal", "UPDATE operation_runs SET " + set + " WHERE id = :id", {{"id", started.run.id}});
    });
  };
  EXPECT_THROW(update("status = 'completed'"), storage::StorageError);
  EXPECT_THROW(update("outcome = 'failed'"), storage::StorageError);
  EXPECT_THROW(update("status = 'running'"), storage::StorageError);
  EXPECT_THROW(update("completed_at = created_at"), storage::StorageError);
  EXPECT_THROW(update("status = 'elsewhere'"), storage::StorageError);
  EXPECT_EQ(reload(started.run.id).status, RunStatus::queued);
}

TEST_P(StartTest, TheDatabaseRefusesASecondActiveRunOfOneIdentity) {
  start(request());
  const auto copy = [&](const std::string& status, const std::string& outcome, const std::string& at) {
    database_->write([&](storage::Transaction& tx) {
      tx.run_text("twin",
                  "INSERT INTO operation_runs (tenant_id, initiator_name, type, status, outcome, "
                  "run_identity_hash, started_at, completed_at, created_at, updated_at) SELECT tenant_id, "
                  "initiator_name, type, '" +
                      status + "', '" + outcome + "', run_identity_hash, created_at, " + at +
                      ", created_at, updated_at FROM operation_runs LIMIT 1");
    });
  };
  EXPECT_THROW(copy("queued", "pending", "NULL"), storage::StorageError);
  EXPECT_THROW(copy("running", "pending", "NULL"), storage::StorageError);
  EXPECT_THROW(copy("completed", "pending", "created_at"), storage::StorageError);
  copy("completed", "failed", "created_at");
  EXPECT_EQ(count("operation_runs"), 2) << "ended ones do not stand in the way";
}

TEST_P(StartTest, TheDatabaseRefusesARunOfNobody) {
  StartRequest lost = request();
  lost.tenant = TenantId{99};
  EXPECT_THROW(start(lost), storage::StorageError);
  EXPECT_THROW(service_.start_many({request(), lost}), storage::StorageError);
  StartRequest by_nobody = request();
  by_nobody.initiator = Initiator{UserId{99}, "Nobody"};
  EXPECT_THROW(start(by_nobody), storage::StorageError);
  EXPECT_EQ(count("operation_runs"), 0);
}

TEST(IdentityTest, IsStable) {
  const json::value inputs = parse_json(R"({"connection":7,"types":["a"]})").value();
  EXPECT_EQ(run_identity_hash(TenantId{1}, "inventory.sync", inputs),
            "66174f4a042c5e14dd89fab26daa5b13f34c729c557e7f5067909d49c9e9272d");
}

}  // namespace
}  // namespace ta::runs
