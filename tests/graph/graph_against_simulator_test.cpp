// The Graph client and the simulator were written from the documents without sight of each other. Here they meet.
#include <gtest/gtest.h>

#include "graph/contract_registry.h"
#include "graph/graph_client.h"
#include "simulator/simulator_server.h"
#include "testing/app_certificate.h"
#include "testing/clock.h"

namespace ta {
namespace {

using namespace std::chrono_literals;
using graph::Contract;
using graph::ListOutcome;

std::vector<const Contract*> every_contract() { return graph::ContractRegistry::builtin().synced_by_default(); }

const Contract& contract(std::string_view id) { return *graph::ContractRegistry::builtin().find(id); }

// Two objects are the same one when their list and id agree.
class Seen : public graph::ListObserver {
 public:
  void on_page(const Contract& c, std::span<const json::value> objects) override {
    for (const json::value& object : objects) {
      EXPECT_TRUE(keys_.insert(c.list.path + "/" + graph::object_id(c, object)).second) << c.id << " has a row twice";
      EXPECT_NE(graph::object_id(c, object), "") << c.id;
      EXPECT_NE(graph::object_name(c, object), "(no name)") << c.id;
    }
    if (on_any_page) on_any_page();
  }
  std::size_t count() const { return keys_.size(); }
  std::function<void()> on_any_page;

 private:
  std::set<std::string> keys_;
};

// Waits a thousandth of what it is asked to, and remembers that.
class QuickTimer : public graph::Timer {
 public:
  explicit QuickTimer(http::Client& client) : client_(client) {}
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    longest = std::max<std::int64_t>(longest, delay.count());
    client_.after(delay / 1000, std::move(task));
  }
  std::atomic<std::int64_t> longest{0};

 private:
  http::Client& client_;
};

class GraphAgainstSimulator : public ::testing::Test {
 protected:
  void SetUp() override {
    const simulator::SimulatorOptions options{.world = {.seed = 7, .tenants = 2, .objects_per_tenant = 1200},
                                              .clock = &clock_};
    server_ = std::move(*simulator::SimulatorServer::start({.simulator = options, .https = true}));
    client_.emplace(http::ClientOptions{.authority_pem = server_->ca_pem()});
    timer_.emplace(*client_);
  }

  simulator::Simulator& sim() { return server_->simulator(); }
  const simulator::Tenant& tenant(std::size_t index = 0) { return sim().world().tenants().at(index); }

  graph::TokenSource tokens(const simulator::Tenant& of, std::string_view purpose = "full", bool https = false) {
    const simulator::App& app = of.app(purpose);
    const std::string base = https ? server_->https_url() : server_->url();
    return {*client_, {base, base}, {of.id, app.client_id, app.client_secret}, clock_};
  }

  std::vector<ListOutcome> list_everything(graph::TokenSource& tokens, graph::ListObserver& observer) {
    return graph::GraphClient(*client_, tokens, *timer_, random_).list_many(every_contract(), &observer);
  }

  // What the lists of every contract hold.
  std::size_t listable(const simulator::Tenant& of) {
    std::set<std::string> paths;
    for (const Contract* one : every_contract()) paths.insert(one->list.path);
    std::size_t count = 0;
    for (const std::string& path : paths) count += sim().world().listable(of, path);
    return count;
  }

  testing::FixedClock clock_;
  std::unique_ptr<simulator::SimulatorServer> server_;
  std::optional<http::Client> client_;
  std::optional<QuickTimer> timer_;
  SecureRandom random_;
};

TEST_F(GraphAgainstSimulator, EveryObjectOfATenantIsSeenExactlyOnce) {
  for (const bool https : {false, true})
    for (const std::size_t index : {0, 1}) {
      graph::TokenSource source = tokens(tenant(index), "full", https);
      Seen seen;
      for (const ListOutcome& outcome : list_everything(source, seen))
        EXPECT_FALSE(outcome.failure) << outcome.contract->id << ": " << outcome.failure->message;
      EXPECT_EQ(seen.count(), listable(tenant(index)));
    }
  EXPECT_LE(server_->connection_count(), 16u) << "connections are kept";
}

TEST_F(GraphAgainstSimulator, SmallAndLargePagesGiveTheSameObjects) {
  graph::TokenSource source = tokens(tenant());
  graph::GraphClient client(*client_, source, *timer_, random_);
  Contract policies = contract("settings_catalog_policy");
  const ListOutcome large = client.list(policies, nullptr);
  policies.list.top = std::nullopt;
  const ListOutcome by_25 = client.list(policies, nullptr);
  policies.list.top = 3;
  const ListOutcome by_three = client.list(policies, nullptr);
  EXPECT_GT(large.objects, 25u);
  EXPECT_EQ(large.objects, by_25.objects);
  EXPECT_EQ(large.objects, by_three.objects);
  EXPECT_GT(by_25.pages, large.pages);
  EXPECT_GT(by_three.pages, by_25.pages);
}

TEST_F(GraphAgainstSimulator, AMissingPermissionFailsItsTypesOnly) {
  graph::TokenSource source = tokens(tenant(), "limited");
  Seen seen;
  for (const ListOutcome& outcome : list_everything(source, seen)) {
    const bool script = outcome.contract->category == "scripts" && outcome.contract->id != "linux_script_policy";
    EXPECT_EQ(outcome.failure.has_value(), script) << outcome.contract->id;
    if (script) EXPECT_EQ(outcome.failure->code, FailureCode::graph_forbidden);
  }
  graph::GraphClient client(*client_, source, *timer_, random_);
  const auto claims = client.claims();
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->entra_tenant_id, tenant().id);
  EXPECT_EQ(claims->roles, tenant().app("limited").roles);
}

TEST_F(GraphAgainstSimulator, SignInFailuresSayWhatToDo) {
  const std::pair<std::string_view, FailureCode> cases[] = {{"expired_secret", FailureCode::auth_token_expired},
                                                            {"no_consent", FailureCode::provider_consent_missing}};
  for (const auto& [purpose, code] : cases) {
    graph::TokenSource source = tokens(tenant(), purpose);
    const auto token = source.get();
    ASSERT_FALSE(token) << purpose;
    EXPECT_EQ(token.error().code, code) << token.error().message;
  }
  graph::TokenSource wrong(*client_, {server_->url(), server_->url()},
                           {tenant().id, tenant().app("full").client_id, "not-the-secret-at-all"}, clock_);
  EXPECT_EQ(wrong.get().error().code, FailureCode::provider_credential_wrong);
  graph::TokenSource nowhere(*client_, {server_->url(), server_->url()}, {random_.uuid(), "app", "secret-of-app"},
                             clock_);
  EXPECT_EQ(nowhere.get().error().code, FailureCode::provider_tenant_wrong);
}

TEST_F(GraphAgainstSimulator, ACertificateSignsIn) {
  const testing::AppCertificate certificate, unknown;
  const simulator::App& app = tenant().app("full");
  sim().tokens().registrations().add_certificate(
      app, simulator::TrustedCertificate::parse(certificate.text(true, false)).value());
  const auto token = [&](const testing::AppCertificate& with) {
    return graph::TokenSource(
               *client_, {server_->url(), server_->url()},
               {.entra_tenant_id = tenant().id, .client_id = app.client_id, .certificate_pem = with.text()}, clock_)
        .get();
  };
  const auto good = token(certificate);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(graph::read_claims(*good)->roles, app.roles);
  EXPECT_EQ(token(unknown).error().code, FailureCode::provider_credential_wrong);
}

TEST_F(GraphAgainstSimulator, ThrottlingIsSatOutAsAsked) {
  sim().faults().add({.path_contains = "deviceManagement", .status = 429, .retry_after_seconds = 7, .count = 10});
  sim().faults().add({.path_contains = "groups", .status = 429, .count = 2});  // without Retry-After
  graph::TokenSource source = tokens(tenant());
  Seen seen;
  for (const ListOutcome& outcome : list_everything(source, seen)) EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(seen.count(), listable(tenant()));
  EXPECT_GE(timer_->longest, 7000);
}

TEST_F(GraphAgainstSimulator, AShakyNetworkLosesNothing) {
  sim().faults().add({.method = "GET", .status = 503, .probability = 0.1});
  sim().faults().add({.method = "GET", .probability = 0.1, .cut_after_bytes = 100});
  sim().faults().add({.method = "GET", .probability = 0.1, .drop = true});
  sim().faults().add({.method = "GET", .status = 429, .probability = 0.05});  // without Retry-After
  sim().faults().add({.path_contains = "$batch", .probability = 0.1, .cut_after_bytes = 100});
  sim().faults().add({.path_contains = "$batch", .probability = 0.1, .drop = true});
  graph::TokenSource source = tokens(tenant());
  Seen seen;
  graph::GraphClient client(*client_, source, *timer_, random_, {.attempts_max = 20});
  for (const ListOutcome& outcome : client.list_many(every_contract(), &seen))
    EXPECT_FALSE(outcome.failure) << outcome.failure->message;
  EXPECT_EQ(seen.count(), listable(tenant()));
}

TEST_F(GraphAgainstSimulator, ATokenThatExpiresInMidCallIsReplaced) {
  graph::TokenSource source = tokens(tenant());
  Seen seen;
  bool late = false;
  seen.on_any_page = [&] {
    if (!std::exchange(late, true)) clock_.advance(2h);
  };
  for (const ListOutcome& outcome : list_everything(source, seen))
    EXPECT_FALSE(outcome.failure) << outcome.failure->message;
  EXPECT_EQ(seen.count(), listable(tenant()));
}

TEST_F(GraphAgainstSimulator, ATypeThatBreaksDoesNotHarmTheOthers) {
  sim().faults().add({.path_contains = "mobileApps", .status = 500, .message = "Broken on purpose."});
  graph::TokenSource source = tokens(tenant());
  Seen seen;
  for (const ListOutcome& outcome : list_everything(source, seen)) {
    const bool broken = outcome.contract->id == "mobile_app";
    EXPECT_EQ(outcome.failure.has_value(), broken) << outcome.contract->id;
    if (!broken) continue;
    EXPECT_EQ(outcome.failure->code, FailureCode::graph_unavailable);
    EXPECT_NE(outcome.failure->message.find("Broken on purpose."), std::string::npos);
  }
}

// The list brings the first page of assignments of each object, within a part of a batch; the rest is fetched.
TEST_F(GraphAgainstSimulator, LongAssignmentsAndSettingsArriveWhole) {
  const std::string set = "deviceManagement/configurationPolicies";
  class Keep : public graph::ListObserver {
   public:
    void on_page(const Contract&, std::span<const json::value> rows) override {
      for (const json::value& row : rows) objects[json_string(row, "id")] = row;
    }
    std::map<std::string, json::value> objects;
  } before, after;
  graph::TokenSource source = tokens(tenant());
  graph::GraphClient client(*client_, source, *timer_, random_);
  client.list(contract("settings_catalog_policy"), &before);
  const std::string some = before.objects.begin()->first;
  json::array assignments, settings;
  for (int i = 0; i < 300; ++i)
    assignments.push_back(
        {{"id", fmt::format("{}_{}", some, i)},
         {"target", {{"@odata.type", "#microsoft.graph.groupAssignmentTarget"}, {"groupId", random_.uuid()}}}});
  for (int i = 0; i < 400; ++i) settings.push_back({{"id", std::to_string(i)}, {"settingInstance", json::object{}}});
  ASSERT_TRUE(sim().world().change(tenant().id, set, some,
                                   {.body = {}, .parts = {{"assignments", assignments}, {"settings", settings}}},
                                   clock_.now()));
  const Contract* const both[] = {&contract("settings_catalog_policy"), &contract("scope_tag")};
  for (const ListOutcome& outcome : client.list_many(both, &after)) EXPECT_FALSE(outcome.failure);
  EXPECT_EQ(after.objects[some].at("assignments").as_array().size(), 300u);
  const auto whole = client.collect(fmt::format("/beta/{}/{}/settings", set, some));
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->size(), 400u);
}

TEST_F(GraphAgainstSimulator, OneObjectIsReadByItsId) {
  graph::TokenSource source = tokens(tenant());
  graph::GraphClient client(*client_, source, *timer_, random_);
  const auto organization = client.get("/v1.0/organization");
  ASSERT_TRUE(organization) << organization.error().message;
  EXPECT_EQ(json_string(organization->at("value").at(0), "id"), tenant().id);
  EXPECT_EQ(client.get(contract("scope_tag").item_target("0"))->at("displayName").as_string(), "Default");
  EXPECT_EQ(client.get(contract("group").item_target(random_.uuid())).error().code, FailureCode::graph_not_found);
}

}  // namespace
}  // namespace ta
