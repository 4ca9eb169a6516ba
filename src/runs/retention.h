// Forgets runs that completed long ago, with their attempts and notifications; active runs never, domain history never.
// How long is the installation's setting, or the tenant's own. One tenant after the other.
// Any number of processes may run it: only the leader prunes.
#pragma once
#include "runs/leadership.h"
#include "runs/periodic.h"

namespace ta::runs {

struct RetentionOptions {
  int keep_days = 90;                      // after completion, where a tenant has no number of its own
  std::chrono::hours every{24};            // a new leader prunes at once, then at this interval
  int batch = 100;                         // runs per transaction: on SQLite starts wait for it
  std::chrono::milliseconds pause{50};     // between the batches of a round
  std::chrono::milliseconds look{10'000};  // how often a process asks whether it leads and a round is due
};

class Retention {
 public:
  Retention(storage::Database& database, const Clock& clock, Leadership& leadership, RetentionOptions options = {})
      : database_(database), clock_(clock), leadership_(leadership), options_(options) {}

  void start();
  void stop() { thread_.stop(); }  // between two batches; idempotent
  struct Counts {
    bool leading = false;
    bool more = false;  // the round goes on: call again after the pause
    std::int64_t pruned = 0;
  };
  // One step: at most one batch, of each tenant the oldest runs first. Throws StorageError; the next call goes on where
  // this one was.
  Counts run_once();

 private:
  bool due(Leadership::Term term) const;
  std::optional<std::int64_t> prune(Leadership::Term term);
  bool finish_round(Leadership::Term term);

  storage::Database& database_;
  const Clock& clock_;
  Leadership& leadership_;
  RetentionOptions options_;
  bool in_round_ = false;
  TenantId next_tenant_{};  // of the round
  std::int64_t pruned_in_round_ = 0;
  std::optional<Leadership::Term> round_term_;  // of the latest round
  Timestamp round_at_;                          // its end

  Periodic thread_;
};

}  // namespace ta::runs
