#include "graph/request_loop.h"

#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "base/readable_json.h"
#include "base/utf8.h"
#include "graph/batch_envelope.h"
#include "graph/errors.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr JsonLimits kAnswerLimits{.bytes_max = 64 << 20, .depth_max = kAnswerDepthMax};
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

// A run without a deadline ends some day all the same.
constexpr auto kNoDeadline = std::chrono::hours{24 * 365};

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

  // The next event, or an empty function after `time`.
  std::function<void()> wait(std::chrono::steady_clock::duration time) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, time, [this] { return !events_.empty(); })) return {};
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
  GraphRequest request;
  Done done;
  std::vector<AttemptPtr> after;
  std::vector<std::weak_ptr<Attempt>> dependents;
  std::string body;
  bool open = true;
  bool parked = false;  // in no queue until another request has ended
  int made = 0;
  int refusals = 0;                        // 429 among them
  std::size_t batch_max = kBatchPartsMax;  // shrinks when batches fail
  bool new_token_asked = false;
  bool uncertain = false;  // some attempt may have been carried out
  bool succeeded = false;
  int status = 0;
  std::string graph_code;
  std::optional<Failure> last;
  std::string token, client_request_id;
};

RequestLoop::RequestLoop(const LoopParts& parts, const CallOptions& call)
    : parts_(parts),
      deadline_(parts.timer.now() + call.deadline.value_or(kNoDeadline)),
      received_(call.received ? call.received : std::make_shared<std::atomic<std::int64_t>>(0)),
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
  for (const AttemptPtr& other : attempt->after) other->dependents.push_back(attempt);
  open_.insert(attempt);
  enqueue(attempt);
  return attempt;
}

void RequestLoop::run() {
  while (!open_.empty()) {
    start_ready();
    if (open_.empty()) return;
    if (const auto event = inbox_->wait(deadline_ - now())) {
      event();
    } else {
      end_all(FailureCode::graph_unavailable, "The time that it had is over.");
    }
  }
}

void RequestLoop::start_ready() {
  while (in_flight_ < parts_.options.in_flight_max) {
    const EnvelopePtr envelope = next_envelope();
    if (!envelope) return;
    begin(envelope);
  }
}

RequestLoop::Queue& RequestLoop::queue_of(const Attempt& attempt) {
  const std::string_view version = version_of(attempt.request.target);
  const Workload workload = workload_of(attempt.request.target);
  for (const auto& queue : queues_)
    if (queue->version == version && queue->workload == workload) return *queue;
  return *queues_.emplace_back(new Queue{std::string(version), workload, {}});
}

void RequestLoop::enqueue(const AttemptPtr& attempt, bool first) {
  std::deque<AttemptPtr>& waiting = queue_of(*attempt).waiting;
  first ? waiting.push_front(attempt) : waiting.push_back(attempt);
}

// The queues take turns.
RequestLoop::EnvelopePtr RequestLoop::next_envelope() {
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    Queue& queue = *queues_[(turn_ + i) % queues_.size()];
    if (blocked_[static_cast<std::size_t>(queue.workload)]) continue;
    auto envelope = std::make_shared<Envelope>();
    fill(*envelope, queue);
    if (!envelope->attempts.empty()) charge(*envelope, queue);
    if (envelope->attempts.empty()) continue;
    turn_ = (turn_ + i + 1) % queues_.size();
    return envelope;
  }
  return nullptr;
}

// Takes from the front of the queue. What must wait for another request leaves the queue; that request's end brings it
// back.
void RequestLoop::fill(Envelope& envelope, Queue& queue) {
  const auto slots = static_cast<std::size_t>(parts_.options.in_flight_max);
  const std::size_t share = std::max(kBatchPartsMin, (queue.waiting.size() + slots - 1) / slots);
  while (!queue.waiting.empty() && envelope.attempts.size() < share) {
    const AttemptPtr attempt = queue.waiting.front();
    const bool leaves = attempt->open && may_leave(attempt, envelope);
    if (leaves && !fits(*attempt, envelope)) return;
    queue.waiting.pop_front();
    if (!leaves) {
      park(attempt);
      continue;
    }
    envelope.bytes += attempt->body.size();
    envelope.attempts.push_back(attempt);
  }
}

void RequestLoop::park(const AttemptPtr& attempt) {
  if (!attempt->open) return;
  attempt->parked = true;
  for (const AttemptPtr& other : attempt->after)
    if (!other->open && !other->succeeded) return release_dependents(*other, FailureCode::graph_bad_request);
}

bool RequestLoop::may_leave(const AttemptPtr& attempt, const Envelope& with) const {
  return std::all_of(attempt->after.begin(), attempt->after.end(), [&](const AttemptPtr& other) {
    return other->succeeded || std::find(with.attempts.begin(), with.attempts.end(), other) != with.attempts.end();
  });
}

bool RequestLoop::fits(const Attempt& attempt, const Envelope& envelope) const {
  if (envelope.attempts.empty()) return true;
  const std::size_t most =
      std::min({parts_.options.batch_max, envelope.attempts.front()->batch_max, attempt.batch_max});
  return envelope.attempts.size() < most && envelope.bytes + attempt.body.size() <= kBatchBytesMax;
}

// What the budget does not let go yet returns to the front of its queue.
void RequestLoop::charge(Envelope& envelope, Queue& queue) {
  if (!parts_.budget) return;
  std::vector<bool> writes;
  for (const AttemptPtr& attempt : envelope.attempts) writes.push_back(!is_read(attempt->request));
  const RequestBudget::Grant grant = parts_.budget->take(queue.workload, writes, now());
  while (envelope.attempts.size() > grant.requests) {
    queue.waiting.push_front(envelope.attempts.back());
    envelope.attempts.pop_back();
  }
  if (grant.wait > 0ms) block(queue.workload, grant.wait);
}

void RequestLoop::block(Workload workload, milliseconds wait) {
  const auto at = static_cast<std::size_t>(workload);
  blocked_[at] = true;
  if (now() + wait < deadline_)
    return parts_.timer.after(wait, [this, inbox = inbox_, at] { inbox->post([this, at] { blocked_[at] = false; }); });
  const Failure late{FailureCode::graph_throttled,
                     fmt::format("Graph limits this app: the next request may leave in {}, and less time is left.",
                                 wait_in_words(wait)),
                     wait};
  for (std::size_t i = 0; i < queues_.size(); ++i)
    if (queues_[i]->workload == workload)
      for (const AttemptPtr& attempt : std::exchange(queues_[i]->waiting, {}))
        failed(attempt, attempt->last.value_or(late), false, false);
  blocked_[at] = false;
}

void RequestLoop::begin(const EnvelopePtr& envelope) {
  ++in_flight_;
  for (const AttemptPtr& attempt : envelope->attempts) {
    ++attempt->made;
    attempt->status = 0;
  }
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
  const auto left = std::chrono::ceil<milliseconds>(deadline_ - now());
  http::ClientRequest request = http_request(*envelope);
  request.deadline = std::max(1ms, std::min(parts_.options.request_deadline, left));
  request.stop = given_up_.get_token();
  const std::string id = parts_.random.uuid();
  request.headers.set("Authorization", "Bearer " + token);
  request.headers.set("Accept", "application/json");
  request.headers.set("client-request-id", id);
  last_token_ = token;
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
  if (!answer) return lost(*envelope, std::move(answer.error()), may_pass(answer.error().code));
  if (takes(answer->body.size())) read(*envelope, *answer);
}

// Ends the call and returns false when all answers together are too much.
bool RequestLoop::takes(std::size_t bytes) {
  const std::int64_t most = parts_.options.run_bytes_max;
  if (*received_ += static_cast<std::int64_t>(bytes); *received_ <= most) return true;
  end_all(FailureCode::graph_run_too_large,
          fmt::format("Graph sent more than {} MB, which is as much as one operation may receive.", most >> 20));
  return false;
}

// No whole answer, or one that cannot be read.
void RequestLoop::lost(const Envelope& envelope, Failure failure, bool may_retry) {
  const bool uncertain = failure.code == FailureCode::graph_unavailable;
  failure.message += fmt::format(" (client request {})", envelope.attempts.front()->client_request_id);
  for (const AttemptPtr& attempt : envelope.attempts) {
    if (envelope.is_batch()) attempt->batch_max = std::max<std::size_t>(1, envelope.attempts.size() / 4);
    failed(attempt, failure, may_retry, uncertain);
  }
}

void RequestLoop::read(const Envelope& envelope, const http::ClientResponse& response) {
  const bool good = response.status / 100 == 2;
  const bool nothing = response.body.empty() && !(good && is_read(envelope.attempts.front()->request));
  auto body = nothing ? Result<json::value>(json::object{}) : parse_readable_json(response.body, kAnswerLimits);
  if (!body && good) {
    // What was cut off may come whole the next time. Other text that is no JSON is what the server has to say.
    const bool cut_off = is_cut_off(response.body);
    const std::string_view what = cut_off ? "is cut off" : "is no JSON";
    return lost(envelope,
                {FailureCode::graph_unavailable, fmt::format("Graph's answer {}. {}", what, body.error().message), {}},
                cut_off);
  }
  GraphAnswer answer{response.status, response.headers, std::move(body).value_or(json::object{})};
  const bool refused = envelope.is_batch() && is_error(answer.body);
  if (envelope.is_batch() && good && !refused) return read_parts(envelope, std::move(answer.body));
  learn(*envelope.attempts.front(), {&answer, 1});
  if (envelope.is_batch()) return refused_whole(envelope, answer);
  part_answered(envelope.attempts.front(), answer, response.body.size());
}

// One bad part may have spoiled it for all: alone, it fails alone. Where the batch itself had to wait, all wait.
void RequestLoop::refused_whole(const Envelope& envelope, const GraphAnswer& answer) {
  const bool for_all = answer.status == 401 || answer.status == 429 || answer.status >= 500;
  for (const AttemptPtr& attempt : envelope.attempts) {
    attempt->batch_max = std::max<std::size_t>(1, envelope.attempts.size() / 4);
    if (for_all) {
      part_answered(attempt, answer, 0);
    } else if (attempt->open) {
      attempt->batch_max = 1;
      --attempt->made;
      enqueue(attempt);
    }
  }
}

void RequestLoop::read_parts(const Envelope& envelope, json::value body) {
  auto answers = read_batch(std::move(body));
  if (!answers) return lost(envelope, std::move(answers.error()), true);
  std::vector<GraphAnswer> all;
  for (const auto& [id, answer] : *answers) all.push_back({answer.status, answer.headers, nullptr});
  learn(*envelope.attempts.front(), all);
  for (std::size_t i = 0; i < envelope.attempts.size(); ++i) {
    const auto found = answers->find(std::to_string(i + 1));
    if (found != answers->end()) {
      const std::size_t bytes = size_of(found->second.body);
      part_answered(envelope.attempts[i], std::move(found->second), bytes);
    } else {
      failed(envelope.attempts[i], {FailureCode::graph_unavailable, "The answer to a batch lacks this part.", {}}, true,
             true);
    }
  }
}

// What the answers to one envelope say about Graph's limits.
void RequestLoop::learn(const Attempt& first, std::span<const GraphAnswer> answers) {
  if (!parts_.budget) return;
  const Workload workload = workload_of(first.request.target);
  const auto refusal =
      std::find_if(answers.begin(), answers.end(), [](const GraphAnswer& a) { return a.status == 429; });
  if (refusal == answers.end()) return parts_.budget->accepted(workload);
  parts_.budget->refused(workload, graph::retry_after(refusal->headers, parts_.tokens.clock().now()), now());
}

void RequestLoop::part_answered(const AttemptPtr& attempt, GraphAnswer answer, std::size_t bytes) {
  if (!attempt->open) return;
  attempt->status = answer.status;
  attempt->graph_code = error_code(answer.body);
  if (answer.status / 100 == 2 && !is_error(answer.body)) {
    const int status = answer.status;
    return finish(attempt, {.answer = std::move(answer), .status = status, .bytes = bytes});
  }
  if (answer.status == 401 && !std::exchange(attempt->new_token_asked, true)) {
    parts_.tokens.refuse(attempt->token);
    return enqueue(attempt, true);
  }
  const bool waits =
      std::any_of(attempt->after.begin(), attempt->after.end(), [](const AttemptPtr& other) { return other->open; });
  if (answer.status == 424 && waits) {  // what it depends on is tried again
    --attempt->made;
    return enqueue(attempt);
  }
  const bool gone = answer.status == 404 || answer.status == 410;
  if (gone && attempt->uncertain && attempt->request.method == http::Method::delete_)
    return finish(attempt, {.answer = GraphAnswer{.status = 204}, .status = 204});  // an earlier attempt has deleted it
  failed(attempt, graph_failure(answer.status, answer.headers, answer.body, parts_.tokens.clock().now()),
         may_pass(answer.status, attempt->made - attempt->refusals), answer.status >= 500);
}

void RequestLoop::failed(const AttemptPtr& attempt, Failure failure, bool may_retry, bool uncertain) {
  if (!attempt->open) return;
  attempt->uncertain = attempt->uncertain || uncertain;
  // Only by Graph itself: a sign-in service that asks to wait is not asked twenty times.
  const bool refused = failure.code == FailureCode::graph_throttled && attempt->status == 429;
  if (refused) ++attempt->refusals;
  const bool used_up = refused ? attempt->refusals >= parts_.options.refusals_max
                               : attempt->made - attempt->refusals >= parts_.options.attempts_max;
  const milliseconds wait = wait_before_next(*attempt, failure);
  const bool in_time = now() + wait < deadline_ && wait <= parts_.options.retry_after_max;
  const bool safe = !uncertain || attempt->request.may_repeat();
  if (!may_retry || !safe || used_up || !in_time) {
    if (attempt->made > 1 && may_retry) failure.message += fmt::format(" Tried {} times.", attempt->made);
    if (may_retry && safe && !used_up) failure.message += too_long(failure);
    if (!safe) failure.message += " It may have been carried out all the same.";
    note(*attempt, "graph.request_failed", failure);
    return finish(attempt,
                  {tl::make_unexpected(std::move(failure)), attempt->uncertain, attempt->status, attempt->graph_code});
  }
  note(*attempt, "graph.retry", failure);
  attempt->last = std::move(failure);
  parts_.timer.after(wait, [this, inbox = inbox_, attempt] { inbox->post([this, attempt] { enqueue(attempt); }); });
}

// Why the next attempt is not waited for.
std::string RequestLoop::too_long(const Failure& failure) const {
  const milliseconds left = std::max(0ms, std::chrono::floor<milliseconds>(deadline_ - now()));
  const bool by_deadline = left < parts_.options.retry_after_max;
  const std::string limit = by_deadline
                                ? fmt::format("only {} are left", wait_in_words(left))
                                : fmt::format("at most {} are waited", wait_in_words(parts_.options.retry_after_max));
  if (!failure.retry_after) return fmt::format(" It was not tried again, because {}.", limit);
  return fmt::format(" Microsoft asks to wait {}, but {}.", wait_in_words(*failure.retry_after), limit);
}

// For support: the ids under which Microsoft finds the request in its own logs.
void RequestLoop::note(const Attempt& attempt, std::string_view event, const Failure& failure) const {
  if (attempt.client_request_id.empty()) return;  // it never left: signing in failed
  const std::string target = without_control_characters(attempt.request.target);
  log::write(event == "graph.retry" ? log::Level::debug : log::Level::warn, event,
             {{"method", http::name(attempt.request.method)},
              {"path", std::string_view(target).substr(0, target.find('?'))},
              {"code", name(failure.code)},
              {"attempt", attempt.made},
              {"client_request_id", attempt.client_request_id},
              {"message", without_control_characters(failure.message)}});
}

milliseconds RequestLoop::wait_before_next(const Attempt& attempt, const Failure& failure) {
  const milliseconds own = backoff(parts_.options, parts_.random, std::max(1, attempt.made));
  if (!failure.retry_after) return own;
  const auto jitter = std::min<std::int64_t>(1000, failure.retry_after->count() / 10);  // not all at the same instant
  const milliseconds asked =
      *failure.retry_after + milliseconds(parts_.random.below(static_cast<std::uint64_t>(jitter) + 1));
  return attempt.refusals > 1 ? std::max(asked, own) : asked;  // what was asked has not been enough
}

void RequestLoop::finish(const AttemptPtr& attempt, Reply reply) {
  if (!std::exchange(attempt->open, false)) return;
  open_.erase(attempt);
  attempt->succeeded = reply.answer.has_value();
  if (!attempt->dependents.empty())
    release_dependents(*attempt, reply.answer ? FailureCode::internal_error : reply.answer.error().code);
  attempt->done(std::move(reply));
}

// After its end: with its success they may leave, with its failure they fail with `code`.
void RequestLoop::release_dependents(Attempt& attempt, FailureCode code) {
  for (const std::weak_ptr<Attempt>& dependent : attempt.dependents) {
    const AttemptPtr other = dependent.lock();
    if (!other || !other->open) continue;
    if (!attempt.succeeded)
      finish(other, {fail(code, "A request that this one depends on has failed.")});
    else if (std::exchange(other->parked, false))
      enqueue(other);
  }
}

// An attempt that waits for its next try fails with what made it wait: that says more than the deadline does.
void RequestLoop::end_all(FailureCode code, std::string_view why) {
  given_up_.request_stop();
  for (const auto& queue : queues_) queue->waiting.clear();
  const std::set<AttemptPtr> open = std::exchange(open_, {});
  for (const AttemptPtr& attempt : open) attempt->open = false;
  for (const AttemptPtr& attempt : open) {
    const bool keep_last = code == FailureCode::graph_unavailable && attempt->last;
    const Failure failure = keep_last ? *attempt->last : Failure{code, std::string(why), std::nullopt};
    attempt->done({tl::make_unexpected(failure), attempt->made > 0});
  }
}

}  // namespace ta::graph
