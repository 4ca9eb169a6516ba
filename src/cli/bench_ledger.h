// A long ledger of many tenants, as 90 days of work leave it behind: history, not work.
#pragma once
#include "cli/bench.h"
#include "runs/retention.h"

namespace ta::cli {

// The site's tenant gets all runs; with other tenants beside it a tenth, and they the rest in turn. Written in the
// order of time, so that the tenants' rows lie between each other.
void fill_ledger(BenchSite& site, std::int64_t runs, std::int64_t tenants);

// Forgets the ledger's oldest runs as the daily retention does; what is known of the latest real round stays.
class LedgerPruning {
 public:
  // Of the site's ledger of `runs`, about `share_percent`: whole days, at least one.
  LedgerPruning(BenchSite& site, std::int64_t runs, std::int64_t share_percent);

  bool step();                                   // one batch and the pause behind it; false: that was the last one
  std::int64_t steps() const { return steps_; }  // about as many as all takes
  std::int64_t pruned() const { return pruned_; }

 private:
  void restore_round();

  storage::Database& database_;
  runs::Leadership leadership_;
  runs::RetentionOptions options_;
  runs::Retention retention_;
  std::int64_t steps_, pruned_ = 0;
  std::optional<Timestamp> round_at_;  // of the real retention
  std::int64_t round_pruned_ = 0;
};

}  // namespace ta::cli
