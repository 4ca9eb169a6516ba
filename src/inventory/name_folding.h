// Folds the names of items that a program before schema version 13 wrote; every later write folds its own.
#pragma once
#include "runs/periodic.h"
#include "storage/database.h"

namespace ta::inventory {

// One step: at most `rows_max` rows, in a transaction of their own. Returns how many it looked at: 0 when none is left.
// Throws StorageError; what was done stays done. Several processes at once are safe.
std::size_t fold_some_names(storage::Database& database, std::size_t rows_max = 1'000);

// Does it in the background, so that a large database does not delay its first start after the upgrade. Until it has
// ended, names that are not folded sort first and are not found by a search.
class NameFolding {
 public:
  explicit NameFolding(storage::Database& database) : database_(database) {}

  void start();  // looks again every hour: a program of the older version may run beside this one
  void stop() { periodic_.stop(); }

 private:
  storage::Database& database_;
  runs::Periodic periodic_;
};

}  // namespace ta::inventory
