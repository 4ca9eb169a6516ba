// What the database itself can do on this machine: the same shapes of work as `bench runs` on one bare table, so that
// figures of different machines, or of a busy one, can be compared by their ratio.
#pragma once
#include "base/json.h"
#include "storage/database.h"

namespace ta::cli {

// raw_single_insert_per_s: one row, one durable commit. raw_bulk_insert_per_s: 1,000 rows a commit. raw_drain_per_s:
// claimed 1,000 at once and deleted 1,000 at once. raw_each_per_s: claimed and deleted one by one. Per second and
// connection. Makes a table of its own and drops it.
json::object bench_raw(storage::Database& database);

}  // namespace ta::cli
