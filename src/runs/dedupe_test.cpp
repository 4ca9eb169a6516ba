// When two starts are one run, and when the identity is free again. Behaviours 5 to 8 of the engine's contract.
#include <rapidcheck.h>

#include "runs/leadership.h"
#include "runs/process_fixture.h"
#include "runs/retention.h"

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

class DedupeTest : public EngineTest {
 protected:
  StartRequest local(json::array types) const {
    StartRequest local = request(std::move(types));
    local.type = "test.local";
    return local;
  }
  Result<std::string> hash_of(const StartRequest& request) {
    return database_->read([&](storage::Transaction& tx) -> Result<std::string> {
      const auto prepared = service_.prepare(tx, request);
      if (!prepared) return tl::make_unexpected(prepared.error());
      return prepared->identity_hash;
    });
  }
  std::string hash_of(json::array types) { return hash_of(local(std::move(types))).value(); }
  Result<std::string> hash_of_text(const std::string& inputs) {
    StartRequest start = local({});
    auto parsed = parse_json(inputs);
    if (!parsed) return tl::make_unexpected(parsed.error());
    start.inputs = std::move(*parsed);
    return hash_of(start);
  }
  // Those who wait for another one's transaction: on SQLite for the writer, which nobody can see from outside.
  bool waiting(int number) {
    if (GetParam() == storage::Engine::sqlite) return true;
    return testing::eventually([&] {
      return count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == number;
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, DedupeTest, testing::engines(), testing::engine_name);

TEST_P(DedupeTest, ThirtyTwoRacersOnFiftyIdentitiesMakeFiftyRunsAndAllAreToldTheRightOne) {
  constexpr int kRacers = 32, kIdentities = 50;
  std::mutex mutex;
  std::map<int, std::map<RunId, std::vector<Disposition>>> answers;
  std::vector<std::thread> racers;
  for (int racer = 0; racer < kRacers; ++racer)
    racers.emplace_back([&, racer] {
      for (int i = 0; i < kIdentities; ++i) {
        const int identity = (i * 7 + racer * 11) % kIdentities;
        const Started started = start(local({std::to_string(identity)}));
        const std::lock_guard lock(mutex);
        answers[identity][started.run.id].push_back(started.disposition);
      }
    });
  for (std::thread& racer : racers) racer.join();
  ASSERT_EQ(answers.size(), std::size_t{kIdentities});
  for (const auto& [identity, runs] : answers) {
    ASSERT_EQ(runs.size(), 1u) << "identity " << identity;
    const auto& told = runs.begin()->second;
    EXPECT_EQ(told.size(), std::size_t{kRacers});
    EXPECT_EQ(std::count(told.begin(), told.end(), Disposition::created), 1);
    EXPECT_EQ(std::count(told.begin(), told.end(), Disposition::joined), kRacers - 1);
    EXPECT_EQ(reload(runs.begin()->first).run_identity_hash, hash_of({std::to_string(identity)}));
  }
  EXPECT_EQ(count("operation_runs"), kIdentities);
  EXPECT_EQ(count("run_jobs"), kIdentities);
  EXPECT_EQ(count("notifications"), kIdentities);
}

TEST_P(DedupeTest, WhenTheWinnerRollsBackAfterLosersWaitedOneOfThemMakesTheRun) {
  for (const StartRequest& wish : {local({"x"}), request({"x"})}) {
    constexpr int kLosers = 4;
    std::atomic<int> answered{0};
    std::vector<std::thread> losers;
    std::vector<Started> told(kLosers);
    std::optional<RunId> ghost;
    EXPECT_THROW(database_->write([&](storage::Transaction& tx) {
      ghost = service_.start(tx, wish)->run.id;
      for (int i = 0; i < kLosers; ++i)
        losers.emplace_back([&, i] {
          told[i] = start(wish);
          ++answered;
        });
      EXPECT_TRUE(waiting(kLosers));
      EXPECT_EQ(answered, 0) << "nobody is told before the winner has committed";
      throw std::runtime_error("the winner changed its mind");
    }),
                 std::runtime_error);
    for (std::thread& loser : losers) loser.join();
    std::set<RunId> runs;
    for (const Started& one : told) runs.insert(one.run.id);
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_EQ(std::count_if(told.begin(), told.end(), [](auto& t) { return t.disposition == Disposition::created; }),
              1);
    EXPECT_TRUE(reader_.find(kContoso, *runs.begin()).has_value());
    EXPECT_EQ(count("operation_runs"), 1);
    EXPECT_EQ(count("run_jobs"), 1);
    EXPECT_EQ(count("notifications"), 1);
    // SQLite gives the number of a run that never was to the next one.
    if (GetParam() == storage::Engine::postgres) EXPECT_FALSE(runs.contains(*ghost));
    service_.fail_run(kContoso, *runs.begin(), {FailureCode::internal_error, "", {}});
    database_->write([](storage::Transaction& tx) { tx.run_text("clear", "DELETE FROM operation_runs"); });
  }
}

TEST_P(DedupeTest, WhenTheWinnerCommitsTheLosersJoinIt) {
  std::vector<std::thread> losers;
  std::vector<Started> told(4);
  const Started winner = database_->write([&](storage::Transaction& tx) {
    const Started won = service_.start(tx, local({"x"})).value();
    for (Started& one : told) losers.emplace_back([&] { one = start(local({"x"})); });
    EXPECT_TRUE(waiting(4));
    return won;
  });
  for (std::thread& loser : losers) loser.join();
  for (const Started& one : told) {
    EXPECT_EQ(one.run.id, winner.run.id);
    EXPECT_EQ(one.disposition, Disposition::joined);
  }
}

TEST_P(DedupeTest, IsFreeAgainAfterEveryEnd) {
  const auto claim = [&] { return queue_.claim("w", 1).at(0); };
  const auto work = [&](Work work) {
    return [this, work](const Run&) {
      work_ = work;
      worker().run_once();
    };
  };
  const auto lose = [&](const Run&) {
    for (int attempt = 1; attempt <= 3; ++attempt) {
      claim();
      clock_.advance(15s);
      queue_.reap();
    }
  };
  const auto forget = [&](const Run& run) {
    service_.fail_run(run.tenant_id, run.id, {FailureCode::internal_error, "", {}});
    clock_.advance(91 * 24h);
    Leadership leadership(*database_, clock_, "only");
    Retention retention(*database_, clock_, leadership);
    EXPECT_EQ(retention.run_once().pruned, 1);
  };
  const auto sweep = [&](const Run&) {
    database_->write([](storage::Transaction& tx) { tx.run_text("lost", "DELETE FROM run_jobs"); });
    clock_.advance(31s);
    EXPECT_EQ(queue_.sweep(), 1);
  };
  const std::vector<std::pair<const char*, std::function<void(const Run&)>>> ends{
      {"success", work([](RunContext&) { return Report::done(); })},
      {"failure", work([](RunContext&) { return Report::failed({FailureCode::graph_forbidden, "", {}}); })},
      {"exception", work([](RunContext&) -> Report { throw std::runtime_error("x"); })},
      {"lost worker", lose},
      {"never dispatched", sweep},
      {"prune", forget}};
  for (const auto& [name, end] : ends) {
    const Started first = start(request());
    ASSERT_EQ(first.disposition, Disposition::created) << name;
    end(first.run);
    const Started second = start(request());
    EXPECT_EQ(second.disposition, Disposition::created) << name;
    service_.fail_run(kContoso, second.run.id, {FailureCode::internal_error, "", {}});
    database_->write([](storage::Transaction& tx) { tx.run_text("clear", "DELETE FROM operation_runs"); });
  }
}

TEST_P(DedupeTest, SpellingsOfOneStringAreOneAndNothingElseIs) {
  const auto same = [&](const char* a, const char* b) {
    EXPECT_EQ(hash_of_text(a).value(), hash_of_text(b).value()) << a << " " << b;
  };
  const auto differ = [&](const char* a, const char* b) {
    EXPECT_NE(hash_of_text(a).value(), hash_of_text(b).value()) << a << " " << b;
  };
  same(R"({"connection":7,"types":["\u00fc"]})", R"({"types":["ü"],"connection":7})");
  same(R"({"connection":7,"types":["\ud83d\ude00"]})", R"({"connection":7.0,"types":["😀"]})");
  same(R"({"connection":7,"types":["\u0009\/"]})", R"({"connection":70e-1,"types":["\t/"]})");
  differ(R"({"connection":7,"types":["ü"]})", R"({"connection":7,"types":["u\u0308"]})");  // code points, not looks
  differ(R"({"connection":7,"types":["a"]})", R"({"connection":7,"types":["A"]})");
  differ(R"({"connection":7,"types":["a"]})", R"({"connection":7,"types":["a "]})");
  differ(R"({"connection":7,"types":["\u0001"]})", R"({"connection":7,"types":["\u0002"]})");
  differ(R"({"connection":7,"types":["a","b"]})", R"({"connection":7,"types":["a\",\"b"]})");
  differ(R"({"connection":7,"types":[]})", R"({"connection":7,"types":[""]})");
}

TEST_P(DedupeTest, HugeNumbersStayApartAndWhatFitsNowhereIsRefused) {
  const auto with = [&](const std::string& number) {
    return hash_of_text(R"({"types":[],"connection":)" + number + "}");
  };
  EXPECT_NE(with("9007199254740992").value(), with("9007199254740993").value()) << "neighbours beyond 2^53";
  EXPECT_TRUE(with("9223372036854775807").has_value());
  for (const char* number : {"9223372036854775808", "18446744073709551616", "1e30", "1e400", "0.5", "-1", "0"})
    EXPECT_EQ(with(number).error().code, FailureCode::run_invalid_input) << number;
}

// PostgreSQL's JSON has no NUL, so nobody has it: the same start means the same on both engines.
TEST_P(DedupeTest, NulBrokenTextAndDeepNestingAreRefusedBeforeAnythingIsWritten) {
  std::string deep = "[";
  for (int i = 0; i < 40; ++i) deep = "[" + deep + "]";
  for (const std::string& types :
       {std::string(R"(["a\u0000b"])"), std::string("[\"\xff\"]"), std::string(R"(["\ud800"])"), deep,
        std::string(R"([["a"]])"), std::string(R"([{}])")}) {
    const auto refused = hash_of_text(R"({"connection":7,"types":)" + types + "}");
    ASSERT_FALSE(refused.has_value()) << types;
    EXPECT_EQ(refused.error().code, FailureCode::run_invalid_input);
    EXPECT_FALSE(refused.error().message.empty());
  }
  json::value nested = json::array{};
  for (int i = 0; i < 2'000; ++i) nested = json::array{std::move(nested)};
  EXPECT_EQ(hash_of(local({nested})).error().code, FailureCode::run_invalid_input);
  EXPECT_EQ(count("operation_runs"), 0);
}

// Any set of any strings, in any order and with repetitions: one identity; another set: another one. And the worker
// gets what was asked for.
TEST_P(DedupeTest, ASetOfStringsIsOneIdentityInEveryOrder) {
  const auto any_string = rc::gen::map(
      rc::gen::container<std::u32string>(rc::gen::inRange<char32_t>(1, 0xD7FF)), [](const std::u32string& points) {
        std::string text;
        for (const char32_t point : points) {
          const json::value parsed = json::parse(fmt::format("\"\\u{:04x}\"", int(point)));
          text += parsed.as_string();
        }
        return text;
      });
  const auto array_of = [](const std::vector<std::string>& strings) {
    json::array array;
    for (const std::string& one : strings) array.emplace_back(one);
    return array;
  };
  EXPECT_TRUE(rc::check([&] {
    const auto types = *rc::gen::container<std::vector<std::string>>(any_string);
    auto shuffled = types;
    for (std::size_t i = 0; i < types.size(); ++i)
      std::swap(shuffled[i], shuffled[*rc::gen::inRange<std::size_t>(0, types.size())]);
    if (!types.empty()) shuffled.push_back(types.front());
    RC_ASSERT(hash_of(array_of(types)) == hash_of(array_of(shuffled)));
    shuffled.push_back(*any_string);
    const bool known = std::find(types.begin(), types.end(), shuffled.back()) != types.end();
    RC_ASSERT((hash_of(array_of(types)) == hash_of(array_of(shuffled))) == known);
    const Started started = start(local(array_of(types)));
    const ClaimedJob job = queue_.claim("w", 1).at(0);
    RC_ASSERT(run_identity_hash(kContoso, "test.local", job.payload) == started.run.run_identity_hash);
    RC_ASSERT(queue_.complete(job, {RunOutcome::succeeded, {}, {}, {}}));
  }));
}

}  // namespace
}  // namespace ta::runs
