// What the templates of the inventory show.
#pragma once
#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "graph/contract.h"
#include "inventory/inventory_query.h"
#include "inventory/item_links.h"
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

struct ItemRow {
  std::int64_t id = 0;
  std::string href, name, type, platform;
  web::TimeText seen;
  web::Badge state;
};
BOOST_DESCRIBE_STRUCT(ItemRow, (), (id, href, name, type, platform, seen, state))

struct CoverageRow {
  std::string type, objects, restore, problem, code, run_href, run;
  std::optional<web::TimeText> listed;
  web::Badge badge;
};
BOOST_DESCRIBE_STRUCT(CoverageRow, (), (type, objects, restore, problem, code, run_href, run, listed, badge))

struct Observed {
  std::string age, href, run;  // by which run, when there is one
};
BOOST_DESCRIBE_STRUCT(Observed, (), (age, href, run))

struct InventoryView {
  std::string action, reset, items_href, coverage_href, search, sort, zone, uncertain, last_full;
  bool coverage = false, has_rows = false, has_chips = false, has_coverage = false;
  std::vector<Option> types, platforms, states;
  std::vector<Chip> chips;
  SortLink by_name, by_seen;
  std::vector<ItemRow> rows;
  std::vector<CoverageRow> covered;
  std::optional<Empty> empty;
  std::string summary, newer, older;
  std::optional<Observed> observed;
  web::StartButton sync;
};
BOOST_DESCRIBE_STRUCT(InventoryView, (),
                      (action, reset, items_href, coverage_href, search, sort, zone, uncertain, last_full, coverage,
                       has_rows, has_chips, has_coverage, types, platforms, states, chips, by_name, by_seen, rows,
                       covered, empty, summary, newer, older, observed, sync))

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
  std::string list_href, name, type, platform, external_id, category, restore, run, run_href;
  web::Badge state;
  web::TimeText first_seen, last_seen;
  std::vector<ItemFact> meta;
  bool has_meta = false;
  std::vector<LinkList> links;
};
BOOST_DESCRIBE_STRUCT(ItemView, (),
                      (list_href, name, type, platform, external_id, category, restore, run, run_href, state,
                       first_seen, last_seen, meta, has_meta, links))

// "Settings catalog policy"; the id itself for a type that is not declared.
std::string type_label(std::string_view type);
// "windows" → "Windows", "macos" → "macOS".
std::string platform_label(std::string_view platform);
// Whether what is of this type could be written back.
std::string restore_label(std::string_view type);

ItemRow item_row(const Item& item, const web::Viewer& viewer);
CoverageRow coverage_row(const Coverage& coverage, const web::Viewer& viewer);
// A type that no sync has tried to list yet, with the reason.
CoverageRow uncovered_row(const graph::Contract& contract);
ItemView item_view(const Item& item, const ItemLinks& links, const web::Viewer& viewer);
// Filters, chips, sorting; everything that follows from the address and the facets.
void add_filters(InventoryView& view, const InventoryQuery& query, const std::vector<Facet>& facets,
                 const web::Viewer& viewer);

}  // namespace ta::inventory
