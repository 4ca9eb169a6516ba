#include "monitoring/operations_page.h"

#include "monitoring/operations_query.h"
#include "monitoring/run_view.h"
#include "web/templates.h"

namespace ta::monitoring {
namespace {

using runs::RunSort;
using runs::RunTab;

constexpr int kRowsPerPage = 50;

struct Link {
  std::string href, label, count;
  bool current = false;
};
BOOST_DESCRIBE_STRUCT(Link, (), (href, label, count, current))

struct Option {
  std::string value, label;
  bool selected = false;
};
BOOST_DESCRIBE_STRUCT(Option, (), (value, label, selected))

struct SortLink {
  std::string href, aria;  // "ascending", "descending", or empty
};
BOOST_DESCRIBE_STRUCT(SortLink, (), (href, aria))

struct Empty {
  std::string icon, title, text, href, link;
};
BOOST_DESCRIBE_STRUCT(Empty, (), (icon, title, text, href, link))

struct ListView {
  std::string action, reset;
  std::string tab, sort;  // carried through the filter form
  std::vector<Link> tabs;
  std::vector<Option> types, initiators, ranges;
  std::vector<Link> chips;
  bool has_chips = false;
  SortLink by_started, by_duration;
  std::vector<RunRow> rows;
  bool has_rows = false;
  std::optional<Empty> empty;
  std::string summary, newer, older;
  std::string late, late_link, late_href, zone;
};
BOOST_DESCRIBE_STRUCT(ListView, (),
                      (action, reset, tab, sort, tabs, types, initiators, ranges, chips, has_chips, by_started,
                       by_duration, rows, has_rows, empty, summary, newer, older, late, late_link, late_href, zone))

std::string count_text(const std::optional<std::int64_t>& count) {
  if (!count) return "";
  return web::grouped_up_to(*count, runs::kTabCountMax);
}

class OperationsPage {
 public:
  OperationsPage(web::Site& site, runs::RunReader& reader, runs::WaitReasons& waits, const runs::Catalog& catalog)
      : site_(site), reader_(reader), waits_(waits), catalog_(catalog) {}

  http::Response show(http::Request& request, const web::Viewer& viewer) {
    const auto query = OperationsQuery::parse(request.query);
    runs::RunPage page;
    try {
      page = reader_.list(viewer.tenant_id(), query.filter(viewer), query.sort,
                          runs::run_cursor_from(query.cursor, query.sort), kRowsPerPage);
    } catch (const storage::StorageError& error) {
      return site_.failed(request, viewer, "Operations", error);
    }
    const json::value view = json::value_from(list_view(query, viewer, page));
    const std::string live = live_url(query, viewer, page);
    return site_.show(request, viewer,
                      {.title = "Operations",
                       .section = "operations",
                       .content = web::render("monitoring/operations", view),
                       .live_url = live,
                       .poll_url = live + "&once=1",
                       .fragment = web::render("monitoring/operations_list", view),
                       .push_url = query.url(viewer).with("cursor", query.cursor).str()});
  }

  http::Response live(http::Request& request, const web::Viewer& viewer) {
    const auto query = OperationsQuery::parse(request.query);
    const auto ids = run_ids_from(request.query.get("ids"), kRowsPerPage);
    const auto after = parse_rfc3339(request.query.get("after")).value_or(viewer.now);
    return site_.live(request, viewer, [this, query, ids, after](const web::Viewer& reader) {
      return update(query, ids, after, reader);
    });
  }

 private:
  web::LiveUpdate update(const OperationsQuery& query, const std::vector<RunId>& ids, Timestamp after,
                         const web::Viewer& viewer) {
    web::LiveUpdate update;
    std::vector<runs::Run> runs;
    for (const RunId id : ids)
      if (auto run = reader_.find(viewer.tenant_id(), id)) runs.push_back(std::move(*run));
    for (const RunRow& row : RunRows(reader_, waits_, catalog_, viewer).rows(runs))
      update.parts.push_back({fmt::format("#run-{}", row.id), web::render("monitoring/run_row", row)});
    update.parts.push_back({"#ta-new", news(query, after, viewer, update.announce), "outerHTML"});
    return update;
  }

  // Rows never appear by themselves: a bar says that there are new ones.
  std::string news(const OperationsQuery& query, Timestamp after, const web::Viewer& viewer, std::string& announce) {
    const std::int64_t count = reader_.created_after(viewer.tenant_id(), query.filter(viewer), after);
    const std::string text = count ? web::counted(count, "new operation", "new operations") : "";
    announce = text;
    return web::render("web/new_bar", json::value(json::object{{"text", text},
                                                               {"link", count == 1 ? "Show it" : "Show them"},
                                                               {"href", query.url(viewer).str()}}));
  }

  std::string live_url(const OperationsQuery& query, const web::Viewer& viewer, const runs::RunPage& page) {
    std::string ids;
    for (const runs::Run& run : page.runs)
      if (run.active()) ids += fmt::format("{}{}", ids.empty() ? "" : ".", run.id);
    return web::PageUrl(viewer.path("/operations/live"))
        .with("tab", name(query.tab))
        .with("type", query.type)
        .with("initiator", query.initiator)
        .with("range", query.range)
        .with("ids", ids)
        .with("after", to_rfc3339(viewer.now))
        .str();
  }

  ListView list_view(const OperationsQuery& query, const web::Viewer& viewer, const runs::RunPage& page) {
    ListView view;
    const web::PageUrl url = query.url(viewer);
    view.action = viewer.path("/operations");
    view.reset = OperationsQuery{.tab = query.tab}.url(viewer).str();
    view.tab = name(query.tab);
    view.sort = name(query.sort);
    view.zone = viewer.zone.name();
    view.tabs = tabs(query, viewer);
    add_filters(view, query, viewer);
    view.by_started = sort_link(url, query.sort, RunSort::started_desc, RunSort::started_asc);
    view.by_duration = sort_link(url, query.sort, RunSort::duration_desc, RunSort::duration_asc);
    view.rows = RunRows(reader_, waits_, catalog_, viewer).rows(page.runs);
    view.has_rows = !view.rows.empty();
    if (!view.has_rows) view.empty = empty_state(query, viewer);
    if (page.newer) view.newer = url.with("cursor", to_text(*page.newer, query.sort)).str();
    if (page.older) view.older = url.with("cursor", to_text(*page.older, query.sort)).str();
    view.summary = fmt::format("{} per page", kRowsPerPage);
    if (query.sort == RunSort::duration_desc || query.sort == RunSort::duration_asc)
      view.summary += fmt::format(", of the newest {} that match", web::grouped(runs::kSortedByDurationMax));
    add_late(view, viewer);
    return view;
  }

  // Says what needs a look, whatever the filters hide.
  void add_late(ListView& view, const web::Viewer& viewer) {
    std::int64_t late = 0;
    for (const runs::Run& run : reader_.active(viewer.tenant_id(), kRowsPerPage))
      late += is_late(run, catalog_.find(run.type), viewer.now) ? 1 : 0;
    if (late == 0) return;
    view.late = web::counted(late, "operation is", "operations are") + " taking longer than expected.";
    view.late_link = late == 1 ? "Show it" : "Show them";
    view.late_href = viewer.path("/operations?tab=active");
  }

  std::vector<Link> tabs(const OperationsQuery& query, const web::Viewer& viewer) {
    runs::RunFilter filter = query.filter(viewer);
    filter.tab = RunTab::all;
    const runs::RunTabCounts counts = reader_.tab_counts(viewer.tenant_id(), filter);
    const auto tab = [&](RunTab which, std::string_view label, const std::optional<std::int64_t>& count) {
      OperationsQuery there = query;
      there.tab = which;
      return Link{there.url(viewer).str(), std::string(label), count_text(count), which == query.tab};
    };
    return {tab(RunTab::all, "All", counts.all), tab(RunTab::active, "Active", counts.active),
            tab(RunTab::succeeded, "Succeeded", counts.succeeded),
            tab(RunTab::partially_succeeded, "Partially succeeded", counts.partially_succeeded),
            tab(RunTab::failed, "Failed", counts.failed)};
  }

  void add_filters(ListView& view, const OperationsQuery& query, const web::Viewer& viewer) {
    view.types = type_options(query);
    view.initiators = initiator_options(query, viewer);
    for (const std::string_view range : kRanges)
      view.ranges.push_back({std::string(range), std::string(range_label(range)), range == query.range});
    const web::PageUrl url = query.url(viewer);
    const auto chip = [&](const std::vector<Option>& options, const char* key) {
      for (const Option& option : options)
        if (option.selected) view.chips.push_back({url.without(key).str(), option.label, "", false});
    };
    if (!query.type.empty()) chip(view.types, "type");
    if (!query.initiator.empty()) chip(view.initiators, "initiator");
    if (query.range != "30d") chip(view.ranges, "range");
    view.has_chips = !view.chips.empty();
  }

  std::vector<Option> type_options(const OperationsQuery& query) {
    std::vector<Option> options{{"", "All operations", query.type.empty()}};
    bool known = query.type.empty();
    for (const runs::RegisteredType* type : catalog_.all()) {
      options.push_back({type->name, type->definition.label, type->name == query.type});
      known = known || type->name == query.type;
    }
    if (!known) options.push_back({query.type, fmt::format("Unknown operation ({})", query.type), true});
    return options;
  }

  std::vector<Option> initiator_options(const OperationsQuery& query, const web::Viewer& viewer) {
    std::vector<Option> options{{"", "Started by anyone", query.initiator.empty()},
                                {"me", "Started by me", query.initiator == "me"},
                                {"system", "Started by the system", query.initiator == "system"}};
    for (const auto& [id, person] : reader_.initiators(viewer.tenant_id())) {
      if (id == viewer.principal.user.id) continue;
      const std::string value = fmt::to_string(id.value);
      options.push_back({value, "Started by " + person, value == query.initiator});
    }
    return options;
  }

  static SortLink sort_link(const web::PageUrl& url, RunSort now, RunSort down, RunSort up) {
    const RunSort next = now == down ? up : down;
    return {url.with("sort", name(next)).str(), now == down ? "descending" : now == up ? "ascending" : ""};
  }

  Empty empty_state(const OperationsQuery& query, const web::Viewer& viewer) {
    const bool filtered = !query.type.empty() || !query.initiator.empty();
    const OperationsQuery wider{.tab = query.tab, .type = query.type, .initiator = query.initiator, .range = "90d"};
    if (filtered)
      return {"filter", "No operations match these filters.", "", OperationsQuery{.tab = query.tab}.url(viewer).str(),
              "Reset filters"};
    if (query.tab == RunTab::active) return {"circle-check", "Nothing is running.", "", "", ""};
    if (query.tab != RunTab::all)
      return {"list-details", "No operations of this kind in the period shown.", "", "", ""};
    if (query.range == "all" || ever_used(viewer) == false)
      return {"list-details", "No operations yet.", "They appear here when someone starts a sync, a backup or a check.",
              "", ""};
    return {"calendar-event", fmt::format("No operations in the {}.", lower(range_label(query.range))), "",
            wider.url(viewer).str(), "Show 90 days"};
  }

  bool ever_used(const web::Viewer& viewer) { return reader_.created_after(viewer.tenant_id(), {}, Timestamp{}) > 0; }

  static std::string lower(std::string_view text) {
    std::string copy(text);
    if (!copy.empty()) copy[0] = static_cast<char>(std::tolower(copy[0]));
    return copy;
  }

  web::Site& site_;
  runs::RunReader& reader_;
  runs::WaitReasons& waits_;
  const runs::Catalog& catalog_;
};

}  // namespace

void register_operations_page(web::Site& site, runs::RunReader& reader, runs::WaitReasons& waits,
                              const runs::Catalog& catalog) {
  const auto page = std::make_shared<OperationsPage>(site, reader, waits, catalog);
  using access::Capability;
  site.page(http::Method::get, "/t/{tenant}/operations", Capability::runs_view,
            [page](http::Request& r, const web::Viewer& v) { return page->show(r, v); });
  site.page(http::Method::get, "/t/{tenant}/operations/live", Capability::runs_view,
            [page](http::Request& r, const web::Viewer& v) { return page->live(r, v); });
}

}  // namespace ta::monitoring
