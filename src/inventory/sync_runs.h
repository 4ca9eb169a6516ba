// The history of inventory syncs: which types each of them was to read, and how it fared with every one. Stays when
// the ledger forgets the run.
#pragma once
#include <map>

#include "base/time.h"
#include "runs/domain_adapter.h"

namespace ta::inventory {

// `inventory_sync_runs`: one row per inventory.sync run. Two syncs have the same `selection_key` when they read the
// same types.
runs::DomainAdapter sync_runs_adapter();

// What a sync found different. Everything that a type's first reading brings counts as new, and is told apart here: it
// is no news.
struct SyncChanges {
  std::int64_t appeared = 0, changed = 0, gone = 0;
  std::int64_t first_types = 0, first_objects = 0;  // types read for the first time; of `appeared`
  bool any() const { return appeared + changed + gone > 0; }
};
// {"new", "changed", "gone"}
json::object to_json(const SyncChanges& changes);
// "3 new, 1 gone. First reading of 2 types: 14 objects." or "Nothing has changed."
std::string words(const SyncChanges& changes);
// What a completed inventory.sync came to, from its context and counts.
std::string result_words(const runs::Run& run);

// How one type was read.
struct TypeResult {
  std::string type;
  std::int64_t listed = 0;  // objects kept
  std::string code;         // why the list did not end; empty when it did
  Timestamp at;
  SyncChanges changes{};  // earlier attempts of the run included
};
// Writes it beside the run; a later attempt replaces it. Nothing happens once the run has ended.
void record_type(storage::Transaction& tx, TenantId tenant, RunId run, const TypeResult& result);
// More of the type's objects were found to be gone.
void add_gone(storage::Transaction& tx, TenantId tenant, RunId run, std::string_view type, std::int64_t gone);

// What the run has noted object by object so far, earlier attempts included, by type.
std::map<std::string, SyncChanges> noted_changes(storage::Transaction& tx, TenantId tenant, RunId run);
// The sum over the types that the run has recorded.
SyncChanges changes_of(storage::Transaction& tx, TenantId tenant, RunId run);

// A completed sync, by its run while that is kept.
struct SyncSummary {
  std::optional<RunId> run;
  std::optional<ConnectionId> connection;
  Timestamp completed_at;
  bool everything = false;             // no selection of types
  std::int64_t types = 0, failed = 0;  // tried, and not read to the end
  SyncChanges changes;
};
// The latest completed sync of everything through a connection that did not fail as a whole.
std::optional<SyncSummary> latest_full_sync(storage::Transaction& tx, TenantId tenant, ConnectionId connection);
// The latest completed syncs, the newest first.
std::vector<SyncSummary> recent_syncs(storage::Transaction& tx, TenantId tenant, int limit);

}  // namespace ta::inventory
