// Completions from many slots, written together: each caller gets its own answer, the database gets few transactions.
//
// What has finished is not lost while the process lives: a completion that the database does not take now is tried
// again until it does, however long that is; the lease token decides whether it still counts. A completion that the
// database refuses for good costs only itself: the others of its batch are written without it, and its run ends failed
// (internal.error), with what it said in the log.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "runs/job_queue.h"

namespace ta::runs {

struct CompleterOptions {
  std::size_t batch_max = 1'000;
  std::chrono::milliseconds pause_max{1'000};     // between two tries
  std::chrono::milliseconds stop_patience{30'000};  // the destructor waits so long for the database
};

class Completer {
 public:
  using Steady = std::chrono::steady_clock;

  explicit Completer(JobQueue& queue, CompleterOptions options = {});
  ~Completer();  // writes what was submitted, within the patience

  // `done` is called once, from the completer's thread, when the completion is durable (true), came too late (false),
  // was refused (false) or was given up (false). It must be quick and must not throw.
  using Done = std::function<void(bool)>;
  void submit(FinishedJob finished, Done done);
  // What the database has not taken by then is given up. The earliest time counts.
  void give_up_at(Steady::time_point time);
  // Writes that the database did not take, so far.
  int failed_writes() const { return failed_writes_; }

 private:
  struct Pending {
    FinishedJob finished;
    Done done;
  };
  enum class Answer { written, not_written, ask_again };
  using Answers = std::vector<Answer>;

  struct Batch {
    std::vector<FinishedJob> finished;
    std::vector<Done> done;
  };

  void loop();
  bool wait_for_work(std::unique_lock<std::mutex>& lock);
  Batch take_batch();
  Answers write(const std::vector<FinishedJob>& batch, bool again = false);
  Answers write_halves(const std::vector<FinishedJob>& batch);
  Answer refused(const FinishedJob& finished, const std::exception& error);
  bool may_try_again(std::chrono::milliseconds& pause);

  JobQueue& queue_;
  CompleterOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Pending> pending_;
  std::vector<Pending> aside_;  // not even their failure could be written; asked again now and then
  Steady::time_point aside_due_;
  Steady::time_point give_up_at_ = Steady::time_point::max();
  bool stopping_ = false;
  std::atomic<int> failed_writes_ = 0;
  std::thread thread_;
};

}  // namespace ta::runs
