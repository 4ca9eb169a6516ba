#include "dashboard/tenants_page.h"

#include "access/tenants.h"
#include "inventory/inventory.h"
#include "provider_connections/provider_connections.h"
#include "web/templates.h"

namespace ta::dashboard {
namespace {

using provider_connections::ConnectionHealth;

struct TenantRow {
  std::string href, name, active, failed;
  web::Badge role, health;
  std::optional<web::TimeText> synced;
  int need = 0;  // the more, the higher up
};
BOOST_DESCRIBE_STRUCT(TenantRow, (), (href, name, active, failed, role, health, synced))

struct TenantsView {
  std::vector<TenantRow> rows;
  bool has_rows = false;
};
BOOST_DESCRIBE_STRUCT(TenantsView, (), (rows, has_rows))

class TenantsPage {
 public:
  TenantsPage(Host& host, web::Site& site) : host_(host), site_(site), inventory_(host.database) {}

  http::Response show(http::Request& request, const web::Viewer& viewer) {
    const auto tenants = host_.database.read(
        [&](storage::Transaction& tx) { return access::list_tenants_of(tx, viewer.principal.user.id); });
    TenantsView view;
    for (const access::TenantAccess& access : tenants) view.rows.push_back(row(access, viewer));
    std::sort(view.rows.begin(), view.rows.end(), [](const TenantRow& a, const TenantRow& b) {
      return std::tie(b.need, a.name) < std::tie(a.need, b.name);
    });
    view.has_rows = !view.rows.empty();
    return site_.show(request, viewer, {.title = "Tenants", .content = web::render("dashboard/tenants", view)});
  }

 private:
  TenantRow row(const access::TenantAccess& access, const web::Viewer& viewer) {
    const TenantId id = access.tenant.id;
    const std::int64_t active = host_.reader.active_count(id), failed = failed_lately(id, viewer.now);
    const std::string health = worst_health(id);
    TenantRow row{.href = "/t/" + access.tenant.slug,
                  .name = access.tenant.name,
                  .active = web::grouped(active),
                  .failed = web::grouped(failed),
                  .role = web::badge(name(access.role)),
                  .health = web::badge(health)};
    if (const auto last = inventory_.last_listing(id)) row.synced = viewer.when(last->at);
    row.need = (health == "down" ? 4 : health == "degraded" ? 2 : 0) + (failed > 0 ? 3 : 0) + (active > 0 ? 1 : 0);
    return row;
  }

  std::int64_t failed_lately(TenantId tenant, Timestamp now) {
    return host_.reader.tab_counts(tenant, {.from = now - std::chrono::hours(24)}).failed.value_or(0);
  }

  // Of the tenant's connections; "unknown" before the first check and without any.
  std::string worst_health(TenantId tenant) {
    const auto connections = host_.database.read(
        [&](storage::Transaction& tx) { return provider_connections::list_connections(tx, tenant); });
    std::string worst = "unknown";
    for (const auto& connection : connections) {
      if (!connection.health) continue;
      if (connection.health == ConnectionHealth::down) return "down";
      if (worst != "degraded") worst = name(*connection.health);
    }
    return worst;
  }

  Host& host_;
  web::Site& site_;
  inventory::InventoryReader inventory_;
};

}  // namespace

void register_tenants_page(Host& host, web::Site& site) {
  const auto page = std::make_shared<TenantsPage>(host, site);
  site.personal_page(http::Method::get, "/tenants",
                     [page](http::Request& r, const web::Viewer& v) { return page->show(r, v); });
}

}  // namespace ta::dashboard
