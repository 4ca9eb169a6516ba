#include "monitoring/run_view.h"

#include "web/page_url.h"

namespace ta::monitoring {
namespace {

void add_duration(RunRow& row, const runs::Run& run, Timestamp now) {
  const auto duration = duration_of(run, now);
  row.duration = duration ? web::duration_text(*duration) : "—";
  if (duration && run.active()) row.since = to_rfc3339(*run.started_at);
}

}  // namespace

std::vector<RunId> run_ids_from(std::string_view text, std::size_t max) {
  std::vector<RunId> ids;
  while (!text.empty() && ids.size() < max) {
    const auto dot = std::min(text.find('.'), text.size());
    if (const auto id = web::id_number(text.substr(0, dot))) ids.emplace_back(*id);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return ids;
}

RunRow RunRows::row(const runs::Run& run, const runs::RunJob* job, const runs::Wait* wait) {
  const runs::RegisteredType* type = catalog_.find(run.type);
  RunRow row{.id = run.id.value,
             .href = viewer_.path(fmt::format("/operations/{}", run.id)),
             .label = catalog_.label(run.type),
             .raw_type = type ? "" : run.type,
             .target = target_of(run),
             .status = std::string(name(run.status)),
             .outcome = std::string(name(run.outcome)),
             .badge = web::run_badge(name(run.status), name(run.outcome)),
             .progress = progress_of(run, type),
             .by = run.initiator_name,
             .started = viewer_.when(run.created_at)};
  add_duration(row, run, viewer_.now);
  if (run.active()) row.note = list_note({run, job, type, wait, viewer_.now, viewer_.zone});
  return row;
}

std::vector<RunRow> RunRows::rows(const std::vector<runs::Run>& runs) {
  std::vector<RunId> active;
  for (const runs::Run& run : runs)
    if (run.active()) active.push_back(run.id);
  const auto jobs = reader_.jobs(viewer_.tenant_id(), active);
  const std::map<RunId, runs::RunJob> by_run(jobs.begin(), jobs.end());
  const std::map<RunId, runs::Wait> waits = waits_.of(viewer_.tenant_id(), jobs);
  const auto find = [](const auto& map, RunId id) {
    const auto found = map.find(id);
    return found == map.end() ? nullptr : &found->second;
  };
  std::vector<RunRow> rows;
  for (const runs::Run& run : runs) rows.push_back(row(run, find(by_run, run.id), find(waits, run.id)));
  return rows;
}

}  // namespace ta::monitoring
