// Which other objects an object refers to, read from its JSON by its contract's references. Pure, any thread.
#pragma once
#include <set>

#include "graph/contract.h"

namespace ta::graph {

struct ReferenceValue {
  std::string property;  // Reference::property
  std::string id;        // of the object referred to, which may not exist
  auto operator<=>(const ReferenceValue&) const = default;
};

// What stands at Reference::property: names with dots between them, "[]" behind a name for every element, ".." for
// anywhere below. An object counts with its id, a text with spaces with every GUID in it, "/administrativeUnits/{id}"
// with its last part. Words such as "All" and the GUID of zeros refer to nothing, and so do references by appId, which
// no object has as its id.
std::set<ReferenceValue> reference_values(const Contract& contract, const json::value& object);

}  // namespace ta::graph
