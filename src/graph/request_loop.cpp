#include "graph/request_loop.h"

#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "base/readable_json.h"
#include "graph/batch_envelope.h"
#include "graph/errors.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr JsonLimits kAnswerLimits{.bytes_max = 64 << 20, .depth_max = 128};
constexpr std::size_t kBatchPartsMin = 5;  // fewer than these do not share out over the connections
constexpr int kServerErrorAttempts = 2;    // 500 seldom passes

bool may_pass(FailureCode code) {
  return code == FailureCode::graph_unavailable || code == FailureCode::graph_unreachable ||
         code == FailureCode::graph_throttled;
}

bool may_pass(int status, int attempts_made) {
  if (status == 500) return attempts_made < kServerErrorAttempts;
  return status == 429 || status == 502 || status == 503 || status == 504;
}

bool is_read(const GraphRequest& request) {
  return request.method == http::Method::get || request.method == http::Method::head;
}

}  // namespace

milliseconds backoff(const GraphOptions& options, Random& random, int attempts_made) {
  const int doublings = std::min(attempts_made - 1, 16);
  const milliseconds full = std::min(options.backoff_max, options.backoff_first * (1 << doublings));
  return full / 2 + milliseconds(random.below(static_cast<std::uint64_t>(full.count()) / 2 + 1));
}

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

class RequestLoop::Attempt {
 public:
  Attempt(GraphRequest r, Done d, std::vector<AttemptPtr> a)
      : request(std::move(r)), done(std::move(d)), after(std::move(a)) {
    if (request.body) body = json::serialize(*request.body);
  }
  bool depends_on(const AttemptPtr& other) const { return std::find(after.begin(), after.end(), other) != after.end(); }

  GraphRequest request;
  Done done;
  std::vector<AttemptPtr> after;
  std::string body;
  int made = 0;
  std::size_t batch_max = kBatchPartsMax;  // shrinks when batches fail
  bool new_token_asked = false;
  bool uncertain = false;  // some attempt may have been carried out
  bool succeeded = false;
  std::optional<Failure> last;
  std::string token, client_request_id;
};

RequestLoop::RequestLoop(const LoopParts& parts, const CallOptions& call)
    : parts_(parts),
      deadline_(std::chrono::steady_clock::now() + call.deadline),
      inbox_(std::make_shared<Inbox>()),
      on_stop_(call.stop, [this, inbox = inbox_] {
        inbox->post([this] { end_all(FailureCode::worker_interrupted, "The call was given up before its end."); });
      }) {}

RequestLoop::~RequestLoop() {
  inbox_->close();
  given_up_.request_stop();
}

RequestLoop::AttemptPtr RequestLoop::submit(GraphRequest request, Done done, std::vector<AttemptPtr> after) {
  auto attempt = std::make_shared<Attempt>(std::move(request), std::move(done), std::move(after));
  open_.insert(attempt);
  ready_.push_back(attempt);
  return attempt;
}

void RequestLoop::run() {
  while (!open_.empty()) {
    start_ready();
    if (open_.empty()) return;
    if (const auto event = inbox_->wait(deadline_)) {
      event();
    } else {
      end_all(FailureCode::graph_unavailable, "The call's deadline has passed.");
    }
  }
}

void RequestLoop::start_ready() {
  while (in_flight_ < parts_.options.in_flight_max) {
    if (!due_.empty()) {
      const EnvelopePtr envelope = std::move(due_.front());
      due_.pop_front();
      begin(envelope);
    } else if (const EnvelopePtr envelope = next_envelope(); !envelope->attempts.empty()) {
      launch(envelope);
    } else {
      return;
    }
  }
}

RequestLoop::EnvelopePtr RequestLoop::next_envelope() {
  auto envelope = std::make_shared<Envelope>();
  const auto slots = static_cast<std::size_t>(parts_.options.in_flight_max);
  const std::size_t share = std::max(kBatchPartsMin, (ready_.size() + slots - 1) / slots);
  std::deque<AttemptPtr> left;
  for (AttemptPtr& attempt : ready_) {
    if (!open_.contains(attempt)) continue;  // ended while it waited
    const bool goes = envelope->attempts.size() < share && fits(attempt, *envelope) && may_leave(attempt, *envelope);
    (goes ? envelope->attempts.emplace_back() : left.emplace_back()) = std::move(attempt);
  }
  ready_ = std::move(left);
  return envelope;
}

bool RequestLoop::may_leave(const AttemptPtr& attempt, const Envelope& with) {
  return std::all_of(attempt->after.begin(), attempt->after.end(), [&](const AttemptPtr& other) {
    return other->succeeded || std::find(with.attempts.begin(), with.attempts.end(), other) != with.attempts.end();
  });
}

bool RequestLoop::fits(const AttemptPtr& attempt, const Envelope& envelope) const {
  if (envelope.attempts.empty()) return true;
  const Attempt& first = *envelope.attempts.front();
  std::size_t bytes = attempt->body.size();
  for (const AttemptPtr& other : envelope.attempts) bytes += other->body.size();
  return envelope.attempts.size() < std::min({parts_.options.batch_max, first.batch_max, attempt->batch_max}) &&
         bytes <= kBatchBytesMax && version_of(attempt->request.target) == version_of(first.request.target) &&
         workload_of(attempt->request.target) == workload_of(first.request.target);
}

void RequestLoop::launch(const EnvelopePtr& envelope) {
  const auto now = std::chrono::steady_clock::now();
  milliseconds wait{0};
  if (parts_.budget) {
    const auto writes = std::count_if(envelope->attempts.begin(), envelope->attempts.end(),
                                      [](const AttemptPtr& a) { return !is_read(a->request); });
    wait = parts_.budget->reserve(workload_of(envelope->attempts.front()->request.target),
                                  static_cast<int>(envelope->attempts.size()), static_cast<int>(writes), now);
  }
  if (wait == 0ms) return begin(envelope);
  if (now + wait >= deadline_) {
    const Failure late{FailureCode::graph_throttled, "Graph limits this app; the call's deadline comes first.", wait};
    for (const AttemptPtr& attempt : envelope->attempts) failed(attempt, attempt->last.value_or(late), false, false);
    return;
  }
  parts_.timer.after(wait,
                     [this, inbox = inbox_, envelope] { inbox->post([this, envelope] { due_.push_back(envelope); }); });
}

void RequestLoop::begin(const EnvelopePtr& envelope) {
  ++in_flight_;
  for (const AttemptPtr& attempt : envelope->attempts) ++attempt->made;
  parts_.tokens.get([this, inbox = inbox_, envelope](Result<std::string> token) {
    inbox->post([this, envelope, token = std::move(token)]() mutable {
      if (token) return send(envelope, std::move(*token));
      --in_flight_;
      for (const AttemptPtr& attempt : envelope->attempts)
        failed(attempt, token.error(), may_pass(token.error().code), false);
    });
  });
}

http::ClientRequest RequestLoop::http_request(const Envelope& envelope) const {
  const Attempt& first = *envelope.attempts.front();
  http::ClientRequest out{.method = first.request.method, .url = graph_base() + first.request.target};
  if (!envelope.is_batch()) {
    out.headers = first.request.headers;
    out.body = first.body;
    if (first.request.body) out.headers.set("Content-Type", "application/json");
    return out;
  }
  std::map<AttemptPtr, std::string> ids;
  std::vector<BatchPart> parts;
  for (const AttemptPtr& attempt : envelope.attempts) {
    const std::string& id = ids[attempt] = std::to_string(parts.size() + 1);
    BatchPart& part = parts.emplace_back(BatchPart{id, &attempt->request, {}});
    for (const AttemptPtr& other : attempt->after)
      if (const auto found = ids.find(other); found != ids.end()) part.depends_on.push_back(found->second);
  }
  out.method = http::Method::post;
  out.url = fmt::format("{}{}/$batch", graph_base(), version_of(first.request.target));
  out.headers.set("Content-Type", "application/json");
  out.body = json::serialize(batch_body(parts));
  return out;
}

void RequestLoop::send(const EnvelopePtr& envelope, std::string token) {
  const auto left = std::chrono::ceil<milliseconds>(deadline_ - std::chrono::steady_clock::now());
  http::ClientRequest request = http_request(*envelope);
  request.deadline = std::max(1ms, std::min(parts_.options.request_deadline, left));
  request.stop = given_up_.get_token();
  const std::string id = parts_.random.uuid();
  request.headers.set("Authorization", "Bearer " + token);
  request.headers.set("Accept", "application/json");
  request.headers.set("client-request-id", id);
  for (const AttemptPtr& attempt : envelope->attempts) {
    attempt->token = token;
    attempt->client_request_id = id;
  }
  parts_.client.send(std::move(request), [this, inbox = inbox_, envelope](Result<http::ClientResponse> answer) {
    inbox->post([this, envelope, answer = std::move(answer)]() mutable { answered(envelope, std::move(answer)); });
  });
}

void RequestLoop::answered(const EnvelopePtr& envelope, Result<http::ClientResponse> answer) {
  --in_flight_;
  if (answer) return read(*envelope, *answer);
  lost(*envelope, std::move(answer.error()));
}

// No whole answer, or one that cannot be read.
void RequestLoop::lost(const Envelope& envelope, Failure failure) {
  const bool uncertain = failure.code == FailureCode::graph_unavailable;
  failure.message += fmt::format(" (client request {})", envelope.attempts.front()->client_request_id);
  for (const AttemptPtr& attempt : envelope.attempts) {
    if (envelope.is_batch()) attempt->batch_max = std::max<std::size_t>(1, envelope.attempts.size() / 4);
    failed(attempt, failure, may_pass(failure.code), uncertain);
  }
}

void RequestLoop::read(const Envelope& envelope, const http::ClientResponse& response) {
  const bool good = response.status / 100 == 2;
  const bool nothing = response.body.empty() && !(good && is_read(envelope.attempts.front()->request));
  auto body = nothing ? Result<json::value>(json::object{}) : parse_readable_json(response.body, kAnswerLimits);
  if (!body && good)
    return lost(envelope,
                {FailureCode::graph_unavailable, "Graph's answer is cut off or no JSON. " + body.error().message, {}});
  GraphAnswer answer{response.status, response.headers, body.value_or(json::object{})};
  if (envelope.is_batch() && good) return read_parts(envelope, std::move(answer.body));
  learn(*envelope.attempts.front(), {&answer, 1});
  const int status = response.status;
  const bool no_batch = envelope.is_batch() && status / 100 == 4 && status != 401 && status != 429;
  for (const AttemptPtr& attempt : envelope.attempts) {
    if (envelope.is_batch() && !good) attempt->batch_max = std::max<std::size_t>(1, envelope.attempts.size() / 4);
    if (!no_batch) {
      part_answered(attempt, answer);
    } else if (open_.contains(attempt)) {  // one bad part may have spoiled it for all: alone, it fails alone
      attempt->batch_max = 1;
      --attempt->made;
      ready_.push_back(attempt);
    }
  }
}

void RequestLoop::read_parts(const Envelope& envelope, json::value body) {
  auto answers = read_batch(std::move(body));
  if (!answers) return lost(envelope, std::move(answers.error()));
  std::vector<GraphAnswer> all;
  for (const auto& [id, answer] : *answers) all.push_back({answer.status, answer.headers, nullptr});
  learn(*envelope.attempts.front(), all);
  for (std::size_t i = 0; i < envelope.attempts.size(); ++i) {
    const auto found = answers->find(std::to_string(i + 1));
    if (found != answers->end())
      part_answered(envelope.attempts[i], std::move(found->second));
    else
      failed(envelope.attempts[i], {FailureCode::graph_unavailable, "The answer to a batch lacks this part.", {}}, true,
             true);
  }
}

// What the answers to one envelope say about Graph's limits.
void RequestLoop::learn(const Attempt& first, std::span<const GraphAnswer> answers) {
  if (!parts_.budget) return;
  const Workload workload = workload_of(first.request.target);
  const auto refusal =
      std::find_if(answers.begin(), answers.end(), [](const GraphAnswer& a) { return a.status == 429; });
  if (refusal == answers.end()) return parts_.budget->accepted(workload);
  parts_.budget->refused(workload, graph::retry_after(refusal->headers, parts_.tokens.clock().now()),
                         std::chrono::steady_clock::now());
}

void RequestLoop::part_answered(const AttemptPtr& attempt, GraphAnswer answer) {
  if (!open_.contains(attempt)) return;
  if (answer.status / 100 == 2) return finish(attempt, {std::move(answer)});
  if (answer.status == 401 && !std::exchange(attempt->new_token_asked, true)) {
    parts_.tokens.refuse(attempt->token);
    return ready_.push_front(attempt);
  }
  const bool waits = std::any_of(attempt->after.begin(), attempt->after.end(),
                                 [this](const AttemptPtr& other) { return open_.contains(other); });
  if (answer.status == 424 && waits) {  // what it depends on is tried again
    --attempt->made;
    return ready_.push_back(attempt);
  }
  const bool gone = answer.status == 404 || answer.status == 410;
  if (gone && attempt->uncertain && attempt->request.method == http::Method::delete_)
    return finish(attempt, {GraphAnswer{.status = 204}});  // an earlier attempt has deleted it
  failed(attempt, graph_failure(answer.status, answer.headers, answer.body, parts_.tokens.clock().now()),
         may_pass(answer.status, attempt->made), answer.status >= 500);
}

void RequestLoop::failed(const AttemptPtr& attempt, Failure failure, bool may_retry, bool uncertain) {
  if (!open_.contains(attempt)) return;
  attempt->uncertain = attempt->uncertain || uncertain;
  const milliseconds wait = wait_before_next(*attempt, failure);
  const bool in_time = std::chrono::steady_clock::now() + wait < deadline_ && wait <= parts_.options.retry_after_max;
  const bool safe = !uncertain || attempt->request.may_repeat();
  if (!may_retry || !safe || attempt->made >= parts_.options.attempts_max || !in_time) {
    if (attempt->made > 1 && may_retry) failure.message += fmt::format(" Tried {} times.", attempt->made);
    if (!safe) failure.message += " It may have been carried out all the same.";
    note(*attempt, "graph.request_failed", failure);
    return finish(attempt, {tl::make_unexpected(std::move(failure)), attempt->uncertain});
  }
  note(*attempt, "graph.retry", failure);
  attempt->last = std::move(failure);
  parts_.timer.after(wait,
                     [this, inbox = inbox_, attempt] { inbox->post([this, attempt] { ready_.push_back(attempt); }); });
}

// For support: the ids under which Microsoft finds the request in its own logs.
void RequestLoop::note(const Attempt& attempt, std::string_view event, const Failure& failure) const {
  if (attempt.client_request_id.empty()) return;  // it never left: signing in failed
  const std::string_view target = attempt.request.target;
  log::write(event == "graph.retry" ? log::Level::debug : log::Level::warn, event,
             {{"method", http::name(attempt.request.method)},
              {"path", target.substr(0, target.find('?'))},
              {"code", name(failure.code)},
              {"attempt", attempt.made},
              {"client_request_id", attempt.client_request_id},
              {"message", failure.message}});
}

milliseconds RequestLoop::wait_before_next(const Attempt& attempt, const Failure& failure) {
  if (failure.retry_after)  // not all at the same instant
    return *failure.retry_after +
           milliseconds(parts_.random.below(std::min<std::int64_t>(1000, failure.retry_after->count() / 10) + 1));
  return backoff(parts_.options, parts_.random, std::max(1, attempt.made));
}

void RequestLoop::finish(const AttemptPtr& attempt, Reply reply) {
  if (open_.erase(attempt) == 0) return;
  attempt->succeeded = reply.answer.has_value();
  if (!attempt->succeeded)
    for (const AttemptPtr& other : std::set<AttemptPtr>(open_))
      if (other->depends_on(attempt))
        finish(other, {fail(reply.answer.error().code, "A request that this one depends on has failed.")});
  attempt->done(std::move(reply));
}

// An attempt that waits for its next try fails with what made it wait: that says more than the deadline does.
void RequestLoop::end_all(FailureCode code, std::string_view why) {
  given_up_.request_stop();
  ready_.clear();
  due_.clear();
  const std::set<AttemptPtr> open = std::exchange(open_, {});
  for (const AttemptPtr& attempt : open) {
    const bool keep_last = code == FailureCode::graph_unavailable && attempt->last;
    const Failure failure = keep_last ? *attempt->last : Failure{code, std::string(why), std::nullopt};
    attempt->done({tl::make_unexpected(failure), attempt->made > 0});
  }
}

}  // namespace ta::graph
