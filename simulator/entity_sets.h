// What the simulated Graph serves: one record per entity set, as data. The facts come from Microsoft's documentation
// and metadata and from the behaviour of existing clients; the engine (graph_service.h) knows none of them by name.
#pragma once
#include <span>
#include <string_view>
#include <vector>

namespace ta::simulator {

// Which service stands behind a set: it decides the wording of errors, throttling and the case of string comparisons.
enum class Area { intune, directory, identity };

// What a set does with $filter.
enum class FilterRule {
  supported,
  rejected,  // any $filter answers 400
  ignored,   // accepted without effect
};

// A collection below one object: settings, assignments, definitionValues …
struct Part {
  std::string_view name;
  std::size_t page_size = 1000;
  bool readable = true;        // false: GET answers 400 and only $expand on the object shows it
  bool expand_on_list = true;  // false: $expand on the set's list answers 400
};

struct EntitySet {
  std::string_view path;         // "deviceManagement/configurationPolicies"
  std::string_view entity_type;  // the declared type, without '#'
  Area area = Area::intune;
  bool in_v1 = false;  // false: v1.0 answers as if the path did not exist
  std::size_t page_size = 1000;
  std::size_t top_max = 1000;
  bool top_over_rejected = false;  // $top above the maximum: 400, else it is capped
  bool skip_links = false;         // nextLinks carry $skip instead of $skiptoken
  FilterRule filter = FilterRule::supported;
  std::vector<std::string_view> rejected_functions;  // $filter functions that answer 400
  bool advanced_queries = false;               // not, ne, endswith, $count and $search need ConsistencyLevel: eventual
  std::vector<std::string_view> null_in_list;  // properties that only the single GET fills
  std::vector<std::string_view> beta_only;     // properties that v1.0 does not have
  std::vector<Part> parts;
  std::vector<std::string_view> read_roles;  // any of them is enough
  std::string_view name_property = "displayName";
};

std::span<const EntitySet> entity_sets();
// nullptr when there is none of that path.
const EntitySet* find_set(std::string_view path);
// nullptr when the set has no such part.
const Part* find_part(const EntitySet& set, std::string_view name);

// True when `type` is `ancestor` or derives from it ("microsoft.graph.…", without '#').
bool derives_from(std::string_view type, std::string_view ancestor);

// Every application permission that the simulator knows, read and write.
std::span<const std::string_view> read_permissions();

}  // namespace ta::simulator
