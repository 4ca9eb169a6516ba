#include "runs/engine_status.h"

#include "runs/engine_status.sql.h"
#include "runs/queue.sql.h"

namespace ta::runs {
namespace {

constexpr std::array kAllStandings{Standing::begun, Standing::user, Standing::scheduled, Standing::bulk};

void read_workers(storage::Transaction& tx, EngineStatus& status) {
  std::map<std::string, int> busy;
  for (const storage::Row row : tx.run(sql::status_busy))
    status.busy += busy[row.get<std::string>("worker")] = row.get<int>("count");
  for (const storage::Row row : tx.run(sql::status_workers)) {
    WorkerStatus worker{.name = row.get<std::string>("name"),
                        .version = row.get<std::string>("version"),
                        .slots = row.get<int>("slots"),
                        .stuck_handlers = row.get<int>("stuck_handlers"),
                        .since = row.get<Timestamp>("started_at"),
                        .seen_at = row.get<Timestamp>("seen_at")};
    worker.busy = busy[worker.name];
    worker.alive = worker.seen_at >= status.at - kWorkerAliveWithin;
    if (worker.alive) status.slots += worker.slots;
    status.workers.push_back(std::move(worker));
  }
}

void read_queue(storage::Transaction& tx, EngineStatus& status) {
  for (const Standing standing : kAllStandings) {
    QueueDepth& depth = status.queue[FairShare::index(standing)];
    for (const storage::Row row :
         tx.run(sql::status_depth, {{"priority", static_cast<int>(standing)}, {"bound", kQueuedMax + 1}}))
      depth.waiting += depth.by_type[row.get<std::string>("type")] = row.get<std::int64_t>("count");
  }
}

// From lane to lane, as a claim does; the first of each is its oldest.
void read_oldest(storage::Transaction& tx, EngineStatus& status) {
  json::array parts;
  for (const Standing standing : kAllStandings)
    if (status.queue[FairShare::index(standing)].waiting > 0)
      parts.push_back(
          {{"part", parts.size()}, {"priority", static_cast<int>(standing)}, {"tenant", 0}, {"until", INT64_MAX}});
  if (parts.empty()) return;
  for (const storage::Row row :
       tx.run(sql::job_lanes, {{"parts", std::move(parts)}, {"steps", kLanesSeen}, {"per_tenant", kLanesSeen}})) {
    auto& oldest = status.queue[static_cast<std::size_t>(row.get<int>("priority") + 1)].oldest_due_at;
    const Timestamp due = row.get<Timestamp>("available_at");
    if (due <= status.at) oldest = std::min(oldest.value_or(due), due);
  }
}

void read_leadership(storage::Transaction& tx, EngineStatus& status) {
  for (const storage::Row row : tx.run(sql::status_leader))
    status.leader = {row.get<std::string>("holder"), row.get<std::int64_t>("term"), row.get<Timestamp>("expires_at")};
  for (const storage::Row row : tx.run(sql::status_retention))
    status.retention = {row.get<Timestamp>("ended_at"), row.get<std::int64_t>("pruned")};
}

}  // namespace

std::string_view name(Standing standing) {
  switch (standing) {
    case Standing::begun: return "begun";
    case Standing::user: return "user";
    case Standing::scheduled: return "scheduled";
    case Standing::bulk: return "bulk";
  }
  return {};
}

EngineStatus read_engine_status(storage::Database& database, const Clock& clock) {
  return database.read([&](storage::Transaction& tx) {
    EngineStatus status{.at = clock.now()};
    read_workers(tx, status);
    read_queue(tx, status);
    read_oldest(tx, status);
    read_leadership(tx, status);
    status.engine_version = tx.run(sql::status_engine)[0].get<std::string>("version");
    return status;
  });
}

}  // namespace ta::runs
