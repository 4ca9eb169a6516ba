#include "graph/paging.h"

#include <gtest/gtest.h>

#include "graph/peer.h"
#include "testing/clock.h"

namespace ta::graph {
namespace {

constexpr auto kPolicy = "/beta/deviceManagement/configurationPolicies/1";
constexpr auto kSettings = "/beta/deviceManagement/configurationPolicies/1/settings";

class PagingTest : public ::testing::Test {
 protected:
  GraphClient graph() { return {client_, tokens_, timer_, *random_}; }
  // `total` settings in pages of 25.
  void serve_settings(int total) {
    peer_.on(kSettings, [this, total](http::Request& request, int) {
      const int skip = request.query.has("$skip") ? std::stoi(request.query.get("$skip")) : 0;
      json::object out{{"value", settings(skip, std::min(total, skip + 25))}};
      if (skip + 25 < total) out["@odata.nextLink"] = peer_.url(fmt::format("{}?$skip={}", kSettings, skip + 25));
      return http::json_response(200, out);
    });
  }
  static json::array settings(int from, int to) {
    json::array out;
    for (int i = from; i < to; ++i) out.push_back({{"id", std::to_string(i)}});
    return out;
  }

  Peer peer_;
  ta::testing::FixedClock clock_;
  http::Client client_;
  TokenSource tokens_{client_, peer_.endpoints(), {"contoso", "app-1", "s3cret-of-app-1"}, clock_};
  ImpatientTimer timer_;
  std::unique_ptr<Random> random_ = seeded_random(1);
};

TEST_F(PagingTest, ASubCollectionArrivesWhole) {
  serve_settings(400);
  const auto out = graph().collect(kSettings);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->size(), 400u);
}

TEST_F(PagingTest, ACollectionInsideAnObjectIsCompleted) {
  serve_settings(400);
  peer_.on(kPolicy, [this](http::Request&, int) {
    return http::json_response(200, {{"id", "1"},
                                     {"settings", settings(0, 25)},
                                     {"settings@odata.nextLink", peer_.url(std::string(kSettings) + "?$skip=25")},
                                     {"assignments", json::array{}}});
  });
  const auto out = graph().get(kPolicy);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->at("settings").as_array().size(), 400u);
  EXPECT_FALSE(json_find(*out, "settings@odata.nextLink"));
  EXPECT_TRUE(json_find(*out, "assignments"));
}

TEST_F(PagingTest, ACollectionInsideARowOfAListIsCompleted) {
  serve_settings(60);
  constexpr auto kList = "/beta/deviceManagement/configurationPolicies";
  peer_.on(kList, [this](http::Request&, int) {
    const json::object row{{"id", "1"},
                           {"settings", settings(0, 25)},
                           {"settings@odata.nextLink", peer_.url(std::string(kSettings) + "?$skip=25")}};
    return http::json_response(200, {{"value", json::array{row, {{"id", "2"}}}}});
  });
  const auto out = graph().collect(kList);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->at(0).at("settings").as_array().size(), 60u);
}

TEST_F(PagingTest, APartThatCannotBeCompletedFailsTheObject) {
  peer_.on(kPolicy, [](http::Request&, int) {
    return http::json_response(
        200, {{"settings", json::array{}}, {"settings@odata.nextLink", "https://elsewhere.example/beta/x"}});
  });
  EXPECT_EQ(graph().get(kPolicy).error().code, FailureCode::graph_bad_request);
}

TEST_F(PagingTest, FewerRowsThanAnnouncedAreTheWholeListAllTheSame) {
  peer_.on(kSettings, [](http::Request&, int) {
    return http::json_response(200, {{"@odata.count", 153}, {"value", settings(0, 25)}});
  });
  const auto out = graph().collect(kSettings);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->size(), 25u);
}

TEST_F(PagingTest, APartThatIsReadAgainHoldsItsRowsOnce) {
  const auto link = [this](int page) { return peer_.url(fmt::format("{}?page={}", kSettings, page)); };
  peer_.on(kPolicy, [&](http::Request&, int) {
    return http::json_response(
        200, {{"id", "1"}, {"settings", settings(0, 25)}, {"settings@odata.nextLink", link(2)}});
  });
  std::atomic<bool> expired = false;
  peer_.on(kSettings, [&](http::Request& request, int) {
    if (request.query.get("page") == "2")
      return http::json_response(200, {{"value", settings(25, 50)}, {"@odata.nextLink", link(3)}});
    if (!expired.exchange(true)) return http::json_response(410, {{"error", {{"code", "resyncRequired"}}}});
    return http::json_response(200, {{"value", settings(50, 60)}});
  });
  const auto out = graph().get(kPolicy);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->at("settings").as_array().size(), 60u);
}

TEST_F(PagingTest, ACollectedListThatIsReadAgainHoldsItsRowsOnce) {
  std::atomic<bool> expired = false;
  peer_.on(kSettings, [&](http::Request& request, int) {
    if (!request.query.has("page"))
      return http::json_response(200, {{"value", json::array{{{"target", "a"}}}},
                                       {"@odata.nextLink", peer_.url(std::string(kSettings) + "?page=2")}});
    if (!expired.exchange(true)) return http::json_response(410, {{"error", {{"code", "resyncRequired"}}}});
    return http::json_response(200, {{"value", json::array{{{"target", "b"}}}}});
  });
  const auto out = graph().collect(kSettings);
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->size(), 2u) << json::serialize(*out);
}

TEST(NextLinks, LeadToTheSameHostOnly) {
  const std::string base = "https://graph.microsoft.com";
  EXPECT_EQ(next_target(base, "https://graph.microsoft.com/beta/x?$skiptoken=%5Ba%5D").value(),
            "/beta/x?$skiptoken=%5Ba%5D");
  EXPECT_EQ(next_target(base, "https://GRAPH.microsoft.com:443/beta/x").value(), "/beta/x");
  for (const char* other :
       {"https://graph.microsoft.us/beta/x", "http://graph.microsoft.com/beta/x", "https://graph.microsoft.com:8443/x",
        "https://graph.microsoft.com.evil.example/x", "https://graph.microsoft.com@evil.example/x",
        "https://user@graph.microsoft.com/x", "//evil.example/x", "/beta/x", "", "https://graph.microsoft.com",
        "https://graph.microsoft.com/beta/x HTTP/1.1\r\nHost: evil.example", "https://graph.microsoft.com\\x",
        "https://graph.microsoft.com/\x1b[2J", "https://graph.microsoft.com/\x7f", "https://graph.microsoft.com/\a"})
    EXPECT_FALSE(next_target(base, other)) << other;
}

TEST(NextLinks, AreSentWholeWhateverIsInThem) {
  const std::string base = "https://graph.microsoft.com";
  const std::pair<std::string, std::string> cases[] = {
      {"/beta/x?$skiptoken=a#b", "/beta/x?$skiptoken=a%23b"},
      {"/beta/x?$skiptoken=a%23b", "/beta/x?$skiptoken=a%23b"},
      {"/beta/x?n=B\xC3\xBCro|\"", "/beta/x?n=B%C3%BCro%7C%22"},
      {"/beta/x('a')?$filter=a,b;c&d=[1]*!~@:+", "/beta/x('a')?$filter=a,b;c&d=[1]*!~@:+"},
  };
  for (const auto& [link, target] : cases) EXPECT_EQ(next_target(base, base + link).value(), target);
}

}  // namespace
}  // namespace ta::graph
