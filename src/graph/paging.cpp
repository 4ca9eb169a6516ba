#include "graph/paging.h"

#include "graph/endpoints.h"

namespace ta::graph {
namespace {

constexpr std::string_view kNextLink = "@odata.nextLink";
constexpr int kDepthMax = 4;  // $expand inside $expand

// A collection inside an object that Graph has cut off.
struct CutOff {
  json::object* owner;
  std::string key;  // of the link
  json::array* rows;
  std::string link;
};

void find_cut_off(json::value& value, int depth, std::vector<CutOff>& found) {
  if (depth > kDepthMax) return;
  if (value.is_array())
    for (json::value& item : value.get_array()) find_cut_off(item, depth, found);
  if (!value.is_object()) return;
  for (auto& member : value.get_object()) {
    if (member.value().is_structured()) find_cut_off(member.value(), depth + 1, found);
    const std::string_view key = member.key();
    if (key.size() <= kNextLink.size() || !key.ends_with(kNextLink) || !member.value().is_string()) continue;
    json::value* const rows = value.get_object().if_contains(key.substr(0, key.size() - kNextLink.size()));
    if (rows && rows->is_array())
      found.push_back(
          {&value.get_object(), std::string(key), &rows->get_array(), std::string(member.value().get_string())});
  }
}

Failure no_list() { return {FailureCode::graph_unavailable, "Graph's answer is not a list.", {}}; }

}  // namespace

Result<std::string> next_target(std::string_view graph_base, std::string_view link) {
  const std::string origin = origin_of(link);
  if (origin.empty() || origin != origin_of(graph_base))
    return fail(FailureCode::graph_bad_request, "A page's nextLink leads to another host; it was not followed.");
  const auto path = link.find('/', link.find("://") + 3);
  if (path == link.npos || link.find_first_of(" \r\n\t") != link.npos)
    return fail(FailureCode::graph_bad_request, "A page's nextLink is malformed; it was not followed.");
  return std::string(link.substr(path));
}

void PageWalk::start(RequestLoop& loop, GraphRequest first, OnPage on_page, OnEnd on_end, bool single) {
  const std::shared_ptr<PageWalk> walk(new PageWalk(loop, std::move(on_page), std::move(on_end)));
  walk->single_ = single;
  walk->headers_ = std::move(first.headers);
  walk->ask(std::move(first.target));
}

void PageWalk::ask(std::string target) {
  seen_.insert(target);
  loop_.submit({.target = std::move(target), .headers = headers_},
               [self = shared_from_this()](Reply reply) { self->arrived(std::move(reply.answer)); });
}

void PageWalk::arrived(Result<GraphAnswer> answer) {
  if (!answer) return on_end_(answer.error());
  auto page = std::make_shared<json::value>(std::move(answer->body));
  if (single_ && page->is_object()) *page = json::object{{"value", json::array(1, std::move(*page))}};
  const json::value* const value = json_find(*page, "value");
  if (!value || !value->is_array()) return on_end_(no_list());
  complete(loop_, page->as_object()["value"], [self = shared_from_this(), page](std::optional<Failure> failure) {
    failure ? self->on_end_(failure) : self->go_on(page);
  });
}

void PageWalk::go_on(std::shared_ptr<json::value> page) {
  json::array rows = std::move(page->as_object()["value"].as_array());
  if (const json::value* const count = json_find(*page, "@odata.count"); count && count->is_int64() && !announced_)
    announced_ = count->get_int64();
  rows_ += static_cast<std::int64_t>(rows.size());
  const std::string link = json_string(*page, kNextLink);
  const bool last = link.empty();
  std::optional<Failure> failure = last ? missing() : std::nullopt;
  if (!last) {
    auto next = next_target(loop_.graph_base(), link);
    if (!next)
      failure = next.error();
    else if (seen_.contains(*next))
      failure = {FailureCode::graph_unavailable, "The pages of the list lead back to an earlier one.", {}};
    else
      ask(std::move(*next));  // travels while this page is worked on
  }
  on_page_(std::move(rows));
  if (last || failure) on_end_(failure);
}

std::optional<Failure> PageWalk::missing() const {
  if (!announced_ || rows_ >= *announced_) return std::nullopt;
  return Failure{
      FailureCode::graph_unavailable, fmt::format("Graph announced {} objects and sent {}.", *announced_, rows_), {}};
}

void complete(RequestLoop& loop, json::value& value, std::function<void(std::optional<Failure>)> done) {
  std::vector<CutOff> found;
  find_cut_off(value, 0, found);
  if (found.empty()) return done(std::nullopt);
  struct Open {
    std::vector<CutOff> parts;
    std::size_t left;
    std::optional<Failure> failure;
    std::function<void(std::optional<Failure>)> done;
  };
  const auto open = std::make_shared<Open>(Open{found, found.size(), {}, std::move(done)});
  const auto ended = [open](const std::optional<Failure>& failure) {
    if (failure && !open->failure) open->failure = failure;
    if (--open->left > 0) return;
    for (const CutOff& part : open->parts) part.owner->erase(part.key);  // only now: erasing moves the members
    open->done(open->failure);
  };
  for (const CutOff& part : found) {
    auto next = next_target(loop.graph_base(), part.link);
    if (!next) {
      ended(next.error());
      continue;
    }
    const auto append = [rows = part.rows](json::array more) {
      for (json::value& row : more) rows->push_back(std::move(row));
    };
    PageWalk::start(loop, {.target = std::move(*next)}, append, ended);
  }
}

}  // namespace ta::graph
