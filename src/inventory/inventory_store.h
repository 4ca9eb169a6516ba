// The last observed state of a tenant's objects: what a sync writes and what pages read.
//
// "Missing" is derived: the object was not in the latest complete listing of its type. When a later attempt to list the
// type failed, that is uncertain, and says so.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "graph/reference_values.h"
#include "storage/database.h"

namespace ta::inventory {

// One object as listed.
struct ObservedItem {
  std::string external_id;
  std::string name;
  std::string platform;                     // "windows", "ios" …; empty when the type has none
  json::object meta;                        // small, whitelisted per type
  std::set<graph::ReferenceValue> links{};  // to other objects
};

struct Observation {
  TenantId tenant;
  ConnectionId connection;
  RunId run;
  std::string type;
  Timestamp at;
};

struct UpsertCounts {
  std::int64_t created = 0, updated = 0, unchanged = 0;
};

// Writes one complete listing of a type: items and coverage, in the caller's transaction. Never deletes.
UpsertCounts record_listing(storage::Transaction& tx, const Observation& seen, const std::vector<ObservedItem>& items);
// Notes that a type could not be listed to the end, with the failure's code. What was read before that is kept; what
// was not read stays as it was.
UpsertCounts record_unlisted(storage::Transaction& tx, const Observation& seen, const std::vector<ObservedItem>& items,
                             std::string_view code);

enum class ItemState { seen, missing, uncertain };
std::string_view name(ItemState state);  // "seen", "missing", "uncertain"
std::optional<ItemState> item_state(std::string_view name);

struct Item {
  InventoryItemId id;
  ConnectionId connection;
  std::string type, external_id, name, platform;
  json::value meta;
  Timestamp first_seen_at, last_seen_at;
  std::optional<RunId> last_seen_run;
  ItemState state = ItemState::seen;
  std::string name_folded;  // what lists by name are sorted by
};

struct ItemFilter {
  std::string type, platform, search;  // empty = any; `search` is part of the name, case folded
  std::optional<ItemState> state;
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
  std::optional<LastListing> last_listing(TenantId tenant);
  // When each tenant of a member was listed last, in one query; tenants without a listing are left out.
  std::map<TenantId, Timestamp> last_listings_of_member(UserId user);

 private:
  storage::Database& database_;
};

}  // namespace ta::inventory
