#include "graph/graph_client.h"

#include <gtest/gtest.h>

#include "graph/contract_registry.h"
#include "graph/peer.h"
#include "testing/clock.h"
#include "testing/eventually.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using ta::testing::eventually;

constexpr auto kTags = "/beta/deviceManagement/roleScopeTags";
constexpr auto kFilters = "/beta/deviceManagement/assignmentFilters";

const Contract& contract(std::string_view id) { return *ContractRegistry::builtin().find(id); }

http::Response page(int first, int count, const std::string& next = {}) {
  json::object out;
  json::array& rows = out["value"].emplace_array();
  for (int i = first; i < first + count; ++i)
    rows.push_back({{"id", std::to_string(i)}, {"displayName", fmt::format("object {}", i)}});
  if (!next.empty()) out["@odata.nextLink"] = next;
  return http::json_response(200, out);
}

http::Response throttled(std::string_view retry_after = {}) {
  http::Response out = http::json_response(429, {{"error", {{"code", "TooManyRequests"}, {"message", "Slow down."}}}});
  if (!retry_after.empty()) out.headers.add("Retry-After", std::string(retry_after));
  return out;
}

class Collector : public ListObserver {
 public:
  void on_page(const Contract& c, std::span<const json::value> objects) override {
    EXPECT_EQ(std::this_thread::get_id(), thread_);
    for (const json::value& object : objects) ids[c.id].push_back(object_id(c, object));
    if (on_any_page) on_any_page();
  }
  void on_end(const ListOutcome& outcome) override { ended.push_back(outcome.contract->id); }

  std::map<std::string, std::vector<std::string>> ids;
  std::vector<std::string> ended;
  std::function<void()> on_any_page;

 private:
  const std::thread::id thread_ = std::this_thread::get_id();
};

class GraphClientTest : public ::testing::Test {
 protected:
  GraphClient graph(GraphOptions options = {}) { return {client_, tokens_, timer_, *random_, options}; }

  Peer peer_;
  ta::testing::FixedClock clock_;
  http::Client client_;
  TokenSource tokens_{client_, peer_.endpoints(), {"contoso", "app-1", "s3cret-of-app-1"}, clock_};
  ImpatientTimer timer_;
  std::unique_ptr<Random> random_ = seeded_random(1);
  Collector seen_;
};

TEST_F(GraphClientTest, SendsTheTokenAndItsOwnRequestId) {
  http::Headers headers;
  peer_.on("/v1.0/organization", [&](http::Request& request, int) {
    headers = request.headers;
    return http::json_response(200, {{"value", json::array{}}});
  });
  ASSERT_TRUE(graph().get("/v1.0/organization"));
  EXPECT_EQ(headers.get("Authorization"), "Bearer token-number-1");
  EXPECT_EQ(headers.get("client-request-id").size(), 36u);
}

TEST_F(GraphClientTest, FollowsEveryOpaqueNextLinkAlsoThroughAnEmptyPage) {
  peer_.on(kTags, [&](http::Request& request, int) {
    const std::string token = request.query.get("$skiptoken");
    if (token.empty()) return page(0, 25, peer_.url(std::string(kTags) + "?$skiptoken=%5Ba%2Fb%5D&x=1"));
    if (token == "[a/b]") return page(25, 0, peer_.url(std::string(kTags) + "?%24skiptoken=last"));
    return page(25, 7);
  });
  const ListOutcome out = graph().list(contract("scope_tag"), &seen_);
  EXPECT_FALSE(out.failure);
  EXPECT_EQ(out.objects, 32u);
  EXPECT_EQ(out.pages, 3u);
  EXPECT_EQ(seen_.ids["scope_tag"].size(), 32u);
  EXPECT_EQ(seen_.ids["scope_tag"].back(), "31");
  EXPECT_EQ(peer_.server().stats().connections_accepted, 1u);
}

TEST_F(GraphClientTest, ATokenNeverFollowsANextLinkToAnotherHost) {
  Peer stranger;
  stranger.on(kTags, [](http::Request&, int) { return page(0, 1); });
  peer_.on(kTags, [&](http::Request&, int) { return page(0, 2, stranger.url(kTags)); });
  const ListOutcome out = graph().list(contract("scope_tag"), &seen_);
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, FailureCode::graph_bad_request);
  EXPECT_EQ(out.objects, 2u) << "what came before stays";
  EXPECT_EQ(stranger.server().stats().requests, 0u);
}

TEST_F(GraphClientTest, PagesThatLeadInACircleEnd) {
  peer_.on(kTags, [&](http::Request&, int) { return page(0, 1, peer_.url(std::string(kTags) + "?$skiptoken=again")); });
  const ListOutcome out = graph().list(contract("scope_tag"), &seen_);
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, FailureCode::graph_list_endless);
  EXPECT_EQ(out.pages, 2u);
}

TEST_F(GraphClientTest, WaitsAsRetryAfterAsks) {
  peer_.on(kTags, [](http::Request&, int nth) { return nth <= 2 ? throttled("20") : page(0, 3); });
  EXPECT_EQ(graph().list(contract("scope_tag"), &seen_).objects, 3u);
  ASSERT_EQ(timer_.delays().size(), 2u);
  for (const auto delay : timer_.delays()) {
    EXPECT_GE(delay, 20s);
    EXPECT_LE(delay, 21s);
  }
}

TEST_F(GraphClientTest, BacksOffExponentiallyWithJitterWithoutRetryAfter) {
  peer_.on(kTags, [](http::Request&, int nth) { return nth <= 4 ? throttled() : page(0, 3); });
  EXPECT_EQ(graph({.backoff_first = 1000ms, .backoff_max = 3000ms}).list(contract("scope_tag"), &seen_).objects, 3u);
  const auto delays = timer_.delays();
  ASSERT_EQ(delays.size(), 4u);
  const std::chrono::milliseconds full[] = {1000ms, 2000ms, 3000ms, 3000ms};
  for (int i = 0; i < 4; ++i) {
    EXPECT_GE(delays[i], full[i] / 2);
    EXPECT_LE(delays[i], full[i]);
  }
}

TEST_F(GraphClientTest, AttemptsAreBounded) {
  peer_.on(kTags, [](http::Request&, int) { return http::text_response(503, ""); });
  const ListOutcome out = graph({.attempts_max = 3}).list(contract("scope_tag"), &seen_);
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, FailureCode::graph_unavailable);
  EXPECT_EQ(out.failure->message, "Service Unavailable (HTTP 503) Tried 3 times.");
  EXPECT_EQ(peer_.asked(kTags), 3);
}

TEST_F(GraphClientTest, OnlyWhatMayPassIsTriedAgain) {
  for (const int status : {502, 503, 504}) {
    peer_.on("/v1.0/x", [status, first = std::make_shared<std::atomic<int>>(0)](http::Request&, int) {
      return ++*first == 1 ? http::text_response(status, "") : http::json_response(200, {{"ok", true}});
    });
    EXPECT_TRUE(graph().get("/v1.0/x")) << status;
  }
  for (const int status : {400, 403, 404, 500}) {
    peer_.on("/v1.0/x", [status](http::Request&, int) { return http::text_response(status, ""); });
    const int before = peer_.asked("/v1.0/x");
    EXPECT_FALSE(graph().get("/v1.0/x")) << status;
    EXPECT_EQ(peer_.asked("/v1.0/x"), before + (status == 500 ? 2 : 1)) << status;
  }
}

TEST_F(GraphClientTest, AnswersCutOffOrDroppedAreTriedAgain) {
  peer_.on(kTags, [](http::Request&, int nth) {
    http::Response out = page(0, 9);
    if (nth == 1) out.delivery.cut_after_bytes = 20;
    if (nth == 2) out.delivery.drop = true;
    return out;
  });
  EXPECT_EQ(graph().list(contract("scope_tag"), &seen_).objects, 9u);
  EXPECT_EQ(peer_.asked(kTags), 3);
}

TEST_F(GraphClientTest, ARefusedTokenIsReplacedOnceInMidCall) {
  peer_.on(kTags, [&](http::Request& request, int) {
    const bool second_page = request.query.has("$skiptoken");
    if (second_page && request.headers.get("Authorization") == "Bearer token-number-1")
      return http::json_response(401, {{"error", {{"code", "InvalidAuthenticationToken"}, {"message", "Expired."}}}});
    return page(second_page ? 5 : 0, 5, second_page ? "" : peer_.url(std::string(kTags) + "?$skiptoken=2"));
  });
  EXPECT_EQ(graph().list(contract("scope_tag"), &seen_).objects, 10u);
  peer_.on(kTags, [](http::Request&, int) { return http::text_response(401, ""); });
  const int before = peer_.asked(kTags);
  EXPECT_EQ(graph().list(contract("scope_tag"), &seen_).failure->code, FailureCode::graph_unauthorized);
  EXPECT_EQ(peer_.asked(kTags), before + 2) << "one more token, then it is over";
}

TEST_F(GraphClientTest, AnswersThatAreNoListAreClearFailures) {
  for (const std::string body : {"{not json", "[]", "{\"value\":7}", "\"text\""}) {
    peer_.on(kTags, [&](http::Request&, int) { return http::text_response(200, body); });
    const ListOutcome out = graph().list(contract("scope_tag"), &seen_);
    ASSERT_TRUE(out.failure) << body;
    EXPECT_EQ(out.failure->code, FailureCode::graph_unavailable) << body;
  }
}

TEST_F(GraphClientTest, ASingleObjectIsAListOfOne) {
  peer_.on("/beta/deviceManagement/settings",
           [](http::Request&, int) { return http::json_response(200, {{"secureByDefault", true}}); });
  const ListOutcome out = graph().list(contract("device_management_settings"), &seen_);
  EXPECT_FALSE(out.failure);
  EXPECT_EQ(out.objects, 1u);
  EXPECT_EQ(seen_.ids["device_management_settings"], std::vector<std::string>{"device_management_settings"});
}

TEST_F(GraphClientTest, ManyListsRunAtOnceAndFailAlone) {
  std::vector<const Contract*> contracts = ContractRegistry::builtin().synced_by_default();
  std::erase_if(contracts, [](const Contract* c) { return c->list.parent || c->single; });
  for (const Contract* c : contracts) {
    const std::string path = c->list_target().substr(0, c->list_target().find('?'));
    peer_.on(path, [&](http::Request& r, int) {
      const bool second = r.query.has("$skiptoken");
      http::Response out = page(second ? 10 : 0, 10, second ? "" : peer_.url(r.path + "?$skiptoken=2"));
      out.delivery.delay = 5ms;
      return out;
    });
  }
  peer_.on(kFilters, [](http::Request&, int) {
    return http::json_response(403, {{"error", {{"code", "Forbidden"}, {"message", "No."}}}});
  });
  const auto outcomes = graph().list_many(contracts, &seen_);
  ASSERT_EQ(outcomes.size(), contracts.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].contract, contracts[i]);
    const bool forbidden = contracts[i]->id == "assignment_filter";
    EXPECT_EQ(outcomes[i].failure.has_value(), forbidden) << contracts[i]->id;
    if (forbidden) EXPECT_EQ(outcomes[i].failure->code, FailureCode::graph_forbidden);
    EXPECT_EQ(outcomes[i].objects, seen_.ids[contracts[i]->id].size());
  }
  EXPECT_EQ(seen_.ended.size(), contracts.size());
  EXPECT_EQ(seen_.ids["settings_catalog_policy"].size(), 20u);
  EXPECT_EQ(seen_.ids["security_baseline_policy"].size(), 0u) << "one list serves five types, each row counts once";
  EXPECT_EQ(peer_.asked("/beta/deviceManagement/configurationPolicies"), 2);
  EXPECT_LE(peer_.server().stats().connections_accepted, 8u);
}

class ListsPerParent : public GraphClientTest {
 protected:
  // Two tokens; the profiles of the first are of two types.
  ListsPerParent() {
    peer_.on(kTokens, [](http::Request&, int) { return page(1, 2); });
    peer_.on(profiles(1), [](http::Request&, int) {
      return http::json_response(
          200, {{"value", {profile("1_a", "depIOSEnrollmentProfile"), profile("1_b", "depMacOSEnrollmentProfile")}}});
    });
    peer_.on(profiles(2), [](http::Request&, int) {
      return http::json_response(200, {{"value", json::array{profile("2_a", "depIOSEnrollmentProfile")}}});
    });
  }
  static std::string profiles(int token) { return fmt::format("{}/{}/enrollmentProfiles", kTokens, token); }
  static json::object profile(std::string_view id, std::string_view kind) {
    return {{"id", id}, {"@odata.type", fmt::format("#microsoft.graph.{}", kind)}};
  }
  std::vector<ListOutcome> list(std::vector<std::string_view> types) {
    std::vector<const Contract*> contracts;
    for (const std::string_view type : types) contracts.push_back(&contract(type));
    return graph().list_many(contracts, &seen_);
  }
  static constexpr auto kTokens = "/beta/deviceManagement/depOnboardingSettings";
  using Ids = std::vector<std::string>;
};

TEST_F(ListsPerParent, AreReadForEveryObjectOfTheParent) {
  const auto outcomes = list({"apple_ade_ios_profile", "apple_ade_macos_profile", "apple_enrollment_token"});
  for (const ListOutcome& outcome : outcomes) EXPECT_FALSE(outcome.failure) << outcome.contract->id;
  Ids ios = seen_.ids["apple_ade_ios_profile"];
  std::sort(ios.begin(), ios.end());
  EXPECT_EQ(ios, (Ids{"1_a", "2_a"}));
  EXPECT_EQ(seen_.ids["apple_ade_macos_profile"], (Ids{"1_b"}));
  EXPECT_EQ(seen_.ids["apple_enrollment_token"], (Ids{"1", "2"}));
  EXPECT_EQ(seen_.ended.size(), 3u);
  EXPECT_EQ(peer_.asked(kTokens), 1) << "read once for itself and for what is below it";
}

TEST_F(ListsPerParent, ReadTheParentAlsoWhenNobodyAskedForIt) {
  const auto outcomes = list({"apple_ade_ios_profile"});
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].objects, 2u);
  EXPECT_EQ(seen_.ended, (Ids{"apple_ade_ios_profile"}));
}

TEST_F(ListsPerParent, FailWithOneOfThemOrWithTheParent) {
  const auto forbidden = [](http::Request&, int) {
    return http::json_response(403, {{"error", {{"code", "Forbidden"}, {"message", "No."}}}});
  };
  peer_.on(profiles(2), forbidden);
  ListOutcome outcome = list({"apple_ade_ios_profile"}).front();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, FailureCode::graph_forbidden);
  EXPECT_EQ(outcome.objects, 1u) << "what the others brought stays good";
  peer_.on(kTokens, forbidden);
  outcome = list({"apple_ade_ios_profile"}).front();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, FailureCode::graph_forbidden);
}

TEST_F(ListsPerParent, AreEmptyWhereNothingWasEverSetUp) {
  const auto absent = [](http::Request&, int) {
    return http::json_response(404, {{"error", {{"code", "ResourceNotFound"}, {"message", "None."}}}});
  };
  peer_.on("/v1.0/organization", [](http::Request&, int) { return page(1, 1); });
  peer_.on("/v1.0/organization/1/branding/localizations", absent);
  peer_.on(profiles(1), absent);
  const auto outcomes = list({"organization_branding", "apple_ade_ios_profile"});
  EXPECT_FALSE(outcomes[0].failure);
  ASSERT_TRUE(outcomes[1].failure) << "for other types 404 is a failure";
}

TEST_F(GraphClientTest, AWaitDoesNotHoldOtherLists) {
  class HeldTimer : public Timer {
   public:
    void after(std::chrono::milliseconds, std::function<void()> task) override { held = std::move(task); }
    std::function<void()> held;
  } timer;
  peer_.on(kFilters, [](http::Request&, int nth) { return nth == 1 ? throttled("60") : page(0, 1); });
  peer_.on(kTags, [&](http::Request& r, int) {
    const bool second = r.query.has("$skiptoken");
    return page(second ? 1 : 0, 1, second ? "" : peer_.url(std::string(kTags) + "?$skiptoken=2"));
  });
  GraphClient graph(client_, tokens_, timer, *random_, {.in_flight_max = 1});
  seen_.on_any_page = [&] {
    if (seen_.ids["scope_tag"].size() == 2) timer.held();  // only now does the waiting list go on
  };
  const Contract* const contracts[] = {&contract("assignment_filter"), &contract("scope_tag")};
  const auto outcomes = graph.list_many(contracts, &seen_);
  EXPECT_EQ(outcomes[0].objects, 1u);
  EXPECT_EQ(outcomes[1].objects, 2u);
  EXPECT_EQ(seen_.ended, (std::vector<std::string>{"scope_tag", "assignment_filter"}));
}

TEST_F(GraphClientTest, TheDeadlineEndsACallAndKeepsItsReason) {
  peer_.on(kTags, [](http::Request&, int) { return throttled("600"); });
  const ListOutcome waits_too_long = graph().list(contract("scope_tag"), &seen_, {.deadline = 20s});
  EXPECT_EQ(waits_too_long.failure->code, FailureCode::graph_throttled);
  EXPECT_EQ(peer_.asked(kTags), 1) << "no use in waiting";
  peer_.on(kTags, [](http::Request&, int) {
    http::Response out = page(0, 1);
    out.delivery.delay = 1h;
    return out;
  });
  const ListOutcome too_slow = graph().list(contract("scope_tag"), &seen_, {.deadline = 100ms});
  EXPECT_EQ(too_slow.failure->code, FailureCode::graph_unavailable);
}

TEST_F(GraphClientTest, AStopEndsACallAtOnce) {
  peer_.on(kTags, [](http::Request&, int) {
    http::Response out = page(0, 1);
    out.delivery.delay = 1h;
    return out;
  });
  std::stop_source stop;
  std::thread stopper([&] {
    EXPECT_TRUE(eventually([&] { return peer_.asked(kTags) == 1; }));
    stop.request_stop();
  });
  const ListOutcome out = graph().list(contract("scope_tag"), &seen_, {.stop = stop.get_token()});
  stopper.join();
  EXPECT_EQ(out.failure->code, FailureCode::worker_interrupted);
  EXPECT_EQ(graph().get("/v1.0/x", {.stop = stop.get_token()}).error().code, FailureCode::worker_interrupted);
}

TEST_F(GraphClientTest, AnObserversExceptionEndsTheCall) {
  peer_.on(kTags, [&](http::Request&, int nth) { return page(0, 1, peer_.url(fmt::format("{}?n={}", kTags, nth))); });
  seen_.on_any_page = [] { throw std::runtime_error("the database is gone"); };
  EXPECT_THROW(graph().list(contract("scope_tag"), &seen_), std::runtime_error);
  seen_.on_any_page = nullptr;
  peer_.on("/v1.0/x", [](http::Request&, int) { return http::json_response(200, {}); });
  EXPECT_TRUE(graph().get("/v1.0/x")) << "the client is as good as before";
}

TEST_F(GraphClientTest, ASignInThatFailsFailsEveryList) {
  peer_.on("/contoso/oauth2/v2.0/token", [](http::Request&, int) {
    return http::json_response(401,
                               {{"error", "invalid_client"}, {"error_description", "AADSTS7000215: Wrong secret."}});
  });
  const Contract* const contracts[] = {&contract("assignment_filter"), &contract("scope_tag")};
  for (const ListOutcome& out : graph().list_many(contracts, nullptr)) {
    ASSERT_TRUE(out.failure);
    EXPECT_EQ(out.failure->code, FailureCode::provider_credential_wrong);
  }
  EXPECT_EQ(peer_.server().stats().requests, static_cast<std::uint64_t>(peer_.asked("/contoso/oauth2/v2.0/token")));
}

TEST_F(GraphClientTest, ASignInThatIsBusyIsTriedAgain) {
  peer_.on("/contoso/oauth2/v2.0/token",
           [](http::Request&, int nth) { return nth == 1 ? throttled("1") : Peer::token("token-number-1"); });
  peer_.on(kTags, [](http::Request&, int) { return page(0, 4); });
  EXPECT_EQ(graph().list(contract("scope_tag"), &seen_).objects, 4u);
}

}  // namespace
}  // namespace ta::graph
