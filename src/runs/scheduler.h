// Starts what is due. Any number of processes may run it: only the leader fires, and every slot (a whole UTC minute of
// a schedule) starts at most one run, because the slot and the run are written in one transaction, fenced by the
// leader's term and held by the slot's key.
//
// After a time when nothing ran there is no flood: the latest missed slot is made up for, those before it are recorded
// as one row with schedule.missed. A slot whose previous run is still active is skipped. A schedule that cannot be
// started (its inputs no longer make sense) has that slot recorded as failed and goes on with the next one.
//
// A schedule whose rule or time zone cannot be read has that slot recorded as failed, says why in `trouble` and in the
// log, and is tried again every few minutes; when it can be read again it goes on with the latest slot since. It harms
// no other schedule.
#pragma once
#include "runs/leadership.h"
#include "runs/periodic.h"
#include "runs/schedule_store.h"

namespace ta::runs {

struct SchedulerOptions {
  std::chrono::milliseconds look{10'000};  // keeps the lease, and follows a failure; besides, at every whole minute
  std::chrono::hours keep{90 * 24};        // of the slots' history
  int batch = 200;                         // schedules per look; more follow at once
  std::chrono::minutes try_again{5};       // one that could not be read
};

class Scheduler {
 public:
  Scheduler(storage::Database& database, RunService& service, const Clock& clock, Leadership& leadership,
            SchedulerOptions options = {})
      : database_(database), service_(service), clock_(clock), leadership_(leadership), options_(options) {}

  void start();
  void stop() { thread_.stop(); }  // between two schedules; idempotent
  struct Counts {
    bool leading = false;
    bool more = false;  // other schedules are due: call again at once
    int fired = 0;      // slots that have a run: started or joined
    int skipped = 0, failed = 0;
  };
  // One look. A schedule that could not be written is left for the next look, and the others go on. Throws StorageError
  // when the database does not answer.
  Counts run_once();

 private:
  struct Due;
  void look(Leadership::Term term, Counts& counts);
  // False when the term is over.
  bool deal_with(Leadership::Term term, const RunSchedule& schedule, Counts& counts);
  std::optional<ScheduleSlot> fire(storage::Transaction& tx, const RunSchedule& schedule, const Due& due);
  std::optional<ScheduleSlot> postpone(storage::Transaction& tx, const RunSchedule& schedule, const Failure& problem);
  ScheduleSlot start_run(storage::Transaction& tx, const RunSchedule& schedule, Timestamp slot);
  void record(storage::Transaction& tx, const RunSchedule& schedule, const ScheduleSlot& slot);
  bool advance(storage::Transaction& tx, const RunSchedule& schedule, Timestamp next, std::optional<Timestamp> slot,
               const std::string& trouble = {});
  void follow_clock(Leadership::Term term, const RunSchedule& schedule);
  std::chrono::milliseconds until_next_look() const;

  storage::Database& database_;
  RunService& service_;
  const Clock& clock_;
  Leadership& leadership_;
  const SchedulerOptions options_;

  Periodic thread_;
};

}  // namespace ta::runs
