// SIGKILL at random points, again and again, while runs are started and executed: nothing is lost, nothing ends twice,
// everybody is told once. Behaviours 7, 13 and 23 of the engine's contract.
//
// TENANTATLAS_DRILL_KILLS and TENANTATLAS_DRILL_SEED ask for more, or for the same again.
#include <poll.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "base/log.h"
#include "drill/drilled_process.h"
#include "drill/victim.h"
#include "testing/temp_dir.h"

namespace ta::drill {
namespace {

using namespace std::chrono_literals;
using storage::Engine;

std::uint64_t setting(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : fallback;
}

void die(Victim& victim) {
  victim.send(SIGKILL);
  const int status = victim.wait();
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended before it was killed, with " << status;
}

class KillDrill : public ::testing::TestWithParam<Engine> {
 protected:
  KillDrill() {
    database_->write([&](storage::Transaction& tx) {
      tx.run_text("seed", R"(INSERT INTO tenants (id, slug, name, time_zone, created_at, updated_at)
                             VALUES (1, 'contoso', 'Contoso', 'UTC', :now, :now))",
                  {{"now", clock_.now()}});
      tx.run_text("seed", R"(INSERT INTO users (id, email, name, created_at, updated_at)
                             VALUES (1, 'alva@example.com', 'Alva', :now, :now))",
                  {{"now", clock_.now()}});
      watch_endings(tx);
    });
    add_operations(catalog_);
  }

  // Every change of a run to or from completed leaves a row, whoever makes it.
  static void watch_endings(storage::Transaction& tx) {
    if (tx.engine() == Engine::sqlite)
      return tx.run_script(R"(
        CREATE TABLE drill_endings (run_id INTEGER NOT NULL);
        CREATE TRIGGER drill_ended AFTER UPDATE OF status, outcome ON operation_runs
          WHEN new.status = 'completed' OR old.status = 'completed'
          BEGIN INSERT INTO drill_endings VALUES (new.id); END)");
    tx.run_script(R"(
      CREATE TABLE drill_endings (run_id BIGINT NOT NULL);
      CREATE FUNCTION drill_ended() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO drill_endings VALUES (new.id); RETURN new; END $$;
      CREATE TRIGGER drill_ended AFTER UPDATE OF status, outcome ON operation_runs FOR EACH ROW
        WHEN (new.status = 'completed' OR old.status = 'completed') EXECUTE FUNCTION drill_ended())");
  }

  std::int64_t count(const std::string& from) {
    return database_->read([&](storage::Transaction& tx) {
      return tx.run_text("count", "SELECT COUNT(*) AS count FROM " + from)[0].get<std::int64_t>("count");
    });
  }

  // Several processes on PostgreSQL; one on SQLite, as in its use. A kill comes before it is ready, or a little after.
  void kill_many(std::uint64_t kills, Random& random) {
    const auto start = [&] {
      return Victim({"drilled", database_.url(), std::to_string(random.below(1 << 30)), answers_});
    };
    std::vector<Victim> victims;
    for (int i = 0; i < (GetParam() == Engine::postgres ? 4 : 1); ++i) victims.push_back(start());
    for (std::uint64_t i = 0; i < kills; ++i) {
      Victim& victim = victims[random.below(victims.size())];
      if (random.below(10) > 0) victim.wait_until_ready();
      poll(nullptr, 0, static_cast<int>(random.below(60)));
      die(victim);
      victim = start();
    }
  }

  // A process that is left alone ends what the others left.
  void finish() {
    runs::OtherProcess process(database_.url(), catalog_, clock_, {}, quick_leases());
    runs::Worker worker = process.worker(quick_worker());
    runs::Leadership leadership(*process.connection, clock_, worker.name(), quick_leadership());
    runs::Maintenance maintenance(process.queue, leadership, *process.random, quick_maintenance());
    worker.start();
    maintenance.start();
    EXPECT_TRUE(testing::eventually([&] { return count("operation_runs WHERE status <> 'completed'") == 0; }, 120s))
        << "stuck active runs";
    maintenance.stop();
    worker.stop();
  }

  void expect_nothing_lost() {
    std::ifstream lines(answers_);
    std::set<std::int64_t> answered;
    for (std::int64_t run = 0; lines >> run;) answered.insert(run);
    EXPECT_FALSE(answered.empty());
    json::array ids(answered.begin(), answered.end());
    const char* known = GetParam() == Engine::sqlite
                            ? "SELECT COUNT(*) AS count FROM json_each(:ids) i JOIN operation_runs r ON r.id = i.value"
                            : "SELECT COUNT(*) AS count FROM jsonb_array_elements_text(CAST(:ids AS JSONB)) i "
                              "JOIN operation_runs r ON r.id = CAST(i.value AS BIGINT)";
    const auto found = database_->read([&](storage::Transaction& tx) {
      return tx.run_text("known", known, {{"ids", ids}})[0].get<std::int64_t>("count");
    });
    EXPECT_EQ(found, static_cast<std::int64_t>(answered.size())) << "an answered start has no run";
    EXPECT_EQ(count("run_jobs"), 0);
    EXPECT_EQ(count("operation_runs WHERE outcome <> 'succeeded' AND type = 'drill.again'"), 0);
    EXPECT_EQ(count("operation_runs WHERE outcome = 'failed' AND CAST(failure_summary AS TEXT) NOT LIKE "
                    "'%worker.lost%'"),
              0);
  }

  void expect_everything_once() {
    const auto runs = count("operation_runs");
    EXPECT_EQ(count("drill_endings"), runs) << "something ended twice";
    EXPECT_EQ(count("(SELECT DISTINCT run_id FROM drill_endings) AS ended"), runs);
    for (const char* kind : {"queued", "terminal"}) {
      const std::string of_kind =
          fmt::format("(SELECT 1 FROM notifications n WHERE n.run_id = r.id AND n.kind = '{}')", kind);
      EXPECT_EQ(count("operation_runs r WHERE user_id IS NOT NULL AND NOT EXISTS " + of_kind), 0) << kind;
      EXPECT_EQ(count("operation_runs r WHERE user_id IS NULL AND EXISTS " + of_kind), 0) << kind;
      EXPECT_EQ(count(fmt::format("notifications WHERE kind = '{}'", kind)),
                count("operation_runs WHERE user_id IS NOT NULL"))
          << kind;
    }
  }

  void expect_every_identity_free() {
    runs::OtherProcess process(database_.url(), catalog_, clock_);
    for (int i = 0; i < kIdentities; ++i)
      EXPECT_EQ(process.service.start(wish(i))->disposition, runs::Disposition::created) << i;
  }

  testing::TestDatabase database_{GetParam()};
  testing::TempDir folder_;
  const std::string answers_ = folder_.file("answers");
  SystemClock clock_;
  runs::Catalog catalog_;
};
INSTANTIATE_TEST_SUITE_P(Engines, KillDrill, testing::engines(), testing::engine_name);

TEST_P(KillDrill, NothingIsLostNothingEndsTwiceEverybodyIsToldOnce) {
  SecureRandom any;
  const std::uint64_t kills = setting("TENANTATLAS_DRILL_KILLS", 40);
  const std::uint64_t seed = setting("TENANTATLAS_DRILL_SEED", any.below(1 << 30));
  const auto random = seeded_random(seed);
  const std::string name = GetParam() == Engine::sqlite ? "sqlite" : "postgres";
  std::cout << fmt::format("{}: {} kills, TENANTATLAS_DRILL_SEED={}", name, kills, seed) << std::endl;
  const auto begun = std::chrono::steady_clock::now();
  kill_many(kills, *random);
  const auto killed = std::chrono::steady_clock::now();
  finish();
  const std::chrono::duration<double> killing = killed - begun, finishing = std::chrono::steady_clock::now() - killed;
  expect_nothing_lost();
  expect_everything_once();
  std::cout << fmt::format(
                   "{}: {} runs, {} attempts lost with their worker, {} runs failed for it; {:.1f} s of kills, "
                   "{:.1f} s until all had ended",
                   name, count("operation_runs"), count("run_attempts WHERE code = 'worker.lost'"),
                   count("operation_runs WHERE outcome = 'failed'"), killing.count(), finishing.count())
            << std::endl;
  expect_every_identity_free();
}

}  // namespace
}  // namespace ta::drill

int main(int argc, char** argv) {
  if (argc == 5 && std::string_view(argv[1]) == "drilled")
    return ta::drill::run_drilled_process(argv[2], std::strtoull(argv[3], nullptr, 10), argv[4]);
  if (argc == 4 && std::string_view(argv[1]) == "worker") return ta::drill::run_worker_process(argv[2], argv[3]);
  ta::log::set_level(ta::log::Level::off);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
