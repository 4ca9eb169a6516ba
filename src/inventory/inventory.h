// The public face of the inventory: reading what was last observed, and what syncs found. Other features include this
// header only.
#pragma once
#include "inventory/change_views.h"
#include "inventory/inventory_store.h"
#include "inventory/name_folding.h"
#include "inventory/sync_runs.h"
