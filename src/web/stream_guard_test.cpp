#include "web/stream_guard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "testing/eventually.h"

namespace ta::web {
namespace {

using namespace std::chrono_literals;
using access::Lapse;
using testing::eventually;

// A stream that always has the same to say.
class Speaker : public http::EventSource {
 public:
  void open(std::function<void()>) override {}
  std::string drain(bool&) override { return "data: news\n\n"; }
};

// What a database would say about proofs, told apart by their user.
class StreamGuardTest : public ::testing::Test {
 protected:
  ProofCheck check() {
    return [this](std::span<const access::Proof> proofs) {
      ++queries_;
      const std::lock_guard lock(mutex_);
      if (away_) throw std::runtime_error("database away");
      std::vector<std::optional<Lapse>> answers;
      for (const access::Proof& proof : proofs) {
        const auto found = lapsed_.find(proof.user->value);
        answers.push_back(found == lapsed_.end() ? std::nullopt : std::optional(found->second));
      }
      return answers;
    };
  }
  void end(std::int64_t user, Lapse lapse) {
    const std::lock_guard lock(mutex_);
    lapsed_[user] = lapse;
  }
  void set_away(bool away) {
    const std::lock_guard lock(mutex_);
    away_ = away;
  }
  static std::shared_ptr<http::EventSource> stream(StreamGuard& guard, std::int64_t user) {
    return guard.guard({.user = UserId{user}}, std::make_shared<Speaker>(),
                       [](Lapse why) { return fmt::format("event: over\ndata: {}\n\n", static_cast<int>(why)); });
  }

  std::atomic<int> queries_ = 0;
  std::mutex mutex_;
  std::map<std::int64_t, Lapse> lapsed_;
  bool away_ = false;
};

TEST_F(StreamGuardTest, AStreamSaysNothingMoreOnceItsProofHasLapsed) {
  StreamGuard guard(check(), {.every = 1h});
  const auto open = stream(guard, 1);
  bool done = false;
  EXPECT_EQ(open->drain(done), "data: news\n\n");
  EXPECT_FALSE(done);
  end(1, Lapse::session_over);
  EXPECT_EQ(open->drain(done), fmt::format("event: over\ndata: {}\n\n", static_cast<int>(Lapse::session_over)));
  EXPECT_TRUE(done);
}

TEST_F(StreamGuardTest, ASilentStreamIsEndedByTheNextRound) {
  StreamGuard guard(check(), {.every = 10ms});
  const auto silent = stream(guard, 1), other = stream(guard, 2);
  std::atomic<int> woken = 0, others = 0;
  silent->open([&] { ++woken; });
  other->open([&] { ++others; });
  end(1, Lapse::not_a_member);
  ASSERT_TRUE(eventually([&] { return woken == 1; }));
  bool done = false;
  EXPECT_NE(silent->drain(done).find("over"), std::string::npos);
  EXPECT_TRUE(done);
  done = false;
  EXPECT_EQ(other->drain(done), "data: news\n\n");
  EXPECT_EQ(others, 0);
}

TEST_F(StreamGuardTest, ItIsEndedAtOnceWhenThisProcessSaysSo) {
  StreamGuard guard(check(), {.every = 1h});
  const auto open = stream(guard, 1);
  std::atomic<int> woken = 0;
  open->open([&] { ++woken; });
  end(1, Lapse::session_over);
  guard.check_now();
  EXPECT_TRUE(eventually([&] { return woken == 1; }));
}

TEST_F(StreamGuardTest, ARoundIsOneQueryHoweverManyStreamsThereAre) {
  StreamGuard guard(check(), {.every = 1h});
  std::vector<std::shared_ptr<http::EventSource>> streams;
  std::atomic<int> woken = 0;
  for (int i = 0; i < 500; ++i) {
    streams.push_back(stream(guard, i % 50));
    streams.back()->open([&] { ++woken; });
  }
  end(7, Lapse::token_revoked);
  guard.check_now();
  ASSERT_TRUE(eventually([&] { return woken == 10; }));
  EXPECT_EQ(queries_, 1);
}

TEST_F(StreamGuardTest, WithoutStreamsNothingIsAsked) {
  StreamGuard guard(check(), {.every = 1h});
  auto gone = stream(guard, 1);
  gone.reset();
  guard.check_now();
  std::atomic<int> woken = 0;
  const auto open = stream(guard, 2);
  open->open([&] { ++woken; });
  end(2, Lapse::session_over);
  guard.check_now();
  ASSERT_TRUE(eventually([&] { return woken == 1; }));
  EXPECT_LE(queries_, 2) << "the one that is gone costs nothing";
}

TEST_F(StreamGuardTest, ADatabaseThatIsAwayEndsNoSilentStreamAndIsAskedAgain) {
  StreamGuard guard(check(), {.every = 10ms});
  const auto open = stream(guard, 1);
  std::atomic<int> woken = 0;
  open->open([&] { ++woken; });
  set_away(true);
  const int before = queries_;
  ASSERT_TRUE(eventually([&] { return queries_ > before + 2; }));
  EXPECT_EQ(woken, 0);
  bool done = false;
  EXPECT_THROW(open->drain(done), std::runtime_error) << "what cannot be checked is not sent";
  end(1, Lapse::session_over);
  set_away(false);
  EXPECT_TRUE(eventually([&] { return woken == 1; }));
}

TEST_F(StreamGuardTest, AStreamOutlivesItsGuard) {
  auto guard = std::make_unique<StreamGuard>(check());
  const auto open = stream(*guard, 1);
  guard.reset();
  bool done = false;
  EXPECT_EQ(open->drain(done), "data: news\n\n");
}

}  // namespace
}  // namespace ta::web
