#include "monitoring/monitoring.h"
#include "monitoring/notifications_pages.h"
#include "monitoring/operation_page.h"
#include "monitoring/operations_page.h"
#include "monitoring/shell_part.h"
#include "monitoring/system_page.h"

namespace ta::monitoring {

void register_monitoring(web::Site& site, runs::RunReader& reader, runs::WaitReasons& waits,
                         const runs::Catalog& catalog) {
  site.add_nav({"Monitor", "operations", "Operations", "list-details", "o"});
  site.add_shell_part(shell_part(site.database(), reader, catalog));
  register_operations_page(site, reader, waits, catalog);
  register_operation_page(site, reader, waits, catalog);
  register_notifications_pages(site, reader);
  register_system_page(site, catalog);
  // Pages without live parts of their own still keep the frame's.
  site.page(http::Method::get, "/t/{tenant}/live", access::Capability::runs_view,
            [&site](http::Request& request, const web::Viewer& viewer) { return site.live(request, viewer, {}); });
}

}  // namespace ta::monitoring
