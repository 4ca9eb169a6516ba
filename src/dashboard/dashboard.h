// The dashboard of a tenant, and the chooser of tenants.
#pragma once
#include "host/host.h"

namespace ta::dashboard {

// GET /t/{tenant} with its stream, and GET /tenants. What is passed must outlive the site.
void register_dashboard(Host& host);

}  // namespace ta::dashboard
