#include "runs/fair_share.h"

#include <algorithm>
#include <numeric>

namespace ta::runs {
namespace {

constexpr int kWhole = std::accumulate(kShares.begin(), kShares.end(), 0);

}  // namespace

// The tenants that wait at one standing, in the order of the rotation.
struct FairShare::Turns {
  struct Tenant {
    std::vector<WaitingLane*> lanes;
  };
  std::vector<Tenant> tenants;
  std::size_t next = 0;

  void add(WaitingLane& lane) {
    if (tenants.empty() || tenants.back().lanes.front()->lane.tenant != lane.lane.tenant) tenants.emplace_back();
    tenants.back().lanes.push_back(&lane);
  }

  // The lane whose turn it is; null when limits close them all. A tenant without an open lane leaves: nothing ends
  // meanwhile.
  WaitingLane* front(const Limits& limits, const Running& running) {
    while (!tenants.empty()) {
      next %= tenants.size();
      if (WaitingLane* lane = oldest_open(tenants[next], limits, running)) return lane;
      tenants.erase(tenants.begin() + static_cast<std::ptrdiff_t>(next));
    }
    return nullptr;
  }

  static WaitingLane* oldest_open(const Tenant& tenant, const Limits& limits, const Running& running) {
    WaitingLane* best = nullptr;
    for (WaitingLane* lane : tenant.lanes)
      if (!limits.reached(lane->lane, running) &&
          (!best || std::pair(lane->quota, lane->first_due_at) < std::pair(best->quota, best->first_due_at)))
        best = lane;
    return best;
  }
};

int FairShare::share_out(std::vector<WaitingLane>& lanes, int slots, const Limits& limits, Running& running) {
  std::array<Turns, kStandings> turns;
  std::array<bool, kStandings> waiting{};
  for (WaitingLane& lane : lanes) {
    turns[index(lane.standing)].add(lane);
    waiting[index(lane.standing)] = true;
  }
  for (int slot = 0; slot < slots; ++slot) {
    const int standing = next_standing(waiting, turns, limits, running);
    if (standing < 0) return slot;
    const auto at = static_cast<std::size_t>(standing);
    WaitingLane& lane = *turns[at].front(limits, running);
    ++lane.quota;
    ++turns[at].next;
    running.add(lane.lane);
    last_served_[at] = lane.lane.tenant;
  }
  return slots;
}

// Each standing that waits earns its share; the one that is owed most and is open gets the slot and pays for it. What a
// closed one is owed it gets when a limit lets it, but never more than one whole round.
int FairShare::next_standing(const std::array<bool, kStandings>& waiting, std::array<Turns, kStandings>& turns,
                             const Limits& limits, const Running& running) {
  int best = -1, earned = 0;
  std::array<int, kStandings> credit{};
  for (std::size_t i = 0; i < kStandings; ++i) {
    if (!waiting[i]) continue;
    credit[i] = credit_[i] + kShares[i];
    earned += kShares[i];
    const bool open = turns[i].front(limits, running) != nullptr;
    if (open && (best < 0 || credit[i] > credit[static_cast<std::size_t>(best)])) best = static_cast<int>(i);
  }
  if (best < 0) return best;
  credit[static_cast<std::size_t>(best)] -= earned;
  for (std::size_t i = 0; i < kStandings; ++i) credit_[i] = std::clamp(credit[i], -kWhole, kWhole);
  return best;
}

}  // namespace ta::runs
