#include "dashboard/tenant_page.h"

#include "dashboard/outcome_chart.h"
#include "graph/contract_registry.h"
#include "inventory/inventory.h"
#include "monitoring/monitoring.h"
#include "provider_connections/provider_connections.h"
#include "runs/schedule_store.h"
#include "web/start_button.h"
#include "web/templates.h"

namespace ta::dashboard {
namespace {

using access::Capability;
using provider_connections::ConnectionHealth;
using provider_connections::ConnectionStatus;
using provider_connections::ProviderConnection;

constexpr int kRecentRuns = 8;
constexpr int kChartDays = 14;
constexpr std::size_t kAttentionMax = 5;
constexpr int kSyncsLookedAt = 20;
constexpr std::size_t kChangesMax = 5;
constexpr std::size_t kTypesNamedMax = 2;

struct Attention {
  std::string tone, icon, text, href, link;
};
BOOST_DESCRIBE_STRUCT(Attention, (), (tone, icon, text, href, link))

struct Stat {
  std::string label, value, detail, href;
};
BOOST_DESCRIBE_STRUCT(Stat, (), (label, value, detail, href))

// What one sync found.
struct ChangeRow {
  std::vector<inventory::Link> links;
  web::TimeText when;
  std::string run, href, connection;
};
BOOST_DESCRIBE_STRUCT(ChangeRow, (), (links, when, run, href, connection))

struct DashboardView {
  std::vector<Attention> attention;
  std::vector<Stat> stats;
  std::vector<ChangeRow> changes;
  std::string no_changes;  // in their place
  std::vector<monitoring::RunRow> runs;
  OutcomeChart chart;
  bool has_runs = false, has_changes = false, first_use = false;
  std::string operations_href;
  web::StartButton sync;
};
BOOST_DESCRIBE_STRUCT(DashboardView, (),
                      (attention, stats, changes, no_changes, runs, chart, has_runs, has_changes, first_use,
                       operations_href, sync));

class TenantPage {
 public:
  TenantPage(Host& host, web::Site& site) : host_(host), site_(site), inventory_(host.database) {}

  http::Response show(http::Request& request, const web::Viewer& viewer) {
    DashboardView view = live_view(viewer);
    const auto runs = recent(viewer);
    view.runs = monitoring::RunRows(host_.reader, host_.waits, host_.catalog, viewer).rows(runs);
    view.has_runs = !view.runs.empty();
    view.first_use = connections(viewer).empty();
    view.chart = outcome_chart(host_.reader.outcomes_by_day(viewer.tenant_id(), kChartDays));
    view.operations_href = viewer.path("/operations");
    view.sync =
        web::start_button(viewer, Capability::inventory_sync, "sync", "Sync now", viewer.path("/inventory/sync"));
    const std::string live = viewer.path("/dashboard/live?ids=") + ids_of(runs);
    return site_.show(request, viewer,
                      {.title = viewer.tenant->tenant.name,
                       .content = web::render("dashboard/dashboard", view),
                       .live_url = live,
                       .poll_url = live + "&once=1"});
  }

  http::Response live(http::Request& request, const web::Viewer& viewer) {
    return site_.live(request, viewer, [this, ids = request.query.get("ids")](const web::Viewer& reader) {
      const DashboardView view = live_view(reader);
      web::LiveUpdate update;
      update.parts = {{"#ta-stats", web::render("dashboard/stats", view)},
                      {"#ta-attention", web::render("dashboard/attention", view)},
                      {"#ta-changes", web::render("dashboard/changes", view)}};
      for (const monitoring::RunRow& row : rows_of(ids, reader))
        update.parts.push_back({fmt::format("#run-{}", row.id), web::render("monitoring/run_row", row)});
      return update;
    });
  }

 private:
  // What changes by itself.
  DashboardView live_view(const web::Viewer& viewer) {
    DashboardView view;
    const auto all = connections(viewer);
    view.stats = stats(all, viewer);
    view.attention = attention(all, viewer);
    add_changes(view, all, viewer);
    return view;
  }

  std::vector<runs::Run> recent(const web::Viewer& viewer) {
    return host_.reader.list(viewer.tenant_id(), {}, runs::RunSort::started_desc, std::nullopt, kRecentRuns).runs;
  }

  static std::string ids_of(const std::vector<runs::Run>& runs) {
    std::string ids;
    for (const runs::Run& run : runs)
      if (run.active()) ids += fmt::format("{}{}", ids.empty() ? "" : ".", run.id);
    return ids;
  }

  std::vector<monitoring::RunRow> rows_of(std::string_view ids, const web::Viewer& viewer) {
    std::vector<runs::Run> runs;
    for (const RunId id : monitoring::run_ids_from(ids, kRecentRuns))
      if (auto run = host_.reader.find(viewer.tenant_id(), id)) runs.push_back(std::move(*run));
    return monitoring::RunRows(host_.reader, host_.waits, host_.catalog, viewer).rows(runs);
  }

  std::vector<ProviderConnection> connections(const web::Viewer& viewer) {
    return host_.database.read(
        [&](storage::Transaction& tx) { return provider_connections::list_connections(tx, viewer.tenant_id()); });
  }

  std::vector<Stat> stats(const std::vector<ProviderConnection>& all, const web::Viewer& viewer) {
    const auto counts = host_.reader.tab_counts(viewer.tenant_id(), {.from = viewer.now - std::chrono::hours(24)});
    const auto bounded = [](std::int64_t count) { return web::grouped_up_to(count, runs::kCountMax); };
    return {{"Active operations", bounded(host_.reader.active_count(viewer.tenant_id())), "now",
             viewer.path("/operations?tab=active")},
            {"Failed", bounded(counts.failed.value_or(0)), "in the last 24 hours",
             viewer.path("/operations?tab=failed&range=24h")},
            {"Partially succeeded", bounded(counts.partially_succeeded.value_or(0)), "in the last 24 hours",
             viewer.path("/operations?tab=partially_succeeded&range=24h")},
            {"Objects", web::grouped(inventory_.objects(viewer.tenant_id())), last_read(all, viewer),
             viewer.path("/inventory")}};
  }

  // How old the oldest of it is: a sync of one type does not make the rest newer, nor one connection another.
  std::string last_read(const std::vector<ProviderConnection>& all, const web::Viewer& viewer) {
    std::optional<Timestamp> oldest;
    bool each = !all.empty();
    host_.database.read([&](storage::Transaction& tx) {
      for (const auto& connection : all) {
        const auto full = inventory::latest_full_sync(tx, viewer.tenant_id(), connection.id);
        each = each && full;
        if (full && (!oldest || full->completed_at < *oldest)) oldest = full->completed_at;
      }
    });
    if (!oldest) return "never read in full";
    return fmt::format("last full sync {}{}", web::age_text(viewer.now - *oldest),
                       each ? "" : ", not of every connection");
  }

  void add_changes(DashboardView& view, const std::vector<ProviderConnection>& all, const web::Viewer& viewer) {
    const auto syncs = host_.database.read(
        [&](storage::Transaction& tx) { return inventory::recent_syncs(tx, viewer.tenant_id(), kSyncsLookedAt); });
    for (const inventory::SyncSummary& sync : syncs) {
      ChangeRow row{.links = inventory::change_links(sync, viewer),
                    .when = viewer.when(sync.completed_at),
                    .run = sync.run ? fmt::format("#{}", *sync.run) : "",
                    .href = sync.run ? viewer.path(fmt::format("/operations/{}", *sync.run)) : "",
                    .connection = {}};
      const auto found = std::ranges::find_if(all, [&](const auto& one) { return one.id == sync.connection; });
      if (all.size() > 1 && found != all.end()) row.connection = found->display_name;
      if (!row.links.empty() && view.changes.size() < kChangesMax) view.changes.push_back(std::move(row));
    }
    view.has_changes = !view.changes.empty();
    if (!view.has_changes) view.no_changes = nothing_changed(syncs);
  }

  static std::string nothing_changed(const std::vector<inventory::SyncSummary>& syncs) {
    if (syncs.empty()) return "Changes appear here from the second sync on.";
    if (syncs.size() > 1) return fmt::format("The last {} syncs found nothing that had changed.", syncs.size());
    return inventory::words(syncs.front().changes) + " Changes appear here from the next sync on.";
  }

  std::vector<Attention> attention(const std::vector<ProviderConnection>& all, const web::Viewer& viewer) {
    std::vector<Attention> list;
    for (const auto& connection : all) add_connection(list, connection, viewer);
    add_schedules(list, viewer);
    add_late_runs(list, viewer);
    add_not_read(list, all, viewer);
    if (list.size() > kAttentionMax) list.resize(kAttentionMax);
    return list;
  }

  static bool is_down(const ProviderConnection& connection) {
    return connection.status == ConnectionStatus::error || connection.health == ConnectionHealth::down;
  }

  static void add_connection(std::vector<Attention>& list, const ProviderConnection& connection,
                             const web::Viewer& viewer) {
    const std::string& name = connection.display_name;
    const std::string href = viewer.path(fmt::format("/connections/{}", connection.id));
    const auto code = failure_code(connection.last_error_code);
    if (connection.status == ConnectionStatus::disabled) {
      if (connection.is_default)
        list.push_back(
            {"warning", "ban", fmt::format("The default connection {} is switched off.", name), href, "Show it"});
    } else if (connection.status == ConnectionStatus::needs_consent && !connection.last_checked_at) {
      list.push_back(
          {"warning", "clock", fmt::format("The connection {} has not been checked yet.", name), href, "Check it"});
    } else if (is_down(connection) || connection.status == ConnectionStatus::needs_consent) {
      list.push_back({"danger", "circle-x",
                      fmt::format("The connection {} does not work{}.", name,
                                  code ? fmt::format(": {}", info(*code).headline) : ""),
                      href, "Show it"});
    }
  }

  // Of connections that do work, what could not be read.
  void add_not_read(std::vector<Attention>& list, const std::vector<ProviderConnection>& all,
                    const web::Viewer& viewer) {
    std::map<ConnectionId, std::vector<std::string>> types;
    for (const inventory::Coverage& coverage : inventory_.coverage(viewer.tenant_id()))
      if (!coverage.code.empty()) types[coverage.connection].push_back(coverage.type);
    for (const auto& connection : all) {
      const auto found = types.find(connection.id);
      if (found == types.end() || is_down(connection) || connection.status == ConnectionStatus::disabled) continue;
      list.push_back({"warning", "alert-triangle",
                      fmt::format("{}{} could not be read the last time.",
                                  all.size() > 1 ? connection.display_name + ": " : "", names_of(found->second)),
                      viewer.path("/inventory?tab=coverage"), "Show coverage"});
    }
  }

  static std::string names_of(const std::vector<std::string>& types) {
    if (types.size() > kTypesNamedMax) return web::counted(static_cast<std::int64_t>(types.size()), "type", "types");
    std::vector<std::string> labels;
    for (const std::string& type : types) {
      const graph::Contract* contract = graph::ContractRegistry::builtin().find(type);
      labels.push_back(contract ? contract->label : type);
    }
    return fmt::format("{}", fmt::join(labels, " and "));
  }

  void add_schedules(std::vector<Attention>& list, const web::Viewer& viewer) {
    if (!viewer.zone.problem().empty())
      list.push_back({"warning", "clock", "Times are shown in UTC. " + viewer.zone.problem(), "", ""});
    const auto troubled = host_.database.read(
        [&](storage::Transaction& tx) { return runs::schedules_in_trouble(tx, viewer.tenant_id()); });
    for (const runs::RunSchedule& schedule : troubled)
      list.push_back({"danger", "circle-x",
                      fmt::format("The schedule {} starts nothing. {}", schedule.name, schedule.trouble), "", ""});
  }

  void add_late_runs(std::vector<Attention>& list, const web::Viewer& viewer) {
    std::int64_t late = 0;
    for (const runs::Run& run : host_.reader.active(viewer.tenant_id(), 50))
      late += monitoring::is_late(run, host_.catalog.find(run.type), viewer.now) ? 1 : 0;
    if (late == 0) return;
    list.push_back(
        {"warning", "clock",
         fmt::format("{} taking longer than expected.", web::counted(late, "operation is", "operations are")),
         viewer.path("/operations?tab=active"), late == 1 ? "Show it" : "Show them"});
  }

  Host& host_;
  web::Site& site_;
  inventory::InventoryReader inventory_;
};

}  // namespace

void register_tenant_page(Host& host, web::Site& site) {
  const auto page = std::make_shared<TenantPage>(host, site);
  site.page(http::Method::get, "/t/{tenant}", Capability::runs_view,
            [page](http::Request& r, const web::Viewer& v) { return page->show(r, v); });
  site.page(http::Method::get, "/t/{tenant}/dashboard/live", Capability::runs_view,
            [page](http::Request& r, const web::Viewer& v) { return page->live(r, v); });
}

}  // namespace ta::dashboard
