#include "dashboard/dashboard.h"
#include "dashboard/tenant_page.h"
#include "dashboard/tenants_page.h"

namespace ta::dashboard {

void register_dashboard(Host& host) {
  web::Site& site = host.site;
  site.add_nav({"", "", "Dashboard", "home", "d"});
  register_tenant_page(host, site);
  register_tenants_page(host, site);
}

}  // namespace ta::dashboard
