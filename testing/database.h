// A database of its own for one test, on the engine the test asks for:
//
//   class LedgerTest : public ::testing::TestWithParam<storage::Engine> {
//    protected:
//     ta::testing::TestDatabase database_{GetParam()};
//   };
//   INSTANTIATE_TEST_SUITE_P(Engines, LedgerTest, ta::testing::engines(), ta::testing::engine_name);
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "storage/database.h"
#include "testing/temp_dir.h"

namespace ta::testing {

class TestDatabase {
 public:
  enum class Schema { migrated, empty };

  // Throws when the engine is not there: a missing PostgreSQL fails the test.
  explicit TestDatabase(storage::Engine engine, Schema schema = Schema::migrated);
  // Closes the database and removes it. Every other connection to it is cut.
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  storage::Database& operator*() const { return *db_; }
  storage::Database* operator->() const { return db_.get(); }
  // For a second Database on the same data, or for the real program.
  const std::string& url() const { return url_; }

 private:
  TempDir folder_;    // SQLite's file
  std::string name_;  // PostgreSQL's database; empty on SQLite
  std::string url_;
  std::unique_ptr<storage::Database> db_;
};

// Opens a database; throws with the reason when that fails.
std::unique_ptr<storage::Database> open_database(const std::string& url, storage::DatabaseOptions options = {});

// "sqlite" or "postgres", as the suffix of parameterised tests.
std::string engine_name(const ::testing::TestParamInfo<storage::Engine>& info);
// Both engines, for INSTANTIATE_TEST_SUITE_P.
inline auto engines() { return ::testing::Values(storage::Engine::sqlite, storage::Engine::postgres); }

}  // namespace ta::testing
