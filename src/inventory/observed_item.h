// From an object as Graph lists it to what the inventory keeps of it.
#pragma once
#include <set>
#include <string>

#include "graph/contract.h"
#include "graph/reference_values.h"

namespace ta::inventory {

// One object as listed.
struct ObservedItem {
  std::string external_id;  // empty: the list gave none, and the object cannot be kept
  std::string name;
  std::string platform;                     // "windows", "ios" …; empty when it has none
  json::object meta;                        // small, whitelisted per type
  std::set<graph::ReferenceValue> links{};  // to other objects
};

// Keeps the id, the name, the platform, a few whitelisted facts and the ids it refers to; never settings or scripts.
ObservedItem observed_item(const graph::Contract& contract, const json::value& object, TenantId tenant);

}  // namespace ta::inventory
