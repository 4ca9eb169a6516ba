#include "runs/job_queue.h"

#include <algorithm>
#include <unordered_set>

#include "base/log.h"
#include "base/secrets.h"
#include "runs/database_trouble.h"
#include "runs/metrics.h"
#include "runs/queue.sql.h"

namespace ta::runs {
namespace {

constexpr int kReapPage = 500;        // leases looked at in one read
constexpr int kSweepPage = 5'000;     // active runs looked at in one pass
constexpr int kWrittenTogether = 25;  // rescues in one transaction: other writers do not wait long for it
constexpr int kTroubleMax = 3;        // writes in which something passing was in the way, after which a pass ends
constexpr std::chrono::hours kWorkerForgottenAfter{1};
constexpr std::string_view kStuck = "Its handler does not stop.";

}  // namespace

ClaimedJob claimed_job_from(const storage::Row& row) {
  return {row.get<RunId>("run_id"),
          row.get<TenantId>("tenant_id"),
          row.get<std::optional<UserId>>("user_id"),
          row.get<std::string>("type"),
          row.get<std::string>("scope_key"),
          row.get<json::value>("payload"),
          row.get<int>("attempt"),
          row.get<int>("attempts_max"),
          row.get<std::string>("lease_token"),
          row.get<std::string>("worker"),
          row.get<Timestamp>("leased_at"),
          row.get<Timestamp>("available_at"),
          row.get<bool>("by_person"),
          row.get<std::optional<std::int64_t>>("token_id")};
}

JobQueue::JobQueue(storage::Database& database, RunService& service, const Clock& clock, Random& random,
                   ChangeFeed& feed, QueueOptions options)
    : database_(database),
      service_(service),
      clock_(clock),
      random_(random),
      feed_(feed),
      options_(options),
      limits_(service.catalog(), options.limits) {}

LeasedAttempt JobQueue::attempt_of(const ClaimedJob& job) const {
  const RegisteredType* type = service_.catalog().find(job.type);
  const TypeDefinition definition = type ? type->definition : TypeDefinition{};
  return {job.run, job.tenant, job.attempt, job.lease_token, definition.deadline};
}

std::vector<RunId> JobQueue::heartbeat(const std::vector<ClaimedJob>& jobs) {
  storage::Batch leases({"run", "token"});
  for (const ClaimedJob& job : jobs) leases.add(job.run, job.lease_token);
  return database_.write([&](storage::Transaction& tx) {
    std::vector<RunId> held;
    for (const storage::Row& row :
         tx.run_each(sql::job_heartbeat, leases, {{"expires", clock_.now() + options_.lease}}))
      held.push_back(row.get<RunId>("run_id"));
    return held;
  });
}

std::vector<bool> JobQueue::begin(const std::vector<BegunJob>& begun) {
  std::vector<RunService::Begun> runs;
  for (const auto& [job, at] : begun) runs.push_back({job->tenant, job->run, job->type, at});
  return database_.write([&](storage::Transaction& tx) { return service_.mark_running(tx, runs); });
}

bool JobQueue::progress(const ClaimedJob& job, const SummaryCounts& counts) {
  const Timestamp now = clock_.now();
  return database_.write([&](storage::Transaction& tx) {
    if (tx.run(sql::job_progress, {{"run_id", job.run}, {"token", job.lease_token}, {"now", now}}).affected() == 0)
      return false;
    const auto write = [&] {
      return tx
          .run(sql::run_progress,
               {{"tenant_id", job.tenant}, {"run_id", job.run}, {"counts", to_json(counts)}, {"now", now}})
          .affected();
    };
    if (write() == 0 && service_.mark_running(tx, {{job.tenant, job.run, job.type, job.leased_at}}).front()) write();
    tx.after_commit([this, &job] { feed_.publish(job.tenant, job.run); });
    return true;
  });
}

bool JobQueue::complete(const ClaimedJob& job, const Completion& completion) {
  return complete_many({{job, completion}}).front();
}

std::vector<bool> JobQueue::complete_many(const std::vector<FinishedJob>& finished, bool again) {
  storage::Batch leases({"run", "token"});
  for (const FinishedJob& one : finished) leases.add(one.job.run, one.job.lease_token);
  return database_.write([&](storage::Transaction& tx) {
    tx.run_later(sql::completion_plans);
    std::vector<bool> done = tx.change_each(sql::jobs_finish, leases);
    std::vector<RunService::Ending> endings;
    std::set<TenantId> tenants;
    for (std::size_t i = 0; i < finished.size(); ++i) {
      const auto& [job, completion] = finished[i];
      if (done[i]) {
        endings.push_back({job.tenant, job.run, job.type, job.user, started_at(tx, finished[i]), completion});
        // A first attempt that ends its run is in the run's own times; only longer stories need a log.
        if (job.attempt > 1) end_attempt(tx, job, "");
        tenants.insert(job.tenant);
      } else if (!(again && (done[i] = landed(tx, finished[i])))) {
        note_late(tx, job);
      }
    }
    service_.complete_many(tx, endings);
    wake_those_limits_held(tx, tenants);
    return done;
  });
}

std::optional<Timestamp> JobQueue::started_at(storage::Transaction& tx, const FinishedJob& finished) {
  const Timestamp begun = finished.completion.started_at.value_or(finished.job.leased_at);
  if (finished.job.attempt == 1) return begun;
  const storage::Rows run =
      tx.run(sql::run_started, {{"tenant_id", finished.job.tenant}, {"run_id", finished.job.run}});
  return run.empty() ? begun : run[0].get<std::optional<Timestamp>>("started_at").value_or(begun);
}

// A place is free: somebody's worker, in whatever process, may now take a run that a limit held back. Without limits
// nobody waits for a place, so nothing is asked.
void JobQueue::wake_those_limits_held(storage::Transaction& tx, const std::set<TenantId>& tenants) {
  if (!limits_.any()) return;
  for (const TenantId tenant : tenants)
    if (!tx.run(sql::job_waits_of, {{"tenant_id", tenant}}).empty())
      return tx.after_commit([this] { feed_.publish_work(); });
}

// Whether an earlier try, whose answer was lost, wrote this completion: nobody else ended the run in that microsecond.
bool JobQueue::landed(storage::Transaction& tx, const FinishedJob& finished) {
  const Completion& completion = finished.completion;
  return completion.ended_at && !tx.run(sql::run_landed, {{"tenant_id", finished.job.tenant},
                                                          {"id", finished.job.run},
                                                          {"ended", *completion.ended_at},
                                                          {"outcome", name(completion.outcome)}})
                                     .empty();
}

void JobQueue::end_attempt(storage::Transaction& tx, const ClaimedJob& job, std::string_view code) {
  tx.run(sql::attempt_ended, {{"run_id", job.run},
                              {"number", job.attempt},
                              {"started_at", job.leased_at},
                              {"now", clock_.now()},
                              {"code", code},
                              {"worker", job.worker}});
}

void JobQueue::note_late(storage::Transaction& tx, const ClaimedJob& job) {
  tx.run(sql::attempt_late, {{"run_id", job.run}, {"number", job.attempt}, {"now", clock_.now()}});
  tx.after_commit([&metrics = service_.metrics()] { metrics.late_result(); });
  log::warn("run.late_result",
            {{"run", job.run}, {"tenant", job.tenant}, {"type", job.type}, {"attempt", job.attempt}});
}

void JobQueue::late(const ClaimedJob& job) {
  database_.write([&](storage::Transaction& tx) { note_late(tx, job); });
}

bool JobQueue::retry(const ClaimedJob& job, const Failure& failure) {
  const auto wait = std::max(backoff(job.attempt), failure.retry_after.value_or(std::chrono::milliseconds{0}));
  return release(job, failure.code, failure.message, clock_.now() + wait, true);
}

bool JobQueue::hand_back(const ClaimedJob& job, FailureCode why) { return release(job, why, "", clock_.now(), false); }

bool JobQueue::release(const ClaimedJob& job, FailureCode code, std::string_view message, Timestamp available_at,
                       bool counted) {
  return database_.write([&](storage::Transaction& tx) {
    if (!held(tx, job)) return false;
    release_in(tx, job, code, message, available_at, counted);
    return true;
  });
}

// Also keeps it held until the transaction ends, after what its handler is writing now.
bool JobQueue::held(storage::Transaction& tx, const ClaimedJob& job) {
  return !tx.run(sql::lease_take_back, {{"run_id", job.run}, {"token", job.lease_token}}).empty();
}

void JobQueue::abandon(const ClaimedJob& job, std::optional<FailureCode> why, const SummaryCounts& counts) {
  database_.write([&](storage::Transaction& tx) {
    tx.run_later(sql::abandon_patience);
    if (why && held(tx, job)) {
      if (*why == FailureCode::worker_interrupted && may_repeat(job)) {
        release_in(tx, job, *why, kStuck, clock_.now(), true);
      } else {
        end_attempt(tx, job, ta::name(*why));
        const bool partly = *why == FailureCode::worker_interrupted && counts.success.value_or(0) > 0;
        service_.complete(tx, job.tenant, job.run,
                          {partly ? RunOutcome::partially_succeeded : RunOutcome::failed,
                           counts,
                           {{std::string(ta::name(*why)), std::string(kStuck), 1}},
                           {},
                           job.leased_at});
        wake_those_limits_held(tx, {job.tenant});
      }
    }
    tx.run(
        sql::run_flag,
        {{"tenant_id", job.tenant},
         {"run_id", job.run},
         {"flag", json::object{{"handler_does_not_stop", fmt::format("attempt {} on {}", job.attempt, job.worker)}}}});
    tx.after_commit([&metrics = service_.metrics()] { metrics.stuck_handler(); });
  });
}

void JobQueue::release_in(storage::Transaction& tx, const ClaimedJob& job, FailureCode code, std::string_view message,
                          Timestamp available_at, bool counted) {
  tx.run(sql::job_release, {{"run_id", job.run},
                            {"token", job.lease_token},
                            {"uncounted", counted ? 0 : 1},
                            {"available_at", available_at},
                            {"code", ta::name(code)},
                            {"message", sanitise_message(message, job.tenant)}});
  if (counted) service_.mark_running(tx, {{job.tenant, job.run, job.type, job.leased_at}});  // for its readers it runs
  end_attempt(tx, job, ta::name(code));
  tx.after_commit([this, job] {
    feed_.publish(job.tenant, job.run);
    feed_.publish_work();
  });
}

bool JobQueue::is_repeatable(const ClaimedJob& job) const {
  const RegisteredType* type = service_.catalog().find(job.type);
  return type ? type->definition.retry_safe : job.attempts_max > 1;
}

// Calls `write_one` for each, a few in a transaction. What the database refuses for good costs only itself; when
// something passing is in the way, each gets a transaction of its own, so that the others need not wait for it. Throws
// when too much is in the way; it begins anywhere, so that the same few do not end every pass before the others' turn.
template <class Item, class F>
int JobQueue::each_apart(const std::vector<Item>& all, const MayWrite& may_write, F&& write_one) {
  std::vector<Item> items = all;
  if (items.size() > 1)
    std::ranges::rotate(items, items.begin() + static_cast<std::ptrdiff_t>(random_.below(items.size())));
  const auto write = [&](std::span<const Item> some) {
    return database_.write([&](storage::Transaction& tx) {
      int done = 0;
      if (may_write && !may_write(tx)) return done;
      for (const Item& item : some) {
        try {
          tx.savepoint([&] { done += write_one(tx, item); });
        } catch (const std::exception& error) {
          if (passes_by_itself(error)) throw;
          log::error("maintenance.run_refused", {{"run", item.run}, {"error", error.what()}});
        }
      }
      return done;
    });
  };
  int done = 0, troubles = 0;
  for (std::span<const Item> left(items); !left.empty();) {
    const auto some = left.first(std::min<std::size_t>(left.size(), kWrittenTogether));
    left = left.subspan(some.size());
    try {
      done += write(some);
      continue;
    } catch (const storage::StorageError& error) {
      if (error.kind() == storage::StorageError::Kind::unavailable) throw;
      log::error("maintenance.run_waits", {{"runs", some.size()}, {"error", error.what()}});
    }
    for (std::size_t i = 0; i < some.size(); ++i) try {
        done += write(some.subspan(i, 1));
      } catch (const storage::StorageError& error) {
        if (error.kind() == storage::StorageError::Kind::unavailable || ++troubles == kTroubleMax) throw;
        log::error("maintenance.run_waits", {{"run", some[i].run}, {"error", error.what()}});
      }
  }
  return done;
}

int JobQueue::reap(const IsLost& is_lost) {
  const Timestamp now = clock_.now();
  int rescued = 0;
  for (SilentLease after;;) {
    const std::vector<SilentLease> page = silent_leases(after, is_lost ? now + options_.lease / 2 : now);
    std::vector<SilentLease> lost;
    for (const SilentLease& lease : page)
      if ((!is_lost || is_lost(lease)) && lease.expires_at < now) lost.push_back(lease);
    rescued += each_apart(lost, {}, [this](auto& tx, const SilentLease& lease) { return rescue(tx, lease); });
    if (static_cast<int>(page.size()) < kReapPage) return rescued;
    after = page.back();
  }
}

std::vector<SilentLease> JobQueue::silent_leases(const SilentLease& after, Timestamp before) {
  return database_.read([&](storage::Transaction& tx) {
    std::vector<SilentLease> leases;
    for (const storage::Row& row : tx.run(
             sql::leases_silent,
             {{"after_expiry", after.expires_at}, {"after_run", after.run}, {"before", before}, {"limit", kReapPage}}))
      leases.push_back(
          {row.get<Timestamp>("lease_expires_at"), row.get<RunId>("run_id"), row.get<std::string>("lease_token")});
    return leases;
  });
}

bool JobQueue::rescue(storage::Transaction& tx, const SilentLease& lease) {
  const storage::Rows rows =
      tx.run(sql::job_lost, {{"run_id", lease.run}, {"token", lease.token}, {"expires_at", lease.expires_at}});
  if (rows.empty()) return false;
  const ClaimedJob job = claimed_job_from(rows[0]);
  tx.after_commit([&metrics = service_.metrics(), job] {
    metrics.rescued();
    log::warn("worker.lost", {{"run", job.run},
                              {"tenant", job.tenant},
                              {"type", job.type},
                              {"attempt", job.attempt},
                              {"worker", job.worker}});
  });
  if (may_repeat(job)) {
    release_in(tx, job, FailureCode::worker_lost, "", clock_.now(), true);
    return true;
  }
  end_attempt(tx, job, ta::name(FailureCode::worker_lost));
  const storage::Rows run = tx.run(sql::run_counts, {{"tenant_id", job.tenant}, {"run_id", job.run}});
  Completion completion;
  if (!run.empty()) completion.counts = summary_counts_from(run[0].get<json::value>("summary_counts"));
  completion.failures.push_back({std::string(ta::name(FailureCode::worker_lost)), "", 1});
  completion.started_at = job.leased_at;
  wake_those_limits_held(tx, {job.tenant});
  return service_.complete(tx, job.tenant, job.run, completion);
}

int JobQueue::sweep(const MayWrite& may_write) {
  return each_apart(next_without_job(), may_write, [this](storage::Transaction& tx, const JobLess& one) {
    Completion completion;
    completion.failures.push_back({std::string(ta::name(FailureCode::queue_never_dispatched)), "", 1});
    if (!service_.complete(tx, one.tenant, one.run, completion)) return false;
    tx.after_commit([&metrics = service_.metrics()] { metrics.never_dispatched(); });
    return true;
  });
}

// The runs of the next page of active ones that have waited long enough and have no job.
std::vector<JobQueue::JobLess> JobQueue::next_without_job() {
  const std::lock_guard lock(sweep_mutex_);
  const auto from = std::exchange(swept_to_, {});
  return database_.read([&](storage::Transaction& tx) {
    std::vector<JobLess> found;
    const storage::Params page{{"tenant_id", from.first},
                               {"hash", from.second},
                               {"before", clock_.now() - options_.never_dispatched_after},
                               {"limit", kSweepPage},
                               {"last", kSweepPage - 1}};
    for (const storage::Row& row : tx.run(sql::runs_without_job, page)) {
      const auto tenant = row.get<TenantId>("tenant_id");
      if (row.get<int>("page_end") != 0)
        swept_to_ = {tenant, row.get<std::string>("run_identity_hash")};
      else
        found.push_back({tenant, row.get<RunId>("id")});
    }
    return found;
  });
}

void JobQueue::worker_seen(const std::string& worker, int slots, int stuck_handlers) {
  database_.write([&](storage::Transaction& tx) {
    tx.run(sql::worker_seen, {{"name", worker},
                              {"slots", slots},
                              {"version", TA_VERSION},
                              {"stuck", stuck_handlers},
                              {"now", clock_.now()}});
  });
}

void JobQueue::worker_gone(const std::string& worker) {
  database_.write([&](storage::Transaction& tx) {
    tx.run(sql::worker_gone, {{"name", worker}, {"before", clock_.now() - kWorkerForgottenAfter}});
  });
}

std::chrono::milliseconds JobQueue::backoff(int attempt) {
  const int doublings = std::min(attempt - 1, 20);
  const auto full = std::min(options_.backoff_base * (std::int64_t{1} << doublings), options_.backoff_max);
  const auto fifth = std::max<std::int64_t>(1, full.count() / 5);
  return full - std::chrono::milliseconds{fifth} + std::chrono::milliseconds{random_.below(2 * fifth + 1)};
}

}  // namespace ta::runs
