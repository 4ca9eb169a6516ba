// Completions from many slots, written together: each caller gets its own answer, the database gets few transactions.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "runs/job_queue.h"

namespace ta::runs {

struct CompleterOptions {
  std::size_t batch_max = 1'000;
  // A completion that the database does not take is tried again for this long; then the reaper has the run.
  std::chrono::milliseconds give_up_after{30'000};
};

class Completer {
 public:
  explicit Completer(JobQueue& queue, CompleterOptions options = {});
  ~Completer();  // writes what was submitted

  // `done` is called once, from the completer's thread, when the completion is durable (true), came too late (false),
  // or could not be written (false). It must be quick and must not throw.
  using Done = std::function<void(bool)>;
  void submit(FinishedJob finished, Done done);

 private:
  struct Pending {
    FinishedJob finished;
    Done done;
  };

  void loop();
  std::vector<bool> write(const std::vector<FinishedJob>& batch);

  JobQueue& queue_;
  CompleterOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Pending> pending_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ta::runs
