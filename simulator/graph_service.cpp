#include "simulator/graph_service.h"

#include <cctype>

#include "simulator/graph_error.h"
#include "simulator/row_selection.h"

namespace ta::simulator {
namespace {

constexpr std::string_view kTips =
    "Use $select to choose only the properties your app needs, as this can lead to performance improvements. For "
    "example: GET {}?$select=<key>,<key>";

void require_permission(const EntitySet& set, const Principal& principal) {
  for (const std::string_view role : set.read_roles)
    if (std::find(principal.roles.begin(), principal.roles.end(), role) != principal.roles.end()) return;
  throw GraphError::forbidden(set);
}

http::Response json_text(std::string body, Metadata metadata) {
  static constexpr std::array<std::string_view, 3> kLevels{"none", "minimal", "full"};
  http::Response response;
  response.body = std::move(body);
  response.headers.set("Content-Type", fmt::format("application/json;odata.metadata={};odata.streaming=true;"
                                                   "IEEE754Compatible=false;charset=utf-8",
                                                   kLevels[static_cast<std::size_t>(metadata)]));
  response.headers.set("OData-Version", "4.0");
  return response;
}

// One request while it is answered.
class Reading {
 public:
  Reading(const http::Request& request, const GraphPath& path, const std::string& base_url, CollectionPtr objects)
      : request_(request),
        path_(path),
        base_url_(base_url),
        objects_(std::move(objects)),
        options_(parse_options(request.query, path.beta)),
        eventual_(request.headers.get("ConsistencyLevel") == "eventual") {
    view_ = {.set = path.set,
             .beta = path.beta,
             .metadata = metadata_level(request.headers.get("Accept")),
             .options = &options_,
             .service_root = base_url + (path.beta ? "/beta" : "/v1.0")};
  }

  http::Response answer() const {
    if (path_.rest.empty()) return list();
    if (path_.rest[0] == "$count") return count();
    const Object* object = objects_->find(path_.rest[0]);
    if (!object) throw GraphError::not_found(path_.set->area, path_.rest[0]);
    if (path_.rest.size() == 1) return one(*object);
    return below(*object);
  }

 private:
  http::Response list() const {
    require_known_properties(view_, *objects_);
    const std::vector<const Object*> rows = select_rows(*objects_, *path_.set, options_, eventual_);
    const Page page = cut_page(rows.size(), path_.set->page_size, [&](std::size_t i) { return rows[i]->id; });
    std::string body = list_head(selected_context(), rows.size(), page);
    const bool stored = path_.beta && options_.plain() && view_.metadata == Metadata::minimal;
    for (std::size_t i = page.begin; i < page.end; ++i) {
      if (i > page.begin) body += ',';
      body += stored ? rows[i]->list_text : json::serialize(render_object(view_, *rows[i], true));
    }
    return json_text(body + "]}", view_.metadata);
  }

  http::Response count() const {
    if (path_.set->advanced_queries && !eventual_)
      throw GraphError(400, "Request_BadRequest", "$count is not currently supported.");
    const std::size_t rows = select_rows(*objects_, *path_.set, options_, eventual_).size();
    return http::text_response(200, std::to_string(rows), "text/plain");
  }

  http::Response one(const Object& object) const {
    require_known_properties(view_, *objects_);
    json::object body;
    if (view_.metadata != Metadata::none) body["@odata.context"] = context_url(view_, selected_context() + "/$entity");
    append_members(body, render_object(view_, object, false));
    return json_text(json::serialize(body), view_.metadata);
  }

  // "groups(id,displayName)"
  std::string selected_context() const {
    std::string text(path_.set->path);
    if (options_.plain()) return text;
    text += '(';
    for (const std::string& name : options_.select) text += (text.back() == '(' ? "" : ",") + name;
    for (const Expand& expand : options_.expand) text += (text.back() == '(' ? "" : ",") + expand.name + "()";
    return text + ')';
  }

  static void append_members(json::object& body, json::object more) {
    for (auto& member : more) body[member.key()] = std::move(member.value());
  }

  // {id}/part · {id}/part/{member} · {id}/part/{member}/navigation
  http::Response below(const Object& object) const {
    const Part* part = find_part(*path_.set, path_.rest[1]);
    if (!part) throw GraphError::unknown_segment(path_.rest[1]);
    if (!part->readable)
      throw GraphError::bad_request(
          fmt::format("No OData route exists that match template ~/entityset/key/navigation with http verb GET for "
                      "request {}.",
                      request_.path));
    static const json::array none;
    const auto found = object.parts.find(path_.rest[1]);
    const json::array& members = found == object.parts.end() ? none : found->second;
    const std::string context = fmt::format("{}('{}')/{}", path_.set->path, object.id, part->name);
    if (path_.rest.size() == 2) return members_list(members, part->page_size, context);
    for (const json::value& member : members)
      if (json_string(member, "id") == path_.rest[2]) return member_below(member.get_object(), context);
    throw GraphError::not_found(path_.set->area, path_.rest[2]);
  }

  http::Response members_list(const json::array& all, std::size_t page_size, const std::string& context) const {
    const std::vector<const json::object*> rows = select_members(all, *path_.set, options_);
    const Page page = cut_page(rows.size(), page_size, [&](std::size_t i) { return json_string(*rows[i], "id"); });
    std::string body = list_head(context, rows.size(), page);
    for (std::size_t i = page.begin; i < page.end; ++i) {
      if (i > page.begin) body += ',';
      body += json::serialize(render_member(view_, *rows[i]));
    }
    return json_text(body + "]}", view_.metadata);
  }

  http::Response member_below(const json::object& member, const std::string& context) const {
    if (path_.rest.size() == 3) {
      json::object body{{"@odata.context", context_url(view_, context + "/$entity")}};
      append_members(body, render_member(view_, member));
      return json_text(json::serialize(body), view_.metadata);
    }
    const json::value* next = member.if_contains(path_.rest[3]);
    if (!next || path_.rest.size() > 4) throw GraphError::unknown_segment(path_.rest.back());
    const std::string deeper = fmt::format("{}('{}')/{}", context, path_.rest[2], path_.rest[3]);
    if (next->is_array()) return members_list(next->get_array(), 1000, deeper);
    json::object body{{"@odata.context", context_url(view_, deeper + "/$entity")}};
    if (next->is_object()) append_members(body, render_member(view_, next->get_object()));
    return json_text(json::serialize(body), view_.metadata);
  }

  struct Page {
    std::size_t begin = 0, end = 0;
    std::optional<PageToken> next;
  };

  template <class IdAt>
  Page cut_page(std::size_t total, std::size_t page_size, IdAt id_at) const {
    if (options_.top && *options_.top > path_.set->top_max && path_.set->top_over_rejected)
      throw GraphError::bad_request(fmt::format(
          "Invalid page size specified: '{}'. Must be between 1 and {} inclusive.", *options_.top, path_.set->top_max));
    const std::size_t size = options_.top ? std::min(*options_.top, path_.set->top_max) : page_size;
    Page page;
    page.begin = std::min(total, options_.token ? first_after(*options_.token, total, id_at) : options_.skip);
    page.end = std::min(total, page.begin + size);
    if (page.end < total) page.next = PageToken{page.end, id_at(page.end - 1)};
    return page;
  }

  // Objects that come or go between two pages move the offset, never the object where the page before ended.
  template <class IdAt>
  static std::size_t first_after(const PageToken& token, std::size_t total, IdAt id_at) {
    if (token.offset > 0 && token.offset <= total && id_at(token.offset - 1) == token.last_id) return token.offset;
    for (std::size_t i = 0; i < total; ++i)
      if (id_at(i) == token.last_id) return i + 1;
    return token.offset;
  }

  // Everything of a list before its first member.
  std::string list_head(const std::string& context, std::size_t rows, const Page& page) const {
    const bool first_page = !options_.token;
    const bool counts = options_.count && first_page && (!path_.set->advanced_queries || eventual_);
    std::string head = "{";
    if (view_.metadata != Metadata::none)
      head += fmt::format("\"@odata.context\":{},", json::serialize(json::string(context_url(view_, context))));
    if (counts) head += fmt::format("\"@odata.count\":{},", rows);
    if (page.next) {
      const bool as_skip = path_.set->skip_links && path_.rest.empty();
      head += fmt::format("\"@odata.nextLink\":{},",
                          json::serialize(json::string(next_link(request_, base_url_, *page.next, as_skip))));
    }
    if (path_.beta && options_.select.empty() && view_.metadata != Metadata::none)
      head += fmt::format("\"@microsoft.graph.tips\":{},",
                          json::serialize(json::string(fmt::format(fmt::runtime(kTips), path_.below_version))));
    return head + "\"value\":[";
  }

  const http::Request& request_;
  const GraphPath& path_;
  const std::string& base_url_;
  CollectionPtr objects_;
  QueryOptions options_;
  bool eventual_;
  View view_;
};

}  // namespace

http::Response GraphService::answer(const http::Request& request, const GraphPath& path, const Principal& principal,
                                    const std::string& base_url) const {
  if (!path.set) throw GraphError::unknown_segment(unknown_segment(path));
  require_permission(*path.set, principal);
  if (request.method != http::Method::get)
    throw GraphError(405, "Request_BadRequest",
                     fmt::format("The method {} is not simulated on {}.", request.method_name, path.below_version));
  return Reading(request, path, base_url, world_.collection(*principal.tenant, *path.set)).answer();
}

}  // namespace ta::simulator
