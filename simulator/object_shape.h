// From what the simulator keeps of an object to the body that clients see.
#pragma once
#include <string>
#include <vector>

#include "simulator/entity_sets.h"

namespace ta::simulator {

// Which properties a request sees.
struct Shape {
  bool beta = true;
  bool in_list = false;  // without what only the single GET shows
  std::vector<std::string> select;
};

// Every property of the type, explicit nulls included, as the shape shows it; $select is not applied, but makes some
// properties appear.
json::object shown_body(const EntitySet& set, const json::object& kept, const Shape& shape);

}  // namespace ta::simulator
