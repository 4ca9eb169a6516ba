#include "simulator/graph_service.h"

#include <cctype>

#include "simulator/graph_error.h"
#include "simulator/group_delta.h"
#include "simulator/row_selection.h"

namespace ta::simulator {
namespace {

constexpr std::string_view kTips =
    "Use $select to choose only the properties your app needs, as this can lead to performance improvements. For "
    "example: GET {}?$select=<key>,<key>";

constexpr std::string_view kPlainText = "getOmaSettingPlainTextValue(";

void require_permission(const EntitySet& set, const Principal& principal) {
  if (!principal.may_read(set)) throw GraphError::forbidden(set);
}

http::Response json_text(std::string body, Metadata metadata) { return json_answer(200, std::move(body), metadata); }

// One request while it is answered.
class Reading {
 public:
  Reading(const http::Request& request, const GraphPath& path, const Principal& principal, const std::string& base_url,
          CollectionPtr objects, std::size_t page_size_max)
      : request_(request),
        path_(path),
        principal_(principal),
        base_url_(base_url),
        objects_(std::move(objects)),
        options_(parse_options(request.query, path.beta)),
        eventual_(request.headers.get("ConsistencyLevel") == "eventual"),
        page_size_max_(page_size_max) {
    view_ = {.set = path.set,
             .set_path = path.set_path,
             .beta = path.beta,
             .metadata = metadata_level(request.headers.get("Accept")),
             .options = &options_,
             .service_root = base_url + (path.beta ? "/beta" : "/v1.0")};
  }

  http::Response answer() const {
    const EntitySet& set = *path_.set;
    const bool collection = !set.singleton || (set.collection_on_beta && path_.beta);
    if (options_.top && set.top_rejected)
      throw GraphError::bad_request("Query option 'Top' is not allowed. To allow it, set the 'AllowedQueryOptions'.");
    if (!collection) return below(only_object(), path_.rest);
    if (path_.rest.empty()) return list();
    if (path_.rest[0] == "$count") return count();
    const Object* object = objects_->find(path_.rest[0]);
    if (!object) throw GraphError::not_found(set.area, path_.rest[0]);
    return below(*object, std::span(path_.rest).subspan(1));
  }

 private:
  const Object& only_object() const {
    if (objects_->items.empty()) throw GraphError::not_found(path_.set->area, path_.set_path);
    return *objects_->items.front();
  }

  http::Response list() const {
    require_known_properties(view_);
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
    require_known_properties(view_);
    json::object body;
    const bool whole = path_.set->singleton && !path_.rest.empty();
    const std::string_view entity = path_.set->singleton && !whole ? "" : "/$entity";
    if (view_.metadata != Metadata::none)
      body["@odata.context"] = context_url(view_, selected_context() + std::string(entity));
    append_members(body, render_object(view_, object, false));
    return json_text(json::serialize(body), view_.metadata);
  }

  // "groups(id,displayName)"
  std::string selected_context() const {
    std::string text(path_.set_path);
    if (options_.plain()) return text;
    text += '(';
    for (const std::string& name : options_.select) text += (text.back() == '(' ? "" : ",") + name;
    for (const Expand& expand : options_.expand) text += (text.back() == '(' ? "" : ",") + expand.name + "()";
    return text + ')';
  }

  static void append_members(json::object& body, json::object more) {
    for (auto& member : more) body[member.key()] = std::move(member.value());
  }

  // "" · part · part/{member} · part/{member}/navigation, below an object
  http::Response below(const Object& object, std::span<const std::string> rest) const {
    if (rest.empty()) return one(object);
    if (rest[0].starts_with(kPlainText)) return plain_text(object, rest[0]);
    const Part* part = find_part(*path_.set, rest[0]);
    std::size_t used = 1;
    if (!part && rest.size() > 1) part = find_part(*path_.set, rest[0] + "/" + rest[used++]);
    if (!part) throw GraphError::unknown_segment(rest[0]);
    require_readable(*part);
    static const json::array none;
    const auto found = object.parts.find(part->name);
    const json::array& members = found == object.parts.end() ? none : found->second;
    const std::string owner =
        path_.set->singleton ? path_.set_path : fmt::format("{}('{}')", path_.set_path, object.id);
    const Place place{part->type, fmt::format("{}/{}", owner, part->name)};
    rest = rest.subspan(used);
    if (part->single) return single(members, place);
    if (rest.empty()) return members_list(members, part->page_size, place);
    for (const json::value& member : members)
      if (json_string(member, "id") == rest[0]) return member_below(member.get_object(), place, rest);
    throw GraphError::not_found(path_.set->area, rest[0]);
  }

  // getOmaSettingPlainTextValue(secretReferenceValueId='…')
  http::Response plain_text(const Object& object, std::string_view call) const {
    if (!principal_.may_write(*path_.set)) throw GraphError::forbidden(*path_.set, true);
    const std::size_t begin = call.find('\'') + 1, end = call.rfind('\'');
    const std::string_view id = begin < end ? call.substr(begin, end - begin) : std::string_view();
    const auto secrets = object.parts.find("$secrets");
    if (secrets != object.parts.end())
      for (const json::value& secret : secrets->second)
        if (json_string(secret, "id") == id)
          return json_text(json::serialize(json::object{{"@odata.context", context_url(view_, "Edm.String")},
                                                        {"value", secret.at("value")}}),
                           view_.metadata);
    throw GraphError::not_found(path_.set->area, id);
  }

  void require_readable(const Part& part) const {
    if (!part.readable)
      throw GraphError::bad_request(
          fmt::format("No OData route exists that match template ~/entityset/key/navigation with http verb GET for "
                      "request {}.",
                      request_.path));
    if (part.top_rejected && options_.top)
      throw GraphError::bad_request("Query option 'Top' is not allowed. To allow it, set the 'AllowedQueryOptions'.");
  }

  // Where members stand: their declared type, and what contexts call the place.
  struct Place {
    const TypeSchema* type;
    std::string context;
  };

  http::Response entity(const json::object& member, const Place& place) const {
    json::object body;
    if (view_.metadata != Metadata::none) body["@odata.context"] = context_url(view_, place.context + "/$entity");
    append_members(body, render_member(view_, member, place.type));
    return json_text(json::serialize(body), view_.metadata);
  }

  http::Response single(const json::array& members, const Place& place) const {
    if (members.empty()) throw GraphError::not_found(path_.set->area, place.context);
    return entity(members.front().get_object(), place);
  }

  http::Response members_list(const json::array& all, std::size_t page_size, const Place& place) const {
    const std::vector<const json::object*> rows = select_members(all, *path_.set, options_);
    const Page page = cut_page(rows.size(), page_size, [&](std::size_t i) { return json_string(*rows[i], "id"); });
    std::string body = list_head(place.context, rows.size(), page);
    for (std::size_t i = page.begin; i < page.end; ++i) {
      if (i > page.begin) body += ',';
      body += json::serialize(render_member(view_, *rows[i], place.type));
    }
    return json_text(body + "]}", view_.metadata);
  }

  // `rest` begins with the member's id.
  http::Response member_below(const json::object& member, const Place& place, std::span<const std::string> rest) const {
    if (rest.size() == 1) return entity(member, place);
    const TypeSchema* type = type_of(member, place.type);
    const auto link = type->properties.find(rest[1]);
    const bool known =
        link != type->properties.end() && link->second.kind == PropertyType::Kind::navigation && rest.size() == 2;
    if (!known) throw GraphError::unknown_segment(rest.back());
    const json::value* next = member.if_contains(rest[1]);
    const Place deeper{find_type(link->second.target), fmt::format("{}('{}')/{}", place.context, rest[0], rest[1])};
    if (link->second.collection)
      return members_list(next && next->is_array() ? next->get_array() : json::array{}, 1000, deeper);
    if (!next || !next->is_object()) throw GraphError::not_found(path_.set->area, rest[1]);
    return entity(next->get_object(), deeper);
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
    const std::size_t own_size = options_.top ? std::min(*options_.top, path_.set->top_max) : page_size;
    const std::size_t size = page_size_max_ > 0 ? std::min(own_size, page_size_max_) : own_size;
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
  const Principal& principal_;
  const std::string& base_url_;
  CollectionPtr objects_;
  QueryOptions options_;
  bool eventual_;
  std::size_t page_size_max_;
  View view_;
};

}  // namespace

http::Response GraphService::answer(const http::Request& request, const GraphPath& path, const Principal& principal,
                                    const std::string& base_url) const {
  if (!path.set) throw GraphError::unknown_segment(unknown_segment(path));
  require_permission(*path.set, principal);
  if (asks_for_delta(path)) return answer_delta({request, path, *principal.tenant, base_url, world_, clock_.now()});
  return Reading(request, path, principal, base_url, world_.collection(*principal.tenant, *path.set), page_size_max_)
      .answer();
}

}  // namespace ta::simulator
