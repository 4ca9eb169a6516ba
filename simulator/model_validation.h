// Whether what a client writes fits the declared types, in the services' own words.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "simulator/entity_sets.h"

namespace ta::simulator {

// What a body is for.
struct Writing {
  const EntitySet& set;
  const TypeSchema* type;  // the declared one of the place that is written
  bool beta = true;
  bool creates = false;  // a type must be named where the declared one is abstract
};

// The request's body as an object. Throws GraphError 400.
json::object body_of(const http::Request& request);

// The list under a key of the body, of anything, objects or texts. Throws GraphError 400 when it is missing or holds
// something else.
const json::array& list_in(const json::object& body, std::string_view key);
std::vector<json::object> objects_in(const json::object& body, std::string_view key);
std::vector<std::string> texts_in(const json::object& body, std::string_view key);

// Throws GraphError 400: an unknown property, a wrong kind, an abstract or strange type, a link that cannot be written
// inline. Annotations are ignored as the services ignore them.
void require_valid(const json::object& body, const Writing& writing);

}  // namespace ta::simulator
