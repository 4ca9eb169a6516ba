// Change tracking of groups: GET groups/delta.
#pragma once
#include <string>

#include "http/message.h"
#include "simulator/graph_path.h"
#include "simulator/principal.h"

namespace ta::simulator {

// True for "delta", "delta()" and "microsoft.graph.delta" below groups.
bool asks_for_delta(const GraphPath& path);

struct DeltaCall {
  const http::Request& request;
  const GraphPath& path;
  const Tenant& tenant;
  const std::string& base_url;
  const World& world;
  Timestamp now;
};

// Without a token everything, page by page, then a deltaLink; with one what has changed since. Tokens are good for
// seven days. Prefer: odata.maxpagesize is obeyed. Throws GraphError 400.
http::Response answer_delta(const DeltaCall& call);

}  // namespace ta::simulator
