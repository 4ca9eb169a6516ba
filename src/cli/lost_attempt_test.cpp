// Every operation type of the product loses its worker in the middle of its work: another one's attempt completes the
// run, and neither what the first one left behind nor what it still does when it wakes makes a difference.
#include "cli/held_simulator.h"
#include "cli/operation_samples.h"
#include "cli/product_fixture.h"

namespace ta::cli {
namespace {

// What one process has for executing runs by hand.
struct Crew {
  explicit Crew(Process& process, Random& random, const std::string& name)
      : queue(process.database(), process.host().runs, process.host().clock, random, process.host().feed,
              {.backoff_base = std::chrono::milliseconds{1}}),
        worker(queue, process.host().runs, process.host().clock, random, process.host().feed, {.name = name}) {}
  runs::JobQueue queue;
  runs::Worker worker;
};

class LostAttemptTest : public ProductTest {
 protected:
  using Run = runs::Run;                             // not GoogleTest's own
  using Rows = std::map<std::string, std::int64_t>;  // by table

  void SetUp() override {
    ProductTest::SetUp();
    process_->database().write([&](storage::Transaction& tx) {
      const simulator::App& app = simulator_->simulator().world().tenants()[0].app("full");
      const TenantId tenant = contoso().tenant.id;
      const Timestamp now = process_->host().clock.now();
      ASSERT_TRUE(provider_connections::update_connection(tx, tenant, contoso().connection, "Contoso",
                                                          {door_.url(), door_.url()}, now));
      ASSERT_TRUE(process_->connections().set_credential(
          tx, tenant, contoso().connection, {.client_id = app.client_id, .secret = app.client_secret}, now));
    });
    tables_ = all_tables();
    other_ = make_process();
    first_ = std::make_unique<Crew>(*process_, random_, "lost");
    second_ = std::make_unique<Crew>(*other_, random_, "second");
  }

  std::vector<std::string> all_tables() {
    const char* const list = GetParam() == storage::Engine::sqlite
                                 ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                                 : "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = 'public'";
    return database_->read([&](storage::Transaction& tx) {
      std::vector<std::string> names;
      for (const storage::Row& row : tx.run_text("tables", list)) names.push_back(row.get<std::string>("name"));
      return names;
    });
  }
  // Attempts are what differs on purpose.
  Rows rows() {
    Rows counts;
    for (const std::string& table : tables_)
      if (table != "run_attempts") counts[table] = count(table);
    return counts;
  }
  static Rows difference(const Rows& before, Rows after) {
    for (auto& [table, number] : after) number -= before.at(table);
    return after;
  }

  RunId start(const OperationSample& sample) {
    const access::User& owner = person(access::Role::owner).user;
    const auto started =
        process_->host().runs.start({contoso().tenant.id, std::string(sample.type), parse_json(sample.inputs).value(),
                                     runs::Initiator{owner.id, owner.name}});
    EXPECT_EQ(started.value().disposition, runs::Disposition::created);
    return started->run.id;
  }
  runs::RunDetail detail(RunId run) { return process_->host().reader.detail(contoso().tenant.id, run).value(); }
  bool safe_again(const Run& run) { return process_->host().catalog.find(run.type)->definition.retry_safe; }

  // As if its worker had died ten seconds ago, which the other process notices and makes good.
  void lose(RunId run) {
    database_->write([&](storage::Transaction& tx) {
      tx.run_text("expire", "UPDATE run_jobs SET lease_expires_at = leased_at WHERE run_id = :run", {{"run", run}});
    });
    ASSERT_EQ(second_->queue.reap(), 1);
    ASSERT_TRUE(testing::eventually([&] { return second_->worker.run_once() > 0 || !detail(run).run.active(); }));
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
    const json::object ended = to_json(detail(run).run);
    const Rows before = rows();
    door_.release();
    lost.join();
    EXPECT_EQ(to_json(detail(run).run), ended) << "the late result changed the run";
    EXPECT_EQ(difference(before, rows()), difference(before, before)) << "the late attempt left rows";
    EXPECT_EQ(count(fmt::format("run_attempts WHERE run_id = {} AND late_result_at IS NOT NULL", run)), 1);
    expect_ended_once(run);
    return detail(run).run;
  }

  HeldSimulator door_{simulator_->simulator()};
  std::unique_ptr<Process> other_;
  std::unique_ptr<Crew> first_, second_;  // of process_ and of other_
  std::vector<std::string> tables_;
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
