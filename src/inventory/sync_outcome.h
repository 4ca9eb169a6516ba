// What the outcomes of a sync's lists mean for its run and for its connection. Pure.
#pragma once
#include <vector>

#include "graph/graph_client.h"
#include "provider_connections/provider_connections.h"

namespace ta::inventory {

struct TypeFailure {
  const graph::Contract* contract = nullptr;
  Failure failure;
};

// Orders failures: what says that the connection as a whole is ill, then what says that Microsoft did not answer, then
// what concerns the type alone.
int gravity(FailureCode code);

// The worst first; of equally bad ones in the order of the types.
void sort_by_gravity(std::vector<TypeFailure>& failures);

// The one failure when nothing could be read for one and the same reason: then the run as a whole could not proceed. A
// type that was read and is empty was read.
std::optional<Failure> common_failure(const std::vector<graph::ListOutcome>& outcomes);

// What a sync of `types` types taught of its connection. The worst failure counts. While some types are read, what
// happens to others makes the connection degraded, and the message names them.
provider_connections::ConnectionCheck check_from_lists(std::size_t types, std::vector<TypeFailure> failures);

}  // namespace ta::inventory
