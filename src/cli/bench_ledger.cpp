#include "cli/bench_ledger.h"

#include "access/tenants.h"
#include "cli/bench.sql.h"

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

// The lease is the benchmark's own. Other tenants of this database have their own numbers, or keep everything
// meanwhile.
LedgerPruning::LedgerPruning(BenchSite& site, std::int64_t runs, std::int64_t share_percent)
    : database_(site.process().database()),
      leadership_(database_, site.process().host().clock, "bench", {.name = site.tenant().slug}),
      options_{.keep_days = access::kKeepDaysMax, .pause = std::chrono::milliseconds{10}},
      retention_(database_, site.process().host().clock, leadership_, options_) {
  const std::int64_t days = std::max<std::int64_t>(1, kDays * share_percent / 100);
  steps_ = runs * days / kDays / options_.batch + 1;
  database_.write([&](storage::Transaction& tx) {
    for (const storage::Row& round : tx.run(sql::bench_round)) {
      round_at_ = round.get<Timestamp>("ended_at");
      round_pruned_ = round.get<std::int64_t>("pruned");
    }
    tx.run(sql::bench_keep_days, {{"days", kDays - days}, {"prefix", site.tenant().slug + "%"}});
  });
}

bool LedgerPruning::step() {
  const runs::Retention::Counts counts = retention_.run_once();
  pruned_ += counts.pruned;
  counts.more ? std::this_thread::sleep_for(options_.pause) : restore_round();
  return counts.more;
}

void LedgerPruning::restore_round() {
  database_.write([&](storage::Transaction& tx) {
    tx.run(sql::bench_round_forget);
    if (round_at_) tx.run(sql::bench_round_restore, {{"ended_at", round_at_}, {"pruned", round_pruned_}});
  });
}

}  // namespace ta::cli
