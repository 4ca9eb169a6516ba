// bench runs: the engine's own figures, on the database of a bench site.
#pragma once
#include "cli/bench.h"

namespace ta::cli {

// `runs` empty runs each for the bulk figures; bench_runs.cpp says beside each what it measures.
json::object bench_runs(BenchSite& site, std::int64_t runs, std::int64_t repetitions);

// From start() to the handler's first line on an idle worker, and the CPU and transactions of a process that is idle
// for `idle_seconds`.
json::object bench_latency(BenchSite& site, std::int64_t idle_seconds, std::int64_t repetitions);

}  // namespace ta::cli
