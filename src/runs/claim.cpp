// The claim: fair between tenants, by shares between priorities, within the limits.
#include <set>

#include "base/log.h"
#include "runs/job_queue.h"
#include "runs/metrics.h"
#include "runs/queue.sql.h"

namespace ta::runs {
namespace {

using LaneKey = std::pair<Standing, Lane>;

struct Taken {
  Standing standing;
  ClaimedJob job;
  int nth = 0;  // of its tenant in this claim
};

LaneKey key_of(const WaitingLane& lane) { return {lane.standing, lane.lane}; }

json::object to_json(const WaitingLane& lane) {
  return {{"priority", static_cast<int>(lane.standing)},
          {"tenant", lane.lane.tenant.value},
          {"type", lane.lane.type},
          {"scope_key", lane.lane.scope_key},
          {"quota", lane.quota}};
}

// Each standing's rotation: from behind the tenant it served last to the end, then from the start up to that one.
json::array rotation_parts(const FairShare& share) {
  json::array parts;
  for (const Standing standing : {Standing::begun, Standing::user, Standing::scheduled, Standing::bulk}) {
    const std::int64_t last = share.last_served(standing).value;
    for (const auto& [from, until] : {std::pair{last + 1, INT64_MAX}, std::pair{std::int64_t{0}, last}})
      if (until > 0)
        parts.push_back(
            {{"part", parts.size()}, {"priority", static_cast<int>(standing)}, {"tenant", from}, {"until", until}});
  }
  return parts;
}

int most_of_one_tenant(const std::vector<WaitingLane>& lanes) {
  std::map<TenantId, int> quotas;
  int most = 0;
  for (const WaitingLane& lane : lanes) most = std::max(most, quotas[lane.lane.tenant] += lane.quota);
  return most;
}

// The rotation's order: one of each tenant, users' first, then the second of each.
std::vector<ClaimedJob> in_turn(std::vector<Taken> taken) {
  const auto place = [](const Taken& t) { return std::tuple(t.nth, t.standing, t.job.due_at, t.job.run); };
  const auto earlier = [&](const Taken& a, const Taken& b) { return place(a) < place(b); };
  std::sort(taken.begin(), taken.end(), earlier);
  std::map<std::pair<Standing, TenantId>, int> counts;
  for (Taken& one : taken) one.nth = counts[{one.standing, one.job.tenant}]++;
  std::sort(taken.begin(), taken.end(), earlier);
  std::vector<ClaimedJob> jobs;
  for (Taken& one : taken) jobs.push_back(std::move(one.job));
  return jobs;
}

}  // namespace

// One call of claim(). Each round is a transaction that takes from several lanes; a lane that gave less than it was
// asked for is empty, or somebody else is taking from it: it is not asked again.
class JobQueue::Claiming {
 public:
  Claiming(JobQueue& queue, const std::string& worker, int limit)
      : queue_(queue), worker_(worker), limit_(limit), now_(queue.clock_.now()) {}

  std::vector<ClaimedJob> claim() {
    try {
      while (room() > 0 && round()) continue;
    } catch (const storage::StorageError& error) {
      if (taken_.empty()) throw;
      log::warn("queue.claim_cut_short", {{"worker", worker_}, {"error", error.what()}});  // what we have, we have
    }
    for (const LimitKind limit : limits_met_) queue_.service_.metrics().limit_reached(name(limit));
    return in_turn(std::move(taken_));
  }

 private:
  int room() const { return limit_ - static_cast<int>(taken_.size()); }

  // Whether there may be more.
  bool round() {
    std::vector<Taken> taken;
    const bool more = queue_.database_.write([&](storage::Transaction& tx) {
      tx.fix_plans();
      std::vector<WaitingLane> lanes = plan(tx);
      if (most_of_one_tenant(lanes) == 0) return false;
      clip(tx, lanes);
      taken = take(tx, lanes);
      return close_short(lanes, taken);
    });
    std::move(taken.begin(), taken.end(), std::back_inserter(taken_));
    return more;
  }

  // Which lanes to take from. Looks at more of them when limits close the first ones, or when one tenant would get
  // several runs although others may wait behind those that were looked at.
  std::vector<WaitingLane> plan(storage::Transaction& tx) {
    const Running running = queue_.limits_.any() ? queue_.limits_.running_now(tx, now_, limit_) : Running();
    for (Sight sight{std::max(64, 4 * room()), std::max(16, room())};; sight.steps *= 8, sight.per_tenant *= 8) {
      std::vector<WaitingLane> lanes = look(tx, sight);
      const std::lock_guard lock(queue_.share_mutex_);
      FairShare share = queue_.share_;
      Running counted = running;
      const int given = share.share_out(lanes, room(), queue_.limits_, counted);
      const bool narrow = given < room() || most_of_one_tenant(lanes) > 1;
      if (narrow && sight.tenants_left) continue;
      if (given < room() && sight.lanes_left) continue;
      queue_.share_ = share;
      note_limits(lanes, counted);
      return lanes;
    }
  }

  void note_limits(const std::vector<WaitingLane>& lanes, const Running& counted) {
    if (!queue_.limits_.any()) return;
    for (const WaitingLane& lane : lanes)
      if (const auto full = queue_.limits_.reached(lane.lane, counted); full && lane.quota == 0)
        limits_met_.insert(full->kind);
  }

  struct Sight {
    int steps, per_tenant;
    bool tenants_left = false, lanes_left = false;  // there was more to see
  };
  std::vector<WaitingLane> look(storage::Transaction& tx, Sight& sight) {
    std::vector<WaitingLane> lanes;
    sight.tenants_left = sight.lanes_left = false;
    for (const storage::Row& row :
         tx.run(sql::job_lanes, {{"parts", parts()}, {"steps", sight.steps}, {"per_tenant", sight.per_tenant}})) {
      sight.tenants_left |= row.get<int>("step") >= sight.steps;
      sight.lanes_left |= row.get<int>("leave") != 0;
      WaitingLane lane{
          static_cast<Standing>(row.get<int>("priority")),
          {row.get<TenantId>("tenant_id"), row.get<std::string>("type"), row.get<std::string>("scope_key")},
          row.get<Timestamp>("available_at")};
      if (lane.first_due_at <= now_ && !passed_.contains(key_of(lane))) lanes.push_back(std::move(lane));
    }
    return lanes;
  }

  json::array parts() const {
    const std::lock_guard lock(queue_.share_mutex_);
    return rotation_parts(queue_.share_);
  }

  // Under a lock for each tenant the runs are counted again: of several workers that saw the last free place, one gets
  // it.
  void clip(storage::Transaction& tx, std::vector<WaitingLane>& lanes) {
    if (!queue_.limits_.any()) return;
    std::set<TenantId> tenants;
    for (const WaitingLane& lane : lanes)
      if (lane.quota > 0) tenants.insert(lane.lane.tenant);
    if (tenants.empty()) return;
    json::array ordered;  // equal order everywhere: two claims never wait for each other
    for (const TenantId tenant : tenants) ordered.push_back(tenant.value);
    tx.run(sql::claim_lock, {{"tenants", std::move(ordered)}});
    Running running = queue_.limits_.running_now(tx, now_, limit_);
    for (WaitingLane& lane : lanes) {
      const int wanted = std::exchange(lane.quota, 0);
      for (; lane.quota < wanted && !queue_.limits_.reached(lane.lane, running); ++lane.quota) running.add(lane.lane);
      if (lane.quota < wanted) passed_.insert(key_of(lane));
    }
  }

  std::vector<Taken> take(storage::Transaction& tx, const std::vector<WaitingLane>& lanes) {
    std::vector<Taken> taken;
    json::array asked;
    for (const WaitingLane& lane : lanes)
      if (lane.quota > 0) asked.push_back(to_json(lane));
    if (tx.engine() == storage::Engine::sqlite)
      for (const json::value& one : asked) take_from(tx, json::array{one}, taken);
    else if (!asked.empty())
      take_from(tx, std::move(asked), taken);
    return taken;
  }

  void take_from(storage::Transaction& tx, json::array lanes, std::vector<Taken>& taken) {
    for (const storage::Row& row : tx.run(sql::job_take, {{"token", queue_.random_.token()},
                                                          {"expires", now_ + queue_.options_.lease},
                                                          {"worker", worker_},
                                                          {"now", now_},
                                                          {"lanes", std::move(lanes)}}))
      taken.push_back({static_cast<Standing>(row.get<int>("priority")), claimed_job_from(row)});
  }

  // Remembers the lanes that gave less than they were asked for. True when another round may bring more.
  bool close_short(const std::vector<WaitingLane>& lanes, const std::vector<Taken>& taken) {
    std::map<LaneKey, int> got;
    for (const Taken& one : taken) ++got[{one.standing, {one.job.tenant, one.job.type, one.job.scope_key}}];
    bool more = false;
    for (const WaitingLane& lane : lanes) {
      const bool dry = got[key_of(lane)] < lane.quota;
      if (dry) passed_.insert(key_of(lane));
      more |= !dry && !passed_.contains(key_of(lane));
    }
    return more;
  }

  JobQueue& queue_;
  const std::string& worker_;
  int limit_;
  Timestamp now_;
  std::set<LaneKey> passed_;
  std::set<LimitKind> limits_met_;
  std::vector<Taken> taken_;
};

std::vector<ClaimedJob> JobQueue::claim(const std::string& worker, int limit) {
  std::vector<ClaimedJob> jobs = Claiming(*this, worker, limit).claim();
  Metrics& metrics = service_.metrics();
  metrics.claimed(jobs.size());
  for (const ClaimedJob& job : jobs) metrics.attempt_began(job.type, job.leased_at - job.due_at);
  return jobs;
}

}  // namespace ta::runs
