#include "monitoring/system_page.h"

#include "access/administrators.h"
#include "runs/engine_status.h"
#include "web/templates.h"

namespace ta::monitoring {
namespace {

using runs::EngineStatus;
using runs::Standing;

struct WorkerRow {
  std::string name, version, slots, stuck;
  web::Badge badge;
  web::TimeText since, seen;
};
BOOST_DESCRIBE_STRUCT(WorkerRow, (), (name, version, slots, stuck, badge, since, seen))

struct QueueRow {
  std::string label, waiting, types, oldest;
};
BOOST_DESCRIBE_STRUCT(QueueRow, (), (label, waiting, types, oldest))

struct SystemFact {
  std::string label, text;
  std::optional<web::TimeText> when;
};
BOOST_DESCRIBE_STRUCT(SystemFact, (), (label, text, when))

struct SystemView {
  std::string verdict, verdict_tone, verdict_icon;
  std::vector<WorkerRow> workers;
  bool has_workers = false;
  std::vector<QueueRow> queue;
  std::vector<SystemFact> facts;
};
BOOST_DESCRIBE_STRUCT(SystemView, (), (verdict, verdict_tone, verdict_icon, workers, has_workers, queue, facts))

std::string_view label(Standing standing) {
  switch (standing) {
    case Standing::begun: return "Begun before";
    case Standing::user: return "Started by people";
    case Standing::scheduled: return "Scheduled";
    case Standing::bulk: return "Bulk";
  }
  return {};
}

std::string counted_up_to_bound(std::int64_t count) { return web::grouped_up_to(count, runs::kQueuedMax); }

WorkerRow worker_row(const runs::WorkerStatus& worker, const web::Viewer& viewer) {
  return {.name = worker.name,
          .version = worker.version.empty() ? "Unknown" : worker.version,
          .slots = fmt::format("{} of {} busy", worker.busy, worker.slots),
          .stuck = worker.stuck_handlers
                       ? web::counted(worker.stuck_handlers, "handler does not stop", "handlers do not stop") +
                             ". Restart this worker when its other runs are done."
                       : "",
          .badge = web::badge(worker.alive ? "alive" : "lost"),
          .since = viewer.when(worker.since),
          .seen = viewer.when(worker.seen_at)};
}

QueueRow queue_row(Standing standing, const EngineStatus& status, const runs::Catalog& catalog) {
  const runs::QueueDepth& depth = status.queue[runs::FairShare::index(standing)];
  QueueRow row{std::string(label(standing)), counted_up_to_bound(depth.waiting), "", "—"};
  for (const auto& [type, count] : depth.by_type)
    row.types += fmt::format("{}{} {}", row.types.empty() ? "" : ", ", web::grouped(count), catalog.label(type));
  if (depth.oldest_due_at)
    row.oldest = web::duration_text(status.at - *depth.oldest_due_at);
  else if (depth.waiting > 0)
    row.oldest = "None is due";
  return row;
}

std::vector<SystemFact> facts_of(const EngineStatus& status, std::size_t watchers, const web::Viewer& viewer) {
  std::vector<SystemFact> facts{{"Version", TA_VERSION, std::nullopt},
                                {"Database", status.engine_version, std::nullopt}};
  if (!status.leader)
    facts.push_back({"Scheduler", "No process has led yet.", std::nullopt});
  else if (status.leader->until <= status.at)
    facts.push_back({"Scheduler", "Nobody leads now. The latest was " + status.leader->holder + ", until ",
                     viewer.when(status.leader->until)});
  else
    facts.push_back(
        {"Scheduler", fmt::format("{} leads, term {}", status.leader->holder, status.leader->term), std::nullopt});
  if (status.retention)
    facts.push_back({"Last retention",
                     status.retention->pruned ? web::counted(status.retention->pruned, "run", "runs") + " forgotten, "
                                              : std::string("Nothing was old enough, "),
                     viewer.when(status.retention->ended_at)});
  else
    facts.push_back({"Last retention", "None yet. It runs once a day in the leading process.", std::nullopt});
  facts.push_back({"Live watchers",
                   web::counted(static_cast<std::int64_t>(watchers), "page", "pages") + " of this process",
                   std::nullopt});
  return facts;
}

// The answer above everything else.
void add_verdict(SystemView& view, const EngineStatus& status) {
  const auto alive = std::ranges::count_if(status.workers, [](const auto& worker) { return worker.alive; });
  const auto stuck = std::ranges::any_of(status.workers, [](const auto& worker) { return worker.stuck_handlers > 0; });
  std::int64_t waiting = 0;
  for (const runs::QueueDepth& depth : status.queue) waiting += depth.waiting;
  view.verdict_tone = alive == 0 || stuck ? "warning" : "success";
  view.verdict_icon = alive == 0 || stuck ? "alert-triangle" : "circle-check";
  if (alive == 0)
    view.verdict = "No worker is connected: operations stay queued. Start tenantatlas serve or tenantatlas worker.";
  else
    view.verdict = fmt::format("{} connected, {} of {} slots busy, {} waiting.{}",
                               web::counted(alive, "worker is", "workers are"), status.busy, status.slots,
                               waiting > runs::kQueuedMax ? web::grouped(runs::kQueuedMax) + "+ operations"
                                                          : web::counted(waiting, "operation", "operations"),
                               stuck ? " A handler does not stop." : "");
}

class SystemPage {
 public:
  SystemPage(web::Site& site, const runs::Catalog& catalog) : site_(site), catalog_(catalog) {}

  http::Response show(http::Request& request, const web::Viewer& viewer) {
    if (!allowed(viewer)) return web::nothing_here(request, viewer.now);  // as an address that does not exist
    return site_.show(request, viewer,
                      {.title = "System",
                       .section = "system",
                       .content = web::render("monitoring/system", view(viewer)),
                       .live_url = "/system/live",
                       .poll_url = "/system/live?once=1"});
  }

  http::Response live(http::Request& request, const web::Viewer& viewer) {
    if (!allowed(viewer)) return web::nothing_here(request, viewer.now);  // as an address that does not exist
    return site_.live(request, viewer, [this](const web::Viewer& reader) -> web::LiveUpdate {
      if (!allowed(reader)) return {.parts = {}, .announce = "", .end = true};
      const SystemView now = view(reader);
      return {.parts = {{"#system", web::render("monitoring/system_body", now)}},
              .announce = now.workers.empty() ? now.verdict : ""};
    });
  }

 private:
  bool allowed(const web::Viewer& viewer) {
    return site_.database().read(
        [&](storage::Transaction& tx) { return access::is_administrator(tx, viewer.principal.user.id); });
  }

  SystemView view(const web::Viewer& viewer) {
    const EngineStatus status = runs::read_engine_status(site_.database(), site_.clock());
    SystemView made;
    add_verdict(made, status);
    for (const runs::WorkerStatus& worker : status.workers) made.workers.push_back(worker_row(worker, viewer));
    made.has_workers = !made.workers.empty();
    for (const Standing standing : {Standing::begun, Standing::user, Standing::scheduled, Standing::bulk})
      made.queue.push_back(queue_row(standing, status, catalog_));
    made.facts = facts_of(status, site_.open_streams(), viewer);
    return made;
  }

  web::Site& site_;
  const runs::Catalog& catalog_;
};

}  // namespace

void register_system_page(web::Site& site, const runs::Catalog& catalog) {
  const auto page = std::make_shared<SystemPage>(site, catalog);
  site.personal_page(http::Method::get, "/system",
                     [page](http::Request& r, const web::Viewer& v) { return page->show(r, v); });
  site.personal_page(http::Method::get, "/system/live",
                     [page](http::Request& r, const web::Viewer& v) { return page->live(r, v); });
}

}  // namespace ta::monitoring
