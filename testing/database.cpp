#include "testing/database.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>

#include "storage/migrations.h"
#include "testing/postgres.h"

namespace ta::testing {
namespace {

namespace fs = std::filesystem;
using storage::Engine;

std::string unique_name(std::string_view prefix) {
  static std::atomic<int> count = 0;
  return fmt::format("{}_{}_{}", prefix, getpid(), ++count);
}

void migrate_once(const std::string& url) {
  const auto database = open_database(url);
  if (const auto done = storage::migrate(*database); !done) throw FailureError(done.error());
}

// The schema is made once per process and engine; every test gets a copy, which is many times quicker.
const std::string& sqlite_template() {
  static const TempDir folder;
  static const std::string file = [] {
    const std::string path = folder.file("template.db");
    migrate_once("sqlite:" + path);
    return path;
  }();
  return file;
}

struct PostgresTemplate {
  std::string name = unique_name("ta_template");
  PostgresTemplate() {
    postgres_execute(shared_postgres_url(), "CREATE DATABASE " + name);
    migrate_once(shared_postgres_url(name));
  }
  ~PostgresTemplate() {
    try {
      postgres_execute(shared_postgres_url(), "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    } catch (const std::exception&) {
      // The server has gone first; then so has the template.
    }
  }
};

const std::string& postgres_template() {
  shared_postgres_url();  // made before the template, so it ends after it
  static const PostgresTemplate instance;
  return instance.name;
}

}  // namespace

std::unique_ptr<storage::Database> open_database(const std::string& url, storage::DatabaseOptions options) {
  auto opened = storage::Database::open(url, options);
  if (!opened) throw FailureError(opened.error());
  return std::move(*opened);
}

TestDatabase::TestDatabase(Engine engine, Schema schema) {
  if (engine == Engine::sqlite) {
    const std::string file = folder_.file("test.db");
    if (schema == Schema::migrated) fs::copy_file(sqlite_template(), file);
    url_ = "sqlite:" + file;
  } else {
    // Copying the template's files is several times quicker than sending them through the log.
    const std::string base =
        schema == Schema::migrated ? fmt::format(" TEMPLATE {} STRATEGY file_copy", postgres_template()) : "";
    name_ = unique_name("ta_test");
    postgres_execute(shared_postgres_url(), "CREATE DATABASE " + name_ + base);
    url_ = shared_postgres_url(name_);
  }
  db_ = open_database(url_);
}

TestDatabase::~TestDatabase() {
  db_.reset();
  if (name_.empty()) return;
  try {
    postgres_execute(shared_postgres_url(), "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the test's database could not be dropped: " << error.what();
  }
}

std::string engine_name(const ::testing::TestParamInfo<Engine>& info) {
  return info.param == Engine::sqlite ? "sqlite" : "postgres";
}

}  // namespace ta::testing
