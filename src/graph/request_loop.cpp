#include "graph/request_loop.h"

#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "graph/errors.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

bool worth_retrying(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

bool worth_retrying(FailureCode code) {
  return code == FailureCode::graph_unavailable || code == FailureCode::graph_unreachable ||
         code == FailureCode::graph_throttled;
}

}  // namespace

// Where other threads leave what the loop has to do. Outlives the loop while they still hold it.
class RequestLoop::Inbox {
 public:
  void post(std::function<void()> event) {
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    events_.push_back(std::move(event));
    arrived_.notify_one();
  }

  // The next event, or an empty function at the deadline.
  std::function<void()> wait(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_until(lock, deadline, [this] { return !events_.empty(); })) return {};
    std::function<void()> event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    events_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> events_;
  bool closed_ = false;
};

struct RequestLoop::Attempt {
  std::string url;
  Done done;
  int made = 0;
  bool new_token_asked = false;
  std::string token;
  std::optional<Failure> last;
};

RequestLoop::RequestLoop(http::Client& client, TokenSource& tokens, Timer& timer, Random& random,
                         const GraphOptions& options, const CallOptions& call)
    : client_(client),
      tokens_(tokens),
      timer_(timer),
      random_(random),
      options_(options),
      deadline_(std::chrono::steady_clock::now() + call.deadline),
      inbox_(std::make_shared<Inbox>()),
      on_stop_(call.stop, [this, inbox = inbox_] {
        inbox->post([this] { end_all(FailureCode::worker_interrupted, "The call was given up before its end."); });
      }) {}

RequestLoop::~RequestLoop() {
  inbox_->close();
  given_up_.request_stop();
}

void RequestLoop::submit(std::string url, Done done) {
  auto attempt = std::make_shared<Attempt>(Attempt{std::move(url), std::move(done)});
  open_.insert(attempt);
  ready_.push_back(std::move(attempt));
}

void RequestLoop::run() {
  while (!open_.empty()) {
    start_ready();
    if (const auto event = inbox_->wait(deadline_)) {
      event();
    } else {
      end_all(FailureCode::graph_unavailable, "The call's deadline has passed.");
    }
  }
}

void RequestLoop::start_ready() {
  while (!ready_.empty() && in_flight_ < options_.in_flight_max) {
    const AttemptPtr attempt = std::move(ready_.front());
    ready_.pop_front();
    ++in_flight_;
    begin(attempt);
  }
}

void RequestLoop::begin(const AttemptPtr& attempt) {
  ++attempt->made;
  tokens_.get([this, inbox = inbox_, attempt](Result<std::string> token) {
    inbox->post([this, attempt, token = std::move(token)]() mutable {
      if (token) return send(attempt, std::move(*token));
      --in_flight_;
      const bool may_retry = worth_retrying(token.error().code);
      failed(attempt, std::move(token.error()), may_retry);
    });
  });
}

void RequestLoop::send(const AttemptPtr& attempt, std::string token) {
  const auto left = std::chrono::ceil<milliseconds>(deadline_ - std::chrono::steady_clock::now());
  http::ClientRequest request{.url = attempt->url,
                              .deadline = std::max(1ms, std::min(options_.request_deadline, left)),
                              .stop = given_up_.get_token()};
  request.headers.add("Authorization", "Bearer " + token);
  request.headers.add("Accept", "application/json");
  request.headers.add("client-request-id", random_.uuid());
  attempt->token = std::move(token);
  client_.send(std::move(request), [this, inbox = inbox_, attempt](Result<http::ClientResponse> answer) {
    inbox->post([this, attempt, answer = std::move(answer)]() mutable { answered(attempt, std::move(answer)); });
  });
}

void RequestLoop::answered(const AttemptPtr& attempt, Result<http::ClientResponse> answer) {
  --in_flight_;
  if (!answer) {
    const bool may_retry = worth_retrying(answer.error().code);
    return failed(attempt, std::move(answer.error()), may_retry);
  }
  if (answer->status / 100 == 2) return finish(attempt, std::move(answer));
  if (answer->status == 401 && !std::exchange(attempt->new_token_asked, true)) {
    tokens_.refuse(attempt->token);
    return ready_.push_front(attempt);
  }
  failed(attempt, graph_failure(*answer, tokens_.clock().now()), worth_retrying(answer->status));
}

void RequestLoop::failed(const AttemptPtr& attempt, Failure failure, bool may_retry) {
  if (!open_.contains(attempt)) return;
  const milliseconds wait = wait_before_next(*attempt, failure);
  const bool in_time = std::chrono::steady_clock::now() + wait < deadline_ && wait <= options_.retry_after_max;
  if (!may_retry || attempt->made >= options_.attempts_max || !in_time) {
    if (attempt->made > 1 && may_retry) failure.message += fmt::format(" Tried {} times.", attempt->made);
    return finish(attempt, tl::make_unexpected(std::move(failure)));
  }
  log::debug("graph.retry", {{"code", name(failure.code)}, {"attempt", attempt->made}, {"wait_ms", wait.count()}});
  attempt->last = std::move(failure);
  timer_.after(wait, [this, inbox = inbox_, attempt] {
    inbox->post([this, attempt] {
      if (open_.contains(attempt)) ready_.push_back(attempt);
    });
  });
}

milliseconds RequestLoop::wait_before_next(const Attempt& attempt, const Failure& failure) {
  if (failure.retry_after)  // not all at the same instant
    return *failure.retry_after +
           milliseconds(random_.below(std::min<std::int64_t>(1000, failure.retry_after->count() / 10) + 1));
  const int doublings = std::min(attempt.made - 1, 16);
  const milliseconds full = std::min(options_.backoff_max, options_.backoff_first * (1 << doublings));
  return full / 2 + milliseconds(random_.below(static_cast<std::uint64_t>(full.count()) / 2 + 1));
}

void RequestLoop::finish(const AttemptPtr& attempt, Result<http::ClientResponse> result) {
  if (open_.erase(attempt) == 1) attempt->done(std::move(result));
}

// An attempt that waits for its next try fails with what made it wait: that says more than the deadline does.
void RequestLoop::end_all(FailureCode code, std::string_view why) {
  given_up_.request_stop();
  ready_.clear();
  const std::set<AttemptPtr> open = std::exchange(open_, {});
  for (const AttemptPtr& attempt : open) {
    const bool keep_last = code == FailureCode::graph_unavailable && attempt->last;
    attempt->done(tl::make_unexpected(keep_last ? *attempt->last : Failure{code, std::string(why), std::nullopt}));
  }
}

}  // namespace ta::graph
