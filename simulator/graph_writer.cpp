#include "simulator/graph_writer.h"

#include "simulator/audit_trail.h"
#include "simulator/graph_error.h"
#include "simulator/graph_render.h"
#include "simulator/write_call.h"

namespace ta::simulator {
namespace {

View view_of(const WriteCall& call, const QueryOptions& options) {
  return {.set = call.path.set,
          .set_path = call.path.set_path,
          .beta = call.path.beta,
          .metadata = metadata_level(call.request.headers.get("Accept")),
          .options = &options,
          .service_root = call.base_url + (call.path.beta ? "/beta" : "/v1.0")};
}

std::string joined(std::span<const std::string> segments) {
  std::string text;
  for (const std::string& segment : segments) text += (text.empty() ? "" : "/") + segment;
  return text;
}

const Part* part_at(const EntitySet& set, std::span<const std::string> rest, std::size_t& used) {
  for (used = 1; used <= std::min<std::size_t>(rest.size(), 2); ++used)
    if (const Part* part = find_part(set, joined(rest.first(used)))) return part;
  return nullptr;
}

// Below one object: `rest` is not empty.
http::Response below(const WriteCall& call, const std::string& id, std::span<const std::string> rest) {
  const EntitySet& set = call.set();
  if (call.request.method == http::Method::post) {
    const std::string action = joined(rest);
    if (auto answer = object_action(call, id, action)) return std::move(*answer);
    if (set.assigning && !set.assigning->per_target && (action == set.assigning->action || action == "assign"))
      return assign(call, id);
  }
  std::size_t used = 0;
  const Part* part = part_at(set, rest, used);
  if (!part) throw GraphError::unknown_segment(rest[0]);
  return write_part(call, id, *part, rest.subspan(used));
}

http::Response one_object(const WriteCall& call, const std::string& id) {
  if (call.request.method == http::Method::delete_) return delete_object(call, id);
  if (call.request.method == http::Method::post) not_possible(call);
  return update_object(call, id);
}

}  // namespace

ObjectPtr WriteCall::object(std::string_view id) const {
  const CollectionPtr objects = world.collection(*who.tenant, set());
  const auto found = objects->index.find(std::string(id));
  if (found == objects->index.end()) throw GraphError::not_found(set().area, id);
  return objects->items[found->second];
}

void WriteCall::edit(std::string_view id, const std::function<void(NewObject&)>& change) const {
  if (const auto done = world.edit(tenant(), set().path, id, change); !done)
    throw GraphError::not_found(set().area, id);
}

void WriteCall::audit(std::string_view operation, std::string_view activity, std::string_view id,
                      const json::object* before, const json::object* after) const {
  record_change(world, who, {set(), std::string(operation), std::string(activity), std::string(id), before, after}, now,
                random);
}

http::Response no_content() { return {.status = 204}; }

http::Response entity_answer(const WriteCall& call, std::string_view id, int status) {
  if (status == 204) return no_content();
  const QueryOptions options;
  const View view = view_of(call, options);
  json::object body;
  if (view.metadata != Metadata::none)
    body["@odata.context"] = context_url(view, call.path.set_path + (call.set().singleton ? "" : "/$entity"));
  const ObjectPtr object = call.object(id);
  for (auto& member : render_object(view, *object, false)) body[member.key()] = std::move(member.value());
  return json_answer(status, json::serialize(body), view.metadata);
}

http::Response list_answer(const WriteCall& call, const std::string& place, const json::array& members, int status) {
  const QueryOptions options;
  const View view = view_of(call, options);
  return json_answer(status,
                     json::serialize(json::object{{"@odata.context", context_url(view, place)}, {"value", members}}),
                     view.metadata);
}

void not_possible(const WriteCall& call) {
  throw GraphError(
      405, "Request_BadRequest",
      fmt::format("The method {} is not allowed on {}.", call.request.method_name, call.path.below_version));
}

namespace {

http::Response carried_out(const WriteCall& call) {
  const EntitySet& set = call.set();
  const std::span<const std::string> rest(call.path.rest);
  if (set.singleton) {
    const CollectionPtr objects = call.world.collection(*call.who.tenant, set);
    if (objects->items.empty()) throw GraphError::not_found(set.area, call.path.set_path);
    const std::string id = objects->items.front()->id;
    const bool itself = rest.empty() || (set.collection_on_beta && call.path.beta && rest.size() == 1);
    return itself ? one_object(call, id) : below(call, id, rest);
  }
  const bool posts = call.request.method == http::Method::post;
  if (rest.empty()) {
    if (!posts) not_possible(call);
    return create_object(call);
  }
  if (posts && rest.size() == 1)
    if (auto answered = set_action(call, rest[0])) return std::move(*answered);
  const std::string id = call.object(rest[0])->id;
  return rest.size() == 1 ? one_object(call, id) : below(call, id, rest.subspan(1));
}

}  // namespace

http::Response GraphWriter::answer(const http::Request& request, const GraphPath& path, const Principal& principal,
                                   const std::string& base_url) {
  if (!path.set) throw GraphError::unknown_segment(unknown_segment(path));
  if (!principal.may_write(*path.set)) throw GraphError::forbidden(*path.set, true);
  const WriteCall call{request, path,    principal,    base_url,
                       world_,  random_, clock_.now(), std::chrono::seconds(group_delay_seconds_)};
  const std::string approval = approvals_.require(call);
  http::Response response = carried_out(call);
  approvals_.complete(call, approval);
  return response;
}

}  // namespace ta::simulator
