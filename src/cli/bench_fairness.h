// bench fairness: what one tenant's backlog does to another tenant's single runs.
#pragma once
#include "cli/bench.h"

namespace ta::cli {

struct FairnessBench {
  std::int64_t backlog = 100'000;  // runs that wait of the first tenant
  std::int64_t singles = 200;      // runs of the second tenant, one after the other
  std::int64_t slots = 4;
  std::int64_t run_ms = 20;  // how long each run takes
};

// From a start to its handler's first line, before there is a backlog and behind it, against the bound of
// docs/fairness.md; and how many runs of the backlog were claimed from the start on before it or with it, which that
// bound limits to ⌈2 / slots⌉ rounds of all slots, however long anything takes.
json::object bench_fairness(BenchSite& site, const FairnessBench& wanted, std::int64_t repetitions);

}  // namespace ta::cli
