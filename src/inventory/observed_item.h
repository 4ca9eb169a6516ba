// From an object as Graph lists it to what the inventory keeps of it.
#pragma once
#include "graph/contract.h"
#include "inventory/inventory_store.h"

namespace ta::inventory {

// Keeps the id, the name, the platform, a few whitelisted facts and the ids it refers to; never settings or scripts.
ObservedItem observed_item(const graph::Contract& contract, const json::value& object, TenantId tenant);

}  // namespace ta::inventory
