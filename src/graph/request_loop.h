// The requests of one call: tokens, attempts, waits. Runs on the caller's thread; internal to this module.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "graph/graph_client.h"

namespace ta::graph {

class RequestLoop {
 public:
  using Done = std::function<void(Result<http::ClientResponse>)>;

  RequestLoop(http::Client& client, TokenSource& tokens, Timer& timer, Random& random, const GraphOptions& options,
              const CallOptions& call);
  ~RequestLoop();  // gives up what is in flight; no `done` is called any more

  // A GET of an absolute URL on the Graph host. `done` gets a 2xx answer or the failure after the last attempt; run()
  // calls it, and it may submit more.
  void submit(std::string url, Done done);
  // Returns when everything submitted has ended. Exceptions of a `done` pass through.
  void run();

 private:
  class Inbox;
  struct Attempt;
  using AttemptPtr = std::shared_ptr<Attempt>;

  void start_ready();
  void begin(const AttemptPtr& attempt);
  void send(const AttemptPtr& attempt, std::string token);
  void answered(const AttemptPtr& attempt, Result<http::ClientResponse> answer);
  void failed(const AttemptPtr& attempt, Failure failure, bool may_retry);
  std::chrono::milliseconds wait_before_next(const Attempt& attempt, const Failure& failure);
  void finish(const AttemptPtr& attempt, Result<http::ClientResponse> result);
  void end_all(FailureCode code, std::string_view why);

  http::Client& client_;
  TokenSource& tokens_;
  Timer& timer_;
  Random& random_;
  const GraphOptions& options_;
  const std::chrono::steady_clock::time_point deadline_;
  std::shared_ptr<Inbox> inbox_;
  std::stop_source given_up_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::set<AttemptPtr> open_;
  std::deque<AttemptPtr> ready_;
  int in_flight_ = 0;
};

}  // namespace ta::graph
