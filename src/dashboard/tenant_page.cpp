#include "dashboard/tenant_page.h"

#include "dashboard/outcome_chart.h"
#include "inventory/inventory.h"
#include "monitoring/monitoring.h"
#include "provider_connections/provider_connections.h"
#include "web/start_button.h"
#include "web/templates.h"

namespace ta::dashboard {
namespace {

using access::Capability;
using provider_connections::ConnectionStatus;

constexpr int kRecentRuns = 8;
constexpr int kChartDays = 14;
constexpr std::size_t kAttentionMax = 5;

struct Attention {
  std::string tone, icon, text, href, link;
};
BOOST_DESCRIBE_STRUCT(Attention, (), (tone, icon, text, href, link))

struct Stat {
  std::string label, value, detail, href;
};
BOOST_DESCRIBE_STRUCT(Stat, (), (label, value, detail, href))

struct DashboardView {
  std::vector<Attention> attention;
  std::vector<Stat> stats;
  std::vector<monitoring::RunRow> runs;
  OutcomeChart chart;
  bool has_runs = false, first_use = false;
  std::string operations_href;
  web::StartButton sync;
};
BOOST_DESCRIBE_STRUCT(DashboardView, (), (attention, stats, runs, chart, has_runs, first_use, operations_href, sync));

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
                      {"#ta-attention", web::render("dashboard/attention", view)}};
      for (const monitoring::RunRow& row : rows_of(ids, reader))
        update.parts.push_back({fmt::format("#run-{}", row.id), web::render("monitoring/run_row", row)});
      return update;
    });
  }

 private:
  // What changes by itself.
  DashboardView live_view(const web::Viewer& viewer) {
    DashboardView view;
    view.stats = stats(viewer);
    view.attention = attention(viewer);
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

  std::vector<provider_connections::ProviderConnection> connections(const web::Viewer& viewer) {
    return host_.database.read(
        [&](storage::Transaction& tx) { return provider_connections::list_connections(tx, viewer.tenant_id()); });
  }

  std::vector<Stat> stats(const web::Viewer& viewer) {
    const auto counts = host_.reader.tab_counts(viewer.tenant_id(), {.from = viewer.now - std::chrono::hours(24)});
    std::int64_t items = 0;
    for (const inventory::Facet& facet : inventory_.facets(viewer.tenant_id())) items += facet.count;
    const auto last = inventory_.last_listing(viewer.tenant_id());
    return {
        {"Active operations", web::grouped_up_to(host_.reader.active_count(viewer.tenant_id()), runs::kCountMax), "now",
         viewer.path("/operations?tab=active")},
        {"Failed", web::grouped_up_to(counts.failed.value_or(0), runs::kCountMax), "in the last 24 hours",
         viewer.path("/operations?tab=failed&range=24h")},
        {"Partially succeeded", web::grouped_up_to(counts.partially_succeeded.value_or(0), runs::kCountMax),
         "in the last 24 hours", viewer.path("/operations?tab=partially_succeeded&range=24h")},
        {"Observed items", web::grouped(items),
         last ? "as of " + web::age_text(viewer.now - last->at) : "nothing observed yet", viewer.path("/inventory")}};
  }

  std::vector<Attention> attention(const web::Viewer& viewer) {
    std::vector<Attention> list;
    for (const auto& connection : connections(viewer)) add_connection(list, connection, viewer);
    add_late_runs(list, viewer);
    std::int64_t unread = 0;
    for (const inventory::Coverage& coverage : inventory_.coverage(viewer.tenant_id()))
      unread += coverage.code.empty() ? 0 : 1;
    if (unread > 0)
      list.push_back({"warning", "alert-triangle",
                      fmt::format("The last sync could not read {}.", web::counted(unread, "type", "types")),
                      viewer.path("/inventory?tab=coverage"), "Show coverage"});
    if (list.size() > kAttentionMax) list.resize(kAttentionMax);
    return list;
  }

  static void add_connection(std::vector<Attention>& list, const provider_connections::ProviderConnection& connection,
                             const web::Viewer&) {
    const std::string& name = connection.display_name;
    if (connection.status == ConnectionStatus::error)
      list.push_back({"danger", "circle-x", fmt::format("The connection {} does not work.", name), "", ""});
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
