#include "runs/waiting.h"

#include <algorithm>

#include "runs/run_reader.h"
#include "runs/waiting.sql.h"

namespace ta::runs {
namespace {

constexpr int kLanesMax = 200;  // more operations × connections of one tenant than that are not counted

WaitReason reason_of(LimitKind kind) {
  switch (kind) {
    case LimitKind::tenant: return WaitReason::tenant_limit;
    case LimitKind::type: return WaitReason::type_limit;
    case LimitKind::scope: return WaitReason::scope_limit;
  }
  return WaitReason::next;
}

std::int64_t due_before(storage::Transaction& tx, TenantId tenant, RunId run, const RunJob& job) {
  const storage::Rows rows = tx.run(sql::wait_ahead, {{"tenant_id", tenant},
                                                      {"run_id", run},
                                                      {"priority", job.priority},
                                                      {"available_at", job.available_at},
                                                      {"lanes", kLanesMax},
                                                      {"bound", kAheadMax + 1}});
  return std::min(rows[0].get<std::int64_t>("ahead"), kAheadMax + 1);
}

}  // namespace

std::string_view name(WaitReason reason) {
  switch (reason) {
    case WaitReason::later: return "later";
    case WaitReason::no_worker: return "no_worker";
    case WaitReason::tenant_limit: return "tenant_limit";
    case WaitReason::type_limit: return "type_limit";
    case WaitReason::scope_limit: return "connection_limit";
    case WaitReason::turn: return "turn";
    case WaitReason::next: return "next";
  }
  return {};
}

// What is the same for every run that waits.
struct WaitReasons::Scene {
  Timestamp now;
  int workers = 0, slots = 0, busy = 0;
  Running running;
};

WaitReasons::Scene WaitReasons::look(storage::Transaction& tx) {
  Scene scene{.now = clock_.now()};
  const storage::Rows workers = tx.run(sql::wait_workers, {{"since", scene.now - kWorkerAliveWithin}});
  scene.workers = workers[0].get<int>("alive");
  scene.slots = workers[0].get<int>("slots");
  scene.running = limits_.running_now(tx, scene.now);
  scene.busy = scene.running.all();
  return scene;
}

std::optional<Wait> WaitReasons::reason(const Scene& scene, TenantId tenant, const RunJob& job) const {
  if (job.lease_expires_at) return std::nullopt;
  if (job.available_at > scene.now) return Wait{.reason = WaitReason::later, .until = job.available_at};
  if (scene.workers == 0) return Wait{.reason = WaitReason::no_worker};
  if (const auto full = limits_.reached({tenant, job.type, job.scope_key}, scene.running))
    return Wait{
        .reason = reason_of(full->kind), .active = full->running, .most = full->limit, .for_others = full->for_others};
  if (scene.busy < scene.slots) return Wait{.reason = WaitReason::next};
  return Wait{.reason = WaitReason::turn, .active = scene.busy, .most = scene.slots};
}

std::map<RunId, Wait> WaitReasons::of(TenantId tenant, const std::vector<std::pair<RunId, RunJob>>& jobs) {
  std::map<RunId, Wait> waits;
  if (std::ranges::all_of(jobs, [](const auto& job) { return job.second.lease_expires_at.has_value(); })) return waits;
  const Scene scene = database_.read([this](storage::Transaction& tx) { return look(tx); });
  for (const auto& [run, job] : jobs)
    if (const auto wait = reason(scene, tenant, job)) waits.emplace(run, *wait);
  return waits;
}

std::optional<Wait> WaitReasons::of(TenantId tenant, RunId run, const RunJob& job) {
  if (job.lease_expires_at) return std::nullopt;
  return database_.read([&](storage::Transaction& tx) {
    auto wait = reason(look(tx), tenant, job);
    if (wait && wait->reason == WaitReason::turn) wait->ahead = due_before(tx, tenant, run, job);
    return wait;
  });
}

}  // namespace ta::runs
