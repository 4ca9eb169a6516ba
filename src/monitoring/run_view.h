// A run as the list, the dashboard and live updates show it.
#pragma once
#include "monitoring/run_words.h"
#include "web/badges.h"
#include "web/viewer.h"

namespace ta::monitoring {

// For the partial monitoring/run_row.
struct RunRow {
  std::int64_t id = 0;
  std::string href, label, raw_type;  // raw_type only where the type is unknown
  std::string target;
  std::string status, outcome;
  web::Badge badge;
  Progress progress;
  std::string by;
  web::TimeText started;
  std::string duration;
  std::string since;  // ISO time a running duration counts from
  std::optional<Note> note;
};
BOOST_DESCRIBE_STRUCT(RunRow, (),
                      (id, href, label, raw_type, target, status, outcome, badge, progress, by, started, duration,
                       since, note))

// "17.18.21": the runs of a page that can still change, as its stream's address names them; at most `max`.
std::vector<RunId> run_ids_from(std::string_view text, std::size_t max);

// Makes rows; one per page, so that the queue is asked once.
class RunRows {
 public:
  RunRows(runs::RunReader& reader, runs::WaitReasons& waits, const runs::Catalog& catalog, const web::Viewer& viewer)
      : reader_(reader), waits_(waits), catalog_(catalog), viewer_(viewer) {}

  std::vector<RunRow> rows(const std::vector<runs::Run>& runs);

 private:
  RunRow row(const runs::Run& run, const runs::RunJob* job, const runs::Wait* wait);

  runs::RunReader& reader_;
  runs::WaitReasons& waits_;
  const runs::Catalog& catalog_;
  const web::Viewer& viewer_;
};

}  // namespace ta::monitoring
