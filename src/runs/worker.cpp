#include "runs/worker.h"

#include <unistd.h>

#include "base/log.h"
#include "runs/database_trouble.h"

namespace ta::runs {
namespace {

// Failures of the other side or of our database that pass by themselves. Everything else ends the run.
bool passes_by_itself(FailureCode code) {
  return code == FailureCode::graph_throttled || code == FailureCode::graph_unavailable ||
         code == FailureCode::storage_unavailable;
}

// A run that ends sooner is written once instead of twice: queued, then completed with both its times. Nobody could
// have seen it run.
constexpr std::chrono::milliseconds kMarkAfter{5};

std::string default_name(Random& random) {
  char host[256] = "host";
  gethostname(host, sizeof host - 1);
  return fmt::format("{}-{}-{}", host, getpid(), random.token().substr(0, 6));
}

Completion completion_of(const RunContext::Snapshot& state, const Report& report) {
  Completion completion{RunOutcome::succeeded, state.counts, state.failures, state.context};
  if (report.failure) {
    completion.failures.insert(completion.failures.begin(),
                               {std::string(ta::name(report.failure->code)), report.failure->message, 1});
    const bool partly = report.failure->code == FailureCode::worker_interrupted && state.counts.success.value_or(0) > 0;
    completion.outcome = partly ? RunOutcome::partially_succeeded : RunOutcome::failed;
  } else if (!state.failures.empty()) {
    const bool partly = report.achieved || state.counts.success.value_or(0) > 0;
    completion.outcome = partly ? RunOutcome::partially_succeeded : RunOutcome::failed;
  }
  return completion;
}

}  // namespace

Worker::Worker(JobQueue& queue, RunService& service, const Clock& clock, Random& random, ChangeFeed& feed,
               WorkerOptions options, Authorise authorise)
    : queue_(queue),
      service_(service),
      clock_(clock),
      feed_(feed),
      options_(std::move(options)),
      authorise_(std::move(authorise)) {
  if (options_.name.empty()) options_.name = default_name(random);
}

Worker::~Worker() { stop(); }

void Worker::start() {
  started_ = true;
  completer_ = std::make_unique<Completer>(queue_);
  work_subscription_ = feed_.on_work([this] {
    {
      const std::lock_guard lock(mutex_);
      work_signalled_ = true;
    }
    changed_.notify_all();
  });
  afterlife_->queue = &queue_;
  for (int i = 0; i < options_.slots; ++i) add_slot();
  threads_.emplace_back([this] { claim_loop(); });
  threads_.emplace_back([this] { care_loop(); });
}

void Worker::add_slot() {
  const std::lock_guard lock(mutex_);
  std::thread thread([this] { slot_loop(); });
  const std::thread::id id = thread.get_id();
  slot_threads_.emplace(id, std::move(thread));
}

int Worker::stuck_handlers() const { return afterlife_->handlers; }

void Worker::stop() {
  if (!started_) return;
  started_ = false;
  work_subscription_.reset();
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    give_up_at_ = Steady::now() + options_.stop_grace + options_.database_grace;
    completer_->give_up_at(give_up_at_);
    for (const auto& waiting : ready_) waiting->context.request_stop(StopReason::shutdown);  // not begun: handed back
    changed_.notify_all();
    changed_.wait_for(lock, options_.stop_grace, [this] { return claiming_over_ && active_.empty(); });
    for (const auto& active : active_) active->context.request_stop(StopReason::shutdown);
    changed_.wait(lock, [this] { return claiming_over_ && active_.empty(); });
    finished_ = true;
  }
  ready_changed_.notify_all();
  care_changed_.notify_all();
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (auto& [id, thread] : slot_threads_) thread.join();
  slot_threads_.clear();
  {
    const std::lock_guard lock(afterlife_->mutex);
    afterlife_->queue = nullptr;
  }
  completer_.reset();
  with_database("worker.gone", [this] { queue_.worker_gone(options_.name); });
}

int Worker::run_once() {
  int count = 0;
  for (ClaimedJob& job : queue_.claim(options_.name, options_.slots)) {
    const auto active = std::make_shared<Active>(std::move(job), queue_, clock_, options_.steady);
    active->begun_at = clock_.now();
    queue_.begin({{&active->job, active->begun_at}});
    execute(active);
    ++count;
  }
  return count;
}

// A slot is free when its handler has returned; as many completions again may be on their way to the disk.
int Worker::room() const {
  const int most = options_.slots + options_.prefetch, active = static_cast<int>(active_.size());
  return std::min(most - (active - settling_), 2 * most - active);
}

// True once for whoever is to wake the claim loop.
bool Worker::claim_is_awaited() { return claim_waits_ && claim_is_due() && std::exchange(claim_waits_, false); }

// Free slots once there is (or may be) work for them; 0 when stopping.
int Worker::wait_for_room() {
  std::unique_lock lock(mutex_);
  // With a prefetch, half of it is fetched at once: many claims of one run each cost more than they bring.
  claim_waits_ = true;
  changed_.wait(lock, [&] { return stopping_ || claim_is_due(); });
  claim_waits_ = false;
  changed_.wait_for(lock, options_.poll, [&] { return stopping_ || work_signalled_; });
  work_signalled_ = false;
  return stopping_ ? 0 : room();
}

void Worker::claim_loop() {
  while (const int room = wait_for_room()) {
    with_database("worker.claim", [&] {
      std::vector<ClaimedJob> jobs = queue_.claim(options_.name, room);
      const std::lock_guard lock(mutex_);
      // A full batch means there may be more: look again as soon as a slot is free, without waiting for a tick.
      if (static_cast<int>(jobs.size()) == room) work_signalled_ = true;
      for (ClaimedJob& job : jobs) {
        ready_.push_back(std::make_shared<Active>(std::move(job), queue_, clock_, options_.steady));
        active_.insert(ready_.back());
        // Claimed while stop() was asking the others: nobody else would ask this one.
        if (stopping_) ready_.back()->context.request_stop(StopReason::shutdown);
      }
    });
    ready_changed_.notify_all();
    care_changed_.notify_one();  // it paces itself by whether anything is active
  }
  {
    const std::lock_guard lock(mutex_);
    claiming_over_ = true;
  }
  changed_.notify_all();
}

void Worker::slot_loop() {
  while (const auto active = next_ready())
    if (!execute(active)) return;
}

std::shared_ptr<Worker::Active> Worker::next_ready() {
  std::unique_lock lock(mutex_);
  ready_changed_.wait(lock, [this] { return finished_ || !ready_.empty(); });
  if (ready_.empty()) return nullptr;
  std::shared_ptr<Active> active = std::move(ready_.front());
  ready_.pop_front();
  active->begun_at = clock_.now();
  if (active->context.should_stop()) return active;  // it will not begin
  begun_.emplace(Steady::now() + kMarkAfter, active);
  if (begun_.size() == 1) care_changed_.notify_one();
  return active;
}

void Worker::forget(const std::shared_ptr<Active>& active) {
  {
    const std::lock_guard lock(mutex_);
    active_.erase(active);
    if (active->settling) --settling_;
    // Woken threads cost more than a short run: only when one of them has something to do.
    if (!active_.empty() && !stopping_ && !claim_is_awaited()) return;
  }
  changed_.notify_all();
}

// False when the run was abandoned meanwhile: then this thread is no slot any more, and the worker may be gone.
bool Worker::execute(const std::shared_ptr<Active>& active) {
  if (active->context.should_stop()) return give_up(active), true;
  const ClaimedJob& job = active->job;
  if (log::enabled(log::Level::info))
    log::info("run.started", {{"run", job.run}, {"tenant", job.tenant}, {"type", job.type}, {"attempt", job.attempt}});
  if (const auto refused = objection(*active)) return settle(active, *refused), true;
  const std::shared_ptr<Afterlife> afterlife = afterlife_;
  const auto handler = service_.catalog().find(job.type)->execute;  // our own: it may run on when the catalog is gone
  active->called = true;
  active->handler_thread = std::this_thread::get_id();
  const std::optional<Report> report = call_handler(handler, *active);
  active->handler_thread = std::thread::id();
  if (active->ended.test_and_set()) return return_late(*afterlife, *active, report), false;
  report ? settle(active, *report) : give_up(active);
  return true;
}

// Why this run must not begin, if there is a reason.
std::optional<Report> Worker::objection(const Active& active) try {
  if (!service_.catalog().find(active.job.type))
    return Report::failed({FailureCode::run_invalid_input, "This server does not know the operation type.", {}});
  if (!authorise_) return std::nullopt;
  const auto why_not = authorise_(active.job);
  return why_not ? std::optional(Report::failed({FailureCode::run_not_allowed, *why_not, {}})) : std::nullopt;
} catch (const FailureError& error) {
  log::error("run.not_begun", {{"run", active.job.run}, {"type", active.job.type}, {"error", error.what()}});
  return Report::failed(error.failure());
}

// Everything a handler may throw becomes a report; none when it heard the wish to stop.
std::optional<Report> Worker::call_handler(const Handler& handler, Active& active) try {
  return handler(active.job.payload, active.context);
} catch (const Stopped&) {
  return std::nullopt;
} catch (const FailureError& error) {
  if (error.says_more())
    log::error("run.handler_failed", {{"run", active.job.run}, {"type", active.job.type}, {"error", error.what()}});
  return Report::failed(error.failure());
} catch (const std::exception& error) {
  log::error("run.handler_threw", {{"run", active.job.run}, {"type", active.job.type}, {"error", error.what()}});
  return Report::failed({FailureCode::internal_error, error.what(), {}});
} catch (...) {
  log::error("run.handler_threw", {{"run", active.job.run}, {"type", active.job.type}});
  return Report::failed({FailureCode::internal_error, "The handler threw something that is no exception.", {}});
}

// The token is long gone, so this only records that a result came.
void Worker::return_late(Afterlife& afterlife, const Active& active, const std::optional<Report>& report) {
  log::warn("run.stuck_handler_returned", {{"run", active.job.run}, {"type", active.job.type}});
  {
    const std::lock_guard lock(afterlife.mutex);
    try {
      if (report && afterlife.queue)
        afterlife.queue->complete(active.job, completion_of(active.context.snapshot(), *report));
    } catch (const std::exception& error) {
      log::error("run.late_result_lost", {{"run", active.job.run}, {"error", error.what()}});
    }
  }
  --afterlife.handlers;
}

void Worker::settle(const std::shared_ptr<Active>& active, const Report& report) {
  const ClaimedJob& job = active->job;
  if (report.failure && passes_by_itself(report.failure->code) && queue_.may_repeat(job)) {
    log::warn(
        "run.retry",
        {{"run", job.run}, {"type", job.type}, {"attempt", job.attempt}, {"code", ta::name(report.failure->code)}});
    persist("run.retry", [&] { queue_.retry(job, *report.failure); });
    return forget(active);
  }
  Completion completion = completion_of(active->context.snapshot(), report);
  completion.started_at = active->begun_at;
  completion.ended_at = clock_.now();
  const auto log_end = [outcome = completion.outcome](const ClaimedJob& ended, bool written) {
    if (!log::enabled(log::Level::info)) return;
    log::info(written ? "run.completed" : "run.not_completed", {{"run", ended.run},
                                                                {"tenant", ended.tenant},
                                                                {"type", ended.type},
                                                                {"attempt", ended.attempt},
                                                                {"outcome", runs::name(outcome)}});
  };
  if (!completer_) return log_end(job, queue_.complete(job, completion));
  {
    const std::lock_guard lock(mutex_);
    active->settling = true;
    ++settling_;
    if (claim_is_awaited()) changed_.notify_all();
  }
  completer_->submit({job, std::move(completion)}, [this, active, log_end](bool written) {
    log_end(active->job, written);
    forget(active);
  });
}

void Worker::give_up(const std::shared_ptr<Active>& active) {
  switch (active->context.stop_reason()) {
    case StopReason::deadline: return settle(active, Report::failed({FailureCode::run_timeout, "", {}}));
    case StopReason::shutdown:
      if (active->called && !queue_.is_repeatable(active->job))
        return settle(active, Report::failed({FailureCode::worker_interrupted, "", {}}));
      persist("run.hand_back", [&] { queue_.hand_back(active->job, FailureCode::worker_interrupted); });
      return forget(active);
    case StopReason::lease_lost:
    case StopReason::none:  // another worker has it now
      with_database("worker.late", [&] { queue_.late(active->job); });
      return forget(active);
  }
}

void Worker::care_loop() {
  auto last_look = Steady::time_point::min(), last_beat = last_look;
  std::unique_lock lock(mutex_);
  while (!finished_) {
    const auto next_look = last_look + (active_.empty() ? options_.heartbeat : options_.progress);
    const auto due = begun_.empty() ? next_look : std::min(next_look, begun_.begin()->first);
    const auto now = Steady::now();
    if (now < due) {
      care_changed_.wait_until(lock, due);
      continue;
    }
    lock.unlock();
    mark_begun(now);
    if (now >= next_look) {
      last_look = now;
      if (now >= last_beat + options_.heartbeat) last_beat = now, beat();
      flush_progress();
      abandon_stuck();
    }
    lock.lock();
  }
}

// Those that are still at work become `running`. What cannot be marked now (somebody holds its row, the database is
// away) is tried again.
void Worker::mark_begun(Steady::time_point now) {
  std::vector<std::shared_ptr<Active>> lasting;
  {
    const std::lock_guard lock(mutex_);
    const auto end = begun_.upper_bound(now);
    for (auto one = begun_.begin(); one != end; ++one)
      if (active_.contains(one->second) && !one->second->ended.test()) lasting.push_back(one->second);
    begun_.erase(begun_.begin(), end);
  }
  if (lasting.empty()) return;
  std::vector<JobQueue::BegunJob> jobs;
  for (const auto& active : lasting) jobs.push_back({&active->job, active->begun_at});
  std::vector<bool> marked(jobs.size());
  with_database("worker.begin", [&] { marked = queue_.begin(jobs); });
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < lasting.size(); ++i)
    if (!marked[i]) begun_.emplace(now + options_.progress, lasting[i]);
}

// The leases first: a worker that readers take for dead loses less than one that loses its runs.
void Worker::beat() {
  with_database("worker.heartbeat", [this] { extend_leases(); });
  with_database("worker.seen", [this] { queue_.worker_seen(options_.name, options_.slots, stuck_handlers()); });
}

void Worker::extend_leases() {
  const ActiveSet active = active_now();
  if (active.empty()) return;
  std::vector<ClaimedJob> jobs;
  for (const auto& one : active) jobs.push_back(one->job);
  const std::vector<RunId> held = queue_.heartbeat(jobs);
  for (const auto& one : active) {
    if (std::find(held.begin(), held.end(), one->job.run) == held.end())
      one->context.request_stop(StopReason::lease_lost);
    else if (one->context.time_left().count() == 0)
      one->context.request_stop(StopReason::deadline);
  }
}

// Readers can wait, leases cannot: a database that keeps this waiting gets no further run before the next heartbeat.
void Worker::flush_progress() {
  const auto until = Steady::now() + options_.heartbeat;
  for (const auto& active : active_now()) {
    if (Steady::now() >= until) return;
    const RunContext::Snapshot state = active->context.snapshot();
    if (state.version == active->flushed_version) continue;
    with_database("run.progress", [&] { queue_.progress(active->job, state.counts); });
    active->flushed_version = state.version;
  }
}

void Worker::abandon_stuck() {
  const auto now = Steady::now();
  for (const auto& active : active_now()) {
    if (active->abandoned) write_abandoned(active);
    if (!active->context.should_stop()) continue;
    if (!active->stop_seen_at) active->stop_seen_at = now;
    const std::thread::id thread = active->handler_thread;
    if (thread != std::thread::id() && now - *active->stop_seen_at >= options_.hard_grace) abandon(active, thread);
  }
}

// Its slot gets another thread before anything is written, because the database may be away too.
void Worker::abandon(const std::shared_ptr<Active>& active, std::thread::id thread) {
  if (active->ended.test_and_set()) return;  // it returned just now
  ++afterlife_->handlers;
  {
    const std::lock_guard lock(mutex_);
    const auto slot = slot_threads_.find(thread);
    slot->second.detach();
    slot_threads_.erase(slot);
  }
  add_slot();
  log::error("run.handler_stuck", {{"run", active->job.run},
                                   {"tenant", active->job.tenant},
                                   {"type", active->job.type},
                                   {"attempt", active->job.attempt}});
  active->abandoned = true;
  write_abandoned(active);
}

// Tried again at the next look, not here: meanwhile the leases of the others must be extended.
void Worker::write_abandoned(const std::shared_ptr<Active>& active) {
  std::optional<FailureCode> why;
  if (active->context.stop_reason() == StopReason::deadline) why = FailureCode::run_timeout;
  if (active->context.stop_reason() == StopReason::shutdown) why = FailureCode::worker_interrupted;
  try {
    queue_.abandon(active->job, why, active->context.snapshot().counts);
  } catch (const std::exception& error) {
    log::error("worker.database", {{"worker", options_.name}, {"step", "run.abandon"}, {"error", error.what()}});
    const std::lock_guard lock(mutex_);
    if (runs::passes_by_itself(error) && Steady::now() < give_up_at_) return;
  }
  forget(active);
}

Worker::ActiveSet Worker::active_now() {
  const std::lock_guard lock(mutex_);
  return active_;
}

// One try: the caller does it again anyway.
bool Worker::with_database(std::string_view what, const std::function<void()>& action) try {
  action();
  return true;
} catch (const std::exception& error) {
  log::error("worker.database", {{"worker", options_.name}, {"step", what}, {"error", error.what()}});
  return false;
}

// For writes that must not be lost: tried again under the lease's token until the database takes it, refuses it for
// good, or a stop has waited long enough. Runs whose end is not written are left to the reaper.
bool Worker::persist(std::string_view what, const std::function<void()>& action) {
  for (std::chrono::milliseconds pause{50};; pause = std::min(pause * 2, std::chrono::milliseconds{2'000})) {
    try {
      action();
      return true;
    } catch (const std::exception& error) {
      log::error("worker.database", {{"worker", options_.name}, {"step", what}, {"error", error.what()}});
      if (!runs::passes_by_itself(error)) return false;
    }
    std::unique_lock lock(mutex_);
    const auto until = Steady::now() + pause;
    while (Steady::now() < std::min(until, give_up_at_)) changed_.wait_until(lock, std::min(until, give_up_at_));
    if (Steady::now() >= give_up_at_) return false;
  }
}

}  // namespace ta::runs
