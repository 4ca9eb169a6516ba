#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

using namespace std::chrono_literals;

constexpr auto kConfigurations = "/beta/deviceManagement/deviceConfigurations?$top=1";
constexpr auto kGroups = "/v1.0/groups?$top=1";

class Faults : public ::testing::Test {
 protected:
  testing::FixedClock clock_;
  TestGraph graph_{clock_};
};

TEST_F(Faults, StrikeTheirPathAsOftenAsTold) {
  graph_.simulator.faults().add({.path_contains = "deviceConfigurations", .status = 503, .count = 2});
  EXPECT_EQ(graph_.get(kGroups).status, 200);
  const Answer first = graph_.get(kConfigurations);
  EXPECT_EQ(first.status, 503);
  EXPECT_TRUE(first.response.headers.get("Retry-After").empty());
  EXPECT_EQ(graph_.get(kConfigurations).status, 503);
  EXPECT_EQ(graph_.get(kConfigurations).status, 200);
}

TEST_F(Faults, StrikeOneTenantOnly) {
  graph_.simulator.faults().add({.tenant = graph_.tenant(1).id, .status = 429, .retry_after_seconds = 3});
  EXPECT_EQ(graph_.get(kGroups).status, 200);
  const Answer throttled = graph_.get(kGroups, graph_.bearer("full", 1));
  EXPECT_EQ(throttled.status, 429);
  EXPECT_EQ(throttled.error_code(), "TooManyRequests");
  EXPECT_EQ(throttled.response.headers.get("Retry-After"), "3");
}

TEST_F(Faults, PlantATextInTheErrorAsIntuneWouldWrapIt) {
  graph_.simulator.faults().add(
      {.path_contains = "deviceConfigurations", .status = 403, .message = "Bearer eyJhbGciOi"});
  const Answer answer = graph_.get(kConfigurations);
  EXPECT_EQ(answer.status, 403);
  EXPECT_TRUE(json_string(json::parse(answer.error_message()), "Message").starts_with("Bearer eyJhbGciOi"));
}

TEST_F(Faults, ShapeTheDelivery) {
  graph_.simulator.set_latency(20ms);
  graph_.simulator.faults().add({.path_contains = "groups", .latency = 30ms, .cut_after_bytes = 10});
  graph_.simulator.faults().add({.path_contains = "organization", .drop = true});
  const http::Delivery slow = graph_.get(kGroups).response.delivery;
  EXPECT_EQ(slow.delay, 50ms);
  EXPECT_EQ(slow.cut_after_bytes, 10u);
  EXPECT_TRUE(graph_.get("/v1.0/organization").response.delivery.drop);
  EXPECT_EQ(graph_.simulator.log().latest().back().status, 0);
  EXPECT_EQ(graph_.get(kConfigurations).response.delivery.delay, 20ms);
}

TEST_F(Faults, ProbabilityIsKeptOverManyRequestsAndReproducible) {
  const auto struck = [](std::uint64_t seed) {
    FaultPlan plan(seed);
    plan.add({.status = 500, .probability = 0.1});
    std::vector<bool> hits;
    for (int i = 0; i < 2000; ++i) hits.push_back(plan.take("t", "GET", "p").answer.has_value());
    return hits;
  };
  const std::vector<bool> hits = struck(7);
  const auto count = std::count(hits.begin(), hits.end(), true);
  EXPECT_GT(count, 140);
  EXPECT_LT(count, 260);
  EXPECT_EQ(hits, struck(7));
  EXPECT_NE(hits, struck(8));
}

TEST_F(Faults, TheSignInServiceFailsToo) {
  graph_.simulator.faults().add({.path_contains = "oauth2/v2.0/token", .status = 503, .count = 1});
  EXPECT_EQ(graph_.sign_in(graph_.tenant(), graph_.tenant().app("full")).status, 503);
  EXPECT_EQ(graph_.sign_in(graph_.tenant(), graph_.tenant().app("full")).status, 200);
}

TEST_F(Faults, AreReadAndWrittenAsJson) {
  const json::value text = json::parse(
      R"({"tenant":"t","path_contains":"groups","method":"GET","status":429,"retry_after_seconds":2,"probability":0.5,
          "count":3,"latency_ms":10,"cut_after_bytes":5,"drop":true,"message":"m","code":"c"})");
  const auto fault = fault_from_json(text);
  ASSERT_TRUE(fault);
  json::object again = to_json(*fault);
  again.erase("id");
  EXPECT_EQ(json::value(again), text);
  for (const char* bad : {"[]", R"({"status":200})", R"({"probability":2})", R"({"stauts":500})"})
    EXPECT_FALSE(fault_from_json(json::parse(bad))) << bad;
}

TEST_F(Faults, BudgetsPerAppAndTenantReopenWithTheWindow) {
  graph_.simulator.throttle().set_limits(graph_.tenant().id, {.per_app_and_tenant = 2, .per_tenant = 3});
  EXPECT_EQ(graph_.get(kConfigurations).status, 200);
  clock_.advance(5s);
  EXPECT_EQ(graph_.get(kConfigurations).status, 200);
  const Answer refused = graph_.get(kConfigurations);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.response.headers.get("Retry-After"), "15");
  EXPECT_EQ(graph_.get(kGroups).status, 200) << "the directory has budgets of its own";
  EXPECT_EQ(graph_.get(kConfigurations, graph_.bearer("limited")).status, 200) << "another app";
  EXPECT_EQ(graph_.get(kConfigurations, graph_.bearer("limited")).status, 429) << "the tenant's own budget";
  EXPECT_EQ(graph_.get(kConfigurations, graph_.bearer("full", 1)).status, 200) << "another tenant";
  clock_.advance(15s);
  EXPECT_EQ(graph_.get(kConfigurations).status, 200);
}

TEST_F(Faults, BudgetsMayKeepRetryAfterToThemselves) {
  graph_.simulator.throttle().set_limits(graph_.tenant().id, {.per_app_and_tenant = 0, .tells_retry_after = false});
  const Answer refused = graph_.get(kConfigurations);
  EXPECT_EQ(refused.status, 429);
  EXPECT_TRUE(refused.response.headers.get("Retry-After").empty());
}

TEST_F(Faults, WritesHaveBudgetsOfTheirOwnWithinTheCommonOne) {
  const std::string tags = "/beta/deviceManagement/roleScopeTags";
  graph_.simulator.throttle().set_limits(graph_.tenant().id, {.per_app_and_tenant = 3, .writes_per_app_and_tenant = 2});
  EXPECT_EQ(graph_.post(tags, {{"displayName", "a"}}).status, 200);
  EXPECT_EQ(graph_.post(tags, {{"displayName", "b"}}).status, 200);
  EXPECT_EQ(graph_.post(tags, {{"displayName", "c"}}).status, 429);
  EXPECT_EQ(graph_.get(tags, graph_.bearer("writer")).status, 200) << "the refused write was not charged";
  EXPECT_EQ(graph_.get(tags, graph_.bearer("writer")).status, 429) << "writes are requests too";
  clock_.advance(20s);
  EXPECT_EQ(graph_.post(tags, {{"displayName", "c"}}).status, 200);
}

TEST_F(Faults, TheTenantsWritesAreCountedOverAllApps) {
  graph_.simulator.throttle().set_limits(graph_.tenant().id, {.writes_per_tenant = 1});
  EXPECT_EQ(graph_.post("/beta/deviceManagement/roleScopeTags", {{"displayName", "a"}}).status, 200);
  EXPECT_EQ(graph_.post("/beta/deviceManagement/roleScopeTags", {{"displayName", "b"}}).status, 429);
}

TEST_F(Faults, ConditionalAccessMayTakeOneRequestASecond) {
  const std::string policies = "/v1.0/identity/conditionalAccess/policies";
  EXPECT_EQ(graph_.get(policies).status, 200);
  EXPECT_EQ(graph_.get(policies).status, 200) << "not unless asked for";
  graph_.simulator.throttle().set_limits(graph_.tenant().id, {.conditional_access_per_second = 1});
  EXPECT_EQ(graph_.get(policies).status, 200);
  const Answer refused = graph_.get(policies);
  EXPECT_EQ(refused.status, 429);
  EXPECT_FALSE(refused.response.headers.has("Retry-After"));
  clock_.advance(1s);
  EXPECT_EQ(graph_.get(policies).status, 200);
}

}  // namespace
}  // namespace ta::simulator
