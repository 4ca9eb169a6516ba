// The last observed state of a tenant's objects, as pages and the API read it; listing_store.h writes it.
//
// What is known is told per type and connection. An object that the latest complete listing of its type did not see is
// gone; one that a later attempt, which failed, did not reach was not read this time and may have changed.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "storage/database.h"

namespace ta::inventory {

enum class ItemState { seen, gone, not_read };
std::string_view name(ItemState state);  // "seen", "gone", "not_read"
std::optional<ItemState> item_state(std::string_view name);

// What a sync found about an object: it was not there before, its name, facts or links differ, or it is gone.
enum class Change { appeared, changed, gone };
std::string_view name(Change change);  // "new", "changed", "gone"
std::optional<Change> change_from(std::string_view name);

struct Item {
  InventoryItemId id;
  ConnectionId connection;
  std::string type, external_id, name, platform;
  json::value meta;
  Timestamp first_seen_at, last_seen_at;
  std::optional<RunId> last_seen_run;
  ItemState state = ItemState::seen;
  std::optional<Timestamp> gone_since;  // when a complete listing first ended without it
  std::optional<Change> change;         // what the sync found that ItemFilter::run names
  std::string name_folded;              // what lists by name are sorted by
};

struct ItemFilter {
  std::string type, platform, search;  // empty = any; `search` is part of the name, case folded, or the id
  std::optional<ItemState> state;
  std::optional<ConnectionId> connection;
  std::optional<RunId> run;      // the objects that this sync found new, changed or gone
  std::optional<Change> change;  // with `run`: only these
};

enum class ItemSort { name_asc, name_desc, seen_asc, seen_desc };

// Between two rows of a list sorted by `sort`: the last row's key and id.
struct ItemCursor {
  std::string key;
  InventoryItemId id;
  bool newer = false;  // towards the beginning
};
std::string to_text(const ItemCursor& cursor, ItemSort sort);
// nullopt for what to_text() did not make for this sort. A cursor survives any name that an item can have.
std::optional<ItemCursor> item_cursor_from(std::string_view text, ItemSort sort);

struct ItemPage {
  std::vector<Item> items;
  std::optional<ItemCursor> previous, next;
};

struct Facet {
  std::string type, platform;
  std::int64_t count = 0;
};

struct Coverage {
  ConnectionId connection;
  std::string type;
  Timestamp attempted_at;
  std::optional<RunId> attempted_run;
  std::string code;  // why the latest attempt failed; empty when it did not
  std::optional<Timestamp> listed_at;
  std::optional<RunId> listed_run;
  std::int64_t listed_count = 0;
};

struct LastListing {
  Timestamp at;
  std::optional<RunId> run;
};

class InventoryReader {
 public:
  explicit InventoryReader(storage::Database& database) : database_(database) {}

  ItemPage list(TenantId tenant, const ItemFilter& filter, ItemSort sort, const std::optional<ItemCursor>& cursor,
                int limit);
  std::optional<Item> find(TenantId tenant, InventoryItemId id);
  std::vector<Facet> facets(TenantId tenant);  // for filters and counts
  std::vector<Coverage> coverage(TenantId tenant);
  std::int64_t objects(TenantId tenant);  // that the latest complete listings of all types and connections brought
  std::optional<LastListing> last_listing(TenantId tenant);  // of whatever type: for noticing that there is a newer one
  // When each tenant of a member was listed last, in one query; tenants without a listing are left out.
  std::map<TenantId, Timestamp> last_listings_of_member(UserId user);

 private:
  storage::Database& database_;
};

}  // namespace ta::inventory
