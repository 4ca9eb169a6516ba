// The requests of one call: tokens, attempts, waits, batches. Runs on the caller's thread; internal to this module.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>

#include "graph/graph_client.h"

namespace ta::graph {

// How a request ended.
struct Reply {
  Result<GraphAnswer> answer;
  bool may_have_happened = false;  // with a failure: nobody knows whether it was carried out
  int status = 0;                  // of Graph's last answer; 0: none came
  std::string graph_code;          // Graph's own word for a failure: "Directory_ExpiredPageToken"
  std::size_t bytes = 0;           // of the answer
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

// The wait before the next attempt when Graph names none, or names too short a one again and again: exponential, with
// jitter of half.
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
  const GraphOptions& options() const { return parts_.options; }
  // The token that was sent last; empty before the first request.
  const std::string& last_token() const { return last_token_; }

 private:
  class Inbox;
  // What leaves as one HTTP request.
  struct Envelope {
    std::vector<AttemptPtr> attempts;
    std::size_t bytes = 0;
    bool is_batch() const { return attempts.size() > 1; }
  };
  using EnvelopePtr = std::shared_ptr<Envelope>;
  // Requests that could leave together.
  struct Queue {
    std::string version;
    Workload workload;
    std::deque<AttemptPtr> waiting;
  };

  void start_ready();
  Queue& queue_of(const Attempt& attempt);
  void enqueue(const AttemptPtr& attempt, bool first = false);
  EnvelopePtr next_envelope();
  void fill(Envelope& envelope, Queue& queue);
  bool may_leave(const AttemptPtr& attempt, const Envelope& with) const;
  bool fits(const Attempt& attempt, const Envelope& envelope) const;
  void charge(Envelope& envelope, Queue& queue);
  void block(Workload workload, std::chrono::milliseconds wait);
  void begin(const EnvelopePtr& envelope);
  void send(const EnvelopePtr& envelope, std::string token);
  http::ClientRequest http_request(const Envelope& envelope) const;
  void answered(const EnvelopePtr& envelope, Result<http::ClientResponse> answer);
  void lost(const Envelope& envelope, Failure failure, bool may_retry);
  void read(const Envelope& envelope, const http::ClientResponse& response);
  void refused_whole(const Envelope& envelope, const GraphAnswer& answer);
  bool takes(std::size_t bytes);
  void read_parts(const Envelope& envelope, json::value body);
  void learn(const Attempt& first, std::span<const GraphAnswer> answers);
  void part_answered(const AttemptPtr& attempt, GraphAnswer answer, std::size_t bytes);
  void failed(const AttemptPtr& attempt, Failure failure, bool may_retry, bool uncertain);
  std::string too_long(const Failure& failure) const;
  void note(const Attempt& attempt, std::string_view event, const Failure& failure) const;
  std::chrono::milliseconds wait_before_next(const Attempt& attempt, const Failure& failure);
  void finish(const AttemptPtr& attempt, Reply reply);
  void park(const AttemptPtr& attempt);
  void release_dependents(Attempt& attempt, FailureCode code);
  void end_all(FailureCode code, std::string_view why);
  Timer::Time now() const { return parts_.timer.now(); }

  const LoopParts parts_;
  const Timer::Time deadline_;
  const std::shared_ptr<std::atomic<std::int64_t>> received_;
  std::shared_ptr<Inbox> inbox_;
  std::stop_source given_up_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::set<AttemptPtr> open_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::size_t turn_ = 0;           // the queue that is asked first
  bool blocked_[kWorkloads] = {};  // by the budget, until a timer says otherwise
  std::string last_token_;
  int in_flight_ = 0;
};

}  // namespace ta::graph
