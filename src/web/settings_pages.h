// How a tenant is set up: how long its completed operations are kept. For those who may manage its settings.
#pragma once
#include "web/site.h"

namespace ta::web {

// GET and POST /t/{tenant}/settings. `keep_days` is the installation's number, for tenants without one of their own.
void register_settings_pages(Site& site, int keep_days);

}  // namespace ta::web
