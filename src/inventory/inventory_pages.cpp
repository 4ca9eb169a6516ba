#include "inventory/inventory_pages.h"

#include "graph/contract_registry.h"
#include "host/start_surface.h"
#include "inventory/inventory_views.h"
#include "inventory/sync_runs.h"
#include "web/templates.h"

namespace ta::inventory {
namespace {

using access::Capability;

constexpr int kRowsPerPage = 50;
constexpr int kLinksShown = 100;
constexpr std::string_view kSyncType = "inventory.sync";

class InventoryPages {
 public:
  InventoryPages(Host& host, web::Site& site) : host_(host), site_(site), reader_(host.database) {}

  http::Response show(http::Request& request, const web::Viewer& viewer) {
    const auto query = InventoryQuery::parse(request.query);
    InventoryView view;
    try {
      const ConnectionNames names = connections(viewer);
      const std::vector<Coverage> coverage = reader_.coverage(viewer.tenant_id());
      add_filters(view, query, reader_.facets(viewer.tenant_id()), names, viewer);
      add_observed(view, query, names, coverage, viewer);
      query.coverage ? add_coverage(view, names, coverage, viewer) : add_items(view, query, names, viewer);
    } catch (const storage::StorageError& error) {
      return site_.failed(request, viewer, "Items", error);
    }
    const json::value data = json::value_from(view);
    const std::string live = viewer.path("/inventory/live?after=") + http::url_encode(to_rfc3339(viewer.now));
    return site_.show(request, viewer,
                      {.title = "Inventory",
                       .section = "inventory",
                       .content = web::render("inventory/inventory", data),
                       .live_url = live,
                       .poll_url = live + "&once=1",
                       .fragment = web::render("inventory/inventory_list", data),
                       .push_url = query.url(viewer).with("cursor", query.cursor).str()});
  }

  http::Response live(http::Request& request, const web::Viewer& viewer) {
    const auto after = parse_rfc3339(request.query.get("after")).value_or(viewer.now);
    return site_.live(request, viewer, [this, after](const web::Viewer& reader) {
      const auto last = reader_.last_listing(reader.tenant_id());
      const std::string text = last && last->at > after ? "New data" : "";
      return web::LiveUpdate{
          .parts = {{"#ta-new",
                     web::render("web/new_bar",
                                 json::value(json::object{{"text", text}, {"link", "Show it"}, {"href", ""}})),
                     "outerHTML"}},
          .announce = text};
    });
  }

  http::Response item(http::Request& request, const web::Viewer& viewer) {
    const auto id = web::id_number(request.params.at("id"));
    const auto found = id ? reader_.find(viewer.tenant_id(), InventoryItemId(*id)) : std::nullopt;
    if (!found) return site_.not_found(request, viewer);
    const ItemLinks links = host_.database.read(
        [&](storage::Transaction& tx) { return links_of(tx, viewer.tenant_id(), *found, kLinksShown); });
    return site_.show(
        request, viewer,
        {.title = found->name,
         .section = "inventory",
         .content = web::render("inventory/item", item_view(*found, links, connections(viewer), viewer))});
  }

  http::Response sync(http::Request& request, const web::Viewer& viewer) {
    return start_from_page(host_, request, viewer, {kSyncType, json::object{}, "Inventory", viewer.path("/inventory")});
  }

 private:
  ConnectionNames connections(const web::Viewer& viewer) {
    return ConnectionNames(host_.database.read(
        [&](storage::Transaction& tx) { return provider_connections::list_connections(tx, viewer.tenant_id()); }));
  }

  std::optional<SyncSummary> full_sync(ConnectionId connection, const web::Viewer& viewer) {
    return host_.database.read(
        [&](storage::Transaction& tx) { return latest_full_sync(tx, viewer.tenant_id(), connection); });
  }

  // How old it is, per connection; of one type, where only that is shown.
  void add_observed(InventoryView& view, const InventoryQuery& query, const ConnectionNames& names,
                    const std::vector<Coverage>& coverage, const web::Viewer& viewer) {
    view.sync =
        web::start_button(viewer, Capability::inventory_sync, "sync", "Sync now", viewer.path("/inventory/sync"));
    std::map<ConnectionId, std::int64_t> not_read;
    for (const Coverage& one : coverage) {
      if (!one.code.empty()) ++not_read[one.connection];
      if (one.type == query.type) view.observed.push_back(observed_line(one, names.of(one.connection), viewer));
    }
    if (query.type.empty() && !coverage.empty())
      for (const auto& connection : names.all())
        view.observed.push_back(observed_line(full_sync(connection.id, viewer), names.of(connection.id), viewer));
    for (const auto& [connection, types] : not_read)
      view.not_read.push_back({viewer.path("/inventory?tab=coverage"), not_read_line(types, names.of(connection)), ""});
  }

  void add_items(InventoryView& view, const InventoryQuery& query, const ConnectionNames& names,
                 const web::Viewer& viewer) {
    const ItemPage page = reader_.list(viewer.tenant_id(), query.filter(), query.sort,
                                       item_cursor_from(query.cursor, query.sort), kRowsPerPage);
    for (const Item& item : page.items) view.rows.push_back(item_row(item, names, viewer));
    view.has_rows = !view.rows.empty();
    const web::PageUrl url = query.url(viewer);
    if (page.previous) view.newer = url.with("cursor", to_text(*page.previous, query.sort)).str();
    if (page.next) view.older = url.with("cursor", to_text(*page.next, query.sort)).str();
    const bool all = !page.previous && !page.next;
    view.summary = all ? web::counted(static_cast<std::int64_t>(page.items.size()), "item", "items")
                       : fmt::format("{} per page", kRowsPerPage);
    if (view.has_rows) return;
    if (query.filtered())
      view.empty = Empty{"filter", "No items match these filters.", "", view.reset, "Reset filters"};
    else
      view.empty = Empty{"database", "Nothing observed yet.", "Run the first sync.", "", ""};
  }

  void add_coverage(InventoryView& view, const ConnectionNames& names, const std::vector<Coverage>& coverage,
                    const web::Viewer& viewer) {
    std::map<ConnectionId, std::set<std::string>> tried;
    for (const Coverage& one : coverage) {
      view.covered.push_back(coverage_row(one, names, viewer));
      tried[one.connection].insert(one.type);
    }
    view.has_coverage = !tried.empty();
    for (const auto& [connection, types] : tried) {
      for (const graph::Contract& contract : graph::ContractRegistry::builtin().all())
        if (!types.contains(contract.id)) view.covered.push_back(uncovered_row(contract, names.of(connection)));
      add_last_full(view, connection, names, viewer);
    }
    // What went wrong first.
    std::ranges::sort(view.covered, {}, [](const CoverageRow& row) {
      return std::tuple(row.code.empty(), std::string_view(row.type), std::string_view(row.connection));
    });
    if (!view.has_coverage) view.empty = Empty{"database", "Nothing observed yet.", "Run the first sync.", "", ""};
  }

  void add_last_full(InventoryView& view, ConnectionId connection, const ConnectionNames& names,
                     const web::Viewer& viewer) {
    const auto last = full_sync(connection, viewer);
    if (!last) return;
    const std::string name = names.of(connection);
    view.last_full += fmt::format("{}The last full sync{}, {}, read {} of {}.", view.last_full.empty() ? "" : " ",
                                  name.empty() ? "" : " of " + name, web::age_text(viewer.now - last->completed_at),
                                  web::grouped(last->types - last->failed), web::counted(last->types, "type", "types"));
  }

  Host& host_;
  web::Site& site_;
  InventoryReader reader_;
};

}  // namespace

void register_inventory_pages(Host& host) {
  web::Site& site = host.site;
  const auto pages = std::make_shared<InventoryPages>(host, site);
  site.add_nav({"Tenant data", "inventory", "Inventory", "database", "i"});
  site.page(http::Method::get, "/t/{tenant}/inventory", Capability::runs_view,
            [pages](http::Request& r, const web::Viewer& v) { return pages->show(r, v); });
  site.page(http::Method::get, "/t/{tenant}/inventory/live", Capability::runs_view,
            [pages](http::Request& r, const web::Viewer& v) { return pages->live(r, v); });
  site.page(http::Method::get, "/t/{tenant}/inventory/{id}", Capability::runs_view,
            [pages](http::Request& r, const web::Viewer& v) { return pages->item(r, v); });
  site.page(http::Method::post, "/t/{tenant}/inventory/sync", Capability::inventory_sync,
            [pages](http::Request& r, const web::Viewer& v) { return pages->sync(r, v); });
}

}  // namespace ta::inventory
