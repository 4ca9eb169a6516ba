// Every operation type of the product loses its lease right before one of its writes, for each of them: the write, and
// everything after it, changes no row of any table.
//
// TENANTATLAS_DRILL_STEALS asks for more of an operation's writes than the few that are tried otherwise.
#include <cstdlib>

#include "cli/attempt_fixture.h"

namespace ta::cli {
namespace {

class StolenLeaseTest : public AttemptTest {
 protected:
  enum class Thief { finished_the_run, is_at_work };

  void SetUp() override {
    AttemptTest::SetUp();
    intercepted_.before_write = [this] {
      if (++writes_ == steal_before_) steal();
    };
  }
  void steal() {
    thief_ == Thief::finished_the_run ? lose(run_) : rescue(run_);
    if (thief_ == Thief::is_at_work) stolen_ = second_->queue.claim("second", 1);
    before_ = contents();
  }
  // Runs it on the first worker; before its `steal_before`th write, counted from the claim, the lease goes.
  void attempt(const OperationSample& sample, int steal_before, Thief thief) {
    run_ = start(sample);
    writes_ = 0;
    steal_before_ = steal_before;
    thief_ = thief;
    before_.clear();
    ASSERT_EQ(first_->worker.run_once(), 1);
  }
  // False when this time the operation wrote less often, so that nothing was stolen.
  bool expect_unchanged() {
    if (before_.empty()) return false;
    const Contents after = contents();
    for (const auto& [table, rows] : after) EXPECT_EQ(rows, before_[table]) << table;
    EXPECT_EQ(after.size(), before_.size());
    EXPECT_EQ(count(fmt::format("run_attempts WHERE run_id = {} AND late_result_at IS NOT NULL", run_)), 1);
    for (const runs::ClaimedJob& job : std::exchange(stolen_, {}))
      EXPECT_TRUE(second_->queue.complete(job, {runs::RunOutcome::succeeded, {}, {}, {}}));
    return true;
  }
  // Writes of one operation that are tried, spread where it writes more often.
  static int steals_max() {
    const char* const wanted = std::getenv("TENANTATLAS_DRILL_STEALS");
    return wanted ? std::max(1, std::atoi(wanted)) : 6;
  }

  RunId run_;
  int writes_ = 0, steal_before_ = 0;
  Thief thief_ = Thief::finished_the_run;
  Contents before_;
  std::vector<runs::ClaimedJob> stolen_;
};
INSTANTIATE_TEST_SUITE_P(Engines, StolenLeaseTest, testing::engines(), testing::engine_name);

constexpr int kFirstOfTheHandler = 3;  // after the claim and the beginning

TEST_P(StolenLeaseTest, NoWriteOfAnyOperationChangesAnything) {
  for (const OperationSample& sample : kOperationSamples) {
    SCOPED_TRACE(fmt::format("{} {}", sample.type, sample.inputs));
    attempt(sample, 0, Thief::finished_the_run);
    ASSERT_EQ(detail(run_).run.outcome, runs::RunOutcome::succeeded);
    const int writes = writes_;
    ASSERT_GT(writes, kFirstOfTheHandler) << "it writes nothing: this test says nothing about it";
    const int step = std::max(1, (writes - kFirstOfTheHandler + 1) / steals_max());
    int stolen = 0;
    for (int nth = kFirstOfTheHandler; nth <= writes; nth += step) {
      for (const Thief thief : {Thief::finished_the_run, Thief::is_at_work}) {
        if (thief == Thief::is_at_work && !safe_again(detail(run_).run)) continue;  // no second attempt
        SCOPED_TRACE(fmt::format("write {} of {}, {}", nth, writes,
                                 thief == Thief::is_at_work ? "another attempt is at work" : "the run has ended"));
        attempt(sample, nth, thief);
        stolen += expect_unchanged();
      }
    }
    EXPECT_GT(stolen, 0) << "nothing was ever stolen";
  }
}

}  // namespace
}  // namespace ta::cli
