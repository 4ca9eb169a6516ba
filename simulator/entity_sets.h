// What the simulated Graph serves: one record per entity set, as data (simulator/sets/*.json). The facts come from
// Microsoft's documentation and metadata and from the behaviour of existing clients; the engine (graph_service.h) knows
// none of them by name.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/graph_schema.h"

namespace ta::simulator {

// Which service stands behind a set: it decides the wording of errors, throttling and the case of string comparisons.
enum class Area { intune, directory, identity };

// What a set does with $filter.
enum class FilterRule {
  supported,
  rejected,  // any $filter answers 400
  ignored,   // accepted without effect
};

// The statuses of writes to a collection; 0: not possible.
struct WriteStatuses {
  int create = 0, remove = 0;
  std::map<std::string, int, std::less<>> update;  // by method: PATCH, PUT
};

// A collection below one object (settings, assignments, definitionValues …), or a single value.
struct Part {
  std::string name;                  // may have two segments: "branding/localizations"
  const TypeSchema* type = nullptr;  // of its members
  std::size_t page_size = 1000;
  bool readable = true;        // false: GET answers 400 and only $expand on the object shows it
  bool expand_on_list = true;  // false: $expand on the set's list answers 400
  bool expandable = true;      // false: $expand answers 400 everywhere
  bool single = false;         // one object, not a collection
  bool missing_404 = false;    // single and not there: 404
  bool top_rejected = false;   // $top answers 400
  bool references = false;     // members are written by $ref
  WriteStatuses writes;
};

// Whom assignments may name.
enum class Targets {
  any,           // groups, exclusions, all users, all devices, with filters
  groups,        // app protection: groups and exclusions
  plain_groups,  // only {@odata.type, groupId}
  cloud_pc,      // cloudPcManagementGroupAssignmentTarget
};

// How the assignments of a set are written.
struct Assigning {
  bool per_target = false;  // POST and DELETE of single assignments; otherwise an action replaces the whole list
  std::string action;       // "assign", "microsoft.graph.managedDeviceMobileAppConfiguration/assign"
  std::string key;          // of the body
  int status = 200;
  bool returns_list = false;
  Targets targets = Targets::any;
};

// Another path of the same set.
struct Alias {
  std::string path;
  std::vector<std::string> segments;
  bool in_v1 = false, in_beta = false;
};

struct EntitySet {
  std::string path;         // "deviceManagement/configurationPolicies"
  std::string entity_type;  // the declared type: "microsoft.graph.…"
  const TypeSchema* type = nullptr;
  std::vector<Alias> paths;  // its own path first
  Area area = Area::intune;
  bool singleton = false;           // the path is the object
  bool collection_on_beta = false;  // … but beta shows a collection of one
  std::size_t page_size = 1000;
  std::size_t top_max = 1000;
  bool top_over_rejected = false;  // $top above the maximum: 400, else it is capped
  bool top_rejected = false;       // any $top answers 400
  bool skip_links = false;         // nextLinks carry $skip instead of $skiptoken
  FilterRule filter = FilterRule::supported;
  std::vector<std::string> required_filter;     // properties without which a list answers 400
  std::vector<std::string> rejected_functions;  // $filter functions that answer 400
  bool advanced_queries = false;                // not, ne, endswith, $count, $search need ConsistencyLevel: eventual
  std::vector<std::string> null_in_list;        // properties that only the single GET fills
  std::vector<std::string> always_null;         // written, never read
  std::vector<std::string> only_selected;       // properties that only $select shows
  bool plain_types = false;                     // @odata.type is not sent
  bool type_required = false;                   // writes must name a derived type
  std::vector<Part> parts;
  std::optional<Assigning> assigning;
  WriteStatuses writes;
  std::vector<std::string> read_only;  // properties that writes cannot set
  bool own_id = false;                 // the caller chooses the id
  bool has_defaults = false;           // some objects cannot be deleted
  std::string recycle_bin, restores;   // sets: where deleted objects go, and where `restore` puts them back
  std::string audit_component;         // of the audit events; empty: none
  std::vector<std::string> read_roles, write_roles;  // any of them is enough
  bool apps_cannot_read = false, apps_cannot_write = false;
  std::string name_property = "displayName";
  std::string key_property = "id";
  std::string id_pattern;             // "T_{uuid}"; empty: a uuid
  std::vector<std::string> union_of;  // sets whose objects this one shows
  json::array builtin;                // objects that every tenant has
  std::size_t share = 2;              // generated objects per thousand
  std::size_t count_max = 1'000'000;
  bool counted = false;  // one of the object types that tools back up
};

// All of them; their addresses never change.
const std::deque<EntitySet>& entity_sets();
// nullptr when there is none of that path.
const EntitySet* find_set(std::string_view path);
// nullptr when the set has no such part.
const Part* find_part(const EntitySet& set, std::string_view name);
// nullptr for an unknown property of the set's objects, parts included.
const PropertyType* find_property(const EntitySet& set, std::string_view name);

// True when one of the roles is enough to read, or to write, for an app or for one that acts for a signed-in user.
// ReadWrite permissions read too.
bool may_read(const EntitySet& set, std::span<const std::string> roles, bool for_user = false);
bool may_write(const EntitySet& set, std::span<const std::string> roles, bool for_user = false);

// Every application permission that some set asks for.
const std::vector<std::string>& read_permissions();
const std::vector<std::string>& write_permissions();

std::vector<std::string> split_path(std::string_view path);

}  // namespace ta::simulator
