// `tenantatlas demo`: the whole product on this machine with nothing to prepare. A simulated Microsoft Graph, a server,
// two tenants, four people, and runs that really ran.
#pragma once
#include <cstdint>
#include <string>

#include "base/json.h"
#include "graph/graph_client.h"

namespace ta::cli {

struct DemoOptions {
  bool once = false;          // sync both tenants, print the runs, end
  bool as_json = false;       // one line for scripts instead of words for people
  std::uint16_t port = 8080;  // 0: any free one
  int latency_ms = 0;         // of every answer of the simulator
  std::size_t objects = 300;  // in each simulated tenant
  std::uint64_t seed = 1;
  graph::GraphOptions graph = {};
  std::string database_url;  // empty: SQLite in the demo's temporary folder
};

// Blocks until SIGINT or SIGTERM (not with `once`). Exit code: 0, or 1 with the reason on standard error.
int run_demo(const DemoOptions& options);

}  // namespace ta::cli
