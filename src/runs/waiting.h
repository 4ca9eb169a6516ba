// Why a run that no worker holds waits: what pages, API and command line say about it. From the database only; the cost
// follows the number of slots and of the tenant's operations, never the number of waiting runs.
#pragma once
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "runs/limits.h"
#include "runs/run.h"

namespace ta::runs {

// later: its time has not come (a pause between attempts). *_limit: as many of its tenant, of its type or on its
// connection are active as may be. turn: every slot is busy. next: nothing stands in its way.
enum class WaitReason { later, no_worker, tenant_limit, type_limit, scope_limit, turn, next };
std::string_view name(WaitReason reason);

struct Wait {
  WaitReason reason = WaitReason::next;
  int active = 0, most = 0;           // of a limit: runs; of turn: slots
  bool for_others = false;            // of tenant_limit: it is what leaves a slot to other tenants
  std::optional<Timestamp> until;     // of later
  std::optional<std::int64_t> ahead;  // of turn: due runs of this tenant before it, up to kAheadMax; more is one more
};
inline constexpr std::int64_t kAheadMax = 1'000;

// Thread-safe. The limits are those of this process: give all processes the same ones.
class WaitReasons {
 public:
  WaitReasons(storage::Database& database, const Clock& clock, const Limits& limits)
      : database_(database), clock_(clock), limits_(limits) {}

  // Of active runs of one tenant; those that a worker holds have no reason. Without `ahead`.
  std::map<RunId, Wait> of(TenantId tenant, const std::vector<std::pair<RunId, RunJob>>& jobs);
  // Of one run, with its place.
  std::optional<Wait> of(TenantId tenant, RunId run, const RunJob& job);

 private:
  struct Scene;
  Scene look(storage::Transaction& tx);
  std::optional<Wait> reason(const Scene& scene, TenantId tenant, const RunJob& job) const;

  storage::Database& database_;
  const Clock& clock_;
  const Limits& limits_;
};

}  // namespace ta::runs
