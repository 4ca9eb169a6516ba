// Writing the members of a part, one by one or by reference.
#include "simulator/graph_error.h"
#include "simulator/graph_render.h"
#include "simulator/write_call.h"

namespace ta::simulator {
namespace {

json::value* find_member(json::array& members, std::string_view id) {
  for (json::value& member : members)
    if (json_string(member, "id") == id) return &member;
  return nullptr;
}

std::string member_id(const WriteCall& call, const std::string& owner, const Part& part, const json::object& body) {
  if (part.name == "localizedNotificationMessages") return fmt::format("{}_{}", owner, json_string(body, "locale"));
  if (part.name == "enrollmentProfiles") return fmt::format("{}_{}", owner, call.random.uuid());
  const std::string sent = json_string(body, "id");
  return part.name == "branding/localizations" && !sent.empty() ? sent : call.random.uuid();
}

http::Response member_answer(const WriteCall& call, const Part& part, const std::string& owner,
                             const json::object& member, int status) {
  if (status == 204) return no_content();
  const std::string service = call.base_url + (call.path.beta ? "/beta" : "/v1.0");
  json::object body{{"@odata.context",
                     fmt::format("{}/$metadata#{}('{}')/{}/$entity", service, call.path.set_path, owner, part.name)}};
  for (auto& one : completed(member, part.type, call.path.beta)) body[one.key()] = one.value();
  return json_answer(status, json::serialize(body), Metadata::minimal);
}

json::object new_member(const WriteCall& call, const std::string& owner, const Part& part) {
  json::object body = body_of(call.request);
  if (part.name == "assignments") return new_assignment(call, owner, body);
  require_valid(body, {call.set(), part.type, call.path.beta, true});
  body["id"] = member_id(call, owner, part, body);
  const TypeSchema& type = *type_of(body, part.type);
  for (const char* date : {"createdDateTime", "lastModifiedDateTime", "modifiedDateTime"})
    if (type.properties.contains(date)) body[date] = to_rfc3339(call.now);
  return body;
}

http::Response add_member(const WriteCall& call, const std::string& owner, const Part& part) {
  if (part.writes.create == 0) not_possible(call);
  json::object member = new_member(call, owner, part);
  const ObjectPtr before = call.object(owner);
  call.edit(owner, [&](NewObject& object) {
    if (find_member(object.parts[part.name], json_string(member, "id")))
      throw GraphError(409, "Conflict", fmt::format("The object '{}' exists already.", json_string(member, "id")));
    object.parts[part.name].push_back(member);
  });
  call.audit("Create", part.name, owner, nullptr, &member);
  return member_answer(call, part, owner, member, part.writes.create);
}

http::Response change_member(const WriteCall& call, const std::string& owner, const Part& part, const std::string& id) {
  const auto status = part.writes.update.find("PATCH");
  if (status == part.writes.update.end() || call.request.method != http::Method::patch) not_possible(call);
  const json::object body = body_of(call.request);
  json::object after;
  call.edit(owner, [&](NewObject& object) {
    json::value* member = find_member(object.parts[part.name], id);
    if (!member) throw GraphError::not_found(call.set().area, id);
    require_valid(body, {call.set(), type_of(member->get_object(), part.type), call.path.beta, false});
    for (const auto& one : body)
      if (one.key() != "id" && std::string_view(one.key()).find('@') == std::string_view::npos)
        member->get_object()[one.key()] = one.value();
    mark_modified(member->get_object(), call.now);
    after = member->get_object();
  });
  call.audit("Patch", part.name, owner, nullptr, &after);
  return member_answer(call, part, owner, after, status->second);
}

http::Response remove_member(const WriteCall& call, const std::string& owner, const Part& part, const std::string& id) {
  if (part.writes.remove == 0) not_possible(call);
  json::object before;
  call.edit(owner, [&](NewObject& object) {
    json::array& members = object.parts[part.name];
    json::value* member = find_member(members, id);
    if (!member) throw GraphError::not_found(call.set().area, id);
    before = member->get_object();
    members.erase(member);
  });
  call.audit("Delete", part.name, owner, &before, nullptr);
  return {.status = part.writes.remove};
}

// "https://graph…/v1.0/directoryObjects/ID" → ID
std::string referenced_id(const WriteCall& call) {
  const std::string link = json_string(body_of(call.request), "@odata.id");
  const std::size_t slash = link.rfind('/');
  if (link.empty() || slash == link.npos)
    throw GraphError(400, "Request_BadRequest", "The body must contain '@odata.id' with the URL of an object.");
  return link.substr(slash + 1);
}

// POST part/$ref · DELETE part/{id}/$ref
http::Response write_reference(const WriteCall& call, const std::string& owner, const Part& part,
                               std::span<const std::string> below) {
  const bool removes = call.request.method == http::Method::delete_;
  const std::string id = removes ? below[0] : referenced_id(call);
  call.edit(owner, [&](NewObject& object) {
    json::array& members = object.parts[part.name];
    json::value* member = find_member(members, id);
    if (removes && !member) throw GraphError::not_found(call.set().area, id);
    if (!removes && member)
      throw GraphError(400, "Request_BadRequest",
                       "One or more added object references already exist for the following modified properties: '" +
                           part.name + "'.");
    if (removes)
      members.erase(member);
    else
      members.push_back(json::object{{"@odata.type", "#microsoft.graph." + part.type->name}, {"id", id}});
  });
  return no_content();
}

}  // namespace

http::Response write_part(const WriteCall& call, const std::string& id, const Part& part,
                          std::span<const std::string> below) {
  if (part.references && !below.empty() && below.back() == "$ref") return write_reference(call, id, part, below);
  if (below.empty() && call.request.method == http::Method::post) return add_member(call, id, part);
  if (below.size() != 1) not_possible(call);
  if (call.request.method == http::Method::delete_) return remove_member(call, id, part, below[0]);
  return change_member(call, id, part, below[0]);
}

}  // namespace ta::simulator
