// /system: is the installation doing its work? For administrators of the installation; for everybody else there is no
// such page. Its numbers are over all tenants and name none.
#pragma once
#include "runs/catalog.h"
#include "web/site.h"

namespace ta::monitoring {

void register_system_page(web::Site& site, const runs::Catalog& catalog);

}  // namespace ta::monitoring
