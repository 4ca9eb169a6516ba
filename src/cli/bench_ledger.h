// A long ledger of many tenants, as 90 days of work leave it behind: history, not work.
#pragma once
#include "cli/bench.h"

namespace ta::cli {

// The site's tenant gets all runs; with other tenants beside it a tenth, and they the rest in turn. Written in the
// order of time, so that the tenants' rows lie between each other.
void fill_ledger(BenchSite& site, std::int64_t runs, std::int64_t tenants);

// Forgets about `runs` of the ledger's oldest runs as the daily retention does, while `meanwhile` is called again and
// again. Returns how many runs went, and in how many seconds.
struct Pruned {
  std::int64_t runs = 0;
  double seconds = 0;
};
Pruned prune_ledger(BenchSite& site, std::int64_t share_percent, const std::function<void()>& meanwhile);

}  // namespace ta::cli
