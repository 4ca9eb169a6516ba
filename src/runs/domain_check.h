// Looks now and then whether runs and their domain rows tell the same. They change in one transaction, so a difference
// means that somebody wrote past the engine: it is logged, counted, and settled where a rule can settle it.
// Any number of processes may run it: only the leader looks.
#pragma once
#include "runs/domain_adapter.h"
#include "runs/leadership.h"
#include "runs/periodic.h"

namespace ta::runs {

class Metrics;

struct DomainCheckOptions {
  std::chrono::hours look_back{48};  // runs made before are not looked at again; `tenantatlas doctor` does
  std::chrono::milliseconds every{600'000};
  int limit = 500;  // of each kind and type; the others are met the next time
};

class DomainCheck {
 public:
  DomainCheck(storage::Database& database, const Catalog& catalog, const Clock& clock, Leadership& leadership,
              Metrics& metrics, DomainCheckOptions options = {})
      : database_(database),
        catalog_(catalog),
        clock_(clock),
        leadership_(leadership),
        metrics_(metrics),
        options_(options) {}

  void start();
  void stop() { thread_.stop(); }  // idempotent
  struct Counts {
    bool leading = false;
    std::size_t found = 0;
    int repaired = 0;
  };
  // Throws StorageError.
  Counts run_once();

 private:
  void report(const std::vector<Disagreement>& found);

  storage::Database& database_;
  const Catalog& catalog_;
  const Clock& clock_;
  Leadership& leadership_;
  Metrics& metrics_;
  DomainCheckOptions options_;

  Periodic thread_;
};

}  // namespace ta::runs
