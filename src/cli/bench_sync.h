// How long one worker needs to read a whole tenant.
#pragma once
#include "cli/bench.h"

namespace ta::cli {

struct SyncBench {
  std::int64_t objects = 2'000;      // in the simulated tenant
  std::int64_t latency_ms = 50;      // of every answer
  std::int64_t failing_percent = 0;  // of the answers are 429, 503, or cut off
  std::int64_t throttle = 1'000;     // requests in 20 s that the simulator takes of an app, as Intune does; 0: any
  std::int64_t page_size = 0;        // most objects of a page; 0: as many as Microsoft sends
  bool starts = false;               // measure another tenant's starts before and meanwhile
};

// Syncs a simulated tenant of this process: `seconds` from the click to the
// outcome, `requests` and `connections` to the simulator, `charged`: what counts against Intune's limits (parts of
// batches one by one), `refusals` beside that, `seconds_max`: what the limits allow for so many (1.15 times the windows
// that must pass, and 3 s), `objects` in the inventory, `peak_rss_mb` of the process with the simulator in it. With
// `starts`: how long the start of another tenant's run takes, while nothing else happens (`start_before`) and during
// the sync
// (`start_meanwhile`). Throws CommandFailure when the inventory is not whole.
json::object bench_sync(BenchSite& site, const SyncBench& wanted);

}  // namespace ta::cli
