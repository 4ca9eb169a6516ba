// How the engine of the whole installation does, over all tenants: for the System page and /metrics. From the database
// only. Its cost is bounded whatever waits: runs are counted up to kQueuedMax at each standing, and the oldest is
// looked for in the first kLanesSeen lanes.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runs/fair_share.h"
#include "runs/run_reader.h"

namespace ta::runs {

struct WorkerStatus {
  std::string name, version;
  int slots = 0, busy = 0;
  int stuck_handlers = 0;
  Timestamp since, seen_at;
  bool alive = false;  // seen within kWorkerAliveWithin
};

// What waits at one standing.
struct QueueDepth {
  std::map<std::string, std::int64_t> by_type;  // together up to kQueuedMax; more is one more
  std::int64_t waiting = 0;                     // their sum
  std::optional<Timestamp> oldest_due_at;       // of what is due
};
inline constexpr int kLanesSeen = 4'000;

struct EngineStatus {
  Timestamp at;
  std::vector<WorkerStatus> workers;  // by name
  std::array<QueueDepth, kStandings> queue;
  int slots = 0, busy = 0;  // of living workers; all leases
  struct Leader {
    std::string holder;
    std::int64_t term = 0;
    Timestamp until;
  };
  std::optional<Leader> leader;  // the latest; its lease may be over
  struct Round {
    Timestamp ended_at;
    std::int64_t pruned = 0;
  };
  std::optional<Round> retention;
  std::string engine_version;
};

EngineStatus read_engine_status(storage::Database& database, const Clock& clock);
std::string_view name(Standing standing);  // "begun", "user", "scheduled", "bulk"

}  // namespace ta::runs
