// The simulator on sockets: HTTP and, when asked for, HTTPS with a certificate authority of its own.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "http/server.h"
#include "http/tls.h"
#include "simulator/simulator.h"

namespace ta::simulator {

struct ServerSettings {
  SimulatorOptions simulator;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  bool https = false;
  std::uint16_t https_port = 0;
  int handler_threads = 4;
};

// All functions may be called from any thread.
class SimulatorServer {
 public:
  // Listens when it returns. Fails (internal.error, with a sentence for the operator) when a port cannot be used.
  static Result<std::unique_ptr<SimulatorServer>> start(ServerSettings settings);
  ~SimulatorServer();

  Simulator& simulator() { return simulator_; }
  std::string url() const { return http_->url(); }  // "http://127.0.0.1:8081": Graph and sign-in alike
  std::string https_url() const;                    // empty without HTTPS
  const std::string& ca_pem() const { return certificates_.authority_pem; }  // empty without HTTPS
  // Graph and sign-in requests so far; the admin endpoint does not count.
  std::uint64_t request_count() { return simulator_.log().count(); }
  // TCP connections accepted so far on both ports.
  std::uint64_t connection_count() const;
  // Closes both ports and every connection. Idempotent.
  void stop();

 private:
  explicit SimulatorServer(SimulatorOptions options) : simulator_(std::move(options)) {}
  Result<std::unique_ptr<http::Server>> listen(const ServerSettings& settings, bool tls);

  Simulator simulator_;
  http::TestCertificates certificates_;
  std::unique_ptr<http::Server> http_, https_;
};

// What `tenantatlas graph-sim` is told.
struct GraphSimOptions {
  ServerSettings server;
  std::string ca_file;  // where to write the authority's certificate; empty: nowhere
};

// Runs a simulator until `wait` returns. `ready` gets one JSON object when it listens: {"url","https_url","ca_file",
// "tenants":[{"tenant_id","display_name","domain","objects","apps":[{"purpose","client_id","client_secret"}],
// "users":[…]}]}. Fails when it cannot listen or cannot write the file; nothing is printed.
Result<void> run_graph_sim(const GraphSimOptions& options, const std::function<void(const json::object&)>& ready,
                           const std::function<void()>& wait);

}  // namespace ta::simulator
