// Which objects a list shows, and in which order.
#pragma once
#include <vector>

#include "simulator/odata_options.h"
#include "simulator/world.h"

namespace ta::simulator {

// $filter, $search and $orderby over a set, with the set's own refusals. The pointers live as long as `objects`.
// `eventual`: the request carries ConsistencyLevel: eventual. Throws GraphError 400.
std::vector<const Object*> select_rows(const Collection& objects, const EntitySet& set, const QueryOptions& options,
                                       bool eventual);

// $filter and $orderby over the members of a part.
std::vector<const json::object*> select_members(const json::array& members, const EntitySet& set,
                                                const QueryOptions& options);

}  // namespace ta::simulator
