// Inventory: what was last observed, and when?
#pragma once
#include "host/host.h"

namespace ta::inventory {

// GET /t/{tenant}/inventory (items, coverage), its stream, GET …/inventory/{id}, POST …/inventory/sync.
void register_inventory_pages(Host& host);

}  // namespace ta::inventory
