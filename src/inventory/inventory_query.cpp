#include "inventory/inventory_query.h"

#include "base/utf8.h"

namespace ta::inventory {
namespace {

constexpr std::size_t kSearchMax = 400;  // as long as a name

}  // namespace

std::string_view name(ItemSort sort) {
  switch (sort) {
    case ItemSort::name_asc: return "";
    case ItemSort::name_desc: return "name_desc";
    case ItemSort::seen_asc: return "seen_asc";
    case ItemSort::seen_desc: return "seen_desc";
  }
  return "";
}

InventoryQuery InventoryQuery::parse(const http::Fields& fields) {
  InventoryQuery query;
  query.coverage = fields.get("tab") == "coverage";
  query.type = fields.get("type");
  query.platform = fields.get("platform");
  query.search = cut_utf8(fields.get("q"), kSearchMax);
  query.cursor = fields.get("cursor");
  if (item_state(fields.get("state"))) query.state = fields.get("state");
  if (const auto id = web::id_number(fields.get("connection"))) query.connection = ConnectionId{*id};
  if (const auto id = web::id_number(fields.get("run"))) query.run = RunId{*id};
  if (query.run && change_from(fields.get("change"))) query.change = fields.get("change");
  for (const ItemSort sort : {ItemSort::name_desc, ItemSort::seen_asc, ItemSort::seen_desc})
    if (name(sort) == fields.get("sort")) query.sort = sort;
  return query;
}

ItemFilter InventoryQuery::filter() const {
  return {type, platform, search, item_state(state), connection, run, change_from(change)};
}

web::PageUrl InventoryQuery::url(const web::Viewer& viewer) const {
  return web::PageUrl(viewer.path("/inventory"))
      .with("tab", coverage ? "coverage" : "")
      .with("type", type)
      .with("platform", platform)
      .with("state", state)
      .with("connection", connection ? std::to_string(connection->value) : "")
      .with("run", run ? std::to_string(run->value) : "")
      .with("change", change)
      .with("q", search)
      .with("sort", name(sort));
}

}  // namespace ta::inventory
