// How an installation talks to Microsoft Graph: what its commands may be told.
#pragma once
#include "cli/command.h"
#include "graph/graph_client.h"

namespace ta::cli {

// --graph-requests and --graph-writes.
std::vector<Option> graph_budget_options();
// These, and the bounds on what is read: --graph-list-objects, --graph-list-mb, --graph-run-mb.
std::vector<Option> graph_options();

// What they say; those that a command does not declare keep their defaults. Throws UsageError.
graph::GraphOptions read_graph_options(const Invocation& call);

}  // namespace ta::cli
