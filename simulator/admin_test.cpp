#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

constexpr std::string_view kSet = "deviceManagement/configurationPolicies";

class Admin : public ::testing::Test {
 protected:
  Answer get(const std::string& path) { return graph_.admin(http::Method::get, path); }
  Answer post(const std::string& path, const json::value& body) { return graph_.admin(http::Method::post, path, body); }
  Answer remove(const std::string& path) { return graph_.admin(http::Method::delete_, path); }

  testing::FixedClock clock_;
  TestGraph graph_{clock_};
};

TEST_F(Admin, ShowsTheWorldWithWhatIsNeededToSignIn) {
  const Answer world = get("/_sim/world");
  ASSERT_EQ(world.status, 200);
  const json::value& tenant = world.body.at("tenants").as_array().at(0);
  EXPECT_EQ(json_string(tenant, "tenant_id"), graph_.tenant().id);
  EXPECT_EQ(tenant.at("objects"), 300);
  std::int64_t sum = 0;
  for (const EntitySet& set : entity_sets())
    if (set.counted && set.union_of.empty()) sum += tenant.at("sets").at(set.path).to_number<std::int64_t>();
  EXPECT_EQ(sum, 300);
  EXPECT_EQ(json_string(tenant.at("apps").as_array().at(0), "client_secret"),
            graph_.tenant().app("full").client_secret);
}

TEST_F(Admin, AddsChangesAndRemovesObjects) {
  const Answer added =
      post("/_sim/objects", {{"tenant", graph_.tenant().domain},
                             {"set", kSet},
                             {"action", "add"},
                             {"body", json::object{{"name", "New"}, {"version", 1}, {"lastModifiedDateTime", ""}}},
                             {"parts", json::object{{"assignments", json::array{json::object{{"id", "a"}}}}}}});
  ASSERT_EQ(added.status, 200) << added.response.body;
  const std::string item = fmt::format("/beta/{}/{}", kSet, added.text("id"));
  EXPECT_EQ(graph_.get(item).text("name"), "New");
  EXPECT_EQ(graph_.get(item + "/assignments").value().size(), 1u);
  const json::value change = {{"tenant", graph_.tenant().id},
                              {"set", kSet},
                              {"action", "change"},
                              {"id", added.text("id")},
                              {"body", json::object{{"name", "Newer"}}}};
  EXPECT_EQ(post("/_sim/objects", change).status, 200);
  EXPECT_EQ(graph_.get(item).text("name"), "Newer");
  EXPECT_EQ(graph_.get(item).text("lastModifiedDateTime"), to_rfc3339(clock_.now()));
  EXPECT_EQ(graph_.get(item).body.at("version"), 2);
  const json::value removal = {
      {"tenant", graph_.tenant().id}, {"set", kSet}, {"action", "remove"}, {"id", added.text("id")}};
  EXPECT_EQ(post("/_sim/objects", removal).status, 200);
  EXPECT_EQ(graph_.get(item).status, 404);
  EXPECT_EQ(post("/_sim/objects", removal).status, 404);
}

TEST_F(Admin, RefusesChangesThatMakeNoSense) {
  const std::string tenant = graph_.tenant().id;
  EXPECT_EQ(post("/_sim/objects", {{"tenant", tenant}, {"set", kSet}, {"action", "explode"}}).status, 422);
  EXPECT_EQ(post("/_sim/objects", {{"tenant", "x"}, {"set", kSet}, {"action", "add"}}).status, 404);
  EXPECT_EQ(post("/_sim/objects", {{"tenant", tenant}, {"set", "x"}, {"action", "add"}}).status, 404);
  EXPECT_EQ(post("/_sim/objects", {{"tenant", tenant}, {"set", kSet}, {"action", "add"}, {"body", 1}}).status, 422);
  EXPECT_EQ(post("/_sim/objects",
                 {{"tenant", tenant}, {"set", "deviceManagement/roleScopeTags"}, {"action", "add"}, {"id", "0"}})
                .status,
            409);
  EXPECT_EQ(graph_.send(http::Method::post, "/_sim/objects", "{").status, 422);
  EXPECT_EQ(get("/_sim/nonsense").status, 404);
}

TEST_F(Admin, KeepsFaults) {
  const Answer first = post("/_sim/faults", {{"tenant", graph_.tenant().domain}, {"status", 500}});
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(graph_.get("/v1.0/organization").status, 500) << "the tenant may be named by its domain";
  EXPECT_EQ(get("/_sim/faults").body.as_array().size(), 1u);
  EXPECT_EQ(remove(fmt::format("/_sim/faults?id={}", first.body.at("id").to_number<int>())).status, 200);
  EXPECT_EQ(graph_.get("/v1.0/organization").status, 200);
  EXPECT_EQ(remove("/_sim/faults?id=99").status, 404);
  EXPECT_EQ(post("/_sim/faults", {{"status", 42}}).status, 422);
  post("/_sim/faults", {{"status", 500}});
  EXPECT_EQ(remove("/_sim/faults").status, 200);
  EXPECT_EQ(get("/_sim/faults").body.as_array().size(), 0u);
}

TEST_F(Admin, SetsBudgetsAndLatency) {
  EXPECT_EQ(post("/_sim/throttle", {{"tenant", graph_.tenant().id}, {"per_app_and_tenant", 0}}).status, 200);
  EXPECT_EQ(graph_.get("/beta/deviceManagement/deviceConfigurations").status, 429);
  EXPECT_EQ(post("/_sim/throttle", {{"tenant", "x"}}).status, 404);
  EXPECT_EQ(post("/_sim/latency", {{"latency_ms", 40}}).status, 200);
  EXPECT_EQ(graph_.get("/v1.0/organization").response.delivery.delay, std::chrono::milliseconds(40));
}

TEST_F(Admin, CountsRequestsWithoutItsOwnAndKeepsNoSecrets) {
  graph_.get("/v1.0/organization?$select=id");
  graph_.get("/beta/nonsense");
  const Answer requests = get("/_sim/requests?limit=2");
  EXPECT_EQ(requests.body.at("count"), 3) << "sign-in, organization, nonsense";
  EXPECT_EQ(requests.body.at("by_status").at("200"), 2);
  ASSERT_EQ(requests.body.at("requests").as_array().size(), 2u);
  const json::value& organization = requests.body.at("requests").as_array().at(0);
  EXPECT_EQ(json_string(organization, "path"), "/v1.0/organization");
  EXPECT_EQ(json_string(organization, "query"), "$select=id");
  EXPECT_EQ(json_string(organization, "app"), graph_.tenant().app("full").client_id);
  const std::string everything = get("/_sim/requests").response.body;
  EXPECT_EQ(everything.find("Bearer"), std::string::npos);
  EXPECT_EQ(everything.find(graph_.tenant().app("full").client_secret), std::string::npos);
  EXPECT_EQ(remove("/_sim/requests").status, 200);
  EXPECT_EQ(get("/_sim/requests").body.at("count"), 0);
}

TEST_F(Admin, MayBeSwitchedOff) {
  TestGraph closed(clock_, {.admin = false});
  EXPECT_EQ(closed.admin(http::Method::get, "/_sim/world").status, 404);
}

}  // namespace
}  // namespace ta::simulator
