#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

constexpr auto kPolicies = "/beta/deviceManagement/configurationPolicies";
constexpr auto kConfigurations = "/beta/deviceManagement/deviceConfigurations";

http::Headers eventual() {
  http::Headers headers;
  headers.set("ConsistencyLevel", "eventual");
  return headers;
}

class Graph : public ::testing::Test {
 protected:
  // Of the first tenant.
  std::size_t count(std::string_view set) {
    return graph_.simulator.world().collection(graph_.tenant(), *find_set(set))->items.size();
  }
  const Object& first(std::string_view set) {
    return *graph_.simulator.world().collection(graph_.tenant(), *find_set(set))->items.front();
  }

  testing::FixedClock clock_;
  TestGraph graph_{clock_};
};

TEST_F(Graph, ListsAPageWithContextAndAnAbsoluteNextLink) {
  const Answer page = graph_.get(std::string(kPolicies) + "?$select=id,name");
  ASSERT_EQ(page.status, 200) << page.response.body;
  EXPECT_EQ(page.value().size(), 25u);
  EXPECT_EQ(page.text("@odata.context"),
            "https://graph.test:8443/beta/$metadata#deviceManagement/configurationPolicies(id,name)");
  EXPECT_TRUE(page.text("@odata.nextLink").starts_with("https://graph.test:8443" + std::string(kPolicies) + "?"));
  EXPECT_NE(page.text("@odata.nextLink").find("$select=id%2Cname"), std::string::npos);
  EXPECT_NE(page.text("@odata.nextLink").find("$skiptoken="), std::string::npos);
  EXPECT_EQ(page.value()[0].as_object().size(), 2u);
  EXPECT_NE(page.response.headers.get("Content-Type").find("odata.metadata=minimal"), std::string_view::npos);
}

TEST_F(Graph, EveryObjectIsOnExactlyOnePage) {
  for (const EntitySet& set : entity_sets()) {
    const std::string url = TestGraph::list_url(set, set.path == "groups" ? "$top=7" : "$top=3");
    if (url.empty()) continue;
    std::set<std::string> ids;
    for (const json::value& object : graph_.all(url))
      EXPECT_TRUE(ids.insert(json_string(object, "id")).second) << set.path;
    EXPECT_EQ(ids.size(), count(set.path)) << set.path;
  }
}

TEST_F(Graph, PagesOfSomeSetsAreLinkedBySkip) {
  const Answer page = graph_.get(std::string(kConfigurations) + "?$top=5&$filter=version%20ge%201");
  EXPECT_TRUE(page.text("@odata.nextLink").ends_with("$skip=5")) << page.text("@odata.nextLink");
  EXPECT_NE(page.text("@odata.nextLink").find("$filter=version%20ge%201"), std::string::npos);
}

TEST_F(Graph, PartsArePagedAndNameTheirParentInTheContext) {
  const std::string id = first("deviceManagement/configurationPolicies").id;
  const std::string item = fmt::format("{}/{}", kPolicies, id);
  std::size_t pages = 0;
  EXPECT_EQ(graph_.all(item + "/settings", &pages).size(), 60u);
  EXPECT_EQ(pages, 3u);
  pages = 0;
  EXPECT_EQ(graph_.all(item + "/assignments", &pages).size(), 30u);
  EXPECT_EQ(pages, 2u);
  EXPECT_EQ(graph_.get(item + "/assignments").text("@odata.context"),
            fmt::format(
                "https://graph.test:8443/beta/$metadata#deviceManagement/configurationPolicies('{}')/assignments", id));
}

TEST_F(Graph, ShowsOneObjectWithItsEntityContext) {
  const std::string id = first("deviceManagement/configurationPolicies").id;
  const Answer item = graph_.get(fmt::format("{}/{}", kPolicies, id));
  EXPECT_EQ(item.text("id"), id);
  EXPECT_EQ(item.text("@odata.context"),
            "https://graph.test:8443/beta/$metadata#deviceManagement/configurationPolicies/$entity");
  EXPECT_EQ(item.body.at("settingCount"), 60);
  EXPECT_TRUE(item.body.at("creationSource").is_null());
  EXPECT_FALSE(item.body.as_object().contains("settings"));
  EXPECT_EQ(graph_.get(fmt::format("{}('{}')", kPolicies, id)).text("id"), id);
}

TEST_F(Graph, SendsTypesForDerivedObjectsOnly) {
  std::set<std::string> types;
  for (const json::value& object : graph_.all(kConfigurations)) types.insert(json_string(object, "@odata.type"));
  EXPECT_GE(types.size(), 15u);
  EXPECT_FALSE(types.contains(""));
  for (const json::value& object : graph_.all(kPolicies)) EXPECT_FALSE(object.as_object().contains("@odata.type"));
}

TEST_F(Graph, FillsScriptBodiesOnlyOnTheSingleGet) {
  const std::string path = "/beta/deviceManagement/deviceManagementScripts";
  const std::vector<json::value> scripts = graph_.all(path);
  EXPECT_TRUE(scripts[0].at("scriptContent").is_null());
  const Answer one = graph_.get(path + "/" + json_string(scripts[0], "id"));
  EXPECT_TRUE(one.body.at("scriptContent").is_string());
}

TEST_F(Graph, NoListShowsTheBodyOfAScript) {
  const std::pair<const char*, std::vector<const char*>> sets[] = {
      {"deviceManagementScripts", {"scriptContent"}},
      {"deviceShellScripts", {"scriptContent"}},
      {"deviceHealthScripts", {"detectionScriptContent", "remediationScriptContent"}},
      {"deviceComplianceScripts", {"detectionScriptContent"}}};
  for (const auto& [name, properties] : sets) {
    const std::string path = fmt::format("/beta/deviceManagement/{}", name);
    const std::vector<json::value> scripts = graph_.all(path);
    ASSERT_FALSE(scripts.empty()) << name;
    const Answer one = graph_.get(path + "/" + json_string(scripts.back(), "id"));
    for (const char* property : properties) {
      EXPECT_TRUE(scripts.back().at(property).is_null()) << name;
      EXPECT_TRUE(one.body.at(property).is_string()) << name;
    }
  }
}

TEST_F(Graph, HidesBetaFromTheFirstVersion) {
  const Answer list = graph_.get("/v1.0/deviceManagement/configurationPolicies");
  EXPECT_EQ(list.status, 400);
  EXPECT_EQ(list.error_message(), "Resource not found for the segment 'configurationPolicies'.");
  const Answer configurations = graph_.get("/v1.0/deviceManagement/deviceConfigurations?$expand=assignments");
  ASSERT_EQ(configurations.status, 200);
  for (const json::value& object : configurations.value()) {
    EXPECT_FALSE(object.as_object().contains("roleScopeTagIds"));
    for (const json::value& assignment : object.at("assignments").as_array())
      EXPECT_FALSE(assignment.at("target").as_object().contains("deviceAndAppManagementAssignmentFilterId"));
  }
}

TEST_F(Graph, TakesOptionsWithoutDollarOnBetaOnly) {
  EXPECT_EQ(graph_.get(std::string(kConfigurations) + "?top=2").value().size(), 2u);
  EXPECT_EQ(graph_.get(std::string(kConfigurations) + "??$top=2").value().size(), 2u);
  EXPECT_GT(graph_.get("/v1.0/deviceManagement/deviceConfigurations?top=2").value().size(), 2u);
}

TEST_F(Graph, ExpandsPartsWhereTheSetAllowsIt) {
  const Answer list = graph_.get(std::string(kConfigurations) + "?$expand=assignments&$top=3");
  ASSERT_EQ(list.status, 200);
  EXPECT_TRUE(list.value()[0].at("assignments").is_array());
  EXPECT_TRUE(list.value()[0].at("assignments@odata.context").is_string());
  const Answer selected =
      graph_.get(std::string(kConfigurations) + "?$select=id,assignments&$expand=assignments&$top=1");
  ASSERT_EQ(selected.status, 200) << selected.response.body;
  EXPECT_TRUE(selected.value()[0].at("assignments").is_array());
  EXPECT_FALSE(selected.value()[0].as_object().contains("displayName"));
  EXPECT_EQ(graph_.get("/beta/deviceManagement/deviceHealthScripts?$expand=assignments").status, 400);
  EXPECT_EQ(graph_.get(std::string(kConfigurations) + "?$expand=nonsense").status, 400);
}

TEST_F(Graph, ShellScriptAssignmentsAreOnlyReadByExpand) {
  const std::string path =
      "/beta/deviceManagement/deviceShellScripts/" + first("deviceManagement/deviceShellScripts").id;
  EXPECT_EQ(graph_.get(path + "/assignments").status, 400);
  EXPECT_TRUE(graph_.get(path + "?$expand=assignments").body.at("assignments").is_array());
}

TEST_F(Graph, DefinitionValuesShowTheirLinksOnlyWhenExpanded) {
  const std::string path = fmt::format("/beta/deviceManagement/groupPolicyConfigurations/{}/definitionValues",
                                       first("deviceManagement/groupPolicyConfigurations").id);
  EXPECT_FALSE(graph_.get(path).value()[0].as_object().contains("definition"));
  const Answer expanded =
      graph_.get(path + "?$expand=definition($select=id),presentationValues($expand=presentation($select=id))");
  ASSERT_EQ(expanded.status, 200);
  EXPECT_EQ(expanded.value()[0].at("definition").as_object().size(), 1u);
  const std::string value = json_string(expanded.value()[0], "id");
  EXPECT_EQ(graph_.get(fmt::format("{}/{}/presentationValues", path, value)).status, 200);
  EXPECT_TRUE(graph_.get(fmt::format("{}/{}/definition", path, value)).body.at("displayName").is_string());
}

TEST_F(Graph, FiltersAndOrders) {
  const Answer custom = graph_.get(std::string(kConfigurations) +
                                   "?$filter=isof('microsoft.graph.windows10CustomConfiguration')&$count=true");
  ASSERT_EQ(custom.status, 200);
  EXPECT_EQ(custom.body.at("@odata.count"), static_cast<std::int64_t>(custom.value().size()));
  EXPECT_GE(custom.value().size(), 1u);
  const Answer families =
      graph_.get(std::string(kPolicies) + "?$filter=templateReference/templateFamily%20eq%20'none'" +
                 "&$orderby=name%20desc&$top=1000");
  ASSERT_GE(families.value().size(), 2u);
  for (std::size_t i = 1; i < families.value().size(); ++i)
    EXPECT_GE(json_string(families.value()[i - 1], "name"), json_string(families.value()[i], "name"));
}

TEST_F(Graph, FilterQuirksOfTheServices) {
  EXPECT_EQ(graph_.get("/beta/deviceManagement/assignmentFilters?$filter=displayName%20eq%20'x'").status, 400);
  EXPECT_EQ(graph_.get("/beta/deviceManagement/deviceCompliancePolicies?$filter=startswith(displayName,'W')").status,
            400);
  const auto scripts = graph_.get("/beta/deviceManagement/deviceHealthScripts?$filter=isGlobalScript%20eq%20true");
  EXPECT_EQ(scripts.value().size(), count("deviceManagement/deviceHealthScripts"));
  const std::string enrollment = "/beta/deviceManagement/deviceEnrollmentConfigurations?$filter=";
  EXPECT_EQ(graph_.get(enrollment + "deviceEnrollmentConfigurationType%20eq%20'defaultLimit'").status, 400);
  EXPECT_EQ(graph_.get(enrollment + "deviceEnrollmentConfigurationType%20eq%20'limit'").status, 200);
  const Answer apps = graph_.get(
      "/beta/deviceAppManagement/mobileApps?$filter=(microsoft.graph.managedApp/appAvailability%20eq%20null%20or%20"
      "microsoft.graph.managedApp/appAvailability%20eq%20'lineOfBusiness'%20or%20isAssigned%20eq%20true)");
  ASSERT_EQ(apps.status, 200);
  const std::string out =
      "/beta/deviceAppManagement/mobileApps?$filter=isof('microsoft.graph.managedApp')%20and%20"
      "not(isAssigned%20eq%20true)%20and%20microsoft.graph.managedApp/appAvailability%20eq%20'global'";
  EXPECT_EQ(apps.value().size() + graph_.get(out).value().size(), count("deviceAppManagement/mobileApps"));
}

TEST_F(Graph, RefusesWhatODataRefuses) {
  const std::string list(kConfigurations);
  for (const char* query :
       {"?$select=nonsense", "?$filter=nonsense%20eq%201", "?$orderby=nonsense", "?$top=0", "?$top=x", "?$unknown=1",
        "?$skiptoken=%21", "?$filter=displayName%20eq", "?$orderby=id%20up"}) {
    const Answer answer = graph_.get(list + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(answer.error_code(), "BadRequest") << query;
  }
}

TEST_F(Graph, GroupsNeedTheEventualHeaderForAdvancedQueries) {
  const std::string advanced = "/v1.0/groups?$filter=not(mailEnabled%20eq%20true)&$count=true";
  const Answer refused = graph_.get(advanced);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.error_code(), "Request_UnsupportedQuery");
  EXPECT_EQ(graph_.get(advanced, eventual()).status, 200);
  EXPECT_EQ(graph_.get("/v1.0/groups?$search=%22displayName:sg%22").status, 400);
  EXPECT_GE(graph_.get("/v1.0/groups?$search=%22displayName:sg%22&$count=true", eventual()).value().size(), 1u);
  EXPECT_EQ(graph_.get("/v1.0/groups/$count", eventual()).response.body, std::to_string(count("groups")));
  EXPECT_EQ(graph_.get("/v1.0/groups?$top=1000").status, 400);
  EXPECT_EQ(graph_.get("/v1.0/groups?$filter=groupTypes/any(c:c%20eq%20'Unified')").status, 200);
}

TEST_F(Graph, CountIsOnTheFirstPageOnly) {
  const Answer first_page = graph_.get("/v1.0/groups?$count=true&$top=5", eventual());
  EXPECT_EQ(first_page.body.at("@odata.count"), static_cast<std::int64_t>(count("groups")));
  const Answer second_page = graph_.get(first_page.text("@odata.nextLink"));
  EXPECT_EQ(second_page.status, 200);
  EXPECT_FALSE(second_page.body.as_object().contains("@odata.count"));
}

TEST_F(Graph, MetadataLevels) {
  const std::string path = fmt::format("{}/{}", kConfigurations, first("deviceManagement/deviceConfigurations").id);
  http::Headers full, none;
  full.set("Accept", "application/json;odata.metadata=full");
  none.set("Accept", "application/json;odata.metadata=none");
  const Answer everything = graph_.get(path, full);
  EXPECT_TRUE(everything.body.at("@odata.editLink").is_string());
  EXPECT_EQ(everything.text("createdDateTime@odata.type"), "#DateTimeOffset");
  const Answer bare = graph_.get(path, none);
  for (const auto& member : bare.body.as_object())
    EXPECT_EQ(std::string_view(member.key()).find("@odata."), std::string_view::npos);
}

TEST_F(Graph, ErrorsCarryIdsAndIntunesWrapping) {
  http::Headers headers;
  headers.set("client-request-id", "11111111-2222-3333-4444-555555555555");
  const Answer missing = graph_.get(std::string(kPolicies) + "/00000000-0000-0000-0000-000000000000", headers);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.response.headers.get("client-request-id"), "11111111-2222-3333-4444-555555555555");
  EXPECT_FALSE(missing.response.headers.get("request-id").empty());
  EXPECT_EQ(json_string(missing.body.at("error").at("innerError"), "client-request-id"),
            "11111111-2222-3333-4444-555555555555");
  const json::value inner = json::parse(missing.error_message());
  EXPECT_NE(json_string(inner, "Message").find("Operation ID"), std::string::npos);
  const Answer group = graph_.get("/v1.0/groups/00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(group.error_code(), "Request_ResourceNotFound");
}

TEST_F(Graph, RefusesWithoutAValidToken) {
  const Answer none = graph_.send(http::Method::get, kPolicies);
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.error_code(), "InvalidAuthenticationToken");
  http::Headers forged;
  std::string token = graph_.token();
  token[token.size() / 2] = token[token.size() / 2] == 'A' ? 'B' : 'A';
  forged.set("Authorization", "Bearer " + token);
  EXPECT_EQ(graph_.get(kPolicies, forged).status, 401);
  const http::Headers early = graph_.bearer();
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(graph_.get(kPolicies, early).status, 401);
}

TEST_F(Graph, RefusesWithoutTheRole) {
  const Answer scripts = graph_.get("/beta/deviceManagement/deviceManagementScripts", graph_.bearer("limited"));
  EXPECT_EQ(scripts.status, 403);
  EXPECT_NE(scripts.error_message().find("DeviceManagementScripts.Read.All"), std::string::npos);
  EXPECT_EQ(graph_.get(kPolicies, graph_.bearer("limited")).status, 200);
}

TEST_F(Graph, TheTokenDecidesTheTenant) {
  const Answer mine = graph_.get("/v1.0/organization"),
               other = graph_.get("/v1.0/organization", graph_.bearer("full", 1));
  EXPECT_EQ(json_string(mine.value()[0], "id"), graph_.tenant(0).id);
  EXPECT_EQ(json_string(other.value()[0], "id"), graph_.tenant(1).id);
  const std::string policy = first("deviceManagement/configurationPolicies").id;
  EXPECT_EQ(graph_.get(fmt::format("{}/{}", kPolicies, policy), graph_.bearer("full", 1)).status, 404);
}

TEST_F(Graph, PagingSurvivesAnObjectThatGoesMeanwhile) {
  const Answer page = graph_.get(std::string(kPolicies) + "?$top=10");
  const std::string gone = json_string(page.value()[0], "id");
  ASSERT_TRUE(graph_.simulator.world().remove(graph_.tenant().id, "deviceManagement/configurationPolicies", gone));
  std::set<std::string> ids;
  for (const json::value& object : page.value()) ids.insert(json_string(object, "id"));
  for (const json::value& object : graph_.all(page.text("@odata.nextLink")))
    EXPECT_TRUE(ids.insert(json_string(object, "id")).second);
  EXPECT_EQ(ids.size(), count("deviceManagement/configurationPolicies") + 1);
}

TEST_F(Graph, TheComplianceSummaryIsOneObjectWithEveryCount) {
  const Answer summary = graph_.get("/v1.0/deviceManagement/deviceCompliancePolicyDeviceStateSummary");
  ASSERT_EQ(summary.status, 200);
  EXPECT_FALSE(summary.body.as_object().contains("value"));
  EXPECT_EQ(summary.body.at("compliantDeviceCount"), 82);
  EXPECT_EQ(summary.body.at("inGracePeriodCount"), 3);
}

TEST_F(Graph, UnknownPathsNameTheSegment) {
  EXPECT_EQ(graph_.get("/beta/deviceManagement/nonsense/1").error_message(),
            "Resource not found for the segment 'nonsense'.");
  EXPECT_EQ(graph_.get("/beta/nonsense").error_message(), "Resource not found for the segment 'nonsense'.");
  EXPECT_EQ(
      graph_.get(fmt::format("{}/{}/nonsense", kPolicies, first("deviceManagement/configurationPolicies").id)).status,
      400);
}

}  // namespace
}  // namespace ta::simulator
