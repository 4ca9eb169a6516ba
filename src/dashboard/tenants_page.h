// /tenants: which tenant needs me?
#pragma once
#include "host/host.h"
#include "web/site.h"

namespace ta::dashboard {

void register_tenants_page(Host& host, web::Site& site);

}  // namespace ta::dashboard
