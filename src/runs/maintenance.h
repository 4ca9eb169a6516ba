// What keeps the ledger honest while nobody looks: rescuing lost workers' runs and ending runs that nobody will
// execute. Any number of processes may run it.
#pragma once
#include "runs/job_queue.h"
#include "runs/periodic.h"

namespace ta::runs {

struct MaintenanceOptions {
  std::chrono::milliseconds interval{2'500};
};

class Maintenance {
 public:
  Maintenance(JobQueue& queue, MaintenanceOptions options = {}) : queue_(queue), options_(options) {}

  void start();
  void stop() { thread_.stop(); }  // idempotent
  struct Counts {
    int rescued = 0, never_dispatched = 0;
  };
  Counts run_once();

 private:
  JobQueue& queue_;
  MaintenanceOptions options_;
  Periodic thread_;
};

}  // namespace ta::runs
