#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

class Batch : public ::testing::Test {
 protected:
  Answer send_body(const json::value& body) {
    return graph_.send(http::Method::post, "/beta/$batch", json::serialize(body), graph_.bearer());
  }
  Answer send(const std::vector<json::object>& parts) {
    json::array list;
    for (const json::object& part : parts) list.push_back(part);
    return send_body(json::object{{"requests", std::move(list)}});
  }
  static json::object part(json::value id, std::string_view url) {
    return {{"id", std::move(id)}, {"method", "GET"}, {"url", url}};
  }
  static const json::value& answer(const Answer& batch, std::string_view id) {
    for (const json::value& one : batch.body.at("responses").as_array())
      if (json_string(one, "id") == id) return one;
    throw std::runtime_error("no part " + std::string(id));
  }

  testing::FixedClock clock_;
  TestGraph graph_{clock_};
};

TEST_F(Batch, AnswersPartsWithStringIdsAndNextLinks) {
  const Answer batch = send({part("a", "/deviceManagement/configurationPolicies"), part(2, "groups?$top=3"),
                             part("c", "/deviceManagement/nonsense")});
  ASSERT_EQ(batch.status, 200) << batch.response.body;
  EXPECT_EQ(batch.body.at("responses").as_array().size(), 3u);
  const json::value& policies = answer(batch, "a");
  EXPECT_EQ(policies.at("status"), 200);
  EXPECT_EQ(policies.at("body").at("value").as_array().size(), 25u);
  const std::string next = json_string(answer(batch, "2").at("body"), "@odata.nextLink");
  EXPECT_TRUE(next.starts_with("https://graph.test:8443/beta/groups?$top=3&$skiptoken=")) << next;
  EXPECT_EQ(graph_.get(next).value().size(), 3u);
  EXPECT_EQ(answer(batch, "c").at("status"), 400);
  EXPECT_FALSE(json_string(answer(batch, "a").at("headers"), "Content-Type").empty());
}

TEST_F(Batch, FailedDependenciesGive424) {
  json::object dependent = part("2", "/groups?$top=1"), later = part("1", "/nonsense"),
               fine = part("3", "/groups?$top=1");
  dependent["dependsOn"] = json::array{"1"};
  fine["dependsOn"] = json::array{"4"};
  const Answer batch = send({dependent, later, fine, part("4", "/organization")});
  EXPECT_EQ(answer(batch, "2").at("status"), 424);
  EXPECT_EQ(answer(batch, "3").at("status"), 200);
}

TEST_F(Batch, RefusesWhatGraphRefuses) {
  std::vector<json::object> many;
  for (int i = 0; i < 21; ++i) many.push_back(part(i, "/groups"));
  EXPECT_EQ(send(many).status, 400);
  EXPECT_EQ(send({}).status, 400);
  EXPECT_EQ(send({part("a", "/groups"), part("A", "/groups")}).status, 400) << "ids compare without case";
  EXPECT_EQ(send_body(json::object{{"nonsense", 1}}).status, 400);
  EXPECT_EQ(send({json::object{{"id", "1"}, {"method", "GET"}}}).status, 400);
  EXPECT_EQ(send({part(nullptr, "/groups")}).status, 400);
  json::object a = part("1", "/groups"), b = part("2", "/groups");
  a["dependsOn"] = json::array{"2"};
  b["dependsOn"] = json::array{"1"};
  EXPECT_EQ(send({a, b}).status, 400) << "a circle";
  json::object unknown = part("1", "/groups");
  unknown["dependsOn"] = json::array{"9"};
  EXPECT_EQ(send({unknown}).status, 400);
  EXPECT_EQ(graph_.send(http::Method::post, "/beta/$batch", "{", graph_.bearer()).status, 400);
  EXPECT_EQ(graph_.send(http::Method::post, "/beta/$batch", "{}").status, 401);
  EXPECT_EQ(graph_.get("/beta/$batch").status, 405);
}

TEST_F(Batch, ThrottlesPartsOneByOneWithTheirOwnRetryAfter) {
  graph_.simulator.faults().add(
      {.path_contains = "deviceManagement/deviceConfigurations", .status = 429, .retry_after_seconds = 7, .count = 1});
  const Answer batch = send({part("1", "/deviceManagement/deviceConfigurations?$top=1"),
                             part("2", "/deviceManagement/deviceConfigurations?$top=1"), part("3", "/organization")});
  EXPECT_EQ(batch.status, 200);
  EXPECT_EQ(answer(batch, "1").at("status"), 429);
  EXPECT_EQ(json_string(answer(batch, "1").at("headers"), "Retry-After"), "7");
  EXPECT_EQ(answer(batch, "2").at("status"), 200);
  EXPECT_EQ(answer(batch, "3").at("status"), 200);
}

TEST_F(Batch, IsOneRequestInTheCountAndItsPartsAreRecorded) {
  const auto before = graph_.simulator.log().count();
  send({part("1", "/organization"), part("2", "/organization")});
  EXPECT_EQ(graph_.simulator.log().count() - before, 2u) << "the sign-in and the batch";
  const auto latest = graph_.simulator.log().latest();
  EXPECT_EQ(std::count_if(latest.begin(), latest.end(), [](const RecordedRequest& r) { return r.batch_part; }), 2);
}

TEST_F(Batch, ChargesEveryPartToTheBudget) {
  graph_.simulator.throttle().set_limits(graph_.tenant().id, {.per_app_and_tenant = 3});
  clock_.advance(std::chrono::seconds(20));
  std::vector<json::object> parts;
  for (int i = 0; i < 5; ++i) parts.push_back(part(i, "/deviceManagement/deviceConfigurations?$top=1"));
  const Answer batch = send(parts);
  EXPECT_EQ(batch.status, 200);
  int refused = 0;
  for (const json::value& one : batch.body.at("responses").as_array()) {
    if (one.at("status") != 429) continue;
    ++refused;
    EXPECT_EQ(json_string(one.at("headers"), "Retry-After"), "20");
  }
  EXPECT_EQ(refused, 2);
}

TEST_F(Batch, ComesBackInAnyOrder) {
  std::vector<json::object> parts;
  std::vector<std::string> sent, received;
  for (int i = 0; i < 20; ++i) {
    parts.push_back(part(i, "/organization"));
    sent.push_back(std::to_string(i));
  }
  // The same order twenty times in a row would be a miracle.
  bool shuffled = false;
  for (int i = 0; i < 20 && !shuffled; ++i) {
    received.clear();
    const Answer batch = send(parts);
    for (const json::value& one : batch.body.at("responses").as_array()) received.push_back(json_string(one, "id"));
    shuffled = received != sent;
  }
  EXPECT_TRUE(shuffled);
  std::sort(received.begin(), received.end());
  std::sort(sent.begin(), sent.end());
  EXPECT_EQ(received, sent);
}

TEST_F(Batch, FailuresReachEverythingThatDependsOnThem) {
  json::object second = part(2, "organization"), third = part(3, "organization");
  second["dependsOn"] = json::array{1};
  third["dependsOn"] = json::array{"2"};
  const Answer batch = send({third, second, part(1, "nonsense"), part(4, "organization")});
  EXPECT_EQ(answer(batch, "1").at("status"), 400);
  for (const char* id : {"2", "3"}) EXPECT_EQ(answer(batch, id).at("status"), 424) << id;
  EXPECT_EQ(answer(batch, "4").at("status"), 200);
}

TEST_F(Batch, WritesInTheOrderOfTheirDependencies) {
  const auto write = [](const char* id, const char* method, const std::string& url, json::object body) {
    return json::object{{"id", id},
                        {"method", method},
                        {"url", url},
                        {"headers", {{"Content-Type", "application/json"}}},
                        {"body", std::move(body)}};
  };
  const std::string tags = "/deviceManagement/roleScopeTags";
  json::object renamed = write("b", "PATCH", tags + "/1", {{"displayName", "second"}});
  renamed["dependsOn"] = json::array{"a"};
  const Answer batch =
      graph_.post("/beta/$batch",
                  {{"requests", json::array{renamed, write("a", "PATCH", tags + "/1", {{"displayName", "first"}})}}});
  EXPECT_EQ(answer(batch, "a").at("status"), 200) << batch.response.body;
  EXPECT_EQ(graph_.get("/beta/deviceManagement/roleScopeTags/1").text("displayName"), "second");
}

}  // namespace
}  // namespace ta::simulator
