// Writes: what may be repeated, what may not, and how a lost answer is cleared up.
#include <gtest/gtest.h>

#include "graph/batch_envelope.h"
#include "graph/peer.h"
#include "testing/clock.h"
#include "testing/eventually.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr auto kSet = "/beta/deviceManagement/things";

http::Response status(int code) {
  return http::json_response(code, {{"error", {{"code", "X"}, {"message", "Said so."}}}});
}

class WriteTest : public ::testing::Test {
 protected:
  GraphClient graph(GraphOptions options = {}) { return {client_, tokens_, timer_, *random_, options, &budget_}; }
  // The first answer is `bad`, later ones are good.
  void first(http::Response bad) {
    peer_.on(kSet, [bad](http::Request&, int nth) {
      return nth == 1 ? bad : http::json_response(201, {{"id", fmt::format("made-{}", nth)}});
    });
  }
  static http::Response dropped() {
    http::Response out = http::json_response(201, json::object{});
    out.delivery.drop = true;
    return out;
  }
  static GraphRequest create() { return {.method = Method::post, .target = kSet, .body = json::object{{"n", 1}}}; }
  FindCreated finds(std::optional<json::value> what) {
    return [this, what](Timestamp) -> Result<std::optional<json::value>> {
      ++looked_;
      return what;
    };
  }

  Peer peer_;
  ta::testing::FixedClock clock_;
  http::Client client_;
  TokenSource tokens_{client_, peer_.endpoints(), {"contoso", "app-1", "s3cret-of-app-1"}, clock_};
  ImpatientTimer timer_;
  std::unique_ptr<Random> random_ = seeded_random(1);
  RequestBudget budget_;
  int looked_ = 0;
};

TEST_F(WriteTest, StatusesTwoHundredToTwoHundredFourAreAllFine) {
  for (const int good : {200, 201, 204}) {
    peer_.on(kSet, [&](http::Request& request, int) {
      EXPECT_EQ(request.headers.get("Content-Type"), "application/json");
      EXPECT_EQ(request.headers.get("If-Match"), "W/\"7\"");
      EXPECT_EQ(request.body, R"({"@odata.type":"#microsoft.graph.thing","n":null})");
      http::Response out = good == 204 ? http::Response{.status = 204} : http::json_response(good, {{"id", "1"}});
      out.headers.set("ETag", "W/\"8\"");
      return out;
    });
    GraphRequest request{.method = Method::patch,
                         .target = kSet,
                         .body = json::object{{"@odata.type", "#microsoft.graph.thing"}, {"n", nullptr}}};
    request.headers.set("If-Match", "W/\"7\"");
    const auto out = graph().send(request);
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->status, good);
    EXPECT_EQ(out->etag(), "W/\"8\"");
  }
}

TEST_F(WriteTest, APostWhoseFateIsUnknownIsNotRepeated) {
  http::Response cut = http::json_response(201, {{"id", "1"}});
  cut.delivery.cut_after_bytes = 3;
  int expected = 0;
  for (const http::Response& bad : {dropped(), cut, status(500), status(502), status(503), status(504)}) {
    peer_.on(kSet, [bad](http::Request&, int) { return bad; });
    const auto out = graph().send(create());
    ASSERT_FALSE(out) << bad.status;
    EXPECT_EQ(out.error().code, FailureCode::graph_unavailable);
    EXPECT_NE(out.error().message.find("may have been carried out"), std::string::npos) << out.error().message;
    EXPECT_EQ(peer_.asked(kSet), ++expected) << bad.status;
  }
}

TEST_F(WriteTest, APostThatWasSurelyRefusedIsRepeated) {
  first(status(429));
  EXPECT_EQ(json_string(graph().create(create(), finds({}))->body, "id"), "made-2");
  EXPECT_EQ(looked_, 0) << "429 means that nothing was done";
}

TEST_F(WriteTest, ALostCreateIsLookedForBeforeItIsRepeated) {
  first(dropped());
  const auto found = graph().create(create(), finds(json::object{{"id", "the-lost-one"}}));
  EXPECT_EQ(json_string(found->body, "id"), "the-lost-one");
  EXPECT_EQ(peer_.asked(kSet), 1);
}

TEST_F(WriteTest, ACreateThatLeftNothingBehindIsRepeated) {
  first(dropped());
  Timestamp asked_since;
  const auto made = graph().create(create(), [&](Timestamp since) -> Result<std::optional<json::value>> {
    asked_since = since;
    return std::nullopt;
  });
  EXPECT_EQ(json_string(made->body, "id"), "made-2");
  EXPECT_EQ(asked_since, clock_.now() - 5min) << "with room for clocks that differ";
}

TEST_F(WriteTest, ACreateThatCannotBeLookedForIsNotRepeated) {
  first(dropped());
  const auto out = graph().create(create(), [](Timestamp) -> Result<std::optional<json::value>> {
    return fail(FailureCode::graph_forbidden, "No.");
  });
  EXPECT_FALSE(out);
  EXPECT_EQ(peer_.asked(kSet), 1);
}

TEST_F(WriteTest, CreatesAreNotTriedForEver) {
  peer_.on(kSet, [](http::Request&, int) { return dropped(); });
  EXPECT_FALSE(graph({.attempts_max = 3}).create(create(), finds({})));
  EXPECT_EQ(peer_.asked(kSet), 3);
  EXPECT_EQ(looked_, 3);
}

TEST_F(WriteTest, WhatSetsAStateIsRepeated) {
  for (const Method method : {Method::put, Method::patch, Method::delete_}) {
    first(dropped());
    const int before = peer_.asked(kSet);
    peer_.on(kSet, [before](http::Request&, int nth) {
      return nth == before + 1 ? dropped() : http::json_response(200, json::object{});
    });
    EXPECT_TRUE(graph().send({.method = method, .target = kSet, .body = json::object{}})) << http::name(method);
    EXPECT_EQ(peer_.asked(kSet), before + 2) << http::name(method);
  }
}

TEST_F(WriteTest, AReplaceAllAssignmentIsRepeated) {
  first(dropped());
  GraphRequest assign = create();
  assign.repeatable = true;
  EXPECT_TRUE(graph().send(assign));
  EXPECT_EQ(peer_.asked(kSet), 2);
}

TEST_F(WriteTest, WithIfMatchALostChangeIsNotRepeated) {
  first(dropped());
  GraphRequest change{.method = Method::patch, .target = kSet, .body = json::object{}};
  change.headers.set("If-Match", "W/\"7\"");
  const auto out = graph().send(change);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, FailureCode::graph_unavailable) << "not a conflict with ourselves";
  EXPECT_EQ(peer_.asked(kSet), 1);
}

TEST_F(WriteTest, ADeleteThatFindsNothingAfterALostAnswerHasWorked) {
  peer_.on(kSet, [](http::Request&, int nth) { return nth == 1 ? dropped() : status(404); });
  EXPECT_EQ(graph().send({.method = Method::delete_, .target = kSet})->status, 204);
  const auto second = graph().send({.method = Method::delete_, .target = kSet});
  EXPECT_EQ(second.error().code, FailureCode::graph_not_found) << "nothing was lost: it really was not there";
}

TEST_F(WriteTest, WritesInABatchFollowTheSameRules) {
  peer_.serve_batches();
  peer_.on("/beta/$batch", [whole = peer_.handler("/beta/$batch")](http::Request& request, int nth) {
    http::Response out = whole(request, nth);
    if (nth == 1) out.delivery.drop = true;
    return out;
  });
  peer_.on(kSet, [](http::Request&, int) { return http::json_response(200, json::object{}); });
  GraphRequest assign = create();
  assign.repeatable = true;
  const GraphRequest both[] = {create(), assign};
  const auto out = graph().send_many(both);
  EXPECT_FALSE(out[0]);
  EXPECT_TRUE(out[1]);
  EXPECT_EQ(peer_.asked(kSet), 3) << "both once, and the assignment again";
}

TEST_F(WriteTest, ApprovalIsAskedForWithItsCode) {
  http::Response wants = status(403);
  wants.headers.set("x-msft-approval-code", "aaaabbbb-0000");
  peer_.on(kSet, [wants](http::Request&, int) { return wants; });
  const auto out = graph().send(create());
  EXPECT_EQ(out.error().code, FailureCode::graph_approval_required);
  EXPECT_NE(out.error().message.find("approval request aaaabbbb-0000"), std::string::npos) << out.error().message;
}

TEST_F(WriteTest, ACreateThatWaitsStopsAtOnce) {
  class NeverTimer : public Timer {
   public:
    void after(std::chrono::milliseconds, std::function<void()>) override { waits = true; }
    std::atomic<bool> waits{false};
  } timer;
  peer_.on(kSet, [](http::Request&, int) { return dropped(); });
  std::stop_source stop;
  std::thread stopper([&] {
    EXPECT_TRUE(ta::testing::eventually([&] { return timer.waits.load(); }));
    stop.request_stop();
  });
  GraphClient client(client_, tokens_, timer, *random_);
  EXPECT_FALSE(client.create(create(), finds({}), {.stop = stop.get_token()}));
  stopper.join();
  EXPECT_EQ(looked_, 0);
}

}  // namespace
}  // namespace ta::graph
