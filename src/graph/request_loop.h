// The requests of one call: tokens, attempts, waits, batches. Runs on the caller's thread; internal to this module.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "graph/graph_client.h"

namespace ta::graph {

// How a request ended.
struct Reply {
  Result<GraphAnswer> answer;
  bool may_have_happened = false;  // with a failure: nobody knows whether it was carried out
};

// What a loop works with; all of it outlives the loop. `budget` may be null.
struct LoopParts {
  http::Client& client;
  TokenSource& tokens;
  Timer& timer;
  Random& random;
  const GraphOptions& options;
  RequestBudget* budget;
};

// The wait before the next attempt when Graph names none: exponential, with jitter of half.
std::chrono::milliseconds backoff(const GraphOptions& options, Random& random, int attempts_made);

class RequestLoop {
 public:
  using Done = std::function<void(Reply)>;
  class Attempt;
  using AttemptPtr = std::shared_ptr<Attempt>;

  RequestLoop(const LoopParts& parts, const CallOptions& call);
  ~RequestLoop();  // gives up what is in flight; no `done` is called any more

  // `done` gets a 2xx answer or the failure after the last attempt; run() calls it, and it may submit more. A request
  // leaves when those in `after` have succeeded, and fails when one of them has failed.
  AttemptPtr submit(GraphRequest request, Done done, std::vector<AttemptPtr> after = {});
  // Returns when everything submitted has ended. Exceptions of a `done` pass through.
  void run();

  const std::string& graph_base() const { return parts_.tokens.endpoints().graph_base; }

 private:
  class Inbox;
  // What leaves as one HTTP request.
  struct Envelope {
    std::vector<AttemptPtr> attempts;
    bool is_batch() const { return attempts.size() > 1; }
  };
  using EnvelopePtr = std::shared_ptr<Envelope>;

  void start_ready();
  EnvelopePtr next_envelope();
  bool may_leave(const AttemptPtr& attempt, const Envelope& with);
  bool fits(const AttemptPtr& attempt, const Envelope& envelope) const;
  void launch(const EnvelopePtr& envelope);
  void begin(const EnvelopePtr& envelope);
  void send(const EnvelopePtr& envelope, std::string token);
  http::ClientRequest http_request(const Envelope& envelope) const;
  void answered(const EnvelopePtr& envelope, Result<http::ClientResponse> answer);
  void lost(const Envelope& envelope, Failure failure);
  void read(const Envelope& envelope, const http::ClientResponse& response);
  void read_parts(const Envelope& envelope, json::value body);
  void learn(const Attempt& first, std::span<const GraphAnswer> answers);
  void part_answered(const AttemptPtr& attempt, GraphAnswer answer);
  void failed(const AttemptPtr& attempt, Failure failure, bool may_retry, bool uncertain);
  void note(const Attempt& attempt, std::string_view event, const Failure& failure) const;
  std::chrono::milliseconds wait_before_next(const Attempt& attempt, const Failure& failure);
  void finish(const AttemptPtr& attempt, Reply reply);
  void end_all(FailureCode code, std::string_view why);

  const LoopParts parts_;
  const std::chrono::steady_clock::time_point deadline_;
  std::shared_ptr<Inbox> inbox_;
  std::stop_source given_up_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::set<AttemptPtr> open_;
  std::deque<AttemptPtr> ready_;
  std::deque<EnvelopePtr> due_;  // had to wait for the budget
  int in_flight_ = 0;
};

}  // namespace ta::graph
