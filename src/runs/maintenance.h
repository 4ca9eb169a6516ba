// What keeps the ledger honest while nobody looks: rescuing lost workers' runs and ending runs that nobody will
// execute. Any number of processes may run it.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "runs/job_queue.h"

namespace ta::runs {

struct MaintenanceOptions {
  std::chrono::milliseconds interval{2'500};
};

class Maintenance {
 public:
  Maintenance(JobQueue& queue, MaintenanceOptions options = {}) : queue_(queue), options_(options) {}
  ~Maintenance() { stop(); }

  void start();
  void stop();
  struct Counts {
    int rescued = 0, never_dispatched = 0;
  };
  Counts run_once();

 private:
  JobQueue& queue_;
  MaintenanceOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace ta::runs
