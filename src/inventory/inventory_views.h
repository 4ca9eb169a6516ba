// What the templates of the inventory show.
#pragma once
#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "graph/contract.h"
#include "inventory/change_views.h"
#include "inventory/inventory_query.h"
#include "inventory/item_links.h"
#include "provider_connections/provider_connections.h"
#include "web/badges.h"
#include "web/start_button.h"

namespace ta::inventory {

struct Option {
  std::string value, label;
  bool selected = false;
};
BOOST_DESCRIBE_STRUCT(Option, (), (value, label, selected))

struct Chip {
  std::string href, label;
};
BOOST_DESCRIBE_STRUCT(Chip, (), (href, label))

struct SortLink {
  std::string href, aria;
};
BOOST_DESCRIBE_STRUCT(SortLink, (), (href, aria))

struct Empty {
  std::string icon, title, text, href, link;
};
BOOST_DESCRIBE_STRUCT(Empty, (), (icon, title, text, href, link))

// For the partial web/badge, with a label of its own: "Gone since 27 Nov".
struct StateBadge {
  std::string value, label, tone, icon;
};
BOOST_DESCRIBE_STRUCT(StateBadge, (), (value, label, tone, icon))

struct ItemRow {
  std::int64_t id = 0;
  std::string href, name, type, platform, connection;
  web::TimeText seen;
  std::optional<StateBadge> state;  // none: seen, as most are
};
BOOST_DESCRIBE_STRUCT(ItemRow, (), (id, href, name, type, platform, connection, seen, state))

struct CoverageRow {
  std::string type, connection, objects, restore, problem, code, run_href, run;
  std::optional<web::TimeText> listed;
  web::Badge badge;
};
BOOST_DESCRIBE_STRUCT(CoverageRow, (),
                      (type, connection, objects, restore, problem, code, run_href, run, listed, badge))

// How old what is shown is, through one connection: "Last full sync 2 min ago by #3: 1 new, 2 gone".
struct Observed {
  std::string text, href, run;  // by which run, when it is kept
  std::string result;           // in words, where there are no links
  std::vector<Link> changes;
  bool has_changes = false;
};
BOOST_DESCRIBE_STRUCT(Observed, (), (text, href, run, result, changes, has_changes))

struct InventoryView {
  std::string action, reset, items_href, coverage_href, search, sort, zone, run, change, last_full;
  bool coverage = false, has_rows = false, has_chips = false, has_coverage = false, has_connections = false;
  std::vector<Link> not_read;
  std::vector<Option> types, platforms, states, connections;
  std::vector<Chip> chips;
  SortLink by_name, by_seen;
  std::vector<ItemRow> rows;
  std::vector<CoverageRow> covered;
  std::optional<Empty> empty;
  std::string summary, newer, older;
  std::vector<Observed> observed;
  web::StartButton sync;
};
BOOST_DESCRIBE_STRUCT(InventoryView, (),
                      (action, reset, items_href, coverage_href, search, sort, zone, run, change, last_full, coverage,
                       has_rows, has_chips, has_coverage, has_connections, not_read, types, platforms, states,
                       connections, chips, by_name, by_seen, rows, covered, empty, summary, newer, older, observed,
                       sync))

struct ItemFact {
  std::string label, value;
};
BOOST_DESCRIBE_STRUCT(ItemFact, (), (label, value))

struct LinkRow {
  std::string relation;    // what the link is for, and the type of the other end: "Assignment · Group"
  std::string name, href;  // no href: it is not in the inventory, and `name` is its id
};
BOOST_DESCRIBE_STRUCT(LinkRow, (), (relation, name, href))

struct LinkList {
  std::string id, title, none, more;
  bool any = false;
  std::vector<LinkRow> rows;
};
BOOST_DESCRIBE_STRUCT(LinkList, (), (id, title, none, more, any, rows))

struct ItemView {
  std::string list_href, name, type, platform, connection, external_id, category, restore, run, run_href;
  std::optional<StateBadge> state;
  std::string note;  // what the state means
  std::string gone_since;
  web::TimeText first_seen, last_seen;
  std::vector<ItemFact> meta;
  bool has_meta = false;
  std::vector<LinkList> links;
};
BOOST_DESCRIBE_STRUCT(ItemView, (),
                      (list_href, name, type, platform, connection, external_id, category, restore, run, run_href,
                       state, note, gone_since, first_seen, last_seen, meta, has_meta, links))

// "Settings catalog policy"; the id itself for a type that is not declared.
std::string type_label(std::string_view type);
// "windows" → "Windows", "macos" → "macOS".
std::string platform_label(std::string_view platform);
// Whether what is of this type could be written back.
std::string restore_label(std::string_view type);

// The names of a tenant's connections, which are shown where there is more than one.
class ConnectionNames {
 public:
  explicit ConnectionNames(std::vector<provider_connections::ProviderConnection> all) : all_(std::move(all)) {}
  bool shown() const { return all_.size() > 1; }
  std::string of(ConnectionId id) const;  // empty where it is not shown
  const std::vector<provider_connections::ProviderConnection>& all() const { return all_; }

 private:
  std::vector<provider_connections::ProviderConnection> all_;
};

ItemRow item_row(const Item& item, const ConnectionNames& connections, const web::Viewer& viewer);
CoverageRow coverage_row(const Coverage& coverage, const ConnectionNames& connections, const web::Viewer& viewer);
// A type that no sync has tried to list yet through the connection, with the reason.
CoverageRow uncovered_row(const graph::Contract& contract, std::string connection);
ItemView item_view(const Item& item, const ItemLinks& links, const ConnectionNames& connections,
                   const web::Viewer& viewer);
// "Last full sync 2 min ago by #3: 1 gone", or that there was none.
Observed observed_line(const std::optional<SyncSummary>& full, const std::string& connection,
                       const web::Viewer& viewer);
// "Scope tag: read 2 min ago by #5"
Observed observed_line(const Coverage& coverage, const std::string& connection, const web::Viewer& viewer);
// "2 types could not be read the last time. …"
std::string not_read_line(std::int64_t types, const std::string& connection);
// Filters, chips, sorting; everything that follows from the address, the facets and the connections.
void add_filters(InventoryView& view, const InventoryQuery& query, const std::vector<Facet>& facets,
                 const ConnectionNames& connections, const web::Viewer& viewer);

}  // namespace ta::inventory
