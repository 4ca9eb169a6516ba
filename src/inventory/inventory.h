// The public face of the inventory: reading what was last observed. Other features include this header only.
#pragma once
#include "inventory/inventory_store.h"
#include "inventory/name_folding.h"
