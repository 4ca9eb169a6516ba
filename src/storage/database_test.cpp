// What the seam promises, on both engines.
#include "storage/database.h"

#include <gtest/gtest.h>

#include <thread>

#include "storage/migrations.h"
#include "testing/database.h"
#include "testing/eventually.h"
#include "testing/postgres.h"
#include "testing/temp_dir.h"

namespace ta::storage {
namespace {

using ta::testing::eventually;
using ta::testing::TestDatabase;
using Kind = StorageError::Kind;

constexpr std::string_view kTakenText = "INSERT INTO things (id, text) VALUES (2, 'taken')";
constexpr Query kTakenAgain{"taken_again", kTakenText, kTakenText};

class DatabaseTest : public ::testing::TestWithParam<Engine> {
 protected:
  DatabaseTest() {
    database_->write([&](Transaction& tx) {
      tx.run_script(
          GetParam() == Engine::sqlite
              ? "CREATE TABLE things (id integer PRIMARY KEY, flag integer, big integer, real real, text text "
                "UNIQUE, at integer, doc text)"
              : "CREATE TABLE things (id bigint PRIMARY KEY, flag boolean, big bigint, real double precision, "
                "text text UNIQUE, at timestamptz, doc jsonb)");
    });
  }

  void insert(Transaction& tx, int id, std::string_view text) {
    tx.run_text("insert", "INSERT INTO things (id, text) VALUES (:id, :text)", {{"id", id}, {"text", text}});
  }
  std::int64_t count() {
    return database_->read([](Transaction& tx) {
      return tx.run_text("count", "SELECT count(*) AS n FROM things")[0].get<std::int64_t>("n");
    });
  }
  // The kind of StorageError that `body` ends with.
  template <class F>
  std::optional<Kind> kind_of(F&& body) {
    try {
      body();
    } catch (const StorageError& error) {
      return error.kind();
    }
    return std::nullopt;
  }

  TestDatabase database_{GetParam(), TestDatabase::Schema::empty};
};

TEST_P(DatabaseTest, ValuesComeBackAsTheyWent) {
  const Timestamp at = from_unix_micros(1'795'250'467'123'456);
  const std::string text = "Zoë \"quoted\" \n\\ ':x' 漢字 \xF0\x9F\x98\x80";
  const json::value doc = json::parse(R"({"a":[1,2.5,null,"é"],"b":{"c":true}})");
  database_->write([&](Transaction& tx) {
    tx.run_text("insert",
                "INSERT INTO things (id, flag, big, real, text, at, doc) "
                "VALUES (:id, :flag, :big, :real, :text, :at, :doc)",
                {{"id", TenantId{7}},
                 {"flag", true},
                 {"big", INT64_MIN},
                 {"real", 0.1},
                 {"text", text},
                 {"at", at},
                 {"doc", doc}});
  });
  database_->read([&](Transaction& tx) {
    const Rows rows = tx.run_text("all", "SELECT * FROM things");
    ASSERT_EQ(rows.size(), 1u);
    const Row row = rows[0];
    EXPECT_EQ(row.get<TenantId>("id"), TenantId{7});
    EXPECT_TRUE(row.get<bool>("flag"));
    EXPECT_EQ(row.get<std::int64_t>("big"), INT64_MIN);
    EXPECT_EQ(row.get<double>("real"), 0.1);
    EXPECT_EQ(row.get<std::string>("text"), text);
    EXPECT_EQ(row.get<Timestamp>("at"), at);
    EXPECT_EQ(row.get<json::value>("doc"), doc);
  });
}

TEST_P(DatabaseTest, NullsAreOptionals) {
  database_->write([&](Transaction& tx) {
    insert(tx, 1, "x");
    const Rows rows = tx.run_text("all", "SELECT * FROM things");
    const Row row = rows[0];  // it looks into `rows`
    EXPECT_EQ(row.get<std::optional<bool>>("flag"), std::nullopt);
    EXPECT_EQ(row.get<std::optional<Timestamp>>("at"), std::nullopt);
    EXPECT_EQ(row.get<std::optional<std::string>>("text"), "x");
    EXPECT_EQ(kind_of([&] { row.get<std::int64_t>("big"); }), Kind::misuse);
    EXPECT_EQ(kind_of([&] { row.get<std::int64_t>("no_such_column"); }), Kind::misuse);
  });
}

TEST_P(DatabaseTest, CommitsOnReturnAndRollsBackOnThrow) {
  database_->write([&](Transaction& tx) { insert(tx, 1, "kept"); });
  EXPECT_THROW(database_->write([&](Transaction& tx) {
    insert(tx, 2, "lost");
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, ReadsRefuseToWrite) {
  EXPECT_TRUE(kind_of([&] { database_->read([&](Transaction& tx) { insert(tx, 1, "x"); }); }));
  EXPECT_EQ(count(), 0);
}

TEST_P(DatabaseTest, AfterCommitRunsOnceAndOnlyThen) {
  int ran = 0;
  database_->write([&](Transaction& tx) {
    tx.after_commit([&] { ++ran; });
    EXPECT_EQ(ran, 0);
  });
  EXPECT_EQ(ran, 1);
  EXPECT_ANY_THROW(database_->write([&](Transaction& tx) {
    tx.after_commit([&] { ++ran; });
    throw std::runtime_error("no");
  }));
  EXPECT_EQ(ran, 1);
}

TEST_P(DatabaseTest, AnActionAfterTheCommitMayUseTheDatabase) {
  database_->write([&](Transaction& tx) {
    insert(tx, 1, "first");
    tx.after_commit([&] { database_->write([&](Transaction& next) { insert(next, 2, "second"); }); });
  });
  EXPECT_EQ(count(), 2);
}

TEST_P(DatabaseTest, ASavepointUndoesOnlyItsOwnPart) {
  int ran = 0;
  database_->write([&](Transaction& tx) {
    insert(tx, 1, "taken");
    EXPECT_EQ(kind_of([&] {
                tx.savepoint([&] {
                  tx.after_commit([&] { ++ran; });
                  insert(tx, 2, "undone");
                  insert(tx, 3, "taken");
                });
              }),
              Kind::constraint);
    insert(tx, 4, "after");
  });
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(ran, 0);
}

// A statement that was left for later belongs to what is undone; it is not done first, to fail.
TEST_P(DatabaseTest, ASavepointThatIsUndoneForgetsWhatWasLeftForLater) {
  database_->write([&](Transaction& tx) {
    insert(tx, 1, "taken");
    EXPECT_ANY_THROW(tx.savepoint([&] {
      tx.run_later(kTakenAgain);
      throw std::runtime_error("something else");
    }));
    insert(tx, 4, "after");
  });
  EXPECT_EQ(count(), 2);
}

TEST_P(DatabaseTest, ErrorsHaveTheirKindAndNameTheQuery) {
  database_->write([&](Transaction& tx) { insert(tx, 1, "x"); });
  EXPECT_EQ(kind_of([&] { database_->write([&](Transaction& tx) { insert(tx, 1, "y"); }); }), Kind::constraint);
  try {
    database_->read([](Transaction& tx) { tx.run_text("the_bad_one", "SELECT nothing FROM nowhere"); });
    FAIL();
  } catch (const StorageError& error) {
    EXPECT_EQ(error.kind(), Kind::misuse);
    EXPECT_NE(std::string(error.what()).find("the_bad_one"), std::string::npos) << error.what();
  }
}

TEST_P(DatabaseTest, ParametersMustFitExactly) {
  const auto select = [&](Params params) {
    return kind_of(
        [&] { database_->read([&](Transaction& tx) { tx.run_text("q", "SELECT 1 AS one WHERE 1 = :a", params); }); });
  };
  EXPECT_EQ(select({{"a", 1}}), std::nullopt);
  EXPECT_EQ(select({}), Kind::misuse);
  EXPECT_EQ(select({{"a", 1}, {"b", 2}}), Kind::misuse);
}

TEST_P(DatabaseTest, SaysHowManyRowsWereTouched) {
  database_->write([&](Transaction& tx) {
    for (int i = 0; i < 5; ++i) insert(tx, i, fmt::format("t{}", i));
    EXPECT_EQ(tx.run_text("some", "UPDATE things SET big = 1 WHERE id >= :id", {{"id", 2}}).affected(), 3);
    EXPECT_EQ(tx.run_text("none", "DELETE FROM things WHERE id = 99").affected(), 0);
    EXPECT_EQ(tx.run_text("back", "DELETE FROM things WHERE id < 2 RETURNING id").affected(), 2);
  });
}

TEST_P(DatabaseTest, HostileTextStaysAValue) {
  const std::string hostile = "'; DROP TABLE things; --";
  database_->write([&](Transaction& tx) { insert(tx, 1, hostile); });
  EXPECT_EQ(count(), 1);
}

TEST_P(DatabaseTest, AStatementThatTakesTooLongIsEnded) {
  const auto impatient =
      ta::testing::open_database(database_.url(), {.statement_deadline = std::chrono::milliseconds{100}});
  const char* endless =
      GetParam() == Engine::sqlite
          ? "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n"
          : "SELECT pg_sleep(60)";
  EXPECT_EQ(kind_of([&] { impatient->read([&](Transaction& tx) { tx.run_text("endless", endless); }); }),
            Kind::deadline);
  EXPECT_EQ(impatient->read([](Transaction& tx) { return tx.run_text("one", "SELECT 1 AS one")[0].get<int>("one"); }),
            1);
}

TEST_P(DatabaseTest, WaitingForAConnectionHasAnEnd) {
  const auto narrow = ta::testing::open_database(
      database_.url(), {.connections_max = 1, .acquire_deadline = std::chrono::milliseconds{50}});
  const auto nested = [&] {
    narrow->write([&](Transaction&) {
      std::optional<Kind> kind;
      std::thread([&] { kind = kind_of([&] { narrow->write([](Transaction&) {}); }); }).join();
      EXPECT_TRUE(kind == Kind::deadline || kind == Kind::conflict);
    });
  };
  EXPECT_NO_THROW(nested());
  EXPECT_NO_THROW(narrow->write([](Transaction&) {}));
}

TEST_P(DatabaseTest, ReadersAreNoMoreThanAllowed) {
  const auto narrow = ta::testing::open_database(
      database_.url(), {.connections_max = 2, .acquire_deadline = std::chrono::milliseconds{50}});
  std::atomic<int> inside{0};
  std::atomic<bool> leave{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      narrow->read([&](Transaction&) {
        for (++inside; !leave;) std::this_thread::yield();
      });
    });
  EXPECT_TRUE(ta::testing::eventually([&] { return inside == 2; }));
  EXPECT_EQ(kind_of([&] { narrow->read([](Transaction&) {}); }), Kind::deadline);
  leave = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_NO_THROW(narrow->read([](Transaction&) {}));
}

TEST_P(DatabaseTest, WritersFromManyThreadsAllGetThrough) {
  database_->write([&](Transaction& tx) { tx.run_text("seed", "INSERT INTO things (id, big) VALUES (1, 0)"); });
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i)
        database_->write([](Transaction& tx) { tx.run_text("add", "UPDATE things SET big = big + 1 WHERE id = 1"); });
    });
  for (std::thread& thread : threads) thread.join();
  database_->read([](Transaction& tx) {
    EXPECT_EQ(tx.run_text("sum", "SELECT big FROM things WHERE id = 1")[0].get<int>("big"), 200);
  });
}

TEST_P(DatabaseTest, MessagesReachListenersUntilTheyGo) {
  std::mutex mutex;
  std::vector<std::string> heard;
  auto handle = database_->listen("news", [&](std::string_view payload) {
    const std::lock_guard lock(mutex);
    heard.emplace_back(payload);
  });
  const auto has = [&](std::string_view what) {
    const std::lock_guard lock(mutex);
    return std::find(heard.begin(), heard.end(), what) != heard.end();
  };
  ASSERT_TRUE(eventually([&] { return has(""); })) << "the first, empty message of a new listener";
  database_->notify("news", "hello");
  database_->notify("other", "not for us");
  EXPECT_TRUE(eventually([&] { return has("hello"); }));
  EXPECT_FALSE(has("not for us"));
  handle.reset();
  database_->notify("news", "too late");
  EXPECT_FALSE(has("too late"));
}

TEST_P(DatabaseTest, MigratingTwiceChangesNothing) {
  const TestDatabase fresh(GetParam(), TestDatabase::Schema::empty);
  EXPECT_FALSE(check_schema(*fresh));
  const auto first = migrate(*fresh);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->from_version, 0);
  EXPECT_GT(first->to_version, 0);
  const auto second = migrate(*fresh);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->from_version, second->to_version);
  EXPECT_TRUE(check_schema(*fresh));
}

TEST_P(DatabaseTest, TwoProcessesMayMigrateAtOnce) {
  const TestDatabase fresh(GetParam(), TestDatabase::Schema::empty);
  std::vector<std::thread> threads;
  std::atomic<int> succeeded = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      const auto own = ta::testing::open_database(fresh.url());
      succeeded += migrate(*own).has_value();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(succeeded, 4);
  EXPECT_TRUE(check_schema(*fresh));
}

TEST_P(DatabaseTest, ANewerSchemaIsRefusedByBoth) {
  const TestDatabase fresh(GetParam());
  fresh->write([](Transaction& tx) {
    tx.run_text("future", "INSERT INTO schema_migrations (version, name) VALUES (9999, 'from_the_future')");
  });
  for (const std::string& message : {migrate(*fresh).error().message, check_schema(*fresh).error().message})
    EXPECT_NE(message.find("9999"), std::string::npos) << message;
}

constexpr Query kInsertEach{"insert_each", "INSERT INTO things (id, text) VALUES (:id, :text) RETURNING id, text",
                            "INSERT INTO things (id, text) SELECT * FROM unnest(:id::bigint[], :text::text[]) "
                            "RETURNING id, text"};
constexpr Query kInsertOne{"insert_one", "INSERT INTO things (id, text) VALUES (:id, :text)",
                           "INSERT INTO things (id, text) VALUES (:id, :text)"};

TEST_P(DatabaseTest, ABatchIsOneStatementForManyRows) {
  const std::vector<std::optional<std::string>> texts{"{a,b}", "\"quoted\" \\ \n", "", std::nullopt, "NULL", "Zoë 漢"};
  Batch batch({"id", "text"});
  for (std::size_t i = 0; i < texts.size(); ++i) batch.add(i, texts[i]);
  database_->write([&](Transaction& tx) {
    const Rows rows = tx.run_each(kInsertEach, batch);
    ASSERT_EQ(rows.size(), texts.size());
    EXPECT_EQ(rows.affected(), static_cast<std::int64_t>(texts.size()));
    for (const Row& row : rows)
      EXPECT_EQ(row.get<std::optional<std::string>>("text"), texts[row.get<std::size_t>("id")]);
    EXPECT_TRUE(tx.run_each(kInsertEach, Batch({"id", "text"})).empty()) << "nothing to do, nothing done";
  });
  EXPECT_EQ(count(), static_cast<std::int64_t>(texts.size()));
}

constexpr Query kInsertNew{
    "insert_new", "INSERT INTO things (id, text) VALUES (:id, :text) ON CONFLICT (text) DO NOTHING",
    "WITH asked AS MATERIALIZED (SELECT * FROM unnest(:id::bigint[], :text::text[]) WITH ORDINALITY AS a(id, text, "
    "nth)),"
    "made AS (INSERT INTO things (id, text) SELECT id, text FROM asked ON CONFLICT (text) DO NOTHING RETURNING id)"
    "SELECT asked.nth, made.id FROM made JOIN asked USING (id)"};
constexpr Query kRename{"rename", "UPDATE things SET text = :text WHERE id = :id",
                        "UPDATE things SET text = n.text "
                        "FROM unnest(:id::bigint[], :text::text[]) WITH ORDINALITY AS n(id, text, nth) "
                        "WHERE things.id = n.id RETURNING n.nth"};

TEST_P(DatabaseTest, ABatchSaysWhatBecameOfEachRow) {
  Batch first({"id", "text"}), second({"id", "text"});
  first.add(10, "a");
  second.add(20, "b");
  second.add(30, "a");  // taken
  second.add(40, "c");
  database_->write([&](Transaction& tx) {
    using Ids = std::vector<std::optional<std::int64_t>>;
    EXPECT_EQ(tx.insert_each(kInsertNew, first), Ids{10});
    EXPECT_EQ(tx.insert_each(kInsertNew, second), (Ids{20, std::nullopt, 40}));
    Batch names({"id", "text"});
    names.add(30, "x");
    names.add(20, "y");
    EXPECT_EQ(tx.change_each(kRename, names), (std::vector<bool>{false, true}));
    EXPECT_TRUE(tx.change_each(kRename, Batch({"id", "text"})).empty());
  });
  EXPECT_EQ(count(), 3);
}

TEST_P(DatabaseTest, ABatchNeedsExactlyTheParametersOfItsQuery) {
  Batch missing({"id"}), unknown({"id", "text", "colour"});
  missing.add(1);
  unknown.add(1, "a", "red");
  for (const Batch* batch : {&missing, &unknown})
    EXPECT_EQ(kind_of([&] { database_->write([&](Transaction& tx) { tx.run_each(kInsertEach, *batch); }); }),
              Kind::misuse);
}

TEST_P(DatabaseTest, AStatementLeftForLaterIsInTheTransaction) {
  database_->write([&](Transaction& tx) {
    tx.run_later(kInsertOne, {{"id", 1}, {"text", "a"}});
    EXPECT_EQ(tx.run_text("count", "SELECT count(*) AS n FROM things")[0].get<int>("n"), 1) << "the next one sees it";
    tx.run_later(kInsertOne, {{"id", 2}, {"text", "b"}});
  });
  EXPECT_EQ(count(), 2) << "the commit takes it along";
  const auto failing = [&] {
    database_->write([&](Transaction& tx) {
      tx.run_later(kInsertOne, {{"id", 3}, {"text", "c"}});
      tx.run_later(kInsertOne, {{"id", 4}, {"text", "a"}});  // the text is taken
    });
  };
  EXPECT_EQ(kind_of(failing), Kind::constraint);
  EXPECT_EQ(count(), 2) << "all or nothing";
  database_->write([&](Transaction& tx) { insert(tx, 5, "e"); });  // the connection is as good as before
}

TEST_P(DatabaseTest, AWriterThatFailsTakesNobodyAlong) {
  constexpr int kThreads = 8, kEach = 25;
  std::atomic<int> failed = 0, told = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        const int id = thread * kEach + i;
        try {
          database_->write([&](Transaction& tx) {
            tx.after_commit([&] { ++told; });
            insert(tx, id, std::to_string(id));
            if (id % 3 == 0) throw std::runtime_error("changed its mind");
          });
          EXPECT_EQ(database_->read([&](Transaction& tx) {
            return tx.run_text("mine", "SELECT id FROM things WHERE id = :id", {{"id", id}}).size();
          }),
                    1U)
              << "committed when write() returns";
        } catch (const std::runtime_error&) {
          ++failed;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, (kThreads * kEach + 2) / 3);
  EXPECT_EQ(count(), kThreads * kEach - failed);
  EXPECT_EQ(told, kThreads * kEach - failed);
}

INSTANTIATE_TEST_SUITE_P(Engines, DatabaseTest, ta::testing::engines(), ta::testing::engine_name);

TEST(OpenDatabase, SaysWhatIsWrong) {
  const ta::testing::TempDir folder;
  for (const std::string& url :
       {std::string("mysql://x"), std::string(""), "sqlite:" + folder.file("no/such/folder/a.db"),
        std::string("postgresql://ta:very-secret@127.0.0.1:1/ta")}) {
    const auto opened = Database::open(url);
    ASSERT_FALSE(opened) << url;
    EXPECT_FALSE(opened.error().message.empty());
    EXPECT_EQ(opened.error().message.find("very-secret"), std::string::npos) << opened.error().message;
  }
}

TEST(PostgresDatabase, SurvivesARestartOfTheServer) {
  ta::testing::PostgresCluster cluster(ta::testing::PostgresCluster::Durability::durable);
  const auto database = ta::testing::open_database(cluster.url());
  const auto ask = [&] {
    return database->read([](Transaction& tx) { return tx.run_text("one", "SELECT 1 AS one")[0].get<int>("one"); });
  };
  std::atomic<int> connected = 0;
  const auto listener = database->listen("news", [&](std::string_view payload) { connected += payload.empty(); });
  ASSERT_TRUE(eventually([&] { return connected == 1; }));
  EXPECT_EQ(ask(), 1);
  cluster.stop();
  EXPECT_THROW(ask(), StorageError);
  cluster.start();
  EXPECT_EQ(ask(), 1);
  EXPECT_TRUE(eventually([&] { return connected == 2; })) << "the listener came back";
}

}  // namespace
}  // namespace ta::storage
