// Schema migrations: append-only files src/storage/migrations/{sqlite,postgres}/NNNN_name.sql, the same numbers and
// names on both engines, embedded in the program.
#pragma once
#include <string>
#include <vector>

#include "storage/database.h"

namespace ta::storage {

struct MigrationReport {
  int from_version = 0;
  int to_version = 0;
};

// Brings the schema to this program's version, each migration in its own transaction; two processes at once are safe.
// Fails (run.invalid_input) on a schema newer than this program, and names both versions.
Result<MigrationReport> migrate(Database& database);

// Fails unless the schema is exactly this program's: says whether to run `tenantatlas migrate` or a newer program.
Result<void> check_schema(Database& database);

}  // namespace ta::storage
