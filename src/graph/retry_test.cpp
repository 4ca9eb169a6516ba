// When a request is sent again, how long that waits, and when it is no use.
#include <gtest/gtest.h>

#include "graph/batch_envelope.h"
#include "graph/peer.h"
#include "testing/clock.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kPath = "/beta/deviceManagement/things";

class RetryTest : public ::testing::Test {
 protected:
  GraphClient graph(GraphOptions options = {}, RequestBudget* budget = nullptr) {
    return {client_, tokens_, timer_, *random_, options, budget};
  }
  static http::Response good() { return http::json_response(200, {{"value", json::array{}}}); }
  static http::Response throttled(std::string_view header = {}, std::string_view value = {}) {
    http::Response out =
        http::json_response(429, {{"error", {{"code", "TooManyRequests"}, {"message", "Slow down."}}}});
    if (!header.empty()) out.headers.add(std::string(header), std::string(value));
    return out;
  }
  // The first `times` answers refuse.
  void refuse(int times, std::string_view header = {}, std::string_view value = {}) {
    peer_.on(kPath, [=](http::Request&, int nth) { return nth <= times ? throttled(header, value) : good(); });
  }
  Failure failure(const CallOptions& call = {}) { return graph().get(kPath, call).error(); }

  Peer peer_;
  ta::testing::FixedClock clock_;
  http::Client client_;
  TokenSource tokens_{client_, peer_.endpoints(), {"contoso", "app-1", "s3cret-of-app-1"}, clock_};
  ImpatientTimer timer_;
  std::unique_ptr<Random> random_ = seeded_random(1);
};

TEST_F(RetryTest, AWaitIsAtLeastWhatGraphAskedForHoweverItIsSpelled) {
  const std::tuple<std::string, std::string, milliseconds> cases[] = {
      {"Retry-After", "12.5", 12'500ms},
      {"Retry-After", " 8", 8s},
      {"Retry-After", "20", 20s},
      {"x-ms-retry-after-ms", "8500", 8'500ms},
      {"Retry-After", "Sat, 21 Nov 2026 08:41:17 GMT", 10s},
  };
  for (const auto& [header, value, asked] : cases) {
    Peer peer;
    ImpatientTimer timer;
    TokenSource tokens(client_, peer.endpoints(), {"contoso", "app-1", "s3cret-of-app-1"}, clock_);
    peer.on(kPath, [&, header = header, value = value](http::Request&, int nth) {
      http::Response out = nth == 1 ? throttled(header, value) : good();
      if (nth == 1) out.headers.add("Date", "Sat, 21 Nov 2026 08:41:07 GMT");
      return out;
    });
    EXPECT_TRUE(GraphClient(client_, tokens, timer, *random_).get(kPath)) << value;
    ASSERT_EQ(timer.delays().size(), 1u) << value;
    EXPECT_GE(timer.delays().front(), asked) << value;
    EXPECT_LE(timer.delays().front(), asked + 1s) << value;
  }
}

TEST_F(RetryTest, ANumberInTheHeadersOfABatchPartIsUnderstood) {
  const auto answers = read_batch(json::parse(
      R"({"responses":[{"id":"1","status":429,"headers":{"Retry-After":8.5}},
                       {"id":"2","status":429,"headers":{"Retry-After":8}}]})"));
  EXPECT_EQ(answers->at("1").headers.get("Retry-After"), "8.5");
  EXPECT_EQ(answers->at("2").headers.get("Retry-After"), "8");
}

TEST_F(RetryTest, AShortWaitThatIsAskedForAgainAndAgainGrowsAndIsNotGivenUp) {
  refuse(10, "Retry-After", "1");
  ASSERT_TRUE(graph().get(kPath));
  const auto delays = timer_.delays();
  ASSERT_EQ(delays.size(), 10u);
  for (const milliseconds delay : delays) EXPECT_GE(delay, 1s);
  EXPECT_GE(delays[5], 8s);
  EXPECT_GE(delays[9], 15s);
  EXPECT_LE(delays[9], 30s);
}

TEST_F(RetryTest, RefusalsAreBoundedToo) {
  refuse(1'000, "Retry-After", "1");
  const Failure out = failure();
  EXPECT_EQ(out.code, FailureCode::graph_throttled);
  EXPECT_EQ(out.message, "Slow down. (HTTP 429, TooManyRequests) Tried 20 times.");
}

// A sign-in service that is busy is asked as often as any faulty service, not as often as Graph when it refuses.
TEST_F(RetryTest, ABusySignInServiceIsNotAskedTwentyTimes) {
  const std::string token = "/contoso/oauth2/v2.0/token";
  peer_.on(token, [](http::Request&, int) {
    return http::json_response(401, {{"error", "temporarily_unavailable"},
                                     {"error_description", "AADSTS90033: A transient error has occurred."},
                                     {"error_codes", {90033}}});
  });
  EXPECT_EQ(failure().code, FailureCode::graph_throttled);
  EXPECT_EQ(peer_.asked(token), GraphOptions{}.attempts_max);
}

TEST_F(RetryTest, RefusalsDoNotUseUpTheAttemptsOfAFaultyService) {
  peer_.on(kPath, [](http::Request&, int nth) {
    return nth <= 8 ? throttled() : nth <= 11 ? http::text_response(503, "") : good();
  });
  EXPECT_TRUE(graph({.attempts_max = 4}).get(kPath));
}

TEST_F(RetryTest, AWaitBeyondTheLimitFailsAtOnceAndSaysHowLongItIs) {
  refuse(1, "Retry-After", "2000000");
  const Failure out = failure();
  EXPECT_EQ(out.code, FailureCode::graph_throttled);
  EXPECT_EQ(out.message,
            "Slow down. (HTTP 429, TooManyRequests) Microsoft asks to wait 24 days, but at most 5 minutes are waited.");
  EXPECT_EQ(peer_.asked(kPath), 1);
  EXPECT_TRUE(timer_.delays().empty());
}

TEST_F(RetryTest, AWaitBeyondWhatIsLeftOfTheRunFailsAtOnce) {
  refuse(1, "Retry-After", "60");
  const Failure out = failure({.deadline = 30s});
  EXPECT_EQ(out.message,
            "Slow down. (HTTP 429, TooManyRequests) Microsoft asks to wait 60 seconds, but only 30 seconds are left.");
  EXPECT_EQ(peer_.asked(kPath), 1);
}

TEST_F(RetryTest, ACallWithoutADeadlineWaitsAsLongAsItMust) {
  refuse(15, "Retry-After", "240");
  EXPECT_FALSE(graph().get(kPath)) << "ten minutes";
  refuse(peer_.asked(kPath) + 15, "Retry-After", "240");
  EXPECT_TRUE(graph().get(kPath, {.deadline = std::nullopt}));
}

TEST_F(RetryTest, ABudgetThatIsClosedForLongerThanTheRunLastsFailsAtOnce) {
  RequestBudget budget;
  for (int i = 0; i < 2; ++i) budget.refused(Workload::intune, 200s, timer_.now());
  peer_.on(kPath, [](http::Request&, int) { return good(); });
  const auto out = graph({}, &budget).get(kPath, {.deadline = 60s});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, FailureCode::graph_throttled);
  EXPECT_NE(out.error().message.find("may leave in 4 minutes, and less time is left"), std::string::npos)
      << out.error().message;
  EXPECT_EQ(peer_.asked(kPath), 0);
  EXPECT_TRUE(graph({}, &budget).get(kPath, {.deadline = 300s})) << "it waits where there is time";
}

// Graph's limit as a fixed window in the timer's own time, which runs ahead instead of waiting.
TEST_F(RetryTest, AReadingWaitsForItsWindowsAndIsNeverRefused) {
  RequestBudget budget;
  std::atomic<int> used{0}, refusals{0};
  std::atomic<Timer::Time> opened{Timer::Time{}};
  const auto answer = [&](http::Request&, int) {
    if (timer_.now() >= opened.load() + 20s) {
      opened = timer_.now();
      used = 0;
    }
    if (++used <= 1'000) return good();
    ++refusals;
    return throttled("Retry-After", "20");
  };
  std::vector<GraphRequest> requests;
  for (int i = 0; i < 4'000; ++i) requests.push_back({.target = fmt::format("{}/{}", kPath, i)});
  for (const GraphRequest& request : requests) peer_.on(request.target, answer);
  peer_.serve_batches();
  const Timer::Time began = timer_.now();
  // One at a time: this timer runs ahead while answers are on their way.
  for (const auto& result : graph({.in_flight_max = 1}, &budget).send_many(requests))
    ASSERT_TRUE(result) << result.error().message;
  const double seconds = std::chrono::duration<double>(timer_.now() - began).count();
  EXPECT_EQ(refusals, 0);
  EXPECT_GE(seconds, 80) << "four windows";
  EXPECT_LE(seconds, 1.15 * 4 * 20 + 3 + 10) << "ten seconds for a busy machine";
}

TEST_F(RetryTest, ManyRequestsThatFailTogetherEndQuickly) {
  peer_.on(kPath, [](http::Request&, int) { return http::text_response(404, ""); });
  std::vector<GraphRequest> requests{{.target = kPath}};
  for (int i = 1; i < 20'000; ++i) requests.push_back({.target = kPath, .depends_on = {0}});
  const auto began = std::chrono::steady_clock::now();
  const auto out = graph({.batch_max = 1}).send_many(requests);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s) << "not a copy of the rest for each of them";
  EXPECT_EQ(out.back().error().code, FailureCode::graph_not_found);
  EXPECT_EQ(peer_.asked(kPath), 1);
}

TEST_F(RetryTest, ARequestThatDependsOnOneThatHasFailedBeforeFailsToo) {
  peer_.on(kPath, [](http::Request&, int nth) { return nth == 1 ? http::text_response(404, "") : good(); });
  std::vector<GraphRequest> requests{
      {.target = kPath}, {.target = kPath, .depends_on = {0}}, {.target = kPath, .depends_on = {1}}, {.target = kPath}};
  const auto out = graph({.in_flight_max = 1, .batch_max = 1}).send_many(requests);
  EXPECT_FALSE(out[0] || out[1] || out[2]);
  EXPECT_TRUE(out[3]);
}

}  // namespace
}  // namespace ta::graph
