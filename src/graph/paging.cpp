#include "graph/paging.h"

#include <algorithm>
#include <cctype>

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

constexpr int kRestartsMax = 2;

Failure no_list() { return {FailureCode::graph_unavailable, "Graph's answer is not a list.", {}}; }

Failure endless(std::string why) { return {FailureCode::graph_list_endless, std::move(why), {}}; }

bool is_control(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }

// What a server may write into a link and an HTTP request may not hold as it is.
std::string encoded(std::string_view target) {
  constexpr std::string_view kNeverPlain = "#\"<>\\^`{|}";
  std::string out;
  for (const char c : target)
    if (static_cast<unsigned char>(c) >= 0x80 || kNeverPlain.find(c) != kNeverPlain.npos)
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  return out;
}

// Graph has forgotten how far the list was read.
bool has_lost_its_place(const Reply& reply) {
  if (reply.status == 410) return true;
  std::string code = reply.graph_code;
  std::transform(code.begin(), code.end(), code.begin(), [](unsigned char c) { return std::tolower(c); });
  if (reply.status != 400) return false;
  for (const std::string_view sign :
       {"expiredpagetoken", "invalidpagetoken", "expiredskiptoken", "resyncrequired", "syncstatenotfound"})
    if (code.find(sign) != code.npos) return true;
  return false;
}

}  // namespace

Result<std::string> next_target(std::string_view graph_base, std::string_view link) {
  const std::string origin = origin_of(link);
  if (origin.empty() || origin != origin_of(graph_base))
    return fail(FailureCode::graph_bad_request, "A page's nextLink leads to another host; it was not followed.");
  const auto path = link.find('/', link.find("://") + 3);
  if (path == link.npos || std::any_of(link.begin(), link.end(), is_control))
    return fail(FailureCode::graph_bad_request, "A page's nextLink is malformed; it was not followed.");
  return encoded(link.substr(path));
}

void PageWalk::start(RequestLoop& loop, GraphRequest first, Shape shape) {
  const std::shared_ptr<PageWalk> walk(new PageWalk(loop, std::move(first), std::move(shape)));
  walk->ask(walk->first_.target);
}

void PageWalk::ask(std::string target) {
  reading_.targets.insert(target);
  loop_.submit({.target = std::move(target), .headers = first_.headers},
               [self = shared_from_this()](Reply reply) { self->arrived(std::move(reply)); });
}

void PageWalk::arrived(Reply reply) {
  if (!reply.answer) {
    if (reading_.pages > 0 && has_lost_its_place(reply)) return begin_again(std::move(reply.answer.error()));
    return end(std::move(reply.answer.error()));
  }
  bytes_ += static_cast<std::int64_t>(reply.bytes);
  auto page = std::make_shared<json::value>(std::move(reply.answer->body));
  if (shape_.single && page->is_object()) *page = json::object{{"value", json::array(1, std::move(*page))}};
  const json::value* const value = json_find(*page, "value");
  if (!value || !value->is_array()) return end(no_list());
  complete(loop_, page->as_object()["value"], [self = shared_from_this(), page](std::optional<Failure> failure) {
    failure ? self->end(std::move(failure)) : self->go_on(page);
  });
}

void PageWalk::begin_again(Failure why) {
  if (restarts_ == kRestartsMax) {
    why.code = FailureCode::graph_unavailable;
    why.message += fmt::format(" The list was read again from its first page {} times.", kRestartsMax);
    return end(std::move(why));
  }
  ++restarts_;
  reading_ = {};
  reading_.again = handed_over_;
  if (shape_.on_restart) shape_.on_restart();
  ask(first_.target);
}

void PageWalk::go_on(std::shared_ptr<json::value> page) {
  json::array rows = std::move(page->as_object()["value"].as_array());
  if (const json::value* const count = json_find(*page, "@odata.count");
      count && count->is_int64() && !reading_.announced)
    reading_.announced = count->get_int64();
  ++reading_.pages;
  reading_.rows += static_cast<std::int64_t>(rows.size());
  reading_.idle_pages = take_new(rows) ? 0 : reading_.idle_pages + 1;
  const std::string link = json_string(*page, kNextLink);
  std::optional<Failure> failure = too_much(link.empty());
  if (!failure && !link.empty()) failure = go_to(link);  // travels while this page is worked on
  shape_.on_page(std::move(rows));
  if (link.empty() || failure) end(std::move(failure));
}

// Leaves the rows that were not handed over before. Whether this reading had not seen some row.
bool PageWalk::take_new(json::array& rows) {
  if (!shape_.id_of) return !rows.empty();
  bool any = false;
  json::array fresh;
  for (json::value& row : rows) {
    const std::string id = shape_.id_of(row);
    if (id.empty()) {
      shape_.on_nameless(row);
      continue;
    }
    const bool first_time = handed_over_.insert(id).second;
    any = any || first_time || reading_.again.erase(id) > 0;
    if (first_time) fresh.push_back(std::move(row));
  }
  rows = std::move(fresh);
  return any;
}

std::optional<Failure> PageWalk::go_to(const std::string& link) {
  auto next = next_target(loop_.graph_base(), link);
  if (!next) return next.error();
  if (reading_.targets.contains(*next)) return endless("The pages of the list lead back to an earlier one.");
  ask(std::move(*next));
  return std::nullopt;
}

std::optional<Failure> PageWalk::too_much(bool last) const {
  const GraphOptions& options = loop_.options();
  const auto objects = shape_.id_of ? static_cast<std::int64_t>(handed_over_.size()) : reading_.rows;
  if (objects > options.list_objects_max || (objects == options.list_objects_max && !last))
    return Failure{FailureCode::graph_list_too_long,
                   fmt::format("The list has more than {} objects; the rest was not read.", options.list_objects_max),
                   {}};
  if (bytes_ > options.list_bytes_max)
    return Failure{FailureCode::graph_list_too_large,
                   fmt::format("The list has more than {} MB; the rest was not read.", options.list_bytes_max >> 20),
                   {}};
  if (!last && reading_.idle_pages >= options.idle_pages_max)
    return endless(fmt::format("{} pages in a row brought no new object, and the list went on.", reading_.idle_pages));
  return std::nullopt;
}

// A count that we did not ask for proves nothing: Graph's own are known to be wrong. The list is whole when its last
// page has come.
void PageWalk::end(std::optional<Failure> failure) {
  WalkEnd ended{std::move(failure), {}};
  if (!ended.failure && reading_.announced.value_or(0) > reading_.rows)
    ended.remark = fmt::format("Graph announced {} objects and sent {}.", *reading_.announced, reading_.rows);
  shape_.on_end(ended);
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
  const auto ended = [open](const WalkEnd& end) {
    if (end.failure && !open->failure) open->failure = end.failure;
    if (--open->left > 0) return;
    for (const CutOff& part : open->parts) part.owner->erase(part.key);  // only now: erasing moves the members
    open->done(open->failure);
  };
  for (const CutOff& part : found) {
    auto next = next_target(loop.graph_base(), part.link);
    if (!next) {
      ended({next.error(), {}});
      continue;
    }
    PageWalk::start(loop, {.target = std::move(*next)},
                    {.on_page =
                         [rows = part.rows](json::array more) {
                           for (json::value& row : more) rows->push_back(std::move(row));
                         },
                     .on_end = ended,
                     .on_restart = [rows = part.rows, inside = part.rows->size()] { rows->resize(inside); }});
  }
}

}  // namespace ta::graph
