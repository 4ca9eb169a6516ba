// The dashboard of a tenant, and the chooser of tenants.
#pragma once
#include "host/host.h"
#include "web/site.h"

namespace ta::dashboard {

// GET /t/{tenant} with its stream, and GET /tenants. What is passed must outlive the site.
void register_dashboard(Host& host, web::Site& site);

}  // namespace ta::dashboard
