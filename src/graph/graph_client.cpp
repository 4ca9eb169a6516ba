#include "graph/graph_client.h"

#include <map>
#include <set>

#include "graph/request_loop.h"

namespace ta::graph {
namespace {

constexpr JsonLimits kAnswerLimits{.bytes_max = 64 << 20, .depth_max = 128};

Result<json::value> read_answer(const Result<http::ClientResponse>& answer) {
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->body.empty()) return json::value(json::object{});  // 204
  auto parsed = parse_json(answer->body, kAnswerLimits);
  if (!parsed) return fail(FailureCode::graph_unavailable, "Graph's answer cannot be read. " + parsed.error().message);
  return parsed;
}

struct Page {
  json::array rows;
  std::string next;  // empty on the last one
};

Result<Page> read_page(const Result<http::ClientResponse>& answer, bool single) {
  auto body = read_answer(answer);
  if (!body) return tl::make_unexpected(body.error());
  if (single && body->is_object()) return Page{json::array(1, *body), ""};
  const json::value* const value = json_find(*body, "value");
  if (!value || !value->is_array()) return fail(FailureCode::graph_unavailable, "Graph's answer is not a list.");
  Page out{{}, json_string(*body, "@odata.nextLink")};
  out.rows = std::move(body->as_object()["value"].as_array());
  return out;
}

// One list and the types whose rows are in it.
struct Chain {
  std::string target;
  std::vector<ListOutcome*> outcomes;
  std::set<std::string> seen;  // a nextLink that leads back would never end
};

// All lists of one call.
class ListRun {
 public:
  ListRun(RequestLoop& loop, std::string graph_base, ListObserver* observer)
      : loop_(loop), graph_base_(std::move(graph_base)), observer_(observer) {}

  void start(std::span<ListOutcome> outcomes) {
    std::map<std::string, Chain*> by_target;
    for (ListOutcome& outcome : outcomes) {
      const std::string target = outcome.contract->list_target();
      Chain*& chain = by_target[target];
      if (!chain) chain = &chains_.emplace_back(Chain{target, {}, {}});
      chain->outcomes.push_back(&outcome);
    }
    for (Chain& chain : chains_) ask(chain, graph_base_ + chain.target);
  }

 private:
  void ask(Chain& chain, std::string url) {
    chain.seen.insert(url);
    loop_.submit(std::move(url), [this, &chain](Result<http::ClientResponse> answer) { arrived(chain, answer); });
  }

  void arrived(Chain& chain, const Result<http::ClientResponse>& answer) {
    auto page = read_page(answer, chain.outcomes.front()->contract->single);
    if (!page) return end(chain, page.error());
    std::optional<Failure> refused;
    if (!page->next.empty()) refused = check_link(chain, page->next);
    if (!page->next.empty() && !refused) ask(chain, page->next);  // travels while this page is worked on
    hand_over(chain, std::move(page->rows));
    if (page->next.empty() || refused) end(chain, refused);
  }

  std::optional<Failure> check_link(const Chain& chain, const std::string& next) const {
    if (origin_of(next) != origin_of(graph_base_))
      return Failure{
          FailureCode::graph_bad_request, "A page's nextLink leads to another host; it was not followed.", {}};
    if (chain.seen.contains(next))
      return Failure{FailureCode::graph_unavailable, "The pages of the list lead back to an earlier one.", {}};
    return std::nullopt;
  }

  void hand_over(Chain& chain, json::array rows) {
    for (ListOutcome* outcome : chain.outcomes) {
      ++outcome->pages;
      std::vector<json::value> own;
      for (json::value& row : rows)
        if (row.is_object() && outcome->contract->matches(row)) own.push_back(std::move(row));
      outcome->objects += own.size();
      if (observer_ && !own.empty()) observer_->on_page(*outcome->contract, own);
    }
  }

  void end(Chain& chain, const std::optional<Failure>& failure) {
    for (ListOutcome* outcome : chain.outcomes) {
      outcome->failure = failure;
      if (observer_) observer_->on_end(*outcome);
    }
  }

  RequestLoop& loop_;
  const std::string graph_base_;
  ListObserver* const observer_;
  std::deque<Chain> chains_;  // stays where it is
};

}  // namespace

GraphClient::GraphClient(http::Client& client, TokenSource& tokens, Timer& timer, Random& random, GraphOptions options)
    : client_(client), tokens_(tokens), timer_(timer), random_(random), options_(options) {}

Result<json::value> GraphClient::get(std::string_view target, const CallOptions& call) {
  RequestLoop loop(client_, tokens_, timer_, random_, options_, call);
  Result<json::value> out;
  loop.submit(tokens_.endpoints().graph_base + std::string(target),
              [&out](const Result<http::ClientResponse>& answer) { out = read_answer(answer); });
  loop.run();
  return out;
}

ListOutcome GraphClient::list(const Contract& contract, ListObserver* observer, const CallOptions& call) {
  const Contract* const only = &contract;
  return list_many({&only, 1}, observer, call).front();
}

std::vector<ListOutcome> GraphClient::list_many(std::span<const Contract* const> contracts, ListObserver* observer,
                                                const CallOptions& call) {
  std::vector<ListOutcome> outcomes;
  for (const Contract* contract : contracts) outcomes.push_back({.contract = contract});
  RequestLoop loop(client_, tokens_, timer_, random_, options_, call);
  ListRun run(loop, tokens_.endpoints().graph_base, observer);
  run.start(outcomes);
  loop.run();
  return outcomes;
}

Result<TokenClaims> GraphClient::claims() {
  return tokens_.get().and_then([](const std::string& token) { return read_claims(token); });
}

}  // namespace ta::graph
