#include "cli/features.h"

#include "dashboard/dashboard.h"
#include "host/api_guard.h"
#include "inventory/inventory_api.h"
#include "inventory/inventory_pages.h"
#include "inventory/inventory_sync_operation.h"
#include "monitoring/health.h"
#include "monitoring/monitoring.h"
#include "monitoring/openapi.h"
#include "monitoring/runs_api.h"
#include "provider_connections/compliance_snapshot_operation.h"
#include "provider_connections/connection_check_operation.h"
#include "provider_connections/connection_pages.h"
#include "provider_connections/connections_api.h"
#include "web/profile_pages.h"
#include "web/settings_pages.h"
#include "web/sign_in_pages.h"
#include "web/templates.h"
#include "web/text_guard.h"

namespace ta::cli {

void register_operations(runs::Catalog& catalog, provider_connections::GraphSessions& sessions) {
  inventory::register_inventory_sync(catalog, sessions);
  provider_connections::register_connection_check(catalog, sessions);
  provider_connections::register_compliance_snapshot(catalog, sessions);
}

void register_features(Host& host, provider_connections::ConnectionStore& connections,
                       provider_connections::GraphSessions& sessions, int keep_days) {
  web::load_templates();
  host.router.wrap(api_headers());
  host.router.wrap(web::failure_middleware(host.clock));
  host.router.wrap(web::text_guard(host.clock));
  web::register_web(host.router, host.clock);
  web::register_sign_in_pages(host.site, host.sign_in, host.random);
  web::register_profile_pages(host.site, host.sign_in);
  register_operations(host.catalog, sessions);
  dashboard::register_dashboard(host);
  monitoring::register_monitoring(host.site, host.reader, host.waits, host.catalog);
  inventory::register_inventory_pages(host);
  inventory::register_inventory_api(host);
  monitoring::register_runs_api(host);
  provider_connections::register_connection_pages(host, connections);
  provider_connections::register_connections_api(host);
  web::register_settings_pages(host.site, keep_days);
  monitoring::register_openapi(host.router);
  monitoring::register_health(host);
}

}  // namespace ta::cli
