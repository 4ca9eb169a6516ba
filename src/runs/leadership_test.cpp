// Leading by a lease: one at a time, replaced when silent, fenced by the term. Behaviour 22 of the engine's contract.
#include "runs/leadership.h"

#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;
using Term = Leadership::Term;

class LeadershipTest : public EngineTest {
 protected:
  bool holds(Leadership& leadership, Term term) {
    return database_->write([&](storage::Transaction& tx) { return leadership.holds(tx, term); });
  }
  Timestamp expiry() {
    return database_->read([&](storage::Transaction& tx) {
      return tx.run_text("expiry", "SELECT expires_at FROM leader_leases")[0].get<Timestamp>("expires_at");
    });
  }
  // How many of the racers got a term, which must be `term`.
  int race(std::vector<std::unique_ptr<Leadership>>& racers, Term term) {
    std::atomic<int> leaders = 0;
    std::vector<std::thread> threads;
    for (const auto& racer : racers)
      threads.emplace_back([&] {
        const auto got = racer->try_acquire();
        if (!got) return;
        ++leaders;
        EXPECT_EQ(*got, term);
      });
    for (auto& thread : threads) thread.join();
    return leaders;
  }

  Leadership anna_{*database_, clock_, "anna"};
  Leadership bo_{*database_, clock_, "bo"};
};
INSTANTIATE_TEST_SUITE_P(Engines, LeadershipTest, testing::engines(), testing::engine_name);

TEST_P(LeadershipTest, OneLeadsAndTheOthersWait) {
  EXPECT_EQ(anna_.try_acquire(), 1);
  EXPECT_EQ(bo_.try_acquire(), std::nullopt);
  EXPECT_EQ(anna_.try_acquire(), 1) << "the same term, not the next";
  EXPECT_TRUE(holds(anna_, 1));
  EXPECT_FALSE(holds(bo_, 1)) << "the term of somebody else";
  EXPECT_FALSE(holds(anna_, 2)) << "a term that has not begun";
  EXPECT_EQ(count("leader_leases"), 1);
}

TEST_P(LeadershipTest, EveryNameHasALeaderOfItsOwn) {
  Leadership other(*database_, clock_, "bo", {.name = "other"});
  EXPECT_EQ(anna_.try_acquire(), 1);
  EXPECT_EQ(other.try_acquire(), 1);
  EXPECT_TRUE(holds(anna_, 1));
  EXPECT_TRUE(holds(other, 1));
}

TEST_P(LeadershipTest, SixteenRacersMakeOneLeaderInEveryTerm) {
  std::vector<std::unique_ptr<Leadership>> racers;
  for (int i = 0; i < 16; ++i)
    racers.push_back(std::make_unique<Leadership>(*database_, clock_, fmt::format("racer-{}", i)));
  for (Term term = 1; term <= 5; ++term) {
    EXPECT_EQ(race(racers, term), 1);
    clock_.advance(31s);
  }
}

TEST_P(LeadershipTest, ASilentLeaderIsReplacedInTheNextTerm) {
  ASSERT_EQ(anna_.try_acquire(), 1);
  clock_.advance(29s);
  EXPECT_EQ(bo_.try_acquire(), std::nullopt);
  clock_.advance(1s);
  EXPECT_FALSE(holds(anna_, 1)) << "over, though nobody has taken it";
  EXPECT_EQ(bo_.try_acquire(), 2);
  EXPECT_TRUE(holds(bo_, 2));
  EXPECT_EQ(anna_.try_acquire(), std::nullopt);
  clock_.advance(31s);
  EXPECT_EQ(anna_.try_acquire(), 3);
}

TEST_P(LeadershipTest, ALeaderThatLooksInStaysOneAndWritesOnlyNowAndThen) {
  ASSERT_EQ(anna_.try_acquire(), 1);
  const Timestamp first = expiry();
  EXPECT_EQ(first, clock_.now() + 30s);
  clock_.advance(9s);
  EXPECT_EQ(anna_.try_acquire(), 1);
  EXPECT_EQ(expiry(), first) << "nothing was written";
  for (int i = 0; i < 20; ++i) {
    clock_.advance(11s);
    EXPECT_EQ(anna_.try_acquire(), 1);
    EXPECT_EQ(expiry(), clock_.now() + 30s);
    EXPECT_EQ(bo_.try_acquire(), std::nullopt);
  }
}

TEST_P(LeadershipTest, AClockThatIsSetBackKeepsTheTerm) {
  ASSERT_EQ(anna_.try_acquire(), 1);
  clock_.advance(-1h);
  EXPECT_EQ(anna_.try_acquire(), 1);
  EXPECT_EQ(expiry(), clock_.now() + 30s) << "or nobody could follow for an hour";
  EXPECT_EQ(bo_.try_acquire(), std::nullopt);
}

TEST_P(LeadershipTest, APausedLeaderWakesToATermThatIsOver) {
  testing::FixedClock stopped;  // its process is paused: it does not see the time pass
  Leadership paused(*database_, stopped, "paused");
  ASSERT_EQ(paused.try_acquire(), 1);
  clock_.advance(31s);
  ASSERT_EQ(bo_.try_acquire(), 2);
  EXPECT_EQ(paused.try_acquire(), 1) << "it still believes";
  EXPECT_FALSE(holds(paused, 1)) << "and may do nothing";
  stopped.advance(32s);
  EXPECT_EQ(paused.try_acquire(), std::nullopt);
  EXPECT_TRUE(holds(bo_, 2));
}

TEST_P(LeadershipTest, ALeaderThatOversleptWithoutARivalBeginsANewTerm) {
  ASSERT_EQ(anna_.try_acquire(), 1);
  clock_.advance(2min);
  EXPECT_EQ(anna_.try_acquire(), 2);
  EXPECT_FALSE(holds(anna_, 1)) << "what it began before it slept is over";
}

TEST_P(LeadershipTest, ResigningLetsTheNextOneLeadAtOnce) {
  ASSERT_EQ(anna_.try_acquire(), 1);
  bo_.resign();
  EXPECT_TRUE(holds(anna_, 1)) << "nobody resigns for others";
  anna_.resign();
  EXPECT_FALSE(holds(anna_, 1));
  EXPECT_EQ(bo_.try_acquire(), 2);
  anna_.resign();
  EXPECT_TRUE(holds(bo_, 2));
}

// SQLite has one writer: the two that follow cannot happen there.
TEST_P(LeadershipTest, NoTermBeginsWhileTheLeaderWrites) {
  if (GetParam() == storage::Engine::sqlite) return;
  ASSERT_EQ(anna_.try_acquire(), 1);
  std::optional<Term> next;
  std::atomic<bool> taken = false;
  std::thread rival;
  database_->write([&](storage::Transaction& tx) {
    ASSERT_TRUE(anna_.holds(tx, 1));
    clock_.advance(31s);
    rival = std::thread([&] {
      next = bo_.try_acquire();
      taken = true;
    });
    EXPECT_TRUE(testing::eventually([&] { return count("pg_locks WHERE NOT granted") > 0; }));
    EXPECT_FALSE(taken);
    start(request());
  });
  rival.join();
  EXPECT_EQ(next, 2);
  EXPECT_EQ(count("operation_runs"), 1);
}

TEST_P(LeadershipTest, ALeaderThatFallsSilentInsideAWriteLosesIt) {
  if (GetParam() == storage::Engine::sqlite) return;
  Leadership silent(*database_, clock_, "silent", {.transaction_idle_max = 20ms});
  ASSERT_EQ(silent.try_acquire(), 1);
  EXPECT_THROW(database_->write([&](storage::Transaction& tx) {
    ASSERT_TRUE(silent.holds(tx, 1));
    tx.run_text("its work", "UPDATE tenants SET name = 'Nobody'");
    clock_.advance(31s);
    EXPECT_EQ(bo_.try_acquire(), 2) << "waits until the server gave the silent one up";
  }),
               storage::StorageError);
  EXPECT_EQ(count("tenants WHERE name = 'Nobody'"), 0);
  EXPECT_TRUE(holds(bo_, 2)) << "and its connection is replaced";
}

}  // namespace
}  // namespace ta::runs
