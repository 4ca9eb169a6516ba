// A worker process of the product is stopped with SIGSTOP in the middle of a sync, for longer than its lease. Meanwhile
// an object is added and another process finishes the run. Then the first one wakes, with what it read before: it
// changes nothing anywhere.
//
// TENANTATLAS_DRILL_ROUNDS and TENANTATLAS_DRILL_SEED ask for more, or for the same again.
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "cli/demo_data.h"
#include "testing/database.h"
#include "testing/eventually.h"
#include "testing/temp_dir.h"

namespace ta::drill {
namespace {

using namespace std::chrono_literals;
using storage::Engine;

constexpr const char* kTypes = R"(["assignment_filter","device_category","scope_tag"])";

std::uint64_t setting(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

cli::ProcessOptions process_options(const std::string& url, const std::string& key_file, const std::string& name) {
  return {.database_url = url,
          .master_key = provider_connections::MasterKey::from_file(key_file).value(),
          .password_cost = access::PasswordCost::lowest(),
          .worker = {.name = name, .slots = 1, .poll = 20ms, .heartbeat = 50ms, .progress = 10ms},
          .queue = {.lease = 200ms, .backoff_base = 1ms},
          .maintenance = {.interval = 50ms}};
}

// What the drill stops and continues: a worker of the product, until it is killed.
int run_worker(const std::string& url, const std::string& key_file, const std::string& name) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  log::set_level(log::Level::off);
  const auto process = cli::Process::create(process_options(url, key_file, name)).value();
  process->start_worker();
  for (;;) pause();
}

class WorkerProcess {
 public:
  WorkerProcess(const std::string& url, const std::string& key_file, std::string name) : name_(std::move(name)) {
    const char* const argv[] = {"ta_pause_drill_test", "worker", url.c_str(), key_file.c_str(), name_.c_str(), nullptr};
    if (posix_spawn(&pid_, "/proc/self/exe", nullptr, nullptr, const_cast<char**>(argv), environ) != 0)
      throw std::runtime_error("the worker process cannot be started");
  }
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  const std::string& name() const { return name_; }
  void stop() const { kill(pid_, SIGSTOP); }
  void go_on() const { kill(pid_, SIGCONT); }

 private:
  std::string name_;
  pid_t pid_ = 0;
};

class PauseDrill : public ::testing::TestWithParam<Engine> {
 protected:
  using Contents = std::vector<std::string>;

  PauseDrill() {
    process_ = cli::Process::create(process_options(database_.url(), key_file_, "parent")).value();
    data_ = cli::make_demo_data(*process_, *simulator_);
  }

  const cli::DemoTenant& contoso() const { return data_.tenants[0]; }
  std::vector<std::string> texts(const std::string& sql) {
    return database_->read([&](storage::Transaction& tx) {
      std::vector<std::string> all;
      for (const storage::Row& row : tx.run_text("texts", sql)) all.push_back(row.get<std::string>("text"));
      return all;
    });
  }
  // Everything that a sync writes, without the times of attempts and heartbeats.
  Contents contents() {
    Contents all;
    for (const char* const sql :
         {"SELECT CAST(external_id AS TEXT) || '|' || name || '|' || CAST(last_seen_at AS TEXT) || '|' || "
          "COALESCE(CAST(last_seen_run_id AS TEXT), '') AS text FROM inventory_items ORDER BY 1",
          "SELECT type || '|' || CAST(listed_at AS TEXT) || '|' || CAST(listed_run_id AS TEXT) || '|' || "
          "CAST(listed_count AS TEXT) AS text FROM inventory_coverage WHERE listed_at IS NOT NULL ORDER BY 1",
          "SELECT CAST(sync_run_id AS TEXT) || '|' || type || '|' || CAST(ended_at AS TEXT) AS text "
          "FROM inventory_sync_types ORDER BY 1",
          "SELECT status || '|' || health || '|' || CAST(last_checked_at AS TEXT) AS text FROM provider_connections "
          "WHERE last_checked_at IS NOT NULL ORDER BY 1",
          "SELECT CAST(id AS TEXT) || '|' || outcome || '|' || COALESCE(CAST(completed_at AS TEXT), '') || '|' || "
          "CAST(summary_counts AS TEXT) || '|' || COALESCE(CAST(context AS TEXT), '') AS text FROM operation_runs "
          "ORDER BY 1",
          "SELECT CAST(run_id AS TEXT) || '|' || kind || '|' || body AS text FROM notifications ORDER BY 1"})
      for (std::string& line : texts(sql)) all.push_back(std::move(line));
    return all;
  }
  RunId start_sync() {
    json::object inputs{{"connection", contoso().connection.value}, {"types", parse_json(kTypes).value()}};
    return process_->host().runs.start({contoso().tenant.id, "inventory.sync", std::move(inputs)}).value().run.id;
  }
  bool completed(RunId run) { return !process_->host().reader.find(contoso().tenant.id, run)->active(); }
  std::string worker_of(RunId run) {
    const auto found = texts(fmt::format("SELECT COALESCE(worker, '') AS text FROM run_jobs WHERE run_id = {}", run));
    return found.empty() ? std::string() : found.front();
  }
  bool is_late(RunId run) {
    return !texts(fmt::format("SELECT 'late' AS text FROM run_attempts WHERE run_id = {} AND number = 1 "
                              "AND late_result_at IS NOT NULL",
                              run))
                .empty();
  }
  void add_object(std::uint64_t number) {
    const std::string id = fmt::format("{:08x}-0000-4000-8000-000000000000", number);
    ASSERT_TRUE(simulator_->simulator()
                    .world()
                    .add(contoso().entra_tenant_id, "deviceManagement/deviceCategories",
                         {.body = {{"id", id}, {"displayName", "Added " + id}, {"description", ""}}})
                    .has_value());
    added_ = id;
  }
  bool added_is_seen() {
    return !texts(fmt::format("SELECT i.name AS text FROM inventory_items i JOIN inventory_coverage c "
                              "ON c.type = i.type AND c.listed_run_id = i.last_seen_run_id "
                              "WHERE i.external_id = '{}'",
                              added_))
                .empty();
  }

  // False when the pause came too early or too late to cost the lease; such a round says nothing.
  bool one_round(std::uint64_t number, Random& random) {
    const RunId run = start_sync();
    std::string holder;
    EXPECT_TRUE(testing::eventually([&] { return !(holder = worker_of(run)).empty() || completed(run); }));
    if (holder.empty()) return false;
    const WorkerProcess& paused = holder == first_.name() ? first_ : second_;
    poll(nullptr, 0, static_cast<int>(random.below(60)));  // the pause comes anywhere in the sync
    paused.stop();
    if (!completed(run)) add_object(number);
    // A worker that was stopped while it held SQLite's writer keeps everybody waiting until it goes on.
    const bool finished = testing::eventually([&] { return completed(run); }, 2s);
    const Contents before = contents();
    paused.go_on();
    EXPECT_TRUE(testing::eventually([&] { return completed(run); }, 30s));
    const bool lost = !texts(fmt::format("SELECT code AS text FROM run_attempts WHERE run_id = {} AND number = 1 AND "
                                         "code = 'worker.lost'",
                                         run))
                           .empty();
    if (!lost || !finished) return false;
    EXPECT_TRUE(testing::eventually([&] { return is_late(run); }, 30s)) << "the paused attempt never ended";
    EXPECT_EQ(contents(), before) << "what the late attempt read changed something";
    EXPECT_TRUE(added_is_seen()) << "the object that was added is missing";
    return true;
  }

  testing::TestDatabase database_{GetParam()};
  testing::TempDir folder_;
  SecureRandom any_;
  const std::string key_file_ = folder_.file("master.key");
  const provider_connections::MasterKey key_ = provider_connections::MasterKey::create_file(key_file_, any_).value();
  // Answers take long enough for a pause to come in the middle of a sync.
  std::unique_ptr<simulator::SimulatorServer> simulator_ =
      simulator::SimulatorServer::start({.simulator = {.world = {.objects_per_tenant = 120}, .latency = 40ms}}).value();
  std::unique_ptr<cli::Process> process_;
  cli::DemoData data_;
  std::string added_;
  WorkerProcess first_{database_.url(), key_file_, "first"}, second_{database_.url(), key_file_, "second"};
};
INSTANTIATE_TEST_SUITE_P(Engines, PauseDrill, testing::engines(), testing::engine_name);

TEST_P(PauseDrill, WhatAWokenWorkerReadChangesNothing) {
  const std::uint64_t rounds = setting("TENANTATLAS_DRILL_ROUNDS", 5);
  const std::uint64_t seed = setting("TENANTATLAS_DRILL_SEED", any_.below(1 << 30));
  const auto random = seeded_random(seed);
  const std::string name = GetParam() == Engine::sqlite ? "sqlite" : "postgres";
  std::cout << fmt::format("{}: {} pauses past the lease, TENANTATLAS_DRILL_SEED={}", name, rounds, seed) << std::endl;
  const auto begun = std::chrono::steady_clock::now();
  std::uint64_t paused = 0, tried = 0;
  while (paused < rounds && tried < 20 * rounds + 100 && !HasFailure()) paused += one_round(++tried, *random);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(paused, rounds);
  std::cout << fmt::format("{}: {} of {} pauses outlasted the lease in {:.1f} s; no late attempt changed anything",
                           name, paused, tried, took.count())
            << std::endl;
}

}  // namespace

int run_paused_worker(char** argv) { return run_worker(argv[2], argv[3], argv[4]); }

}  // namespace ta::drill

int main(int argc, char** argv) {
  if (argc == 5 && std::string_view(argv[1]) == "worker") return ta::drill::run_paused_worker(argv);
  ta::log::set_level(ta::log::Level::off);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
