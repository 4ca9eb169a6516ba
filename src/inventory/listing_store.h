// Writing down what a listing finds: in bounded steps, each in a transaction of the caller's that is short on SQLite.
//
// A listing is one reading of a connection's types. Its number, taken before its first request, orders it among the
// others of its connection: what a listing that began later saw, an earlier one does not overwrite, whenever it ends.
// Objects become visible with the step that writes them. A type counts as listed with record_listed() alone; what the
// complete listing did not see is gone from that moment on. A listing that is interrupted leaves what it saw, and what
// it did not reach stays as the last complete listing left it. Nothing is ever deleted.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "inventory/observed_item.h"
#include "storage/database.h"

namespace ta::inventory {

// The most objects that one step should write: some milliseconds on SQLite, where other tenants wait for it.
inline constexpr std::size_t kStepMax = 100;

struct Listing {
  TenantId tenant;
  ConnectionId connection;
  RunId run;
  std::int64_t number = 0;
};
Listing begin_listing(storage::Transaction& tx, TenantId tenant, ConnectionId connection, RunId run);

// Distinct objects; one that a step of the same listing wrote before is not counted again.
struct StepCounts {
  std::int64_t created = 0, updated = 0, unchanged = 0;
  bool first_reading = false;  // the type was never listed to the end before: its objects are no news
  std::int64_t kept() const { return created + updated + unchanged; }
};
// Writes some objects of a type. What the run finds new (never seen, or gone until now) and changed (name, facts or
// links) is noted as its changes, but in a first reading.
StepCounts record_objects(storage::Transaction& tx, const Listing& listing, std::string_view type,
                          const std::vector<ObservedItem>& items, Timestamp now);

// The ids of a type's objects, after `after`, that the listing has not seen and that are not noted as gone yet.
std::vector<std::string> unseen_objects(storage::Transaction& tx, const Listing& listing, std::string_view type,
                                        std::string_view after, std::size_t limit);

// The type was listed to the end: `count` objects. False when a later listing was complete before; then nothing
// changes.
bool record_listed(storage::Transaction& tx, const Listing& listing, std::string_view type, std::int64_t count,
                   Timestamp now);
// Of the unseen objects, notes since when they are gone; returns how many. For a type that was listed to the end.
std::int64_t record_gone(storage::Transaction& tx, const Listing& listing, std::string_view type,
                         const std::vector<std::string>& unseen, Timestamp now);
// The type could not be listed to the end, with the failure's code.
void record_unlisted(storage::Transaction& tx, const Listing& listing, std::string_view type, std::string_view code,
                     Timestamp now);

// Forgets at most `limit` of the oldest changes, where the ledger has forgotten the run that found them; returns how
// many.
std::int64_t forget_changes(storage::Transaction& tx, TenantId tenant, std::int64_t limit);

}  // namespace ta::inventory
