// How long one worker needs to read a whole tenant.
#pragma once
#include "cli/bench.h"

namespace ta::cli {

struct SyncBench {
  std::int64_t objects = 2'000;      // in the simulated tenant
  std::int64_t latency_ms = 50;      // of every answer
  std::int64_t failing_percent = 0;  // of the answers are 429, 503, or cut off
  bool starts = false;               // measure another tenant's starts before and meanwhile
};

// Syncs a simulated tenant of this process: `seconds` from the click to the
// outcome, `requests` and `connections` to the simulator, `objects` in the inventory, `peak_rss_mb` of the process with
// the simulator in it. With `starts`: how long the start of another tenant's run takes, while nothing else happens
// (`start_before`) and during the sync (`start_meanwhile`). Throws CommandFailure when the inventory is not whole.
json::object bench_sync(BenchSite& site, const SyncBench& wanted);

}  // namespace ta::cli
