#include "simulator/simulator_server.h"
#include "simulator/test_graph.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "http/client.h"
#include "testing/temp_dir.h"

namespace ta::simulator {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<SimulatorServer> started(ServerSettings settings = {}) {
  auto server = SimulatorServer::start(std::move(settings));
  if (!server) throw std::runtime_error(server.error().message);
  return std::move(*server);
}

// A client as a product would use it: sign in, then read.
class Session {
 public:
  Session(SimulatorServer& server, std::string url)
      : server_(server),
        url_(std::move(url)),
        client_({.authority_pem = server.ca_pem(), .proxy_from_environment = false}) {}

  Result<http::ClientResponse> get(std::string target) {
    if (!target.starts_with("http")) target = url_ + target;
    http::ClientRequest request{.url = std::move(target)};
    if (!token_.empty()) request.headers.set("Authorization", "Bearer " + token_);
    return client_.send(std::move(request)).get();
  }

  Result<http::ClientResponse> sign_in() {
    const Tenant& tenant = server_.simulator().world().tenants()[0];
    http::ClientRequest request{.method = http::Method::post, .url = url_ + "/" + tenant.id + "/oauth2/v2.0/token"};
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = fmt::format("grant_type=client_credentials&client_id={}&client_secret={}&scope={}%2F.default",
                               tenant.app("full").client_id, http::url_encode(tenant.app("full").client_secret),
                               http::url_encode(url_));
    auto answer = client_.send(std::move(request)).get();
    if (answer && answer->status == 200) token_ = json_string(json::parse(answer->body), "access_token");
    return answer;
  }

  std::size_t count_all(const std::string& target) {
    std::size_t count = 0;
    for (std::string next = target; !next.empty();) {
      const auto page = get(next);
      EXPECT_TRUE(page && page->status == 200);
      if (!page || page->status != 200) return count;
      const json::value body = json::parse(page->body);
      count += body.at("value").as_array().size();
      next = json_string(body, "@odata.nextLink");
    }
    return count;
  }

 private:
  SimulatorServer& server_;
  std::string url_;
  http::Client client_;
  std::string token_;
};

std::size_t held(SimulatorServer& server, std::string_view set) {
  World& world = server.simulator().world();
  return world.collection(world.tenants()[0], *find_set(set))->items.size();
}

TEST(SimulatorServer, SyncsAWholeTenantOverHttp) {
  const auto server = started();
  Session session(*server, server->url());
  ASSERT_TRUE(session.sign_in());
  std::uint64_t lists = 0;
  for (const EntitySet& set : entity_sets()) {
    const std::string url = TestGraph::list_url(set);
    if (url.empty()) continue;
    EXPECT_EQ(session.count_all(url), held(*server, set.path)) << set.path;
    ++lists;
  }
  EXPECT_EQ(server->connection_count(), 1u) << "kept alive";
  EXPECT_GE(server->request_count(), 1 + lists);
  EXPECT_TRUE(server->https_url().empty());
  EXPECT_TRUE(server->ca_pem().empty());
}

TEST(SimulatorServer, SpeaksTlsWithItsOwnAuthority) {
  const auto server = started({.https = true});
  ASSERT_TRUE(server->https_url().starts_with("https://"));
  Session session(*server, server->https_url());
  ASSERT_TRUE(session.sign_in());
  EXPECT_EQ(session.count_all("/beta/deviceManagement/configurationPolicies"),
            held(*server, "deviceManagement/configurationPolicies"));
  http::Client distrusting({.proxy_from_environment = false});
  EXPECT_FALSE(distrusting.send({.url = server->https_url() + "/_sim/world"}).get());
}

TEST(SimulatorServer, LosesCutsAndDelaysAnswers) {
  const auto server = started();
  Session session(*server, server->url());
  ASSERT_TRUE(session.sign_in());
  FaultPlan& faults = server->simulator().faults();
  // Clients repeat a request that a kept-alive connection lost, so a single lost answer would go unseen.
  const int lost = faults.add({.path_contains = "organization", .drop = true});
  EXPECT_FALSE(session.get("/v1.0/organization"));
  faults.remove(lost);
  faults.add({.path_contains = "organization", .count = 1, .cut_after_bytes = 20});
  EXPECT_FALSE(session.get("/v1.0/organization"));
  faults.add({.path_contains = "organization", .count = 1, .latency = 80ms});
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(session.get("/v1.0/organization"));
  EXPECT_GE(std::chrono::steady_clock::now() - before, 80ms);
  EXPECT_TRUE(session.get("/v1.0/organization"));
}

TEST(SimulatorServer, StopsAnsweringWhenStopped) {
  const auto server = started();
  Session session(*server, server->url());
  ASSERT_TRUE(session.sign_in());
  server->stop();
  server->stop();
  EXPECT_FALSE(session.get("/v1.0/organization"));
}

TEST(SimulatorServer, SaysWhyItCannotListen) {
  const auto server = started();
  const auto port = static_cast<std::uint16_t>(std::stoi(server->url().substr(server->url().rfind(':') + 1)));
  const auto second = SimulatorServer::start({.port = port});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(port)), std::string::npos) << second.error().message;
}

TEST(GraphSim, TellsWhereItListensAndWritesItsAuthority) {
  const testing::TempDir dir;
  const std::string ca_file = dir.file("ca.pem");
  json::object told;
  bool waited = false;
  const auto result = run_graph_sim(
      {.server = {.https = true}, .ca_file = ca_file}, [&](const json::object& ready) { told = ready; },
      [&] { waited = true; });
  ASSERT_TRUE(result);
  EXPECT_TRUE(waited);
  EXPECT_TRUE(json_string(told, "https_url").starts_with("https://"));
  EXPECT_EQ(told.at("tenants").as_array().at(0).at("objects"), 300);
  EXPECT_NE(std::filesystem::file_size(ca_file), 0u);
  EXPECT_FALSE(run_graph_sim({.ca_file = "/no/such/folder/ca.pem"}, [](const json::object&) {}, [] {}));
}

}  // namespace
}  // namespace ta::simulator
