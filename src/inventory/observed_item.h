// From an object as Graph lists it to what the inventory keeps of it.
#pragma once
#include "graph/contract.h"
#include "inventory/inventory_store.h"

namespace ta::inventory {

// Keeps the id, the name, the platform and a few whitelisted facts; never settings, scripts or assignments.
ObservedItem observed_item(const graph::Contract& contract, const json::value& object);

}  // namespace ta::inventory
