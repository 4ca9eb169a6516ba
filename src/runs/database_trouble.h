// What a failed write means to those who must get it written: try again, or give up.
#pragma once
#include "storage/database.h"

namespace ta::runs {

// Whether the same write may succeed later: the database is away, busy or in somebody else's way. Everything else it
// refuses each time.
inline bool passes_by_itself(const std::exception& error) {
  using Kind = storage::StorageError::Kind;
  const auto* storage = dynamic_cast<const storage::StorageError*>(&error);
  if (!storage) return false;
  const Kind kind = storage->kind();
  return kind == Kind::unavailable || kind == Kind::deadline || kind == Kind::conflict;
}

}  // namespace ta::runs
