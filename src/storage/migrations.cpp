#include "storage/migrations.h"

#include <map>

#include "base/embedded.h"
#include "storage/migrations.sql.h"

namespace ta::embedded {
std::span<const File> migrations();
}

namespace ta::storage {
namespace {

struct Migration {
  int version;
  std::string name;
  std::string_view sql;
};

// The engine's files, by number: "sqlite/0001_access.sql".
std::vector<Migration> migrations_of(Engine engine) {
  const std::string_view folder = engine == Engine::sqlite ? "sqlite/" : "postgres/";
  std::map<int, Migration> ordered;
  for (const embedded::File& file : embedded::migrations()) {
    if (!file.path.starts_with(folder)) continue;
    const std::string stem(file.path.substr(folder.size(), file.path.size() - folder.size() - 4));
    const int version = std::stoi(stem.substr(0, 4));
    ordered.emplace(version, Migration{version, stem.substr(5), file.bytes});
  }
  std::vector<Migration> list;
  for (auto& [version, migration] : ordered) list.push_back(std::move(migration));
  return list;
}

int current_version(Database& database) {
  return database.read([](Transaction& tx) -> int {
    const bool exists = !tx.run(sql::schema_table_exists).empty();
    return exists ? tx.run(sql::schema_version)[0].get<int>("version") : 0;
  });
}

Failure newer(int found, int known) {
  return {
      FailureCode::run_invalid_input,
      fmt::format("The database has schema version {}, and this program knows versions up to {}. Use a newer program; "
                  "nothing was changed.",
                  found, known),
      std::nullopt};
}

// Applies one migration unless another process just did.
void apply(Database& database, const Migration& migration) {
  database.write([&](Transaction& tx) {
    tx.run(sql::schema_lock);
    tx.run_script("CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    if (tx.run(sql::schema_version)[0].get<int>("version") >= migration.version) return;
    tx.run_script(migration.sql);
    tx.run(sql::schema_insert, {{"version", migration.version}, {"name", migration.name}});
  });
}

}  // namespace

Result<MigrationReport> migrate(Database& database) {
  const std::vector<Migration> known = migrations_of(database.engine());
  const int latest = known.empty() ? 0 : known.back().version;
  const int found = current_version(database);
  if (found > latest) return tl::make_unexpected(newer(found, latest));
  for (const Migration& migration : known)
    if (migration.version > found) apply(database, migration);
  return MigrationReport{found, latest};
}

Result<void> check_schema(Database& database) {
  const std::vector<Migration> known = migrations_of(database.engine());
  const int latest = known.empty() ? 0 : known.back().version;
  const int found = current_version(database);
  if (found > latest) return tl::make_unexpected(newer(found, latest));
  if (found < latest)
    return fail(FailureCode::run_invalid_input,
                fmt::format("The database has schema version {}, and this program needs {}. Run `tenantatlas migrate`.",
                            found, latest));
  return {};
}

}  // namespace ta::storage
