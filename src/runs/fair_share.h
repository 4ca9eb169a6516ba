// Who is served next: the rotation between tenants and the shares of the priorities. Reads no database.
//
// What waits is seen as lanes: runs of one priority, tenant, type and provider scope, in the order in which they became
// due. A free slot goes to a priority by its share, in it to the next tenant of the rotation, and in that tenant to the
// lane whose first run waits longest. A lane that a limit closes is passed over; its priority keeps the turn for later.
// docs/fairness.md has the bound that follows.
#pragma once
#include <array>
#include <map>
#include <string>
#include <vector>

#include "runs/limits.h"

namespace ta::runs {

// How the queue orders: a run that has begun before goes on first. The values are those of run_jobs.priority.
enum class Standing { begun = -1, user = 0, scheduled = 1, bulk = 2 };
inline constexpr std::size_t kStandings = 4;
// How the standings that wait share the slots; of equals the first goes first.
inline constexpr std::array<int, kStandings> kShares{5, 5, 2, 1};

// One lane as the queue shows it, and how many runs of it to take.
struct WaitingLane {
  Standing standing = Standing::user;
  Lane lane;
  Timestamp first_due_at;
  int quota = 0;
};

// One per process that claims. Not thread-safe.
class FairShare {
 public:
  // The last tenant served at this standing; the rotation goes on behind it.
  TenantId last_served(Standing standing) const { return last_served_[index(standing)]; }
  // Gives each lane its quota, together at most `slots`, and returns how many that are. `lanes` come in the rotation's
  // order within each standing and are all due; `running` is what counts towards the limits, and counts the quotas
  // afterwards.
  int share_out(std::vector<WaitingLane>& lanes, int slots, const Limits& limits, Running& running);

  static std::size_t index(Standing standing) { return static_cast<std::size_t>(static_cast<int>(standing) + 1); }

 private:
  struct Turns;
  int next_standing(const std::array<bool, kStandings>& waiting, std::array<Turns, kStandings>& turns,
                    const Limits& limits, const Running& running);

  std::array<TenantId, kStandings> last_served_{};
  std::array<int, kStandings> credit_{};  // what each standing is owed, in units of its share
};

}  // namespace ta::runs
