#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "testing/clock.h"
#include "testing/database.h"
#include "testing/eventually.h"
#include "testing/postgres.h"
#include "testing/temp_dir.h"

namespace ta::testing {
namespace {

namespace fs = std::filesystem;

bool answers(const std::string& url) { return PQping(url.c_str()) == PQPING_OK; }

fs::path folder_of(const std::string& url) { return url.substr(url.find("host=") + 5); }

TEST(TempDir, GoesWithEverythingInIt) {
  fs::path path;
  {
    TempDir folder;
    path = folder.path();
    std::ofstream(folder.file("inside")) << "x";
    EXPECT_TRUE(fs::exists(path / "inside"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(FixedClock, MovesOnlyWhenTold) {
  FixedClock clock;
  EXPECT_EQ(to_rfc3339(clock.now()), "2026-11-21T08:41:07Z");
  clock.advance(std::chrono::seconds{3});
  EXPECT_EQ(to_rfc3339(clock.now()), "2026-11-21T08:41:10Z");
}

TEST(Eventually, WaitsForTheConditionAndGivesUp) {
  int asked = 0;
  EXPECT_TRUE(eventually([&] { return ++asked == 3; }));
  EXPECT_EQ(asked, 3);
  EXPECT_FALSE(eventually([] { return false; }, std::chrono::milliseconds{5}));
}

TEST(PostgresCluster, KeepsItsDataOverAnOutage) {
  PostgresCluster cluster(PostgresCluster::Durability::durable);
  postgres_execute(cluster.url(), "CREATE TABLE kept (id int)");
  cluster.stop();
  EXPECT_FALSE(answers(cluster.url()));
  cluster.start();
  EXPECT_NO_THROW(postgres_execute(cluster.url(), "SELECT id FROM kept"));
}

TEST(PostgresCluster, EndsWithItsProcessEvenWhenThatIsKilled) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    PostgresCluster cluster(PostgresCluster::Durability::fast);
    const std::string url = cluster.url();
    if (write(ends[1], url.data(), url.size()) > 0) pause();
    _exit(1);
  }
  char text[256] = {};
  ASSERT_GT(read(ends[0], text, sizeof text - 1), 0);
  ASSERT_TRUE(answers(text));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(eventually([&] { return !fs::exists(folder_of(text)); }));
  EXPECT_FALSE(answers(text));
  close(ends[0]);
  close(ends[1]);
}

TEST(PostgresExecute, SaysWhatTheServerSaid) {
  try {
    postgres_execute(shared_postgres_url(), "SELECT nothing_of_that_name");
    FAIL() << "no exception";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("nothing_of_that_name"), std::string::npos);
  }
}

class TestDatabaseTest : public ::testing::TestWithParam<storage::Engine> {};

std::int64_t tables(const TestDatabase& database) {
  return database->read([&](storage::Transaction& tx) {
    const char* sql = tx.engine() == storage::Engine::sqlite
                          ? "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'"
                          : "SELECT count(*) AS n FROM information_schema.tables WHERE table_schema = 'public'";
    return tx.run_text("tables", sql)[0].get<std::int64_t>("n");
  });
}

TEST_P(TestDatabaseTest, IsMigratedOrEmptyAsAsked) {
  EXPECT_GT(tables(TestDatabase(GetParam())), 0);
  EXPECT_EQ(tables(TestDatabase(GetParam(), TestDatabase::Schema::empty)), 0);
}

TEST_P(TestDatabaseTest, IsOnesOwn) {
  const TestDatabase first(GetParam()), second(GetParam());
  EXPECT_NE(first.url(), second.url());
  first->write([](storage::Transaction& tx) { tx.run_text("mark", "CREATE TABLE only_in_first (id int)"); });
  EXPECT_EQ(tables(first), tables(second) + 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, TestDatabaseTest, engines(), engine_name);

}  // namespace
}  // namespace ta::testing
