// Every operation type of the product loses its worker in the middle of its work: another one's attempt completes the
// run, and neither what the first one left behind nor what it still does when it wakes makes a difference.
#include "cli/attempt_fixture.h"

namespace ta::cli {
namespace {

class LostAttemptTest : public AttemptTest {
 protected:
  using Rows = std::map<std::string, std::size_t>;  // by table

  Rows rows() {
    Rows counts;
    const Contents now = contents();
    for (const std::string& table : tables_) counts[table] = now.contains(table) ? now.at(table).size() : 0;
    return counts;
  }
  static Rows difference(const Rows& before, Rows after) {
    for (auto& [table, number] : after) number -= before.at(table);
    return after;
  }

  void expect_ended_once(RunId id) {
    const runs::RunDetail found = detail(id);
    const bool again = safe_again(found.run);
    EXPECT_EQ(found.run.outcome, again ? runs::RunOutcome::succeeded : runs::RunOutcome::failed)
        << json::serialize(to_json(found.run));
    EXPECT_EQ(found.run.failure_summary.empty(), again);
    ASSERT_EQ(found.attempts.size(), again ? 2u : 1u);
    const auto first = std::ranges::find(found.attempts, 1, &runs::RunAttempt::number);
    EXPECT_EQ(first->code, "worker.lost");
    for (const char* kind : {"queued", "terminal"})
      EXPECT_EQ(count(fmt::format("notifications WHERE run_id = {} AND kind = '{}'", id, kind)), 1) << kind;
    EXPECT_EQ(count("run_jobs"), 0);
    database_->read([&](storage::Transaction& tx) {
      EXPECT_TRUE(runs::find_disagreements(tx, process_->host().catalog, {}, 10).empty()) << "a domain row differs";
    });
  }

  // A run that nothing happens to.
  Run undisturbed(const OperationSample& sample) {
    const RunId run = start(sample);
    EXPECT_EQ(second_->worker.run_once(), 1);
    const Run ended = detail(run).run;
    EXPECT_EQ(ended.outcome, runs::RunOutcome::succeeded) << json::serialize(to_json(ended));
    return ended;
  }
  // Its first worker dies between claiming and beginning.
  Run lost_at_once(const OperationSample& sample) {
    const RunId run = start(sample);
    EXPECT_EQ(first_->queue.claim("lost", 1).size(), 1u);
    lose(run);
    expect_ended_once(run);
    return detail(run).run;
  }
  // Its first worker is out of touch from its `nth` request to Microsoft until the run has ended, and then goes on.
  // None: this time it did with fewer requests, as what is put into one batch depends on the moment.
  std::optional<Run> lost_at(const OperationSample& sample, int nth) {
    const RunId run = start(sample);
    door_.hold(nth);
    std::atomic<bool> over{false};
    std::thread lost([&] { over = first_->worker.run_once() >= 0; });
    EXPECT_TRUE(testing::eventually([&] { return door_.holding() || over; }));
    if (!door_.holding()) {
      lost.join();
      return std::nullopt;
    }
    lose(run);
    expect_ended_once(run);
    const Contents before = contents();
    door_.release();
    lost.join();
    EXPECT_EQ(contents(), before) << "the late attempt changed something";
    EXPECT_EQ(count(fmt::format("run_attempts WHERE run_id = {} AND late_result_at IS NOT NULL", run)), 1);
    expect_ended_once(run);
    return detail(run).run;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, LostAttemptTest, testing::engines(), testing::engine_name);

TEST_P(LostAttemptTest, ASecondAttemptOfAnyOperationDoesNoHarm) {
  for (const OperationSample& sample : kOperationSamples) {
    SCOPED_TRACE(fmt::format("{} {}", sample.type, sample.inputs));
    ASSERT_TRUE(lost_at(sample, 1));  // it has not even signed in, and nothing is there yet
    undisturbed(sample);
    door_.hold(0);
    const Rows before = rows();
    const Run clean = undisturbed(sample);
    const Rows left = difference(before, rows());
    const int requests = door_.requests();
    ASSERT_GT(requests, 0) << "it asks Microsoft nothing: lose it in another way here";
    for (const int nth : std::set{0, 1, (requests + 1) / 2, requests}) {
      SCOPED_TRACE(fmt::format("request {} of {}", nth, requests));
      Rows before_it;
      std::optional<Run> run;
      for (int at = nth; !run; --at) {
        before_it = rows();
        run = at == 0 ? lost_at_once(sample) : lost_at(sample, at);
      }
      if (!safe_again(*run)) continue;
      EXPECT_EQ(run->summary_counts, clean.summary_counts) << json::serialize(to_json(*run));
      EXPECT_EQ(difference(before_it, rows()), left) << "it left other rows than an undisturbed run";
    }
  }
}

}  // namespace
}  // namespace ta::cli
