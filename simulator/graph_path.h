// Which set, object or part the path of a Graph request names.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "simulator/entity_sets.h"

namespace ta::simulator {

struct GraphPath {
  bool beta = false;
  std::string below_version;       // "deviceManagement/configurationPolicies/…"
  const EntitySet* set = nullptr;  // nullptr: no known set of this version
  std::string set_path;            // the path it was reached by, as contexts spell it
  std::vector<std::string> rest;   // the segments after the set; keys in parentheses are segments too
};

// "/beta/groups('1')/members" → beta, groups, {1, members}. nullopt when the path begins with neither version.
std::optional<GraphPath> parse_graph_path(std::string_view path);

// The first segment that Graph does not know there, for its error message.
std::string unknown_segment(const GraphPath& path);

}  // namespace ta::simulator
