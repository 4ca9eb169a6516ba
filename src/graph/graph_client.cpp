#include "graph/graph_client.h"

#include <map>

#include "graph/contract_registry.h"
#include "graph/paging.h"
#include "graph/permission_report.h"
#include "graph/request_loop.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// How long before our call a created object may say that it was created: the clocks need not agree.
constexpr std::chrono::minutes kClockMargin{5};

// The rows of one or more types: one list, or one list per row of another chain.
struct Chain {
  const Contract* first = nullptr;     // of the types that share it
  std::vector<ListOutcome*> outcomes;  // none: only read for the chains below
  std::vector<Chain*> below;           // each with one list per row of this one
  const Contract* parent = nullptr;    // whose rows have a list each; nullptr: this is one list
  std::size_t reading = 0;             // lists that have not ended; below a parent, the parent's too
  std::optional<Failure> failure;      // the first
};

// All lists of one call. A type with a list per object of another type (ListRule::parent) starts those lists as the
// parent's rows come in, and ends when the parent and all of them have.
class ListRun {
 public:
  ListRun(RequestLoop& loop, ListObserver* observer) : loop_(loop), observer_(observer) {}

  void start(std::span<ListOutcome> outcomes) {
    for (ListOutcome& outcome : outcomes) chain_of(*outcome.contract).outcomes.push_back(&outcome);
    for (auto& [target, chain] : chains_)
      if (!chain.parent) read(chain, target);
  }

 private:
  Chain& chain_of(const Contract& contract) {
    const auto [found, fresh] = chains_.try_emplace(contract.list_target());
    Chain& chain = found->second;
    if (!fresh) return chain;
    chain.first = &contract;
    if (contract.list.parent) {
      chain.parent = ContractRegistry::builtin().find(contract.list.parent->type);
      chain.reading = 1;  // the parent's
      chain_of(*chain.parent).below.push_back(&chain);
    }
    return chain;
  }

  // Rows without an id, of one list, for each of the types that share it: a list that is read again counts anew.
  using Nameless = std::vector<std::size_t>;

  void read(Chain& chain, const std::string& target) {
    ++chain.reading;
    const auto nameless = std::make_shared<Nameless>(chain.outcomes.size());
    PageWalk::start(
        loop_, {.target = target},
        {.on_page = [this, &chain](json::array rows) { hand_over(chain, std::move(rows)); },
         .on_end =
             [this, &chain, nameless](const WalkEnd& walk) {
               tell(chain, walk, *nameless);
               end(chain, walk.failure, *chain.first);
             },
         .on_restart = [nameless] { std::fill(nameless->begin(), nameless->end(), 0); },
         .id_of = [&chain](const json::value& row) { return row.is_object() ? object_id(*chain.first, row) : ""; },
         .on_nameless =
             [&chain, nameless](const json::value& row) {
               for (std::size_t i = 0; i < chain.outcomes.size(); ++i)
                 if (!row.is_object() || chain.outcomes[i]->contract->matches(row)) ++(*nameless)[i];
             },
         .single = chain.first->single});
  }

  void hand_over(Chain& chain, json::array rows) {
    for (Chain* below : chain.below)
      for (const json::value& row : rows) read(*below, below->first->list_target(object_id(*below->parent, row)));
    for (ListOutcome* outcome : chain.outcomes) {
      ++outcome->pages;
      std::vector<json::value> own;
      for (json::value& row : rows)
        if (row.is_object() && outcome->contract->matches(row)) own.push_back(std::move(row));
      outcome->objects += own.size();
      if (observer_ && !own.empty()) observer_->on_page(*outcome->contract, own);
    }
  }

  static void tell(Chain& chain, const WalkEnd& walk, const Nameless& nameless) {
    for (std::size_t i = 0; i < chain.outcomes.size(); ++i) {
      chain.outcomes[i]->objects_without_id += nameless[i];
      if (!walk.remark.empty()) chain.outcomes[i]->remarks.push_back(walk.remark);
    }
  }

  // `asked`: the type whose list has failed, which may be one further up.
  void end(Chain& chain, const std::optional<Failure>& failure, const Contract& asked) {
    const bool absent = failure && failure->code == FailureCode::graph_not_found && chain.first->list.absent_is_empty;
    if (failure && !absent && !chain.failure) chain.failure = explained(*failure, asked);
    if (--chain.reading > 0) return;
    for (Chain* below : chain.below) end(*below, chain.failure, asked);
    for (ListOutcome* outcome : chain.outcomes) {
      outcome->failure = chain.failure;
      if (observer_) observer_->on_end(*outcome);
    }
  }

  // A permission is blamed only where the token lacks it.
  Failure explained(const Failure& failure, const Contract& asked) const {
    if (failure.code != FailureCode::graph_forbidden) return failure;
    const auto claims = read_claims(loop_.last_token());
    return claims ? explain_refusal(failure, asked, claims->roles) : failure;
  }

  RequestLoop& loop_;
  ListObserver* const observer_;
  std::map<std::string, Chain> chains_;  // by target, which of a list per row still has the parent's place in it
};

// Waits without a thread's sleep, so that a stop ends it at once. False when it did.
bool wait_for(Timer& timer, milliseconds delay, const std::stop_token& stop) {
  struct Bell {
    std::mutex mutex;
    std::condition_variable_any rung;
    bool due = false;
  };
  const auto bell = std::make_shared<Bell>();
  timer.after(delay, [bell] {
    const std::scoped_lock lock(bell->mutex);
    bell->due = true;
    bell->rung.notify_all();
  });
  std::unique_lock lock(bell->mutex);
  return bell->rung.wait(lock, stop, [&] { return bell->due; });
}

}  // namespace

GraphClient::GraphClient(http::Client& client, TokenSource& tokens, Timer& timer, Random& random, GraphOptions options,
                         RequestBudget* budget)
    : client_(client), tokens_(tokens), timer_(timer), random_(random), options_(options), budget_(budget) {}

LoopParts GraphClient::parts() { return {client_, tokens_, timer_, random_, options_, budget_}; }

Result<json::value> GraphClient::get(std::string_view target, const CallOptions& call) {
  RequestLoop loop(parts(), call);
  Result<json::value> out;
  loop.submit({.target = std::string(target)}, [&](Reply reply) {
    out = std::move(reply.answer).map([](GraphAnswer&& answer) { return std::move(answer.body); });
    if (!out) return;
    complete(loop, *out, [&out](const std::optional<Failure>& failure) {
      if (failure) out = tl::make_unexpected(*failure);
    });
  });
  loop.run();
  return out;
}

Result<json::array> GraphClient::collect(std::string_view target, const CallOptions& call) {
  const GraphRequest only{.target = std::string(target)};
  return std::move(collect_many({&only, 1}, call).front());
}

std::vector<Result<json::array>> GraphClient::collect_many(std::span<const GraphRequest> lists,
                                                           const CallOptions& call) {
  std::vector<Result<json::array>> out(lists.size());
  RequestLoop loop(parts(), call);
  for (std::size_t i = 0; i < lists.size(); ++i)
    PageWalk::start(loop, lists[i],
                    {.on_page =
                         [&rows = out[i]](json::array more) {
                           for (json::value& row : more) rows->push_back(std::move(row));
                         },
                     .on_end =
                         [&rows = out[i]](const WalkEnd& end) {
                           if (end.failure) rows = tl::make_unexpected(*end.failure);
                         },
                     .on_restart = [&rows = out[i]] { rows->clear(); }});
  loop.run();
  return out;
}

Result<GraphAnswer> GraphClient::send(const GraphRequest& request, const CallOptions& call) {
  return std::move(send_many({&request, 1}, call).front());
}

std::vector<Result<GraphAnswer>> GraphClient::send_many(std::span<const GraphRequest> requests,
                                                        const CallOptions& call) {
  std::vector<Result<GraphAnswer>> out(requests.size());
  std::vector<RequestLoop::AttemptPtr> attempts;
  RequestLoop loop(parts(), call);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    std::vector<RequestLoop::AttemptPtr> after;
    for (const std::size_t earlier : requests[i].depends_on) {
      assert(earlier < i);
      after.push_back(attempts[earlier]);
    }
    attempts.push_back(loop.submit(
        requests[i], [&result = out[i]](Reply reply) { result = std::move(reply.answer); }, std::move(after)));
  }
  loop.run();
  return out;
}

Result<GraphAnswer> GraphClient::create(const GraphRequest& request, const FindCreated& find, const CallOptions& call) {
  const Timestamp since = tokens_.clock().now() - kClockMargin;
  const Timer::Time began = timer_.now();
  const auto left = [&]() -> std::optional<milliseconds> {
    if (!call.deadline) return std::nullopt;
    return *call.deadline - std::chrono::floor<milliseconds>(timer_.now() - began);
  };
  for (int made = 1;; ++made) {
    RequestLoop loop(parts(), {.deadline = left(), .stop = call.stop, .received = call.received});
    Reply reply;
    loop.submit(request, [&reply](Reply ended) { reply = std::move(ended); });
    loop.run();
    if (reply.answer || !reply.may_have_happened || call.stop.stop_requested()) return reply.answer;
    // What was created a moment ago may not be visible yet.
    if (!wait_for(timer_, backoff(options_, random_, made), call.stop)) return reply.answer;
    auto found = find(since);
    if (!found) return reply.answer;
    if (*found) return GraphAnswer{.status = 200, .body = std::move(**found)};
    if (made >= options_.attempts_max || left().value_or(1ms) <= 0ms) return reply.answer;
  }
}

ListOutcome GraphClient::list(const Contract& contract, ListObserver* observer, const CallOptions& call) {
  const Contract* const only = &contract;
  return list_many({&only, 1}, observer, call).front();
}

std::vector<ListOutcome> GraphClient::list_many(std::span<const Contract* const> contracts, ListObserver* observer,
                                                const CallOptions& call) {
  std::vector<ListOutcome> outcomes;
  for (const Contract* contract : contracts) outcomes.push_back({.contract = contract});
  RequestLoop loop(parts(), call);
  ListRun run(loop, observer);
  run.start(outcomes);
  loop.run();
  return outcomes;
}

Result<TokenClaims> GraphClient::claims() {
  return tokens_.get().and_then([](const std::string& token) { return read_claims(token); });
}

}  // namespace ta::graph
