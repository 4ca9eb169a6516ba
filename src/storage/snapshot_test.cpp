#include "storage/snapshot.h"

#include <thread>

#include "storage/usage.h"
#include "testing/database.h"

namespace ta::storage {
namespace {

class SnapshotTest : public ::testing::TestWithParam<Engine> {
 protected:
  SnapshotTest() { write("CREATE TABLE things (n INTEGER NOT NULL)"); }

  void write(const std::string& sql) {
    database_->write([&](Transaction& tx) { tx.run_text("write", sql); });
  }
  void write_elsewhere() {
    std::jthread([this] { write("INSERT INTO things VALUES (1)"); });
  }
  std::int64_t count() {
    return database_->read([](Transaction& tx) {
      return tx.run_text("count", "SELECT COUNT(*) AS n FROM things")[0].get<std::int64_t>("n");
    });
  }
  // Transactions that `body` begins on this thread.
  static std::int64_t begun(const std::function<void()>& body) {
    const std::int64_t before = usage_of_this_thread().transactions;
    body();
    return usage_of_this_thread().transactions - before;
  }

  testing::TestDatabase database_{GetParam(), testing::TestDatabase::Schema::empty};
};
INSTANTIATE_TEST_SUITE_P(Engines, SnapshotTest, testing::engines(), testing::engine_name);

TEST_P(SnapshotTest, ReadsSeeOneMomentInOneTransaction) {
  EXPECT_EQ(begun([&] {
              const Snapshot moment(*database_);
              EXPECT_EQ(count(), 0);
              write_elsewhere();
              EXPECT_EQ(count(), 0);
              EXPECT_EQ(count(), 0);
            }),
            1);
  EXPECT_EQ(count(), 1);
}

TEST_P(SnapshotTest, ItBeginsWithTheFirstRead) {
  EXPECT_EQ(begun([&] { const Snapshot moment(*database_); }), 0);
  const Snapshot moment(*database_);
  write_elsewhere();
  EXPECT_EQ(count(), 1);
}

TEST_P(SnapshotTest, AWriteEndsItAndWhatFollowsSeesTheWrite) {
  const Snapshot moment(*database_);
  EXPECT_EQ(count(), 0);
  write("INSERT INTO things VALUES (1)");
  EXPECT_EQ(count(), 1);
  write_elsewhere();
  EXPECT_EQ(count(), 1) << "another moment, which holds again";
}

TEST_P(SnapshotTest, AReadThatFailsEndsItAndTheNextOneWorks) {
  const Snapshot moment(*database_);
  EXPECT_EQ(count(), 0);
  write_elsewhere();
  EXPECT_THROW(database_->read([](Transaction& tx) { tx.run_text("bad", "SELECT * FROM no_such_table"); }),
               StorageError);
  EXPECT_EQ(count(), 1);
}

TEST_P(SnapshotTest, ItRefusesWrites) {
  const Snapshot moment(*database_);
  EXPECT_THROW(database_->read([](Transaction& tx) { tx.run_text("write", "INSERT INTO things VALUES (1)"); }),
               StorageError);
  EXPECT_EQ(count(), 0);
}

TEST_P(SnapshotTest, ItIsOfItsThreadAndItsDatabaseOnly) {
  testing::TestDatabase other(GetParam(), testing::TestDatabase::Schema::empty);
  const Snapshot moment(*database_), of_other(*other);
  EXPECT_EQ(count(), 0);
  std::jthread([&] {
    write("INSERT INTO things VALUES (1)");
    EXPECT_EQ(count(), 1);
  });
  EXPECT_THROW(other->read([](Transaction& tx) { tx.run_text("count", "SELECT COUNT(*) FROM things"); }), StorageError);
  EXPECT_EQ(count(), 0) << "what failed in the other one harms nothing here";
}

TEST_P(SnapshotTest, OneInsideAnotherDoesNothing) {
  const Snapshot moment(*database_);
  EXPECT_EQ(count(), 0);
  {
    const Snapshot inner(*database_);
    write_elsewhere();
    EXPECT_EQ(count(), 0);
  }
  EXPECT_EQ(count(), 0);
}

// A pool of one connection: who holds it in a snapshot can still write, and gives it back at the end.
TEST_P(SnapshotTest, NoThreadNeedsTwoConnections) {
  const auto narrow = testing::open_database(database_.url(), {.connections_max = 1});
  for (int round = 0; round < 3; ++round) {
    const Snapshot moment(*narrow);
    narrow->read([](Transaction& tx) { tx.run_text("read", "SELECT COUNT(*) FROM things"); });
    narrow->write([](Transaction& tx) { tx.run_text("write", "INSERT INTO things VALUES (1)"); });
    narrow->read([](Transaction& tx) { tx.run_text("read", "SELECT COUNT(*) FROM things"); });
  }
  EXPECT_EQ(count(), 3);
}

}  // namespace
}  // namespace ta::storage
