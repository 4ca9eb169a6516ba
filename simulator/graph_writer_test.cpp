#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

using namespace std::chrono_literals;

const std::string kConfigurations = "/beta/deviceManagement/deviceConfigurations";
const std::string kPolicies = "/beta/deviceManagement/configurationPolicies";

class Writes : public ::testing::Test {
 protected:
  std::string group() {
    return graph_.simulator.world().collection(graph_.tenant(), *find_set("groups"))->items.front()->id;
  }
  std::string first(const std::string& set) {
    return graph_.simulator.world().collection(graph_.tenant(), *find_set(set))->items.front()->id;
  }
  json::object to_group(const std::string& id) {
    return {{"target", json::object{{"@odata.type", "#microsoft.graph.groupAssignmentTarget"}, {"groupId", id}}}};
  }
  std::string created(const std::string& path, const json::value& body) {
    const Answer answer = graph_.post(path, body);
    EXPECT_LT(answer.status, 300) << answer.response.body;
    return answer.text("id");
  }
  std::string made_configuration() {
    return created(kConfigurations,
                   {{"@odata.type", "#microsoft.graph.windows10CustomConfiguration"},
                    {"displayName", "Made here"},
                    {"id", "mine"},
                    {"version", 7},
                    {"omaSettings", json::array{json::object{{"@odata.type", "#microsoft.graph.omaSettingString"},
                                                             {"displayName", "Secret"},
                                                             {"omaUri", "./Vendor/X"},
                                                             {"value", "plain text"}}}}});
  }
  std::string message(const Answer& answer) {
    const std::string outer = answer.error_message();
    boost::system::error_code error;
    const json::value inner = json::parse(outer, error);
    return error ? outer : json_string(inner, "Message");
  }

  testing::FixedClock clock_;
  TestGraph graph_{clock_};
};

TEST_F(Writes, MacOSPrivacyRulesSurviveAndThoseOfWindowsAreNotInline) {
  const json::object rule{{"displayName", "Terminal"}, {"identifier", "com.example.terminal"}};
  const std::string mac = created(kConfigurations, {{"@odata.type", "#microsoft.graph.macOSGeneralDeviceConfiguration"},
                                                    {"displayName", "PPPC"},
                                                    {"privacyAccessControls", json::array{rule}}});
  const json::value kept = graph_.get(kConfigurations + "/" + mac).body.at("privacyAccessControls");
  ASSERT_EQ(kept.as_array().size(), 1u);
  EXPECT_EQ(kept.at(0).at("identifier"), "com.example.terminal");
  const Answer windows =
      graph_.post(kConfigurations, {{"@odata.type", "#microsoft.graph.windows10GeneralConfiguration"},
                                    {"displayName", "Restrictions"},
                                    {"privacyAccessControls", json::array{}}});
  EXPECT_EQ(windows.status, 400);
  const Answer all = graph_.get(kConfigurations);
  for (const json::value& row : all.value())
    if (json_string(row, "@odata.type") == "#microsoft.graph.windows10GeneralConfiguration")
      EXPECT_FALSE(json_find(row, "privacyAccessControls"));
}

TEST_F(Writes, ACreateIgnoresWhatTheServiceSets) {
  const std::string id = made_configuration();
  const Answer one = graph_.get(kConfigurations + "/" + id);
  EXPECT_NE(id, "mine");
  EXPECT_EQ(one.body.at("version"), 1);
  EXPECT_EQ(one.text("createdDateTime"), to_rfc3339(clock_.now()));
  EXPECT_EQ(one.body.at("roleScopeTagIds"), (json::array{"0"}));
  EXPECT_EQ(graph_.get(kConfigurations + "/" + id + "/assignments").value().size(), 0u);
  EXPECT_EQ(graph_.get(kConfigurations, graph_.bearer("full", 1)).body.at("value").as_array().size(),
            graph_.simulator.world().collection(graph_.tenant(1), *find_set(kConfigurations.substr(6)))->items.size());
}

TEST_F(Writes, AnUpdateMovesDateAndVersionAndKeepsTheType) {
  const std::string item = kConfigurations + "/" + made_configuration();
  clock_.advance(10min);
  EXPECT_EQ(graph_.patch(item, {{"displayName", "Renamed"}, {"createdDateTime", "2001-01-01T00:00:00Z"}}).status, 204);
  const Answer one = graph_.get(item);
  EXPECT_EQ(one.text("displayName"), "Renamed");
  EXPECT_EQ(one.body.at("version"), 2);
  EXPECT_EQ(one.text("lastModifiedDateTime"), to_rfc3339(clock_.now()));
  EXPECT_NE(one.text("createdDateTime"), "2001-01-01T00:00:00Z");
  EXPECT_EQ(graph_.patch(item, {{"@odata.type", "#microsoft.graph.iosCustomConfiguration"}}).status, 400);
}

TEST_F(Writes, ADeletedObjectIsGone) {
  const std::string item = kConfigurations + "/" + made_configuration();
  EXPECT_EQ(graph_.remove(item).status, 200) << "as observed; documented is 204";
  EXPECT_EQ(graph_.get(item).status, 404);
  EXPECT_EQ(graph_.remove(item).status, 404);
}

TEST_F(Writes, ModelsAreValidated) {
  const std::pair<json::value, std::string_view> bad[] = {
      {{{"displayName", "no type"}}, "abstract class"},
      {{{"@odata.type", "#microsoft.graph.noSuchType"}}, "could not be resolved"},
      {{{"@odata.type", "#microsoft.graph.mobileApp"}}, "could not be resolved"},
      {{{"@odata.type", "#microsoft.graph.windows10CustomConfiguration"}, {"nonsense", 1}},
       "The property 'nonsense' does not exist on type 'microsoft.graph.windows10CustomConfiguration'"},
      {{{"@odata.type", "#microsoft.graph.windows10GeneralConfiguration"}, {"cameraBlocked", "yes"}}, "Edm.Boolean"},
      {{{"@odata.type", "#microsoft.graph.windows10GeneralConfiguration"}, {"passwordRequiredType", "never"}},
       "Requested value 'never' was not found"},
      {{{"@odata.type", "#microsoft.graph.windows10CustomConfiguration"}, {"deviceStatuses", json::array{}}},
       "cannot be written inline"}};
  for (const auto& [body, words] : bad) {
    const Answer answer = graph_.post(kConfigurations, body);
    EXPECT_EQ(answer.status, 400) << words;
    EXPECT_EQ(answer.error_code(), "ModelValidationFailure") << words;
    EXPECT_NE(message(answer).find(words), std::string::npos) << message(answer);
  }
  EXPECT_EQ(graph_.send(http::Method::post, kConfigurations, "{not json", graph_.bearer("writer")).status, 400);
}

TEST_F(Writes, TheFirstVersionKnowsFewerProperties) {
  const json::value body{{"@odata.type", "#microsoft.graph.windows10CustomConfiguration"},
                         {"displayName", "x"},
                         {"roleScopeTagIds", json::array{"0"}}};
  EXPECT_EQ(graph_.post("/v1.0/deviceManagement/deviceConfigurations", body).status, 400);
  EXPECT_EQ(graph_.post(kConfigurations, body).status, 201);
}

TEST_F(Writes, NeedTheWritingRole) {
  http::Headers reader = graph_.bearer("full");
  const Answer answer = graph_.send(http::Method::post, kConfigurations, "{}", reader);
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.error_message().find("DeviceManagementConfiguration.ReadWrite.All"), std::string::npos);
  EXPECT_EQ(graph_.post("/v1.0/identityGovernance/termsOfUse/agreements").status, 403) << "signed-in users only";
  EXPECT_EQ(graph_.post("/beta/deviceManagement/domainJoinConnectors").status, 403) << "nobody writes these";
}

TEST_F(Writes, TextValuesOfOmaSettingsAreMasked) {
  const std::string item = kConfigurations + "/" + made_configuration();
  const json::value setting = graph_.get(item).body.at("omaSettings").at(0);
  EXPECT_EQ(json_string(setting, "value"), "****");
  EXPECT_EQ(setting.at("isEncrypted"), true);
  const std::string call = fmt::format("{}/getOmaSettingPlainTextValue(secretReferenceValueId='{}')", item,
                                       json_string(setting, "secretReferenceValueId"));
  EXPECT_EQ(graph_.get(call).status, 403) << "reading it needs ReadWrite";
  EXPECT_EQ(graph_.get(call, graph_.bearer("writer")).text("value"), "plain text");
}

TEST_F(Writes, APolicyIsReplacedWithItsSettings) {
  const auto setting = [](const char* state) {
    return json::object{
        {"settingInstance",
         json::object{{"@odata.type", "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance"},
                      {"settingDefinitionId", "d"},
                      {"simpleSettingValue",
                       json::object{{"@odata.type", "#microsoft.graph.deviceManagementConfigurationSecretSettingValue"},
                                    {"value", "hunter2"},
                                    {"valueState", state}}}}}};
  };
  const json::object policy{{"name", "Policy"},
                            {"platforms", "windows10"},
                            {"technologies", "mdm,microsoftSense"},
                            {"settings", json::array{setting("notEncrypted"), setting("notEncrypted")}}};
  const std::string item = kPolicies + "/" + created(kPolicies, policy);
  EXPECT_EQ(graph_.get(item).body.at("settingCount"), 2);
  const Answer settings = graph_.get(item + "/settings");
  EXPECT_EQ(settings.response.body.find("hunter2"), std::string::npos);
  EXPECT_EQ(json_string(settings.value().at(1), "id"), "1");
  EXPECT_EQ(graph_.patch(item, {{"settings", json::array{}}}).status, 400) << "PATCH changes the header only";
  EXPECT_EQ(graph_.patch(item, {{"name", "Other"}}).status, 200);
  json::object next = policy;
  next["settings"] = json::array{setting("notEncrypted")};
  EXPECT_EQ(graph_.write(http::Method::put, item, next).status, 204);
  EXPECT_EQ(graph_.get(item).body.at("settingCount"), 1);
}

TEST_F(Writes, AssignReplacesAllDirectAssignments) {
  const std::string item = kConfigurations + "/" + made_configuration();
  const Answer first_time = graph_.post(item + "/assign", {{"assignments", json::array{to_group(group())}}});
  ASSERT_EQ(first_time.status, 200) << first_time.response.body;
  EXPECT_EQ(first_time.value().size(), 1u);
  const json::value one = graph_.get(item + "/assignments").value().at(0);
  EXPECT_EQ(json_string(one, "source"), "direct");
  EXPECT_EQ(json_string(one.at("target"), "deviceAndAppManagementAssignmentFilterType"), "none");
  const json::object everyone{{"target", json::object{{"@odata.type", "#microsoft.graph.allDevicesAssignmentTarget"}}}};
  EXPECT_EQ(graph_.post(item + "/assign", {{"assignments", json::array{everyone}}}).status, 200);
  EXPECT_EQ(graph_.get(item + "/assignments").value().size(), 1u);
  EXPECT_EQ(graph_.post(item + "/assign", {{"assignments", json::array{}}}).status, 200);
  EXPECT_EQ(graph_.get(item + "/assignments").value().size(), 0u);
}

TEST_F(Writes, AssignRefusesWhatTheServiceRefuses) {
  const std::string item = kConfigurations + "/" + made_configuration();
  const Answer unknown =
      graph_.post(item + "/assign", {{"assignments", json::array{to_group("00000000-0000-0000-0000-00000000dead")}}});
  EXPECT_EQ(unknown.status, 400);
  EXPECT_NE(message(unknown).find("Invalid GroupId : 00000000-0000-0000-0000-00000000dead - a valid AADGroupId is "
                                  "expected"),
            std::string::npos);
  json::object filtered = to_group(group());
  filtered["target"].as_object()["deviceAndAppManagementAssignmentFilterId"] = "00000000-0000-0000-0000-00000000beef";
  filtered["target"].as_object()["deviceAndAppManagementAssignmentFilterType"] = "include";
  EXPECT_EQ(graph_.post(item + "/assign", {{"assignments", json::array{filtered}}}).status, 400);
  EXPECT_EQ(graph_.post(item + "/assign", {{"wrongKey", json::array{}}}).status, 400);
  const std::string app =
      "/beta/deviceAppManagement/iosManagedAppProtections/" + first("deviceAppManagement/iosManagedAppProtections");
  const json::object devices{{"target", json::object{{"@odata.type", "#microsoft.graph.allDevicesAssignmentTarget"}}}};
  EXPECT_EQ(graph_.post(app + "/assign", {{"assignments", json::array{devices}}}).status, 400);
  EXPECT_EQ(
      graph_.post(app + "/assign", {{"assignments", json::array{to_group("acacacac-9df4-4c7d-9d50-4ef0226f57a9")}}})
          .status,
      204)
      << "everybody, for app protection";
}

TEST_F(Writes, EverySetTakesItsOwnKeyAndAnswersItsOwnStatus) {
  for (const EntitySet& set : entity_sets()) {
    if (!set.assigning || set.assigning->per_target || set.path.ends_with("policySets")) continue;
    const auto objects = graph_.simulator.world().collection(graph_.tenant(), set);
    if (objects->items.empty()) continue;
    const Object& last = *objects->items.back();
    if (json_string(last.body, "publishingState") == "notPublished") continue;
    json::object assignment = to_group(group());
    if (set.assigning->targets == Targets::cloud_pc)
      assignment["target"].as_object()["@odata.type"] = "#microsoft.graph.cloudPcManagementGroupAssignmentTarget";
    const Answer answer = graph_.post(fmt::format("/beta/{}/{}/{}", set.path, last.id, set.assigning->action),
                                      json::object{{set.assigning->key, json::array{assignment}}});
    EXPECT_EQ(answer.status, set.assigning->status) << set.path << " " << answer.response.body;
  }
}

TEST_F(Writes, AutopilotAndTermsTakeOneTargetAtATime) {
  const std::string profiles = "/beta/deviceManagement/windowsAutopilotDeploymentProfiles";
  const std::string item = profiles + "/" +
                           created(profiles, {{"@odata.type",
                                               "#microsoft.graph."
                                               "azureADWindowsAutopilotDeploymentProfile"},
                                              {"displayName", "Cloud"}});
  const Answer one = graph_.post(item + "/assignments", to_group(group()));
  ASSERT_EQ(one.status, 201) << one.response.body;
  EXPECT_EQ(graph_.post(item + "/assignments", to_group(group())).status, 409);
  EXPECT_EQ(graph_.remove(item).status, 400) << "still assigned";
  EXPECT_EQ(graph_.remove(item + "/assignments/" + one.text("id")).status, 200);
  EXPECT_EQ(graph_.remove(item).status, 200);
}

TEST_F(Writes, PolicySetsHandTheirAssignmentsDown) {
  const std::string sets = "/beta/deviceAppManagement/policySets", configuration = made_configuration();
  const std::string item = sets + "/" + created(sets, {{"displayName", "Set"}});
  ASSERT_EQ(graph_
                .post(item + "/update",
                      {{"assignments", json::array{to_group(group())}},
                       {"addedPolicySetItems",
                        json::array{json::object{{"@odata.type", "#microsoft.graph.deviceConfigurationPolicySetItem"},
                                                 {"payloadId", configuration}}}}})
                .status,
            204);
  EXPECT_EQ(graph_.get(item + "/assignments").status, 400);
  EXPECT_EQ(graph_.get(item + "?$expand=items,assignments").body.at("items").as_array().size(), 1u);
  const std::string assignments = kConfigurations + "/" + configuration + "/assignments";
  EXPECT_EQ(json_string(graph_.get(assignments).value().at(0), "source"), "policySets");
  EXPECT_EQ(graph_.post(kConfigurations + "/" + configuration + "/assign", {{"assignments", json::array{}}}).status,
            200);
  EXPECT_EQ(graph_.get(assignments).value().size(), 1u) << "not the policy's own";
}

TEST_F(Writes, ComplianceNeedsItsBlockAction) {
  const std::string path = "/beta/deviceManagement/deviceCompliancePolicies";
  json::object policy{{"@odata.type", "#microsoft.graph.windows10CompliancePolicy"}, {"displayName", "C"}};
  EXPECT_EQ(graph_.post(path, policy).status, 400);
  const json::array rules{json::object{
      {"ruleName", "x"},
      {"scheduledActionConfigurations", json::array{json::object{{"actionType", "block"}, {"gracePeriodHours", 0}}}}}};
  policy["scheduledActionsForRule"] = rules;
  const std::string item = path + "/" + created(path, policy);
  EXPECT_EQ(graph_.patch(item, {{"scheduledActionsForRule", rules}}).status, 400);
  EXPECT_EQ(graph_.post(item + "/scheduleActionsForRules", {{"deviceComplianceScheduledActionForRules", rules}}).status,
            200);
}

TEST_F(Writes, DefaultsStay) {
  const std::string enrollment = "/beta/deviceManagement/deviceEnrollmentConfigurations/";
  const std::string builtin = first("deviceManagement/deviceEnrollmentConfigurations");
  EXPECT_EQ(graph_.remove(enrollment + builtin).status, 400);
  EXPECT_EQ(
      graph_.post(enrollment + builtin + "/assign", {{"enrollmentConfigurationAssignments", json::array{}}}).status,
      400);
  EXPECT_EQ(graph_.remove("/beta/deviceManagement/roleScopeTags/0").status, 400);
  EXPECT_EQ(graph_.remove("/v1.0/policies/authenticationStrengthPolicies/00000000-0000-0000-0000-000000000004").status,
            400);
}

TEST_F(Writes, ScopeTagsAreNumberedAndAnswer200) {
  const std::string path = "/beta/deviceManagement/roleScopeTags";
  const Answer one = graph_.post(path, {{"displayName", "Berlin"}}),
               two = graph_.post(path, {{"displayName", "Berlin"}});
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(std::stoi(one.text("id")) + 1, std::stoi(two.text("id"))) << "and names may repeat";
}

TEST_F(Writes, ConditionalAccessGoesToTheRecycleBinAndBack) {
  const std::string path = "/v1.0/identity/conditionalAccess/policies",
                    bin = "/beta/identity/conditionalAccess/deletedItems/policies";
  const std::string id = first("identity/conditionalAccess/policies");
  EXPECT_EQ(graph_.remove(path + "/" + id).status, 204);
  EXPECT_EQ(graph_.get(path + "/" + id).status, 404);
  ASSERT_EQ(graph_.get(bin).value().size(), 1u);
  EXPECT_EQ(graph_.post(bin + "/" + id + "/restore").status, 200);
  EXPECT_EQ(graph_.get(path + "/" + id).status, 200);
  EXPECT_EQ(graph_.get(bin).value().size(), 0u);
}

TEST_F(Writes, TheRecycleBinKeepsThirtyDays) {
  const std::string path = "/v1.0/identity/conditionalAccess/policies/" + first("identity/conditionalAccess/policies"),
                    bin = "/beta/identity/conditionalAccess/deletedItems/policies";
  EXPECT_EQ(graph_.remove(path).status, 204);
  clock_.advance(30 * 24h - 1s);
  EXPECT_EQ(graph_.get(bin, graph_.bearer()).value().size(), 1u);
  clock_.advance(1s);
  EXPECT_EQ(graph_.get(bin, graph_.bearer()).value().size(), 0u);
}

TEST_F(Writes, EveryChangeLeavesAnAuditEvent) {
  const std::string events = "/beta/deviceManagement/auditEvents?$orderby=activityDateTime%20desc";
  const std::size_t before = graph_.all(events).size();
  const std::string item = kConfigurations + "/" + made_configuration();
  clock_.advance(1min);
  graph_.patch(item, {{"displayName", "Renamed"}});
  graph_.post(item + "/assign", {{"assignments", json::array{to_group(group())}}});
  graph_.remove(item);
  const auto after = graph_.all(events);
  ASSERT_EQ(after.size(), before + 4);
  for (const json::value& event : after) {
    if (json_string(event, "activityType") != "Patch deviceConfiguration") continue;
    const json::value& change = event.at("resources").at(0);
    EXPECT_EQ(json_string(change, "displayName"), "Renamed");
    bool renamed = false;
    for (const json::value& property : change.at("modifiedProperties").as_array())
      renamed |= json_string(property, "displayName") == "displayName" &&
                 json_string(property, "oldValue") == "Made here" && json_string(property, "newValue") == "Renamed";
    EXPECT_TRUE(renamed);
    EXPECT_EQ(json_string(event.at("actor"), "applicationId"), graph_.tenant().app("writer").client_id);
  }
}

TEST_F(Writes, TemplatesMakeIntents) {
  const Answer made =
      graph_.post("/beta/deviceManagement/templates/d1174162-1dd2-4976-affc-6667049ab0ae/createInstance",
                  {{"displayName", "Antivirus"},
                   {"settingsDelta", json::array{json::object{{"definitionId", "a"}, {"valueJson", "true"}}}}});
  ASSERT_EQ(made.status, 200) << made.response.body;
  const std::string item = "/beta/deviceManagement/intents/" + made.text("id");
  EXPECT_EQ(graph_.get(item + "/settings").value().size(), 1u);
  EXPECT_EQ(graph_
                .post(item + "/updateSettings",
                      {{"settings", json::array{json::object{{"definitionId", "a"}, {"valueJson", "null"}}}}})
                .status,
            204);
  EXPECT_EQ(json_string(graph_.get(item + "/settings").value().at(0), "valueJson"), "null");
  EXPECT_EQ(graph_.post("/beta/deviceManagement/intents", {{"displayName", "x"}}).status, 405);
}

TEST_F(Writes, MessagesOfATemplateAreWrittenOneByOne) {
  const std::string path = "/v1.0/deviceManagement/notificationMessageTemplates";
  const std::string item = path + "/" + created(path, {{"displayName", "Mail"}, {"brandingOptions", "none"}});
  const Answer message = graph_.post(item + "/localizedNotificationMessages",
                                     {{"locale", "en-us"}, {"subject", "Hi"}, {"messageTemplate", "Text"}});
  ASSERT_EQ(message.status, 200) << message.response.body;
  const std::string one = item + "/localizedNotificationMessages/" + message.text("id");
  EXPECT_EQ(graph_.patch(one, {{"subject", "Hello"}}).status, 200);
  EXPECT_EQ(graph_.get(one).text("subject"), "Hello");
  EXPECT_EQ(graph_.remove(one).status, 200);
}

TEST_F(Writes, GroupsNeedTheirPropertiesAndTakeMembersByReference) {
  EXPECT_EQ(graph_.post("/v1.0/groups", {{"displayName", "G"}}).error_code(), "Request_BadRequest");
  const std::string group = created(
      "/v1.0/groups", {{"displayName", "G"}, {"mailEnabled", false}, {"mailNickname", "g"}, {"securityEnabled", true}});
  const json::value link{{"@odata.id", "https://graph.microsoft.com/v1.0/directoryObjects/u1"}};
  EXPECT_EQ(graph_.post("/v1.0/groups/" + group + "/members/$ref", link).status, 204);
  EXPECT_EQ(graph_.post("/v1.0/groups/" + group + "/members/$ref", link).status, 400);
  EXPECT_EQ(graph_.get("/v1.0/groups/" + group + "/members").value().size(), 1u);
  EXPECT_EQ(graph_.remove("/v1.0/groups/" + group + "/members/u1/$ref").status, 204);
}

TEST_F(Writes, OtherServicesKnowANewGroupLater) {
  graph_.admin(http::Method::post, "/_sim/groups", {{"visible_after_seconds", 90}});
  const std::string fresh = created(
      "/v1.0/groups", {{"displayName", "G"}, {"mailEnabled", false}, {"mailNickname", "g"}, {"securityEnabled", true}});
  EXPECT_EQ(graph_.get("/v1.0/groups/" + fresh).status, 200) << "the directory itself knows it";
  const std::string assign = kConfigurations + "/" + made_configuration() + "/assign";
  const json::value body{{"assignments", json::array{to_group(fresh)}}};
  EXPECT_NE(message(graph_.post(assign, body)).find("a valid AADGroupId is expected"), std::string::npos);
  clock_.advance(90s);
  EXPECT_EQ(graph_.post(assign, body).status, 200);
  EXPECT_EQ(graph_.admin(http::Method::post, "/_sim/groups", {{"visible_after_seconds", -1}}).status, 422);
}

TEST_F(Writes, ADeletedLocationComesBackWithItsId) {
  const std::string locations = "/v1.0/identity/conditionalAccess/namedLocations",
                    bin = "/beta/identity/conditionalAccess/deletedItems/namedLocations/";
  const std::string id = created(locations, {{"@odata.type", "#microsoft.graph.countryNamedLocation"},
                                             {"displayName", "North"},
                                             {"countriesAndRegions", json::array{"NO"}}});
  EXPECT_EQ(graph_.remove(locations + "/" + id).status, 204);
  EXPECT_EQ(graph_.get(bin + id).text("deletedDateTime"), to_rfc3339(clock_.now()));
  EXPECT_EQ(graph_.post(bin + id + "/restore").text("id"), id);
  EXPECT_EQ(graph_.get(locations + "/" + id).text("displayName"), "North");
  EXPECT_EQ(graph_.remove(locations + "/" + id).status, 204);
  EXPECT_EQ(graph_.remove(bin + id).status, 204) << "for good";
  EXPECT_EQ(graph_.post(bin + id + "/restore").status, 404);
}

TEST_F(Writes, ThePriorityOfEnrollmentConfigurationsMovesTheOthers) {
  const std::string path = "/beta/deviceManagement/deviceEnrollmentConfigurations";
  const json::value limit{
      {"@odata.type", "#microsoft.graph.deviceEnrollmentLimitConfiguration"}, {"displayName", "L"}, {"limit", 3}};
  const std::string one = created(path, limit), two = created(path, limit);
  const std::int64_t last = graph_.get(path + "/" + two).body.at("priority").as_int64();
  EXPECT_TRUE(one.ends_with("_Limit"));
  EXPECT_EQ(graph_.post(path + "/" + two + "/setPriority", {{"priority", last - 1}}).status, 204);
  EXPECT_EQ(graph_.get(path + "/" + one).body.at("priority"), last);
  EXPECT_EQ(graph_.get(path + "/" + two).body.at("priority"), last - 1);
}

}  // namespace
}  // namespace ta::simulator
