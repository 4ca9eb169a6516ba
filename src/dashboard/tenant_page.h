// /t/{tenant}: is anything wrong, and how old is what we know?
#pragma once
#include "host/host.h"
#include "web/site.h"

namespace ta::dashboard {

void register_tenant_page(Host& host, web::Site& site);

}  // namespace ta::dashboard
