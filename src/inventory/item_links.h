// Which objects of a tenant refer to which: written with each listing, read by the page of an item.
#pragma once
#include "inventory/inventory_store.h"
#include "inventory/observed_item.h"

namespace ta::inventory {

// Tells one set of links from another; empty for none.
std::string links_digest(const std::set<graph::ReferenceValue>& links);

// Makes the links of these items of one type, which are written already, what they are now. In the caller's
// transaction.
void replace_links(storage::Transaction& tx, TenantId tenant, ConnectionId connection, std::string_view type,
                   const std::vector<const ObservedItem*>& items);

// One link as seen from one of its ends.
struct ItemLink {
  std::string property;  // of the object that refers: "assignments[].target.groupId"
  std::string target_id;
  std::optional<InventoryItemId> item;  // at the other end; nothing: it was never listed
  std::string type, name;               // of the other end
  bool gone = false;                    // the other end is
};

struct ItemLinks {
  std::vector<ItemLink> uses, used_by;
  bool more_uses = false, more_used_by = false;  // there were more than asked for
};

// At most `limit` (1 or more) in each direction. A link leads to an object of the same connection: another one reads
// another Entra tenant, where the same id means something else.
ItemLinks links_of(storage::Transaction& tx, TenantId tenant, const Item& item, int limit);

}  // namespace ta::inventory
