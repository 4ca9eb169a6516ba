// Whether the facts of one contract fit together, beyond what its members' kinds say. Pure.
#pragma once
#include <string>

#include "graph/contract.h"

namespace ta::graph {

// Empty when all is well, else one sentence that names the member.
std::string problem(const Contract& contract);

}  // namespace ta::graph
