#include "simulator/simulator_server.h"

#include <fstream>

namespace ta::simulator {
namespace {

json::object tenant_summary(const World& world, const Tenant& tenant) {
  json::array apps;
  for (const App& app : tenant.apps)
    apps.push_back(
        json::object{{"purpose", app.purpose}, {"client_id", app.client_id}, {"client_secret", app.client_secret}});
  json::array users;
  for (const User& user : tenant.users) users.push_back(json::string(user.principal_name));
  return {{"tenant_id", tenant.id},  {"display_name", tenant.display_name},
          {"domain", tenant.domain}, {"objects", world.object_count(tenant)},
          {"apps", std::move(apps)}, {"users", users}};
}

json::object ready_message(SimulatorServer& server, const std::string& ca_file) {
  json::array tenants;
  for (const Tenant& tenant : server.simulator().world().tenants())
    tenants.push_back(tenant_summary(server.simulator().world(), tenant));
  return {
      {"url", server.url()}, {"https_url", server.https_url()}, {"ca_file", ca_file}, {"tenants", std::move(tenants)}};
}

}  // namespace

Result<std::unique_ptr<http::Server>> SimulatorServer::listen(const ServerSettings& settings, bool tls) {
  http::ServerOptions options;
  options.address = settings.address;
  options.port = tls ? settings.https_port : settings.port;
  options.handler_threads = settings.handler_threads;
  options.body_bytes_max = 4 << 20;
  if (tls) options.tls = certificates_.server;
  return http::Server::start(std::move(options), [this](http::Request& request) { return simulator_.handle(request); });
}

Result<std::unique_ptr<SimulatorServer>> SimulatorServer::start(ServerSettings settings) {
  std::unique_ptr<SimulatorServer> server(new SimulatorServer(settings.simulator));
  auto plain = server->listen(settings, false);
  if (!plain) return tl::make_unexpected(plain.error());
  server->http_ = std::move(*plain);
  if (!settings.https) return server;
  server->certificates_ = http::make_test_certificates();
  auto secure = server->listen(settings, true);
  if (!secure) return tl::make_unexpected(secure.error());
  server->https_ = std::move(*secure);
  return server;
}

SimulatorServer::~SimulatorServer() { stop(); }

std::string SimulatorServer::https_url() const { return https_ ? https_->url() : std::string(); }

std::uint64_t SimulatorServer::connection_count() const {
  return http_->stats().connections_accepted + (https_ ? https_->stats().connections_accepted : 0);
}

void SimulatorServer::stop() {
  if (http_) http_->stop();
  if (https_) https_->stop();
}

Result<void> run_graph_sim(const GraphSimOptions& options, const std::function<void(const json::object&)>& ready,
                           const std::function<void()>& wait) {
  auto server = SimulatorServer::start(options.server);
  if (!server) return tl::make_unexpected(server.error());
  if (!options.ca_file.empty()) {
    std::ofstream file(options.ca_file);
    file << (*server)->ca_pem();
    if (!file.flush()) return fail(FailureCode::internal_error, "cannot write " + options.ca_file);
  }
  ready(ready_message(**server, options.ca_file));
  wait();
  return {};
}

}  // namespace ta::simulator
