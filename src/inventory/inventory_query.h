// The state of the inventory page, as its address carries it.
#pragma once
#include <string>

#include "inventory/inventory_store.h"
#include "web/page_url.h"
#include "web/viewer.h"

namespace ta::inventory {

// What cannot be read counts as not given.
struct InventoryQuery {
  bool coverage = false;  // the second tab
  std::string type, platform, state, search;
  std::optional<ConnectionId> connection;
  std::optional<RunId> run;  // what this sync found new, changed or gone …
  std::string change;        // … or only one of them
  ItemSort sort = ItemSort::name_asc;
  std::string cursor;

  static InventoryQuery parse(const http::Fields& fields);
  ItemFilter filter() const;
  // Canonical, without the cursor.
  web::PageUrl url(const web::Viewer& viewer) const;
  bool filtered() const {
    return !type.empty() || !platform.empty() || !state.empty() || !search.empty() || connection || run;
  }
};

std::string_view name(ItemSort sort);  // "" for the default

}  // namespace ta::inventory
