// How objects look in an answer: $select, $expand, metadata level, version.
#pragma once
#include <string>

#include "simulator/odata_options.h"
#include "simulator/world.h"

namespace ta::simulator {

enum class Metadata { none, minimal, full };

// Everything about a request that changes the look of its objects.
struct View {
  const EntitySet* set = nullptr;
  std::string set_path;  // as the request reached it
  bool beta = true;
  Metadata metadata = Metadata::minimal;
  const QueryOptions* options = nullptr;
  std::string service_root;  // "https://host/beta"
};

// Of the Accept header: "application/json;odata.metadata=full".
Metadata metadata_level(std::string_view accept);

// One object of the set; `in_list`: without what only the single GET shows.
// Throws GraphError 400 for an $expand that the set does not have there.
json::object render_object(const View& view, const Object& object, bool in_list);
// One member of a part, its navigation properties only where expanded. `type` is the declared one.
json::object render_member(const View& view, const json::object& member, const TypeSchema* type);

// JSON text with the content type of the metadata level.
http::Response json_answer(int status, std::string body, Metadata metadata);

// "https://host/beta/$metadata#…" of a list, with the selected properties.
std::string context_url(const View& view, std::string_view what);

// Throws GraphError 400 when a property named in $select, $filter or $orderby is on no object of the set's types.
void require_known_properties(const View& view);

}  // namespace ta::simulator
