// Keeps the ledger true: every process rescues the runs of lost workers, and the leading one ends runs that no worker
// will ever execute. Any number of processes may run it.
//
// A lost worker's run is taken over once its lease has ended and was seen silent (lease_watch.h): at most 14 s after
// the last heartbeat with the options' defaults.
#pragma once
#include "runs/lease_watch.h"
#include "runs/leadership.h"
#include "runs/periodic.h"

namespace ta::runs {

struct MaintenanceOptions {
  std::chrono::milliseconds interval{2'500};  // at most; up to a fifth less, so that processes do not keep step
};

class Maintenance {
 public:
  Maintenance(JobQueue& queue, Leadership& leadership, Random& random, MaintenanceOptions options = {})
      : queue_(queue), leadership_(leadership), random_(random), options_(options), watch_(queue.lease()) {}

  void start();
  void stop() { thread_.stop(); }  // idempotent
  struct Counts {
    int rescued = 0, never_dispatched = 0;
  };
  // Throws StorageError.
  Counts run_once(LeaseWatch::Steady::time_point now = LeaseWatch::Steady::now());
  Periodic::Effort effort() const { return thread_.effort(); }

 private:
  int sweep();

  JobQueue& queue_;
  Leadership& leadership_;
  Random& random_;
  MaintenanceOptions options_;
  LeaseWatch watch_;
  Periodic thread_;
};

}  // namespace ta::runs
