// The subset of OData $filter that Graph's services answer: comparisons, and/or/not, in, functions, isof, type casts in
// paths, any/all.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/json.h"
#include "simulator/graph_schema.h"

namespace ta::simulator {

// One parsed expression. Immutable.
struct FilterNode {
  enum class Kind { literal, path, call, compare, both, either, negate, member_of, any, all };
  Kind kind = Kind::literal;
  json::value literal;               // literal
  std::string name;                  // compare: eq…; call: the function; any/all: the variable
  std::vector<std::string> path;     // path, any, all: segments; a segment with a '.' is a type cast
  std::vector<FilterNode> children;  // operands, arguments, the list of `in`, the body of any/all
};

// Fails with graph.bad_request and a sentence for people. Never throws, whatever the text.
Result<FilterNode> parse_filter(std::string_view text);

struct FilterContext {
  std::string_view entity_type;  // the set's declared type, for objects without @odata.type
  bool ignore_case = false;      // how strings compare
  // What an object of this type has for a property that it does not carry; nullptr: nothing.
  const TypeSchema* type = nullptr;
};

// True when the object satisfies the filter; unknown (a comparison of something missing) counts as false.
bool matches(const FilterNode& filter, const json::object& object, const FilterContext& context);

// The value at a path of segments below an object; null when there is none or a cast does not hold.
json::value value_at(const json::object& object, const std::vector<std::string>& path, const FilterContext& context);

// Smaller, equal, greater of two simple values: <0, 0, >0; nullopt when they cannot be compared (a null, two kinds).
std::optional<int> compare_values(const json::value& a, const json::value& b, bool ignore_case);

// Every node once, parents first.
void visit(const FilterNode& node, const std::function<void(const FilterNode&)>& see);

}  // namespace ta::simulator
