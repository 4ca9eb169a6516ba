// A local Microsoft Graph and its sign-in service: several tenants from a seed, faults on purpose, no sockets.
// SimulatorServer (simulator_server.h) puts it on HTTP and HTTPS.
#pragma once
#include <atomic>
#include <memory>

#include "simulator/faults.h"
#include "simulator/graph_error.h"
#include "simulator/graph_service.h"
#include "simulator/graph_writer.h"
#include "simulator/request_log.h"
#include "simulator/throttle.h"
#include "simulator/token_service.h"
#include "simulator/world.h"

namespace ta::simulator {

struct SimulatorOptions {
  WorldOptions world;
  std::chrono::milliseconds latency{0};  // of every Graph and sign-in answer
  int token_lifetime_seconds = 3599;
  ThrottleLimits throttle;
  const Clock* clock = nullptr;  // must outlive the simulator; nullptr: the machine's
  bool admin = true;             // /_sim/ answers
  std::size_t page_size_max = 0;  // pages are no larger; 0: as large as Microsoft's
};

// Safe to use from several threads.
class Simulator {
 public:
  explicit Simulator(SimulatorOptions options);

  // Answers Graph (/v1.0, /beta), sign-in (/{tenant}/oauth2/… and discovery) and the admin endpoint (/_sim/).
  // How the answer shall travel is in its Delivery.
  http::Response handle(http::Request& request);

  World& world() { return world_; }
  FaultPlan& faults() { return faults_; }
  Throttle& throttle() { return throttle_; }
  TokenService& tokens() { return tokens_; }
  GraphWriter& writer() { return writer_; }
  ApprovalGate& approvals() { return writer_.approvals(); }
  RequestLog& log() { return log_; }
  const Clock& clock() const { return clock_; }
  void set_latency(std::chrono::milliseconds latency) { latency_ms_ = latency.count(); }

 private:
  struct Call;
  http::Response graph(http::Request& request, bool batch_part);
  http::Response graph_answer(http::Request& request, Call& call);
  http::Response by_path(http::Request& request, Call& call);
  http::Response batch(http::Request& request, Call& call);
  http::Response sign_in(http::Request& request);
  void record(const http::Request& request, const http::Response& response, const Call& call);
  void let_time_pass(const Call& call);
  void require_budget(const http::Request& request, const Call& call);
  void deliver(http::Response& response, const FaultEffect& effect) const;

  const SystemClock system_clock_;
  const Clock& clock_;
  const bool admin_;
  SecureRandom random_;
  World world_;
  TokenService tokens_;
  GraphService graph_;
  GraphWriter writer_;
  FaultPlan faults_;
  Throttle throttle_;
  RequestLog log_;
  std::atomic<std::int64_t> latency_ms_;
};

}  // namespace ta::simulator
