// What is known about one type of Graph object, as data: where it is listed, how its rows are told from those of other
// types in the same list, and what it takes to read and restore it. Declared in contracts/*.json.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/json.h"

namespace ta::graph {

enum class GraphVersion { v1, beta };
enum class RestoreMode { enabled, preview_only, inventory_only };
enum class Risk { low, medium, high };

std::string_view name(GraphVersion version);  // "v1.0", "beta": the path segment
std::string_view name(RestoreMode mode);
std::string_view name(Risk risk);

// Tells rows of this type from others in a shared list. A missing or null property counts as empty text.
struct RowMatch {
  std::string property;             // "@odata.type", or with dots for nested ones: "templateReference.templateFamily"
  bool negated = false;             // true: the value must be none of `values`
  std::vector<std::string> values;  // one that ends with '*' stands for everything that begins so
  bool operator==(const RowMatch&) const = default;
};

struct ListRule {
  std::string path;                      // "/deviceManagement/configurationPolicies"
  std::vector<std::string> select;       // empty: everything
  std::string filter;                    // $filter, sent as it is
  std::optional<int> top;                // $top that Graph accepts here; without it the server's own page size
  std::optional<int> page_size_default;  // what Graph does without $top, where known
  std::optional<RowMatch> match;
};

struct Contract {
  std::string id;        // "settings_catalog_policy"; stable, stored in rows
  std::string label;     // "Settings catalog policy"
  std::string category;  // family: "device_configuration"
  std::vector<std::string> platforms;
  GraphVersion version = GraphVersion::beta;
  ListRule list;
  std::string item_path;    // "/deviceManagement/configurationPolicies/{id}"
  std::string entity_type;  // "microsoft.graph.deviceManagementConfigurationPolicy"
  std::string name_property;
  std::vector<std::string> read_permissions;  // alternatives, least privilege first
  RestoreMode restore = RestoreMode::inventory_only;
  Risk risk = Risk::high;
  int restore_order = 0;  // ascending

  // Path and query of the first page, from the version on: "/beta/deviceManagement/…?$top=100". Types whose rows come
  // from one list have the same target.
  std::string list_target() const;
  std::string item_target(std::string_view object_id) const;
  bool matches(const json::value& row) const;
};

// Reads one entry of a contracts file. Fails with internal.error and a sentence that names the type and the member.
Result<Contract> parse_contract(const json::value& entry, std::string_view category);

std::string object_id(const json::value& row);                              // empty when it has none
std::string object_name(const Contract& contract, const json::value& row);  // "(no name)" when it has none

}  // namespace ta::graph
