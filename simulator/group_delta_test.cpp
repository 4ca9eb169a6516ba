#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

using namespace std::chrono_literals;

class GroupDelta : public ::testing::Test {
 protected:
  std::size_t count() {
    return graph_.simulator.world().collection(graph_.tenant(), *find_set("groups"))->items.size();
  }
  std::string first() {
    return graph_.simulator.world().collection(graph_.tenant(), *find_set("groups"))->items.front()->id;
  }
  http::Headers pages_of(int size) {
    http::Headers headers;
    headers.set("Prefer", fmt::format("odata.maxpagesize={}", size));
    return headers;
  }
  // Follows nextLinks to the deltaLink, which is kept.
  std::vector<json::value> round(const std::string& from, int page_size = 7) {
    std::vector<json::value> rows;
    for (std::string next = from; !next.empty();) {
      const Answer page = graph_.get(next, pages_of(page_size));
      EXPECT_EQ(page.status, 200) << page.response.body;
      if (page.status != 200) break;
      rows.insert(rows.end(), page.value().begin(), page.value().end());
      next = page.text("@odata.nextLink");
      EXPECT_NE(next.empty(), page.text("@odata.deltaLink").empty()) << "one link or the other";
      delta_ = page.text("@odata.deltaLink");
    }
    return rows;
  }
  std::string created(const char* name, json::array types = {}) {
    const Answer answer = graph_.post("/v1.0/groups", {{"displayName", name},
                                                       {"mailEnabled", false},
                                                       {"mailNickname", name},
                                                       {"securityEnabled", true},
                                                       {"groupTypes", std::move(types)}});
    EXPECT_EQ(answer.status, 201) << answer.response.body;
    return answer.text("id");
  }
  void add_member(const std::string& group, const std::string& user) {
    EXPECT_EQ(graph_
                  .post("/v1.0/groups/" + group + "/members/$ref",
                        {{"@odata.id", "https://graph.microsoft.com/v1.0/directoryObjects/" + user}})
                  .status,
              204);
  }

  testing::FixedClock clock_;
  TestGraph graph_{clock_};
  std::string delta_;
};

TEST_F(GroupDelta, BeginsWithEverythingAndThenTellsWhatChanged) {
  EXPECT_EQ(round("/v1.0/groups/delta").size(), count());
  EXPECT_EQ(round(delta_).size(), 0u);
  const std::string made = created("made"), gone = first();
  graph_.patch("/v1.0/groups/" + made, {{"description", "twice"}});
  EXPECT_EQ(graph_.remove("/v1.0/groups/" + gone).status, 204);
  const auto rows = round(delta_, 1);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(json_string(rows[0], "id"), made);
  EXPECT_EQ(json_string(rows[0], "description"), "twice");
  EXPECT_EQ(json_string(rows[1], "id"), gone);
  EXPECT_EQ(json_string(rows[1].at("@removed"), "reason"), "deleted");
  EXPECT_EQ(rows[1].as_object().size(), 2u);
  EXPECT_EQ(round(delta_).size(), 0u);
}

TEST_F(GroupDelta, OnlyMicrosoft365GroupsCanComeBack) {
  const std::string unified = created("unified", {"Unified"});
  round("/v1.0/groups/delta?$deltatoken=latest");
  graph_.remove("/v1.0/groups/" + unified);
  EXPECT_EQ(json_string(round(delta_).at(0).at("@removed"), "reason"), "changed");
}

TEST_F(GroupDelta, MayBeginWithNow) {
  EXPECT_EQ(round("/v1.0/groups/delta?$deltatoken=latest").size(), 0u);
  created("later");
  EXPECT_EQ(round(delta_).size(), 1u);
}

TEST_F(GroupDelta, TellsMembersThatCameAndWent) {
  const std::string group = created("team");
  add_member(group, "u1");
  add_member(group, "u2");
  for (const json::value& row : round("/v1.0/groups/delta"))
    if (json_string(row, "id") == group) EXPECT_EQ(row.at("members@delta").as_array().size(), 2u);
  graph_.remove("/v1.0/groups/" + group + "/members/u1/$ref");
  add_member(group, "u3");
  const json::value row = round(delta_).at(0);
  const json::array& members = row.at("members@delta").as_array();
  ASSERT_EQ(members.size(), 2u);
  EXPECT_EQ(json_string(members[0], "id"), "u1");
  EXPECT_EQ(json_string(members[0].at("@removed"), "reason"), "deleted");
  EXPECT_EQ(json_string(members[1], "id"), "u3");
  EXPECT_FALSE(members[1].as_object().contains("@removed"));
}

TEST_F(GroupDelta, RemembersTheSelection) {
  const auto rows = round("/v1.0/groups/delta?$select=displayName");
  EXPECT_TRUE(rows[0].as_object().contains("id")) << "always";
  EXPECT_EQ(rows.back().as_object().size(), 2u);
  created("later");
  EXPECT_EQ(round(delta_).at(0).as_object().size(), 2u);
}

TEST_F(GroupDelta, NothingIsMissedWhenGroupsGoBetweenPages) {
  std::set<std::string> left;
  for (const ObjectPtr& group : graph_.simulator.world().collection(graph_.tenant(), *find_set("groups"))->items)
    left.insert(group->id);
  std::set<std::string> seen;
  for (std::string next = "/v1.0/groups/delta"; !next.empty();) {
    const Answer page = graph_.get(next, pages_of(3));
    for (const json::value& row : page.value()) seen.insert(json_string(row, "id"));
    next = page.text("@odata.nextLink");
    left.erase(first());
    graph_.remove("/v1.0/groups/" + first());
  }
  for (const std::string& id : left) EXPECT_TRUE(seen.contains(id)) << id;
}

TEST_F(GroupDelta, TokensExpireAfterSevenDays) {
  round("/v1.0/groups/delta");
  const std::string link = delta_;
  clock_.advance(7 * 24h - 1s);
  EXPECT_EQ(graph_.get(link, graph_.bearer()).status, 200);
  clock_.advance(1s);
  const Answer late = graph_.get(link, graph_.bearer());
  EXPECT_EQ(late.status, 400);
  EXPECT_EQ(late.error_code(), "syncStateNotFound");
}

TEST_F(GroupDelta, RefusesWhatIsNoToken) {
  const std::string page = graph_.get("/v1.0/groups/delta", pages_of(1)).text("@odata.nextLink");
  const std::string token = page.substr(page.find('=') + 1);
  for (const std::string& query :
       {std::string("$deltatoken=nonsense"), "$deltatoken=" + token, std::string("$skiptoken=e30"),
        std::string("$filter=id eq 'x'"), std::string("$select=nonsense")})
    EXPECT_EQ(graph_.get("/v1.0/groups/delta?" + query).status, 400) << query;
  EXPECT_EQ(graph_.get("/v1.0/groups/microsoft.graph.delta()").status, 200);
  EXPECT_EQ(graph_.get("/v1.0/groups/delta", graph_.bearer("full", 1)).value().size(),
            std::min<std::size_t>(
                100, graph_.simulator.world().collection(graph_.tenant(1), *find_set("groups"))->items.size()))
      << "the other tenant's";
}

}  // namespace
}  // namespace ta::simulator
