// The inventory for scripts.
#pragma once
#include "host/host.h"

namespace ta::inventory {

// GET /api/v1/tenants/{tenant}/inventory
void register_inventory_api(Host& host);

}  // namespace ta::inventory
