// A worker: claims due runs, executes them on its slots, keeps their leases and progress, and hands back what it cannot
// finish.
//
// A handler that is asked to stop and does not is abandoned: its slot gets another thread, its run is flagged and ended
// or given back, and what it still returns is a late result. Its thread owns all of the engine that it touches; what
// the handler itself refers to must outlive it, so a program with stuck_handlers() ends without tearing down.
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runs/completer.h"

namespace ta::runs {

struct WorkerOptions {
  std::string name;                              // unique among living workers; empty = host and random
  int slots = 4;                                 // runs at the same time
  int prefetch = 0;                              // claimed ahead of a free slot; pays for runs of milliseconds only
  std::chrono::milliseconds poll{2'000};         // safety net behind the wake-up
  std::chrono::milliseconds heartbeat{2'500};    // well under the lease
  std::chrono::milliseconds progress{300};       // counts are written at most this often
  std::chrono::milliseconds stop_grace{10'000};  // a soft stop waits this long, then asks handlers to stop
  std::chrono::milliseconds hard_grace{5'000};  // a handler that was asked to stop and does not is abandoned after this
  std::chrono::milliseconds database_grace{30'000};  // after its soft grace a stop waits so long for the database
  RunContext::Steady steady = std::chrono::steady_clock::now;
};

// Why the initiator of a queued run may no longer run it, as a sentence for people; none: they may. Asked when an
// attempt begins; what runs already goes on.
using Authorise = std::function<std::optional<std::string>(const ClaimedJob&)>;

class Worker {
 public:
  Worker(JobQueue& queue, RunService& service, const Clock& clock, Random& random, ChangeFeed& feed,
         WorkerOptions options, Authorise authorise = {});
  ~Worker();  // stop()

  void start();
  // Takes nothing new, lets active runs finish within the grace, then hands the others back; those that have begun and
  // must not begin twice end as worker.interrupted. Idempotent. Ends within the graces and the database's deadlines,
  // whatever the handlers do and whether the database is there: what it has not taken by then is rescued like a lost
  // worker's.
  void stop();
  // Abandoned handlers that have not returned yet.
  int stuck_handlers() const;
  const std::string& name() const { return options_.name; }

  // Claims and executes one batch on the calling thread; for tests and one-shot programs. Returns how many ran.
  int run_once();

 private:
  using Steady = std::chrono::steady_clock;
  struct Active {
    ClaimedJob job;
    RunContext context;
    Timestamp begun_at;      // its slot took it; marked as running soon after, if it lasts
    bool called = false;     // its handler was
    bool abandoned = false;  // for the care loop: its handler was, and that is not written yet
    std::uint64_t flushed_version = 0;
    std::optional<Steady::time_point> stop_seen_at;  // for the care loop: when it first saw the wish to stop
    std::atomic<std::thread::id> handler_thread{};   // while the handler runs
    std::atomic_flag ended;                          // set by who ends this attempt: its slot, or who abandons it
    bool settling = false;                           // over; its completion is being written
    Active(ClaimedJob claimed, const JobQueue& queue, const Clock& clock, const RunContext::Steady& steady)
        : job(std::move(claimed)), context(queue.attempt_of(job), queue.database(), clock, steady) {}
  };
  // What the thread of an abandoned handler may still reach when the handler returns.
  struct Afterlife {
    std::mutex mutex;
    JobQueue* queue = nullptr;  // null once the worker has stopped
    std::atomic<int> handlers = 0;
  };
  using ActiveSet = std::unordered_set<std::shared_ptr<Active>>;

  void claim_loop();
  void slot_loop();
  void care_loop();
  int wait_for_room();
  int room() const;
  bool claim_is_due() const { return room() > options_.prefetch / 2; }
  bool claim_is_awaited();
  std::shared_ptr<Active> next_ready();
  bool execute(const std::shared_ptr<Active>& active);
  std::optional<Report> objection(const Active& active);
  static std::optional<Report> call_handler(const Handler& handler, Active& active);
  static void return_late(Afterlife& afterlife, const Active& active, const std::optional<Report>& report);
  void settle(const std::shared_ptr<Active>& active, const Report& report);
  void give_up(const std::shared_ptr<Active>& active);
  void forget(const std::shared_ptr<Active>& active);
  void mark_begun(Steady::time_point now);
  void beat();
  void extend_leases();
  void flush_progress();
  void abandon_stuck();
  void abandon(const std::shared_ptr<Active>& active, std::thread::id thread);
  void write_abandoned(const std::shared_ptr<Active>& active);
  void add_slot();
  ActiveSet active_now();
  bool with_database(std::string_view what, const std::function<void()>& action);
  bool persist(std::string_view what, const std::function<void()>& action);

  JobQueue& queue_;
  RunService& service_;
  const Clock& clock_;
  ChangeFeed& feed_;
  WorkerOptions options_;
  Authorise authorise_;
  std::unique_ptr<Completer> completer_;  // of a started worker

  std::mutex mutex_;
  std::condition_variable changed_;        // room for more, or the wish to stop
  std::condition_variable ready_changed_;  // slots wait here, so that not every settled run wakes them
  std::condition_variable care_changed_;   // something to mark or to look after
  bool started_ = false, stopping_ = false, claiming_over_ = false, finished_ = false;
  Steady::time_point give_up_at_ = Steady::time_point::max();  // what the database has not taken by then
  bool work_signalled_ = true;
  bool claim_waits_ = false;  // for room
  std::deque<std::shared_ptr<Active>> ready_;
  std::multimap<Steady::time_point, std::shared_ptr<Active>> begun_;  // by when to mark them as running
  ActiveSet active_;                                                  // claimed and not yet settled
  int settling_ = 0;                                                  // of them
  std::vector<std::thread> threads_;
  std::unordered_map<std::thread::id, std::thread> slot_threads_;
  std::shared_ptr<Afterlife> afterlife_ = std::make_shared<Afterlife>();
  std::shared_ptr<void> work_subscription_;
};

}  // namespace ta::runs
