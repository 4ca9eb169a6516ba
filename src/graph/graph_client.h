// Talking to Microsoft Graph: paging, batches, retries, deadlines, many lists at once; writes that never happen twice.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/json.h"
#include "base/random.h"
#include "graph/contract.h"
#include "graph/graph_request.h"
#include "graph/request_budget.h"
#include "graph/timer.h"
#include "graph/token_source.h"
#include "http/client.h"

namespace ta::graph {

struct GraphOptions {
  int attempts_max = 6;   // of one request, the first included; refusals (429) are not among them
  int refusals_max = 20;  // of one request; each wait is longer than the one before
  int in_flight_max = 8;  // of one call; a request that waits for its next attempt does not count
  std::chrono::milliseconds backoff_first{500};  // doubles, with jitter of half, when Graph names no time
  std::chrono::milliseconds backoff_max{30'000};
  std::chrono::milliseconds retry_after_max{300'000};  // a longer wish of Graph's is a failure
  std::chrono::milliseconds request_deadline{60'000};  // of one attempt
  std::size_t batch_max = 20;                          // requests that leave as one; 1: each on its own
  BudgetLimits budget = {};                            // of each app in each Entra tenant
  // Bounds on what is read. A service that exceeds one is broken or hostile; what came before stays good.
  std::int64_t list_objects_max = 500'000;
  std::int64_t list_bytes_max = std::int64_t{1} << 30;
  int idle_pages_max = 3;  // in a row, without a new id
  std::int64_t run_bytes_max = std::int64_t{2} << 30;
};

struct CallOptions {
  // Of the whole call, waits included. A run passes what is left of its own; nothing: no deadline.
  std::optional<std::chrono::milliseconds> deadline{600'000};
  std::stop_token stop;  // ends the call early with worker.interrupted
  // Bytes that the calls of one run have received together, against run_bytes_max; null: this call counts alone.
  std::shared_ptr<std::atomic<std::int64_t>> received = {};
};

// How the list of one type ended. `objects` counts what was handed over, also when `failure` is set: pages before the
// failing one stay good. Each id is handed over once, however often Graph sends it.
struct ListOutcome {
  const Contract* contract = nullptr;
  std::size_t objects = 0;
  std::size_t pages = 0;
  std::optional<Failure> failure;
  // Rows that could not be handed over: they have no id, or are no objects at all. The others were, and the list is
  // whole; graph.without_id is the code for telling it.
  std::size_t objects_without_id = 0;
  // What was odd and has cost nothing, in sentences: "Graph announced 1000 objects and sent 2."
  std::vector<std::string> remarks;
};

// Hears about lists while they come in, on the thread that called. An exception from it ends the call and passes
// through.
class ListObserver {
 public:
  virtual ~ListObserver() = default;
  virtual void on_page(const Contract& contract, std::span<const json::value> objects) = 0;  // never empty
  virtual void on_end(const ListOutcome&) {}
};

// Looks for what a create may have made, by name and by when (no earlier than `since`). Nothing found is an answer.
using FindCreated = std::function<Result<std::optional<json::value>>(Timestamp since)>;

struct LoopParts;

// One provider connection. May be used by several threads at once; calls do not wait for each other.
//
// Requests that wait together leave together, as one $batch; each part has its own attempts. What fails with 429, 502,
// 503, 504, once with 500, or in transport is tried again, not before the time that Graph asks for, with exponential
// backoff, if sending it twice does no harm (GraphRequest::may_repeat); 401 gets one new token. A wait that is longer
// than retry_after_max or than what is left of the deadline is a failure at once. An answer that is an error or no JSON
// is not asked for again, whatever its status. What still fails becomes the Failure of product.md 2.7, with Graph's own
// innermost message and its request id. Every nextLink is followed, also those of parts of batches and of collections
// inside objects; one to another host is refused: the token must not leave.
class GraphClient {
 public:
  // All references must outlive the client. `budget` is shared by everything that uses the same app in the same tenant.
  GraphClient(http::Client& client, TokenSource& tokens, Timer& timer, Random& random, GraphOptions options = {},
              RequestBudget* budget = nullptr);

  // One object. `target`: path and query from the version on, "/v1.0/organization".
  Result<json::value> get(std::string_view target, const CallOptions& call = {});
  // Every row of a list.
  Result<json::array> collect(std::string_view target, const CallOptions& call = {});
  std::vector<Result<json::array>> collect_many(std::span<const GraphRequest> lists, const CallOptions& call = {});

  // Any request. A failure says so when the request may have been carried out all the same.
  Result<GraphAnswer> send(const GraphRequest& request, const CallOptions& call = {});
  std::vector<Result<GraphAnswer>> send_many(std::span<const GraphRequest> requests, const CallOptions& call = {});
  // A POST that makes an object. When nobody knows whether it did, `find` looks before it is repeated; what is found is
  // the answer, with status 200. `find` is called on this thread.
  Result<GraphAnswer> create(const GraphRequest& request, const FindCreated& find, const CallOptions& call = {});

  // Follows every nextLink. The observer may be null.
  ListOutcome list(const Contract& contract, ListObserver* observer, const CallOptions& call = {});
  // All at once; one outcome per contract, in the same order. Types that share a list share its requests.
  std::vector<ListOutcome> list_many(std::span<const Contract* const> contracts, ListObserver* observer,
                                     const CallOptions& call = {});

  // The permissions that the connection's token carries.
  Result<TokenClaims> claims();

 private:
  LoopParts parts();

  http::Client& client_;
  TokenSource& tokens_;
  Timer& timer_;
  Random& random_;
  GraphOptions options_;
  RequestBudget* budget_;
};

}  // namespace ta::graph
