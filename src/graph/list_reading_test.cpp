// Lists as services send them that do not keep to the rules: each object once, what is whole is whole, and nothing
// without end.
#include <gtest/gtest.h>

#include "base/digest.h"
#include "graph/contract_registry.h"
#include "graph/peer.h"
#include "testing/clock.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;

constexpr auto kTags = "/beta/deviceManagement/roleScopeTags";

class ListReadingTest : public ::testing::Test {
 protected:
  using Ids = std::vector<std::string>;
  class Collector : public ListObserver {
   public:
    void on_page(const Contract& c, std::span<const json::value> objects) override {
      for (const json::value& object : objects) {
        ids[c.id].push_back(object_id(c, object));
        names.push_back(json_string(object, "displayName"));
      }
    }
    std::map<std::string, Ids> ids;
    Ids names;
  };

  ListOutcome list(GraphOptions options = {}, const CallOptions& call = {}) {
    seen_ = {};
    GraphClient graph(client_, tokens_, timer_, *random_, options);
    return graph.list(*ContractRegistry::builtin().find("scope_tag"), &seen_, call);
  }
  const Ids& ids() { return seen_.ids["scope_tag"]; }

  static json::array rows(const Ids& ids) {
    json::array out;
    for (const std::string& id : ids) out.push_back({{"id", id}, {"displayName", "object " + id}});
    return out;
  }
  std::string link(std::string_view token) { return peer_.url(fmt::format("{}?$skiptoken={}", kTags, token)); }
  http::Response page(json::array value, std::string_view next = {}) {
    json::object out{{"value", std::move(value)}};
    if (!next.empty()) out["@odata.nextLink"] = link(next);
    return http::json_response(200, out);
  }
  static http::Response refused(int status, std::string_view code) {
    return http::json_response(status, {{"error", {{"code", code}, {"message", "The page token is not valid."}}}});
  }
  void serve_raw(std::string body) {
    peer_.on(kTags, [body](http::Request&, int) {
      http::Response out = http::text_response(200, body);
      out.headers.set("Content-Type", "application/json");
      return out;
    });
  }

  Peer peer_;
  ta::testing::FixedClock clock_;
  http::Client client_;
  TokenSource tokens_{client_, peer_.endpoints(), {"contoso", "app-1", "s3cret-of-app-1"}, clock_};
  ImpatientTimer timer_;
  std::unique_ptr<Random> random_ = seeded_random(1);
  Collector seen_;
};

TEST_F(ListReadingTest, ACountThatIsTooHighIsARemark) {
  peer_.on(kTags, [](http::Request&, int) {
    return http::json_response(200, {{"@odata.count", 1000}, {"value", rows({"1", "2"})}});
  });
  const ListOutcome out = list();
  EXPECT_FALSE(out.failure);
  EXPECT_EQ(out.objects, 2u);
  EXPECT_EQ(out.remarks, (Ids{"Graph announced 1000 objects and sent 2."}));
}

TEST_F(ListReadingTest, ACountThatShrinksWhilePagesAreReadIsARemark) {
  peer_.on(kTags, [this](http::Request& r, int) {
    const bool second = r.query.has("$skiptoken");
    json::object out{{"@odata.count", second ? 2 : 3}, {"value", rows({second ? "2" : "1"})}};
    if (!second) out["@odata.nextLink"] = link("2");
    return http::json_response(200, out);
  });
  EXPECT_FALSE(list().failure);
  EXPECT_EQ(ids(), (Ids{"1", "2"}));
}

TEST_F(ListReadingTest, APageTokenThatExpiresBeginsTheListAgainAndEachObjectComesOnce) {
  const std::pair<int, const char*> cases[] = {{400, "Directory_ExpiredPageToken"},
                                               {410, "resyncRequired"},
                                               {410, ""},
                                               {400, "SyncStateNotFound"}};
  for (const auto& [status, code] : cases) {
    int expired = 0;
    peer_.on(kTags, [&, status = status, code = code](http::Request& r, int) {
      if (!r.query.has("$skiptoken")) return page(rows({"1", "2", "3"}), "2");
      return ++expired <= 2 ? refused(status, code) : page(rows({"3", "4"}));
    });
    const ListOutcome out = list();
    EXPECT_FALSE(out.failure) << status << code << out.failure->message;
    EXPECT_EQ(ids(), (Ids{"1", "2", "3", "4"})) << status << code;
    EXPECT_EQ(out.objects, 4u);
  }
}

TEST_F(ListReadingTest, AThirdTimeItFails) {
  peer_.on(kTags, [&](http::Request& r, int) {
    return r.query.has("$skiptoken") ? refused(410, "resyncRequired") : page(rows({"1"}), "2");
  });
  const ListOutcome out = list();
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, FailureCode::graph_unavailable);
  EXPECT_EQ(out.failure->message,
            "The page token is not valid. (HTTP 410, resyncRequired) "
            "The list was read again from its first page 2 times.");
  EXPECT_EQ(peer_.asked(kTags), 6);
  EXPECT_EQ(ids(), (Ids{"1"}));
}

TEST_F(ListReadingTest, ALongListThatBeginsAgainIsNotTakenForOneWithoutEnd) {
  std::atomic<bool> expired = false;
  peer_.on(kTags, [&](http::Request& r, int) {
    const int at = r.query.has("$skiptoken") ? std::stoi(r.query.get("$skiptoken")) : 0;
    if (at == 9 && !expired.exchange(true)) return refused(410, "resyncRequired");
    return page(rows({std::to_string(at)}), at < 10 ? std::to_string(at + 1) : "");
  });
  EXPECT_FALSE(list().failure);
  EXPECT_EQ(ids().size(), 11u);
}

TEST_F(ListReadingTest, AnExpiredFirstPageOrAnotherRefusalIsAFailure) {
  peer_.on(kTags, [](http::Request&, int) { return refused(400, "Directory_ExpiredPageToken"); });
  EXPECT_EQ(list().failure->code, FailureCode::graph_bad_request);
  EXPECT_EQ(peer_.asked(kTags), 1);
  peer_.on(kTags, [&](http::Request& r, int) {
    return r.query.has("$skiptoken") ? refused(400, "BadRequest") : page(rows({"1"}), "2");
  });
  EXPECT_EQ(list().failure->code, FailureCode::graph_bad_request);
  EXPECT_EQ(peer_.asked(kTags), 3);
}

TEST_F(ListReadingTest, AHashInANextLinkIsPartOfIt) {
  peer_.on(kTags, [&](http::Request& r, int) {
    const std::string token = r.query.get("$skiptoken");
    if (token.empty()) return page(rows({"1"}), "a#b");
    return page(rows({token == "a#b" ? "right" : "cut"}));
  });
  EXPECT_FALSE(list().failure);
  EXPECT_EQ(ids(), (Ids{"1", "right"}));
}

TEST_F(ListReadingTest, ObjectsWithoutAnIdAreCountedAndTheOthersStay) {
  peer_.on(kTags, [&](http::Request& r, int) {
    if (r.query.has("$skiptoken")) return page({{{"id", "2"}, {"displayName", "second"}}, {{"id", "1"}}});
    return page({{{"id", "1"}, {"displayName", "first"}},
                 {{"id", ""}, {"displayName", "no id"}},
                 {{"displayName", "no id 2"}},
                 nullptr,
                 5,
                 "x"},
                "2");
  });
  const ListOutcome out = list();
  EXPECT_FALSE(out.failure);
  EXPECT_EQ(out.objects, 2u);
  EXPECT_EQ(out.objects_without_id, 5u);
  EXPECT_EQ(ids(), (Ids{"1", "2"}));
  EXPECT_EQ(seen_.names, (Ids{"first", "second"})) << "what came first stays";
}

TEST_F(ListReadingTest, ObjectsWithoutAnIdCountOnceWhenTheListBeginsAgain) {
  std::atomic<bool> expired = false;
  peer_.on(kTags, [&](http::Request& r, int) {
    if (!r.query.has("$skiptoken")) return page({{{"id", "1"}}, json::object{}}, "2");
    return expired.exchange(true) ? page(rows({"2"})) : refused(410, "");
  });
  EXPECT_EQ(list().objects_without_id, 1u);
}

TEST_F(ListReadingTest, OfASharedListEachTypeCountsItsOwn) {
  peer_.on("/beta/deviceManagement/configurationPolicies", [](http::Request&, int) {
    const auto of = [](std::string_view family) {
      return json::object{{"templateReference", {{"templateFamily", family}}}};
    };
    return http::json_response(200, {{"value", json::array{of("baseline"), of("none"), of("none")}}});
  });
  const ContractRegistry& all = ContractRegistry::builtin();
  const Contract* const two[] = {all.find("settings_catalog_policy"), all.find("security_baseline_policy")};
  GraphClient graph(client_, tokens_, timer_, *random_);
  const auto outcomes = graph.list_many(two, &seen_);
  EXPECT_EQ(outcomes[0].objects_without_id, 2u);
  EXPECT_EQ(outcomes[1].objects_without_id, 1u);
}

TEST_F(ListReadingTest, AListWithTooManyObjectsEnds) {
  peer_.on(kTags, [&](http::Request&, int nth) {
    return page(rows({std::to_string(2 * nth), std::to_string(2 * nth + 1)}), std::to_string(nth));
  });
  const ListOutcome out = list({.list_objects_max = 10});
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, FailureCode::graph_list_too_long);
  EXPECT_EQ(out.failure->message, "The list has more than 10 objects; the rest was not read.");
  EXPECT_EQ(out.objects, 10u);
  EXPECT_LE(peer_.asked(kTags), 6);
}

TEST_F(ListReadingTest, AListOfExactlySoManyObjectsIsWhole) {
  peer_.on(kTags, [&](http::Request& r, int) {
    return r.query.has("$skiptoken") ? page(rows({"3", "4"})) : page(rows({"1", "2"}), "2");
  });
  EXPECT_FALSE(list({.list_objects_max = 4}).failure);
  EXPECT_TRUE(list({.list_objects_max = 3}).failure);
}

TEST_F(ListReadingTest, AListWithTooMuchDataEndsAlsoInsideBatches) {
  const auto large = [&](http::Request&, int nth) {
    return page({{{"id", std::to_string(nth)}, {"text", std::string(100'000, 'x')}}}, std::to_string(nth));
  };
  peer_.on(kTags, large);
  ListOutcome out = list({.list_bytes_max = 1 << 20});
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, FailureCode::graph_list_too_large);
  EXPECT_EQ(out.failure->message, "The list has more than 1 MB; the rest was not read.");
  EXPECT_LE(peer_.asked(kTags), 13);

  peer_.serve_batches();
  const Contract* const two[] = {ContractRegistry::builtin().find("scope_tag"),
                                 ContractRegistry::builtin().find("assignment_filter")};
  peer_.on("/beta/deviceManagement/assignmentFilters", [&](http::Request&, int nth) {
    json::object small{{"value", rows({std::to_string(nth)})}};
    if (nth < 30)
      small["@odata.nextLink"] = peer_.url(fmt::format("/beta/deviceManagement/assignmentFilters?n={}", nth));
    return http::json_response(200, small);
  });
  GraphClient graph(client_, tokens_, timer_, *random_, {.list_bytes_max = 1 << 20});
  const auto outcomes = graph.list_many(two, nullptr);
  EXPECT_EQ(outcomes[0].failure->code, FailureCode::graph_list_too_large);
  EXPECT_FALSE(outcomes[1].failure) << "only the list that is too large";
}

TEST_F(ListReadingTest, PagesWithoutANewObjectEndTheList) {
  peer_.on(kTags, [&](http::Request&, int nth) { return page(rows({"1", "2"}), std::to_string(nth)); });
  const ListOutcome out = list();
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, FailureCode::graph_list_endless);
  EXPECT_EQ(out.failure->message, "3 pages in a row brought no new object, and the list went on.");
  EXPECT_EQ(peer_.asked(kTags), 4);
  EXPECT_EQ(out.objects, 2u);
}

TEST_F(ListReadingTest, ARunThatReceivesTooMuchEnds) {
  peer_.on(kTags, [&](http::Request&, int nth) {
    return page({{{"id", std::to_string(nth)}, {"text", std::string(100'000, 'x')}}}, std::to_string(nth));
  });
  const GraphOptions options{.run_bytes_max = 1 << 20};
  const ListOutcome out = list(options);
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, FailureCode::graph_run_too_large);
  EXPECT_EQ(out.failure->message, "Graph sent more than 1 MB, which is as much as one operation may receive.");
  EXPECT_EQ(out.objects, 10u) << "what came before stays";

  const auto received = std::make_shared<std::atomic<std::int64_t>>(1'000'000);
  EXPECT_EQ(list(options, {.received = received}).objects, 0u) << "calls of one run count together";
}

TEST_F(ListReadingTest, OneOddCharacterDoesNotHideTheOtherObjects) {
  const std::string_view bodies[] = {
      R"({"value":[{"id":"1","displayName":"Ki\ud800osk"},{"id":"2"}]})",
      R"({"value":[{"id":"1","displayName":"Ki\u0000osk"},{"id":"2"}]})",
      R"({"value":[{"id":"1","x":1e400},{"id":"2"}]})",
      "{\"value\":[{\"id\":\"1\",\"displayName\":\"B\xFCro\"},{\"id\":\"2\"}]}",
      "\xEF\xBB\xBF{\"value\":[{\"id\":\"1\"},{\"id\":\"2\"}]}",
  };
  for (const std::string_view body : bodies) {
    serve_raw(std::string(body));
    EXPECT_FALSE(list().failure) << body;
    EXPECT_EQ(ids(), (Ids{"1", "2"})) << body;
  }
  EXPECT_EQ(peer_.asked(kTags), static_cast<int>(std::size(bodies))) << "once each";
  EXPECT_TRUE(timer_.delays().empty());
}

TEST_F(ListReadingTest, AnErrorInsideAGoodAnswerIsMicrosoftsWordAndIsNotAskedForAgain) {
  serve_raw(R"({"error":{"code":"x","message":"An error inside a 200"}})");
  const ListOutcome out = list();
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->code, FailureCode::graph_bad_request);
  EXPECT_EQ(out.failure->message, "An error inside a 200 (HTTP 200, x)");
  EXPECT_EQ(peer_.asked(kTags), 1);
}

TEST_F(ListReadingTest, WhatIsNoJsonIsNotAskedForAgainWhatEndsEarlyIs) {
  serve_raw("<html>Welcome to the hotel's network</html>");
  EXPECT_EQ(list().failure->code, FailureCode::graph_unavailable);
  EXPECT_EQ(peer_.asked(kTags), 1);
  peer_.on(kTags, [&](http::Request&, int nth) {
    return nth == 2 ? http::text_response(200, R"({"value":[{"id":"1")") : page(rows({"1"}));
  });
  EXPECT_FALSE(list().failure);
  EXPECT_EQ(peer_.asked(kTags), 3);
}

class RefusedListTest : public ListReadingTest {
 protected:
  // A token with this permission; the list answers 403.
  Failure refused_with(const std::string& role, std::string_view message) {
    peer_.on("/contoso/oauth2/v2.0/token", [role](http::Request&, int) {
      const json::object claims{{"roles", json::array{json::string(role)}}};
      return Peer::token("e30." + base64url(json::serialize(claims)) + ".c2ln");
    });
    peer_.on(kTags, [message = std::string(message)](http::Request&, int) {
      return http::json_response(403, {{"error", {{"code", "Forbidden"}, {"message", message}}}});
    });
    return list().failure.value();
  }
};

TEST_F(RefusedListTest, APermissionIsBlamedOnlyWhereTheTokenLacksIt) {
  const Failure lacks = refused_with("User.Read.All", "No.");
  EXPECT_EQ(lacks.code, FailureCode::graph_forbidden);
  EXPECT_EQ(lacks.message, "No. (HTTP 403, Forbidden) The app lacks DeviceManagementConfiguration.Read.All or "
            "DeviceManagementRBAC.Read.All.");
}

TEST_F(RefusedListTest, ARefusalInSpiteOfThePermissionIsAnotherThing) {
  const Failure holds = refused_with("DeviceManagementRBAC.ReadWrite.All", "No.");
  EXPECT_EQ(holds.code, FailureCode::graph_refused);
  EXPECT_EQ(holds.message,
            "No. (HTTP 403, Forbidden) The app holds DeviceManagementRBAC.Read.All, so no permission is missing.");
}

TEST_F(RefusedListTest, MicrosoftsWordOnPermissionsIsWorthMoreThanOurs) {
  const Failure scopes = refused_with("DeviceManagementRBAC.Read.All",
                                      "Application must have one of the following scopes: X.Read.All");
  EXPECT_EQ(scopes.code, FailureCode::graph_forbidden);
  EXPECT_EQ(scopes.message, "Application must have one of the following scopes: X.Read.All (HTTP 403, Forbidden)");
}

TEST_F(RefusedListTest, AMissingLicenceIsSaid) {
  const Failure unlicensed = refused_with("DeviceManagementRBAC.Read.All", "The tenant has no Cloud PC licence.");
  EXPECT_EQ(unlicensed.code, FailureCode::graph_not_licensed);
  EXPECT_EQ(unlicensed.message, "The tenant has no Cloud PC licence. (HTTP 403, Forbidden)");
}

TEST_F(RefusedListTest, ATokenThatCannotBeReadSaysNothing) {
  peer_.on(kTags, [](http::Request&, int) { return refused(403, "Forbidden"); });
  EXPECT_EQ(list().failure->code, FailureCode::graph_forbidden);
}

}  // namespace
}  // namespace ta::graph
