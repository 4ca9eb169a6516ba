// The write-ahead log stays short beside writers that never pause, and a reader that stays open stops nobody.
#include "storage/checkpointer.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "storage/database.h"
#include "testing/database.h"
#include "testing/temp_dir.h"

namespace ta::storage {
namespace {

constexpr int kCommits = 300, kMegabyte = 1 << 20;

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() { write("CREATE TABLE things (id INTEGER PRIMARY KEY, content BLOB)"); }
  void write(std::string_view sql) {
    database_->write([&](Transaction& tx) { tx.run_text("write", sql); });
  }
  // A megabyte with each commit.
  void write_much() {
    for (int i = 0; i < kCommits; ++i) write("INSERT INTO things (content) VALUES (zeroblob(1048576))");
  }
  std::int64_t stored() {
    return database_->read([](Transaction& tx) {
      return tx.run_text("stored", "SELECT COUNT(*) AS n FROM things")[0].get<std::int64_t>("n");
    });
  }
  std::uintmax_t log_bytes() const { return std::filesystem::file_size(file_ + "-wal"); }

  ta::testing::TempDir folder_;
  std::string file_ = folder_.file("things.db");
  std::unique_ptr<Database> database_ = ta::testing::open_database("sqlite:" + file_);
};

TEST_F(CheckpointerTest, TheLogBeginsAnewWhileWritersGoOn) {
  write_much();
  EXPECT_LT(log_bytes(), static_cast<std::uintmax_t>(kCommits) * kMegabyte / 2) << "of " << kCommits << " MB";
  EXPECT_EQ(stored(), kCommits);
}

TEST_F(CheckpointerTest, AReaderThatStaysOpenKeepsTheLogAndStopsNobody) {
  database_->read([&](Transaction& tx) {
    const auto seen = [&] { return tx.run_text("seen", "SELECT COUNT(*) AS n FROM things")[0].get<std::int64_t>("n"); };
    EXPECT_EQ(seen(), 0);
    write_much();
    EXPECT_EQ(seen(), 0) << "its snapshot";
  });
  EXPECT_EQ(stored(), kCommits);
}

TEST_F(CheckpointerTest, WhatIsInTheLogOnlyIsReadAfterReopening) {
  write_much();
  database_.reset();
  database_ = ta::testing::open_database("sqlite:" + file_);
  EXPECT_EQ(stored(), kCommits);
}

}  // namespace
}  // namespace ta::storage
