// What the run engine of this process did, for Prometheus. Each event is counted after the commit that made it true.
// One per process, made before the services and gone after them; counting is cheap and thread-safe.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "runs/run_service.h"

namespace prometheus {
struct MetricFamily;
}

namespace ta::runs {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  void started(std::string_view type, Disposition disposition);
  // One claim took `jobs` runs; zero is counted too, it is the cost of being idle.
  void claimed(std::size_t jobs);
  // A claim left runs waiting because of this limit.
  void limit_reached(std::string_view limit);
  // A worker began an attempt this long after it was due.
  void attempt_began(std::string_view type, Microseconds queue_delay);
  // A run ended. Its codes are counted once each, and the time since its first start.
  void completed(const Run& run);
  // A result came for an attempt that had been given up.
  void late_result();
  void rescued();           // the reaper took a run from a lost worker
  void stuck_handler();     // a handler did not stop and was abandoned
  void never_dispatched();  // the sweeper ended a run that nobody would have executed
  void notified(std::string_view kind);
  // A check found a run and its domain row telling different things.
  void disagreed(std::string_view type, std::string_view kind);

  // So many slots of a schedule of this type had this result (scheduler.h).
  void schedule_slots(std::string_view type, std::string_view result, std::int64_t slots);
  // A slot got its run this long after it was due.
  void schedule_fired(std::string_view type, Microseconds late);

  // What /metrics prints.
  std::vector<prometheus::MetricFamily> collect() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ta::runs
