// The hot, small table of what is queued or running: claiming under leases, and everything a lease holder may do.
//
// Fencing: every claim gets a new token, and every later call names it. A call with an old token changes nothing and
// answers false ("late"): the run was rescued meanwhile.
#pragma once
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "runs/fair_share.h"
#include "runs/run_service.h"

namespace ta::runs {

struct ClaimedJob {
  RunId run;
  TenantId tenant;
  std::optional<UserId> user;  // the initiator; none: the system, or a person who is deleted
  std::string type;
  std::string scope_key;  // empty: no provider scope
  json::value payload;    // canonical inputs
  int attempt = 1;        // this one, from 1
  int attempts_max = 1;
  std::string lease_token;
  std::string worker;
  Timestamp leased_at;
  Timestamp due_at;                   // since when it could have been claimed
  bool by_person = false;             // stays when the person is deleted
  std::optional<std::int64_t> token;  // the API token that the start came with
};

ClaimedJob claimed_job_from(const storage::Row& row);  // of run_jobs, leased

// A job and how its run ended.
struct FinishedJob {
  ClaimedJob job;
  Completion completion;
};

// A lease that has run out, or will soon unless its worker extends it.
struct SilentLease {
  Timestamp expires_at;
  RunId run;
  std::string token;
};

struct QueueOptions {
  std::chrono::milliseconds lease{10'000};          // a worker silent for so long is lost
  std::chrono::seconds never_dispatched_after{30};  // a run without a job is ended after this
  std::chrono::milliseconds backoff_base{2'000};    // doubles with each attempt, ± 20 %
  std::chrono::milliseconds backoff_max{300'000};
  LimitOptions limits = {};
};

class JobQueue {
 public:
  JobQueue(storage::Database& database, RunService& service, const Clock& clock, Random& random, ChangeFeed& feed,
           QueueOptions options = {});

  // Leases up to `limit` due jobs to `worker`: in turn between tenants, by shares between priorities, within the limits
  // (docs/fairness.md). Its cost does not grow with what waits. Fewer than `limit`: all that may run now was taken, or
  // is being taken by others. A run is `running` from begin() on, or from its first progress.
  std::vector<ClaimedJob> claim(const std::string& worker, int limit);
  // Marks the runs of claimed jobs as running. False for those that have ended, or that somebody is ending right now.
  struct BegunJob {
    const ClaimedJob* job;
    Timestamp at;  // when its work began
  };
  std::vector<bool> begin(const std::vector<BegunJob>& begun);
  // Extends the leases that are still held and returns those runs. A run that is not among them was taken away.
  std::vector<RunId> heartbeat(const std::vector<ClaimedJob>& jobs);
  bool progress(const ClaimedJob& job, const SummaryCounts& counts);
  // Records that this attempt ended after it had lost its lease.
  void late(const ClaimedJob& job);
  bool complete(const ClaimedJob& job, const Completion& completion);
  // complete() for many in one transaction. One answer each, in order; false: late. `again`: an earlier call with the
  // same completions (and their `ended_at`) failed, perhaps after its commit; what that one has written is not late.
  std::vector<bool> complete_many(const std::vector<FinishedJob>& finished, bool again = false);
  // Gives the job back for another attempt, after the backoff or the other side's own wish.
  bool retry(const ClaimedJob& job, const Failure& failure);
  // Gives the job back at once; the attempt is not consumed. Never for a job that may have begun and must not begin
  // twice: complete() that one.
  bool hand_back(const ClaimedJob& job, FailureCode why);
  // Flags the run of a handler that does not stop, for its readers. While the lease is held also ends this attempt:
  // another one where that is safe and `why` is about the worker, else failed as `why`. Without `why` the lease is
  // lost. On PostgreSQL it waits half a second for what the handler may be writing, then throws (conflict).
  void abandon(const ClaimedJob& job, std::optional<FailureCode> why, const SummaryCounts& counts);

  // Whether a job that has begun may begin again: its type says that this does no harm …
  bool is_repeatable(const ClaimedJob& job) const;
  // … and, when the attempt counts, whether one is left.
  bool may_repeat(const ClaimedJob& job) const { return is_repeatable(job) && job.attempt < job.attempts_max; }

  // Rescues jobs whose lease ran out: another attempt where that is safe, else failed as worker.lost. Returns how many.
  // `is_lost` is asked about each lease that has run out or has less than half of its length left, and may spare it;
  // without it time alone decides. What the database refuses for one run stops no other.
  using IsLost = std::function<bool(const SilentLease&)>;
  int reap(const IsLost& is_lost = {});
  // Ends runs that nobody will ever execute (queue.never_dispatched). Returns how many. Looks at a few thousand active
  // runs and goes on behind them the next time; writes only when it found one and `may_write`, asked in the
  // transaction, agrees.
  using MayWrite = std::function<bool(storage::Transaction&)>;
  int sweep(const MayWrite& may_write = {});

  void worker_seen(const std::string& worker, int slots, int stuck_handlers = 0);
  void worker_gone(const std::string& worker);

  // What the handler of a claimed job works with.
  LeasedAttempt attempt_of(const ClaimedJob& job) const;
  storage::Database& database() const { return database_; }

  const Limits& limits() const { return limits_; }
  std::chrono::milliseconds lease() const { return options_.lease; }

 private:
  class Claiming;
  bool release(const ClaimedJob& job, FailureCode code, std::string_view message, Timestamp available_at, bool counted);
  void release_in(storage::Transaction& tx, const ClaimedJob& job, FailureCode code, std::string_view message,
                  Timestamp available_at, bool counted);
  std::vector<SilentLease> silent_leases(const SilentLease& after, Timestamp before);
  bool rescue(storage::Transaction& tx, const SilentLease& lease);
  struct JobLess {
    TenantId tenant;
    RunId run;
  };
  std::vector<JobLess> next_without_job();
  template <class Item, class F>
  int each_apart(const std::vector<Item>& items, const MayWrite& may_write, F&& write_one);
  bool held(storage::Transaction& tx, const ClaimedJob& job);
  bool landed(storage::Transaction& tx, const FinishedJob& finished);
  std::optional<Timestamp> started_at(storage::Transaction& tx, const FinishedJob& finished);
  void note_late(storage::Transaction& tx, const ClaimedJob& job);
  void wake_those_limits_held(storage::Transaction& tx, const std::set<TenantId>& tenants);
  void end_attempt(storage::Transaction& tx, const ClaimedJob& job, std::string_view code);
  std::chrono::milliseconds backoff(int attempt);

  storage::Database& database_;
  RunService& service_;
  const Clock& clock_;
  Random& random_;
  ChangeFeed& feed_;
  QueueOptions options_;
  Limits limits_;
  std::mutex share_mutex_;
  FairShare share_;  // of all workers of this process
  std::mutex sweep_mutex_;
  std::pair<TenantId, std::string> swept_to_;  // by tenant and identity
};

}  // namespace ta::runs
