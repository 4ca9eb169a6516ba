// One write to Graph while it is carried out. Private to the simulator's writing side.
#pragma once
#include <string>

#include "base/random.h"
#include "http/message.h"
#include "simulator/graph_path.h"
#include "simulator/model_validation.h"
#include "simulator/principal.h"
#include "simulator/world.h"

namespace ta::simulator {

struct WriteCall {
  const http::Request& request;
  const GraphPath& path;
  const Principal& who;
  const std::string& base_url;
  World& world;
  Random& random;
  Timestamp now;
  std::chrono::seconds group_delay{0};  // until other services know a new group

  const EntitySet& set() const { return *path.set; }
  const std::string& tenant() const { return who.tenant->id; }
  // Throws GraphError 404.
  ObjectPtr object(std::string_view id) const;
  // Throws GraphError when the world refuses: it changed since the object was read.
  void edit(std::string_view id, const std::function<void(NewObject&)>& edit) const;
  void audit(std::string_view operation, std::string_view activity, std::string_view id, const json::object* before,
             const json::object* after) const;
};

http::Response no_content();
// The object as a single GET shows it. 204 answers without a body.
http::Response entity_answer(const WriteCall& call, std::string_view id, int status);
// {"@odata.context", "value": members}
http::Response list_answer(const WriteCall& call, const std::string& place, const json::array& members, int status);
[[noreturn]] void not_possible(const WriteCall& call);

// POST, PATCH, PUT and DELETE of objects (object_writes.cpp).
http::Response create_object(const WriteCall& call);
http::Response update_object(const WriteCall& call, const std::string& id);
http::Response delete_object(const WriteCall& call, const std::string& id);
// What the service makes of a new object or of one that a PUT replaces: counts, states, ids, secrets.
void settle_object(const WriteCall& call, NewObject& object);

// Members of a part: POST, PATCH, DELETE, and $ref (part_writes.cpp). `rest` begins with the part's name.
http::Response write_part(const WriteCall& call, const std::string& id, const Part& part,
                          std::span<const std::string> below);

// The action that replaces all assignments (assignment_writes.cpp).
http::Response assign(const WriteCall& call, const std::string& id);
// One assignment as the service keeps it. Throws GraphError 400 for a target that the set does not take.
json::object new_assignment(const WriteCall& call, const std::string& owner, const json::object& sent);
// A policy set hands its assignments to its items.
http::Response update_policy_set(const WriteCall& call, const std::string& id);

// Other actions of an object or a set (set_actions.cpp). nullopt: no such action.
std::optional<http::Response> object_action(const WriteCall& call, const std::string& id, std::string_view action);
std::optional<http::Response> set_action(const WriteCall& call, std::string_view action);

}  // namespace ta::simulator
