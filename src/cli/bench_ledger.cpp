#include "cli/bench_ledger.h"

#include "access/tenants.h"
#include "cli/bench.sql.h"
#include "runs/retention.h"

namespace ta::cli {
namespace {

constexpr std::int64_t kRowsPerStatement = 10'000;
constexpr std::int64_t kDays = 90;

}  // namespace

void fill_ledger(BenchSite& site, std::int64_t runs, std::int64_t tenants) {
  storage::Database& database = site.process().database();
  for (std::int64_t i = 1; i < tenants; ++i) site.add_tenant();
  const Timestamp newest = site.process().host().clock.now();
  const auto step = std::chrono::duration_cast<Microseconds>(std::chrono::days{kDays}) / runs;
  for (std::int64_t first = 0; first < runs; first += kRowsPerStatement)
    database.write([&](storage::Transaction& tx) {
      tx.run(sql::bench_fill_ledger, {{"tenant_id", site.tenant().id},
                                      {"user_id", site.user().id},
                                      {"others", tenants - 1},
                                      {"prefix", site.tenant().slug + "-"},
                                      {"oldest", newest - step * runs},
                                      {"step", step.count()},
                                      {"first", first},
                                      {"last", std::min(first + kRowsPerStatement, runs)}});
    });
  if (database.engine() == storage::Engine::postgres)
    database.write([](storage::Transaction& tx) { tx.run_script("ANALYZE operation_runs"); });
}

Pruned prune_ledger(BenchSite& site, std::int64_t share_percent, const std::function<void()>& meanwhile) {
  storage::Database& database = site.process().database();
  const std::int64_t keep = kDays - kDays * share_percent / 100;
  database.write([&](storage::Transaction& tx) {
    tx.run(sql::bench_keep_days, {{"days", keep}, {"prefix", site.tenant().slug + "%"}});
  });
  runs::Leadership leadership(database, site.process().host().clock, "bench", {.name = "bench"});
  // Other tenants of this database have their own numbers, or keep everything meanwhile.
  runs::Retention retention(database, site.process().host().clock, leadership,
                            {.keep_days = access::kKeepDaysMax, .pause = std::chrono::milliseconds{10}});
  std::atomic<bool> over = false;
  std::jthread other([&] {
    while (!over) meanwhile();
  });
  const auto begin = std::chrono::steady_clock::now();
  Pruned pruned;
  for (runs::Retention::Counts step{.more = true}; step.more;) {
    step = retention.run_once();
    pruned.runs += step.pruned;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  pruned.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  over = true;
  leadership.resign();
  return pruned;
}

}  // namespace ta::cli
