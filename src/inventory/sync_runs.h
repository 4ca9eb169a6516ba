// The history of inventory syncs: which types each of them was to read, and how it fared with every one. Stays when
// the ledger forgets the run.
#pragma once
#include "base/time.h"
#include "runs/domain_adapter.h"

namespace ta::inventory {

// `inventory_sync_runs`: one row per inventory.sync run. Two syncs have the same `selection_key` when they read the
// same types; what the latest completed one of a connection and key did not find is missing.
runs::DomainAdapter sync_runs_adapter();

// How one type was read.
struct TypeResult {
  std::string type;
  std::int64_t listed = 0;  // objects kept
  std::string code;         // why the list did not end; empty when it did
  Timestamp at;
};
// Writes it beside the run; a later attempt replaces it. Nothing happens once the run has ended.
void record_type(storage::Transaction& tx, TenantId tenant, RunId run, const TypeResult& result);

// A completed sync, by its run while that is kept.
struct SyncSummary {
  std::optional<RunId> run;
  Timestamp completed_at;
  std::int64_t types = 0, failed = 0;  // tried, and not read to the end
};
// The latest completed sync without a selection of types, through any of the tenant's connections.
std::optional<SyncSummary> latest_full_sync(storage::Transaction& tx, TenantId tenant);

}  // namespace ta::inventory
