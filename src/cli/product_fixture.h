// For this module's tests: the whole product in one process on a fresh database, over a simulated Microsoft Graph, with
// the demo's tenants and people. Real sockets throughout.
#pragma once
#include <gtest/gtest.h>

#include "cli/demo_data.h"
#include "testing/database.h"
#include "testing/eventually.h"

namespace ta::cli {

class ProductTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void SetUp() override { restart({}); }

  // A new process on the same database; `dispatch` may break it.
  void restart(runs::Dispatch dispatch) {
    process_.reset();
    process_ = make_process(std::move(dispatch));
    if (data_.tenants.empty()) data_ = make_demo_data(*process_, *simulator_);
    ASSERT_TRUE(process_->listen().has_value());
  }
  // Another one beside it.
  std::unique_ptr<Process> make_process(runs::Dispatch dispatch = {}) {
    ProcessOptions options{.database_url = database_.url(),
                           .master_key = key_,
                           .password_cost = access::PasswordCost::lowest(),
                           .worker = {.poll = std::chrono::milliseconds{50}, .progress = std::chrono::milliseconds{20}},
                           .queue = {.backoff_base = std::chrono::milliseconds{20}},
                           .graph = {.attempts_max = 4,
                                     .backoff_first = std::chrono::milliseconds{5},
                                     .backoff_max = std::chrono::milliseconds{50},
                                     .budget = {.requests = 0, .writes = 0}},
                           .endpoint_rule = rule_,
                           .reach = reach_};
    options.dispatch = std::move(dispatch);
    return Process::create(std::move(options)).value();
  }

  struct Answer {
    int status = 0;
    std::string body;
    json::value json;
  };
  Answer send(http::Method method, const std::string& path, std::string body, const std::string& token) {
    http::ClientRequest request{
        .method = method, .url = process_->url() + path, .headers = {}, .body = std::move(body)};
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    const auto response = client_.send(std::move(request)).get().value();
    auto parsed = parse_json(response.body, {8 << 20, 32});
    return {response.status, response.body, parsed ? *parsed : json::value(nullptr)};
  }
  const DemoUser& person(access::Role role) const {
    return *std::find_if(data_.users.begin(), data_.users.end(), [&](const DemoUser& u) { return u.role == role; });
  }
  Answer get(const std::string& path, access::Role role = access::Role::owner) {
    return send(http::Method::get, path, "", person(role).api_token);
  }
  Answer start(const std::string& body, access::Role role = access::Role::owner,
               const std::string& tenant = "contoso") {
    return send(http::Method::post, "/api/v1/tenants/" + tenant + "/runs", body, person(role).api_token);
  }
  // Starts a sync of the first tenant and follows it to its end.
  runs::Run sync(json::object inputs = {}) {
    const Answer answer =
        start(json::serialize(json::object{{"type", "inventory.sync"}, {"inputs", std::move(inputs)}}));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return wait_for_run(*process_, contoso().tenant.id, RunId{answer.json.at("run").at("id").as_int64()});
  }
  const DemoTenant& contoso() const { return data_.tenants[0]; }
  simulator::FaultPlan& faults() { return simulator_->simulator().faults(); }
  std::int64_t count(const std::string& from_where) {
    return database_->read([&](storage::Transaction& tx) {
      return tx.run_text("count", "SELECT COUNT(*) AS count FROM " + from_where)[0].get<std::int64_t>("count");
    });
  }

  std::optional<http::Reach> reach_;
  provider_connections::EndpointRule rule_ = provider_connections::EndpointRule::custom;
  testing::TestDatabase database_{GetParam()};
  testing::TempDir folder_;
  SecureRandom random_;
  provider_connections::MasterKey key_ =
      provider_connections::MasterKey::create_file((folder_.path() / "master.key").string(), random_).value();
  std::unique_ptr<simulator::SimulatorServer> simulator_ =
      simulator::SimulatorServer::start({.simulator = {.world = {.objects_per_tenant = 120}}}).value();
  http::Client client_{{.connections_per_host_max = 32}};
  std::unique_ptr<Process> process_;
  DemoData data_;
};

}  // namespace ta::cli
