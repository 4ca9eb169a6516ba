#include "simulator/group_delta.h"

#include <charconv>

#include "base/digest.h"
#include "simulator/graph_error.h"
#include "simulator/graph_render.h"

namespace ta::simulator {
namespace {

constexpr std::chrono::hours kTokenLife{7 * 24};
constexpr std::int64_t kEverything = -1;

// Where a reader is. Tokens carry it, with the options of the first request.
struct Place {
  std::int64_t from = kEverything;  // the last change that the reader knows
  std::int64_t until = 0;           // the last change of this round
  std::size_t offset = 0;
  std::string select;
};

std::string token_of(const Place& place, std::string_view kind, Timestamp now) {
  return base64url(json::serialize(json::object{{"kind", kind},
                                                {"from", place.from},
                                                {"until", place.until},
                                                {"offset", place.offset},
                                                {"select", place.select},
                                                {"issued", to_unix_micros(now)}}));
}

Place place_of(std::string_view token, std::string_view kind, Timestamp now) {
  const auto text = base64_decode(token);
  const auto body = text ? parse_json(*text) : Result<json::value>(json::value(nullptr));
  if (!body || json_string(*body, "kind") != kind || json_int(*body, "offset") < 0)
    throw GraphError(400, "Request_BadRequest", "Badly formed token.");
  const std::int64_t issued = json_int(*body, "issued");
  if (issued > to_unix_micros(now)) throw GraphError(400, "Request_BadRequest", "Badly formed token.");
  if (issued <= to_unix_micros(now - kTokenLife))
    throw GraphError(400, "syncStateNotFound",
                     "The sync state generation is not found; it may have expired. Start again without a token.");
  return {json_int(*body, "from", kEverything), json_int(*body, "until"),
          static_cast<std::size_t>(json_int(*body, "offset")), json_string(*body, "select")};
}

std::size_t page_size_of(const DeltaCall& call) {
  constexpr std::string_view kName = "odata.maxpagesize=";
  const std::string_view prefer = call.request.headers.get("Prefer");
  const std::size_t at = prefer.find(kName);
  std::size_t wanted = 0;
  if (at != prefer.npos) std::from_chars(prefer.data() + at + kName.size(), prefer.data() + prefer.size(), wanted);
  return wanted == 0 ? call.path.set->page_size : std::min(wanted, call.path.set->top_max);
}

json::object removed_reference(const std::string& id) {
  return {{"@odata.type", "#microsoft.graph.user"}, {"id", id}, {"@removed", json::object{{"reason", "deleted"}}}};
}

// What one group's changes come to.
struct Merged {
  std::string id;
  bool removed = false, restorable = false;
  std::map<std::string, bool> members;  // true: added
};

std::vector<Merged> merged(const std::vector<GroupChange>& changes) {
  std::vector<Merged> all;
  std::map<std::string, std::size_t> index;
  for (const GroupChange& change : changes) {
    const auto [at, is_new] = index.emplace(change.id, all.size());
    if (is_new) all.push_back({.id = change.id});
    Merged& one = all[at->second];
    one.removed = change.removed;
    one.restorable = change.restorable;
    for (const std::string& id : change.members_added) one.members[id] = true;
    for (const std::string& id : change.members_removed) one.members[id] = false;
  }
  return all;
}

// One answer.
class Round {
 public:
  Round(const DeltaCall& call, Place place) : call_(call), place_(std::move(place)) {
    if (!place_.select.empty()) {
      http::Fields query;
      query.add("$select", place_.select);
      options_ = parse_options(query, call.path.beta);
    }
    view_ = {.set = call.path.set,
             .set_path = call.path.set_path,
             .beta = call.path.beta,
             .metadata = metadata_level(call.request.headers.get("Accept")),
             .options = &options_,
             .service_root = call.base_url + (call.path.beta ? "/beta" : "/v1.0")};
    require_known_properties(view_);
  }

  http::Response answer() {
    const CollectionPtr groups = call_.world.collection(call_.tenant, *call_.path.set);
    json::array page;
    const bool more = place_.from == kEverything ? everything(*groups, page) : changed(*groups, page);
    const std::string root = fmt::format("{}/{}/delta?", view_.service_root, call_.path.set_path);
    json::object body{{"@odata.context", context_url(view_, call_.path.set_path)}};
    if (more)
      body["@odata.nextLink"] = root + "$skiptoken=" + token_of(place_, "page", call_.now);
    else
      body["@odata.deltaLink"] =
          root + "$deltatoken=" + token_of({place_.until, 0, 0, place_.select}, "delta", call_.now);
    body["value"] = std::move(page);
    return json_answer(200, json::serialize(body), view_.metadata);
  }

 private:
  bool with_members() const {
    return options_.select.empty() ||
           std::find(options_.select.begin(), options_.select.end(), "members") != options_.select.end();
  }

  json::object shown(const Object& group) const {
    json::object body = render_object(view_, group, false);
    if (!body.contains("id")) body["id"] = group.id;
    return body;
  }

  // The end of the page among `total` rows, and where the next one begins. False for the last page.
  bool turn_page(std::size_t total, std::size_t& end) {
    end = std::min(total, place_.offset + page_size_of(call_));
    place_.offset = end;
    return end < total;
  }

  // Groups that have gone since the first page have moved the others up: rather a row twice than one never.
  std::size_t moved_up() const {
    const auto since = call_.world.changes(call_.tenant, place_.until, call_.world.last_change(call_.tenant));
    return static_cast<std::size_t>(
        std::count_if(since.begin(), since.end(), [](const auto& one) { return one.removed; }));
  }

  bool everything(const Collection& groups, json::array& page) {
    place_.offset -= std::min(place_.offset, moved_up());
    const std::size_t begin = std::min(place_.offset, groups.items.size());
    std::size_t end = 0;
    const bool more = turn_page(groups.items.size(), end);
    for (std::size_t i = begin; i < end; ++i) {
      json::object body = shown(*groups.items[i]);
      const auto members = groups.items[i]->parts.find("members");
      if (with_members() && members != groups.items[i]->parts.end() && !members->second.empty()) {
        json::array& list = body["members@delta"].emplace_array();
        for (const json::value& member : members->second)
          list.push_back(json::object{{"@odata.type", "#microsoft.graph.user"}, {"id", json_string(member, "id")}});
      }
      page.push_back(std::move(body));
    }
    return more;
  }

  bool changed(const Collection& groups, json::array& page) {
    const std::vector<Merged> all = merged(call_.world.changes(call_.tenant, place_.from, place_.until));
    const std::size_t begin = std::min(place_.offset, all.size());
    std::size_t end = 0;
    const bool more = turn_page(all.size(), end);
    for (std::size_t i = begin; i < end; ++i) page.push_back(changed_row(groups, all[i]));
    return more;
  }

  json::object changed_row(const Collection& groups, const Merged& change) const {
    const Object* group = groups.find(change.id);
    if (change.removed || !group)
      return {{"id", change.id}, {"@removed", json::object{{"reason", change.restorable ? "changed" : "deleted"}}}};
    json::object body = shown(*group);
    if (!with_members() || change.members.empty()) return body;
    json::array& list = body["members@delta"].emplace_array();
    for (const auto& [id, added] : change.members)
      list.push_back(added ? json::object{{"@odata.type", "#microsoft.graph.user"}, {"id", id}}
                           : removed_reference(id));
    return body;
  }

  const DeltaCall& call_;
  Place place_;
  QueryOptions options_;
  View view_;
};

}  // namespace

bool asks_for_delta(const GraphPath& path) {
  if (!path.set || path.set->path != "groups" || path.rest.size() != 1) return false;
  std::string_view word = path.rest[0];
  if (word.starts_with("microsoft.graph.")) word.remove_prefix(16);
  return word == "delta" || word == "delta()";
}

http::Response answer_delta(const DeltaCall& call) {
  const http::Fields& query = call.request.query;
  for (const auto& [name, value] : query)
    if (name != "$select" && name != "$deltatoken" && name != "$skiptoken")
      throw GraphError(400, "Request_UnsupportedQuery", fmt::format("{} is not supported in delta queries.", name));
  const std::int64_t latest = call.world.last_change(call.tenant);
  const std::string delta = query.get("$deltatoken"), skip = query.get("$skiptoken");
  Place place{.until = latest, .select = query.get("$select")};
  if (!skip.empty()) {
    place = place_of(skip, "page", call.now);
  } else if (delta == "latest") {
    place.from = latest;
  } else if (!delta.empty()) {
    const Place known = place_of(delta, "delta", call.now);
    place = {.from = known.from, .until = latest, .select = known.select};
  }
  return Round(call, std::move(place)).answer();
}

}  // namespace ta::simulator
