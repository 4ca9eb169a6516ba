// SIGTERM of a real worker process in the middle of an operation that must not be tried twice. Behaviour 16 of the
// engine's contract.
#include <sys/wait.h>

#include <fstream>

#include "drill/drilled_process.h"
#include "drill/victim.h"
#include "testing/temp_dir.h"

namespace ta::drill {
namespace {

using namespace std::chrono_literals;

class StopDrill : public ::testing::TestWithParam<storage::Engine> {
 protected:
  StopDrill() {
    database_->write([&](storage::Transaction& tx) {
      tx.run_text("seed", R"(INSERT INTO tenants (id, slug, name, time_zone, created_at, updated_at)
                             VALUES (1, 'contoso', 'Contoso', 'UTC', :now, :now))",
                  {{"now", clock_.now()}});
    });
    add_unsafe_operation(catalog_, beginnings_);
  }
  RunId start(int number) {
    runs::OtherProcess process(database_.url(), catalog_, clock_);
    return process.service.start({TenantId{1}, "drill.unsafe", json::object{{"number", number}}, {}})->run.id;
  }
  runs::Run reload(RunId run) { return runs::RunReader(*database_, clock_).find(TenantId{1}, run).value(); }
  std::vector<std::int64_t> begun() {
    std::ifstream lines(beginnings_);
    std::vector<std::int64_t> runs;
    for (std::int64_t run = 0; lines >> run;) runs.push_back(run);
    return runs;
  }
  bool has_begun(RunId run) {
    return testing::eventually([&] { return std::ranges::count(begun(), run.value) > 0; });
  }

  testing::TestDatabase database_{GetParam()};
  testing::TempDir folder_;
  const std::string beginnings_ = folder_.file("beginnings");
  SystemClock clock_;
  runs::Catalog catalog_;
};
INSTANTIATE_TEST_SUITE_P(Engines, StopDrill, testing::engines(), testing::engine_name);

TEST_P(StopDrill, AnUnsafeOperationEndsAsInterruptedAndNeverBeginsAgain) {
  const RunId failed = start(0);
  Victim first({"worker", database_.url(), beginnings_});
  ASSERT_TRUE(has_begun(failed));
  const RunId waiting = start(2);
  first.send(SIGTERM);
  EXPECT_EQ(first.wait(), 0) << "it ends by itself, without a complaint";
  const runs::Run ended = reload(failed);
  EXPECT_EQ(ended.outcome, runs::RunOutcome::failed);
  EXPECT_EQ(ended.failure_summary.at(0).code, "worker.interrupted");
  EXPECT_EQ(reload(waiting).status, runs::RunStatus::queued) << "it had not begun";

  Victim second({"worker", database_.url(), beginnings_});
  ASSERT_TRUE(has_begun(waiting));
  second.send(SIGTERM);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_EQ(reload(waiting).outcome, runs::RunOutcome::partially_succeeded);

  Victim third({"worker", database_.url(), beginnings_});
  third.wait_until_ready();
  const RunId last = start(3);
  ASSERT_TRUE(has_begun(last)) << "the only slot is free for it";
  EXPECT_EQ(begun(), (std::vector{failed.value, waiting.value, last.value})) << "each once";
}

}  // namespace
}  // namespace ta::drill
