// The types that Graph declares: what an object of each may hold. Read once from simulator/schema/*.json, which were
// made from Microsoft's published type definitions; the client does not see them.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace ta::simulator {

struct PropertyType {
  enum class Kind { text, date, boolean, integer, enumeration, complex, navigation, any };
  Kind kind = Kind::any;
  bool collection = false, nullable = false;
  bool beta_only = false;  // v1.0 does not have it
  bool on_select = false;  // shown only when $select names it
  bool read_only = false;  // as the definitions' comments say
  std::string target;      // the name of the enumeration or type
};

struct TypeSchema {
  std::string name;  // "deviceConfiguration"
  const TypeSchema* base = nullptr;
  bool abstract = false, beta_only = false;
  std::map<std::string, PropertyType, std::less<>> properties;  // inherited ones too
  std::vector<const TypeSchema*> derived;                       // directly
};

// By name, with or without "#microsoft.graph."; nullptr when unknown. Types live as long as the process.
const TypeSchema* find_type(std::string_view name);
// The members of an enumeration; empty when unknown.
const std::vector<std::string>& enum_members(std::string_view name);
// True when `type` is `ancestor` or derives from it ("microsoft.graph.…", without '#').
bool derives_from(std::string_view type, std::string_view ancestor);
// Every type that is `type` or derives from it and is not abstract, the shallowest first.
std::vector<const TypeSchema*> concrete_types(const TypeSchema& type);

// The property of `type` or, failing that, of a type that derives from it; nullptr when none has it.
const PropertyType* find_property(const TypeSchema& type, std::string_view name);
// What an object shows for a property that it was never given: null, [], false, 0 …
json::value default_value(const PropertyType& property);
// The type of an object of a declared type: its own @odata.type when that is known, else the declared one.
const TypeSchema* type_of(const json::object& object, const TypeSchema* declared);

// The object with every property of its type, nulls explicit, also inside complex values. Without `beta`, what only
// beta has is left out. Navigation properties and annotations stay as they are.
json::object completed(const json::object& object, const TypeSchema* declared, bool beta);

}  // namespace ta::simulator
