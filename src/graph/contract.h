// What is known about one type of Graph object, as data: where it is listed, what else must be read to have all of it,
// how it is written back, who may, and how well each of these facts is founded. Declared in contracts/*.json, whose
// members have the names below (docs/contracts.md says how to read and correct one). Immutable; nothing here calls
// Graph.
#pragma once
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/json.h"
#include "graph/enum_name.h"

namespace ta::graph {

BOOST_DEFINE_ENUM_CLASS(GraphVersion, v1, beta)
BOOST_DEFINE_ENUM_CLASS(RestoreMode, enabled, preview_only, inventory_only)
BOOST_DEFINE_ENUM_CLASS(Risk, low, medium, high)
// Whether inventory.sync lists the type: when no types are chosen, only when it is chosen by name, or never, because an
// app may not read it or its path is not verified.
BOOST_DEFINE_ENUM_CLASS(SyncMode, by_default, on_request, never)
// What a list does with $filter: accepts the forms in its quirks, some of them only, without effect, or answers 400.
BOOST_DEFINE_ENUM_CLASS(FilterSupport, supported, limited, ignored, rejected)
// Whether $expand=assignments works: on the list, on single objects only, or answers 400.
BOOST_DEFINE_ENUM_CLASS(ExpandSupport, supported, item_only, rejected)
// How a status or a way to write is known: enforced by a client against live tenants, from Microsoft's documentation,
// or a guess by analogy that is never acted on.
BOOST_DEFINE_ENUM_CLASS(Basis, observed, documented, convention)
BOOST_DEFINE_ENUM_CLASS(AssignmentMode, none, replace_all, post_per_target, inside_object)
BOOST_DEFINE_ENUM_CLASS(Returns, none, collection)
// Why a part is read: it belongs to the object, is wanted only sometimes, is another way to the same content, belongs
// to something else that is referred to, or is state that no version holds.
BOOST_DEFINE_ENUM_CLASS(PartUse, content, optional, alternative, reference, state)
BOOST_DEFINE_ENUM_CLASS(Method, get, post, patch, put, delete_)
// What only signed-in users may do, never an app alone.
BOOST_DEFINE_ENUM_CLASS(DelegatedOnly, write, read_and_write)

std::string_view path_segment(GraphVersion version);  // "v1.0", "beta"

// Tells rows of this type from others in a shared list, by one of the two. A missing or null property counts as empty
// text, true and false as "true" and "false".
struct RowMatch {
  std::string property;              // "@odata.type", or with dots for nested ones: "templateReference.templateFamily"
  std::vector<std::string> one_of;   // one that ends with '*' stands for everything that begins so
  std::vector<std::string> none_of;  // the same
  bool operator==(const RowMatch&) const = default;
};
BOOST_DESCRIBE_STRUCT(RowMatch, (), (property, one_of, none_of))

// What the facts say about types that share a list. ListRule::match is what acts on it.
struct TypeFilter {
  std::string server;              // a usable $filter
  std::string client;              // the test after reading, in words
  std::vector<std::string> kinds;  // values of the discriminator
  std::string default_id_suffix;   // ids of the built-in object end so
  std::string note;
};
BOOST_DESCRIBE_STRUCT(TypeFilter, (), (server, client, kinds, default_id_suffix, note))

// What is known about a list's query options, in words.
struct ListQuirks {
  std::string select, expand, filter, top, search, notes;
};
BOOST_DESCRIBE_STRUCT(ListQuirks, (), (select, expand, filter, top, search, notes))

// A list that exists once per object of another type.
struct ListParent {
  std::string type;         // "apple_enrollment_token"
  std::string placeholder;  // stands for its id in the list's path, without braces
};
BOOST_DESCRIBE_STRUCT(ListParent, (), (type, placeholder))

struct ListRule {
  std::string path;  // "/deviceManagement/configurationPolicies"
  std::optional<ListParent> parent;
  std::vector<std::string> select;       // sent as $select; empty: everything
  std::string filter;                    // sent as $filter
  bool absent_is_empty = false;          // 404 means that there is none yet
  std::optional<int> top;                // sent as $top; without it the server's own page size
  std::optional<int> top_max;            // a larger $top answers 400
  bool top_rejected = false;             // any $top answers 400, or no known client sends one
  std::optional<int> page_size_default;  // what Graph does without $top, where known
  std::optional<FilterSupport> filter_support;
  std::optional<ExpandSupport> expand_assignments;  // nothing: not known, or reports disagree; read per object
  std::optional<RowMatch> match;
  std::optional<TypeFilter> type_filter;
  std::optional<ListQuirks> quirks;
};
BOOST_DESCRIBE_STRUCT(ListRule, (),
                      (path, parent, select, filter, absent_is_empty, top, top_max, top_rejected, page_size_default,
                       filter_support, expand_assignments, match, type_filter, quirks))

// Objects of one kind are for one platform: "winGetApp" for "windows".
struct KindPlatform {
  std::string kind;      // of @odata.type, without "#microsoft.graph."
  std::string platform;  // as Contract::platforms spells it
};
BOOST_DESCRIBE_STRUCT(KindPlatform, (), (kind, platform))

// A further request.
struct Part {
  std::string name;              // unique in its type
  std::string path;              // after the object's own path; empty: the single GET shows more than the list
  bool absolute = false;         // the path begins at the service instead
  std::optional<Method> method;  // nothing: GET
  std::string per;               // the part whose rows' ids fill {id}
  bool paged = false;
  bool of_the_list = false;  // one request for all objects
  PartUse use = PartUse::content;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(Part, (), (name, path, absolute, method, per, paged, of_the_list, use, note))

// Who gets the object. replace_all sends everything that should remain under `body_key`; post_per_target makes one POST
// per target; inside_object is an ordinary property.
struct Assignments {
  AssignmentMode mode = AssignmentMode::none;
  std::string read;      // "/assignments", or "?$expand=assignments" on the single GET
  std::string write;     // "/assign"
  std::string body_key;  // empty: one assignment is the body
  std::optional<int> status;
  std::optional<Returns> returns;
  std::optional<Basis> basis;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(Assignments, (), (mode, read, write, body_key, status, returns, basis, note))

// One more write that completes a create or an update.
struct WriteStep {
  Method method = Method::post;
  std::string path;  // after the object's path
  std::string body_key;
  bool each = false;          // one request per element
  std::optional<int> status;  // nothing: not known
  std::string note;
};
BOOST_DESCRIBE_STRUCT(WriteStep, (), (method, path, body_key, each, status, note))

struct WriteRule {
  Method method = Method::post;
  std::string path;      // from the service on; empty: the object's own path
  std::string body_key;  // the object goes under this key; empty: it is the body
  int status = 0;        // clients accept 200, 201 and 204
  Basis basis = Basis::convention;
  std::vector<WriteStep> then;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(WriteRule, (), (method, path, body_key, status, basis, then, note))

// What the lists of the same names say in addition about some of the concrete types.
struct SubtypeRule {
  std::vector<std::string> types;  // without "microsoft.graph."
  std::vector<std::string> strip_on_create, strip_on_update, read_only_properties;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(SubtypeRule, (), (types, strip_on_create, strip_on_update, read_only_properties, note))

struct Reference {
  std::string property;            // "assignments[].target.groupId"
  std::vector<std::string> types;  // contract ids, or one of outside_types()
  std::string note;
};
BOOST_DESCRIBE_STRUCT(Reference, (), (property, types, note))

struct Permissions {
  std::vector<std::string> read;   // alternatives, least privilege first
  std::vector<std::string> write;  // the same
  bool write_needs_all = false;    // `write` lists what is needed together
  std::string basis;               // where this was read
  std::optional<DelegatedOnly> delegated_only;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(Permissions, (), (read, write, write_needs_all, basis, delegated_only, note))

struct DerivedTypes {
  int count = 0, direct = 0, v1_count = 0;
  std::vector<std::string> names;  // some of them, without "microsoft.graph."
};
BOOST_DESCRIBE_STRUCT(DerivedTypes, (), (count, direct, v1_count, names))

// What was checked mechanically against Microsoft's metadata. Nothing: does not apply, or could not be checked.
struct Verified {
  std::optional<bool> path, type, v1_path, beta_path;
  std::optional<bool> create, update, remove;  // the method is declared
  std::optional<bool> assignments_read, assignments_write, assignments_body_key;
  std::vector<std::string> declared_body_keys, collection_methods, item_methods;
  std::optional<int> parts_checked;
  std::vector<std::string> parts_missing;
  std::string source, type_source;
  std::vector<std::string> notes;
};
BOOST_DESCRIBE_STRUCT(Verified, (),
                      (path, type, v1_path, beta_path, create, update, remove, assignments_read, assignments_write,
                       assignments_body_key, declared_body_keys, collection_methods, item_methods, parts_checked,
                       parts_missing, source, type_source, notes))

struct Contract {
  std::string category;  // the family, from its file: "device_configuration"

  std::string id;                      // "settings_catalog_policy"; stable, stored in rows
  std::string label;                   // "Settings catalog policy"
  std::vector<std::string> platforms;  // empty: the tenant itself
  std::string platform_property;       // names an object's platform, where it is neither `platforms` nor `platform`
  std::vector<KindPlatform> platform_kinds;  // for kinds whose name does not tell it
  GraphVersion graph_version = GraphVersion::beta;
  bool also_v1 = false, also_beta = false;     // where else the path exists
  std::string entity_type;                     // "microsoft.graph.deviceManagementConfigurationPolicy"
  std::vector<std::string> also_entity_types;  // of the same kind for people
  bool abstract = false;                       // a write must name the concrete type
  std::optional<DerivedTypes> derived_types;
  std::string name_property;  // empty: objects have no name
  std::string id_property;    // empty: "id"
  bool single = false;        // one object for the tenant: the list's path answers with the object itself
  SyncMode sync = SyncMode::never;
  ListRule list;
  std::string item_path;  // "/deviceManagement/configurationPolicies/{id}"
  std::vector<Part> parts;
  Assignments assignments;
  std::optional<WriteRule> create, update, remove;
  // For all concrete types; unwritable_properties() adds what concerns one of them.
  std::vector<std::string> strip_on_create, strip_on_update;  // beside general_strip_list()
  std::vector<std::string> read_only_properties;
  std::vector<SubtypeRule> by_subtype;
  std::vector<std::string> volatile_properties;  // ignored when versions are compared
  std::vector<std::string> secret_values;        // never come back, or only masked
  std::vector<Reference> references;
  Permissions permissions;
  RestoreMode restore = RestoreMode::inventory_only;
  std::string restore_reason;
  Risk risk = Risk::high;
  std::optional<int> restore_order;  // write ascending
  bool keeps_own_id = false;         // the id is chosen by the caller
  bool has_undeletable_defaults = false;
  std::string audit_component;  // componentName of its audit events
  std::optional<int> property_count;
  Verified verified;

  // Path and query of the first page, from the version on: "/beta/deviceManagement/…?$top=100". Types whose rows come
  // from one list have the same target. Asks for the assignments where the list can bring them. `parent_id` fills the
  // place that ListRule::parent names.
  std::string list_target(std::string_view parent_id = {}) const;
  std::string item_target(std::string_view object_id) const;
  bool matches(const json::value& row) const;
  bool can_be_listed() const { return sync != SyncMode::never; }  // false: an app may not, or the path is not verified
};
BOOST_DESCRIBE_STRUCT(Contract, (),
                      (id, label, platforms, platform_property, platform_kinds, graph_version, also_v1, also_beta,
                       entity_type, also_entity_types, abstract, derived_types, name_property, id_property, single,
                       sync, list, item_path, parts, assignments, create, update, remove, strip_on_create,
                       strip_on_update, read_only_properties, by_subtype, volatile_properties, secret_values,
                       references, permissions, restore, restore_reason, risk, restore_order, keeps_own_id,
                       has_undeletable_defaults, audit_component, property_count, verified))

// Reads one entry of a contracts file and checks that its facts fit together. Fails with internal.error and a sentence
// that names the type and the member.
Result<Contract> parse_contract(const json::value& entry, std::string_view category);
// The entry as it stands in its file.
json::value to_json(const Contract& contract);

// Properties that no create may send, whatever the type; an id stays where the caller chooses it.
std::vector<std::string_view> general_strip_list(const Contract& contract);
// What may not be written of an object: the type's own lists and what by_subtype adds for the object's "@odata.type".
struct UnwritableProperties {
  std::vector<std::string_view> on_create, on_update, read_only;  // views into the contract
};
UnwritableProperties unwritable_properties(const Contract& contract, const json::value& object);
// What references may lead to although inventory does not list it.
bool is_outside_type(std::string_view type);

// Empty when the row has none; a single object without an id goes by its type's.
std::string object_id(const Contract& contract, const json::value& row);
// "(no name)" when it has none; of a type without names, the label and the end of the id.
std::string object_name(const Contract& contract, const json::value& row);

}  // namespace ta::graph
