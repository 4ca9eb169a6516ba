// Which leases are no longer extended, as one process sees it with its own steady clock.
//
// A lease's end is a time of day, written by another process. Seen from a machine whose clock was set ahead, from a
// process that was stopped for a minute, or after an outage of the database, the leases of living workers have ended
// too. So a lease counts as silent only when it stayed as it is while this process looked at it again and again: a
// living worker extends it meanwhile.
#pragma once
#include <chrono>
#include <unordered_map>

#include "runs/job_queue.h"

namespace ta::runs {

// Used by one thread.
class LeaseWatch {
 public:
  using Steady = std::chrono::steady_clock;

  // `lease`: the length of the leases that are watched.
  explicit LeaseWatch(std::chrono::milliseconds lease) : lease_(lease) {}

  // Around each look. One that comes more than a lease after the one before says that this process was stopped, and
  // one that does not end (it threw) that the database was away: what was seen before is forgotten. After the latter
  // nothing is silent for a lease and a half, until connections are made again.
  void begin(Steady::time_point now);
  void end(Steady::time_point now);
  // In a look: whether the lease has been seen unchanged for two fifths of its length. Heartbeats are more frequent.
  bool is_silent(const SilentLease& lease);

 private:
  struct Seen {
    Timestamp expires_at;
    std::string token;
    Steady::time_point since;
    std::uint64_t look;
  };

  const std::chrono::milliseconds lease_;
  std::unordered_map<std::int64_t, Seen> seen_;  // by run
  std::uint64_t look_ = 0;
  bool looking_ = false;
  Steady::time_point now_, ended_at_, quiet_until_;
};

}  // namespace ta::runs
