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

// Whatever there is to say of a member's tenants, in a query each, however many tenants they are.
struct Overview {
  std::vector<access::TenantAccess> tenants;
  std::map<TenantId, runs::RunReader::TenantActivity> activity;
  std::map<TenantId, Timestamp> listed;
  std::map<TenantId, ConnectionHealth> health;
};

class TenantsPage {
 public:
  TenantsPage(Host& host, web::Site& site) : host_(host), site_(site), inventory_(host.database) {}

  http::Response show(http::Request& request, const web::Viewer& viewer) {
    Overview overview = read(viewer);
    TenantsView view;
    for (const access::TenantAccess& access : overview.tenants) view.rows.push_back(row(access, overview, viewer));
    std::sort(view.rows.begin(), view.rows.end(), [](const TenantRow& a, const TenantRow& b) {
      return std::tie(b.need, a.name) < std::tie(a.need, b.name);
    });
    view.has_rows = !view.rows.empty();
    return site_.show(request, viewer, {.title = "Tenants", .content = web::render("dashboard/tenants", view)});
  }

 private:
  Overview read(const web::Viewer& viewer) {
    const UserId user = viewer.principal.user.id;
    Overview overview;
    host_.database.read([&](storage::Transaction& tx) {
      overview.tenants = access::list_tenants_of(tx, user);
      overview.health = provider_connections::worst_health_of_member(tx, user);
    });
    overview.activity = host_.reader.activity_of_member(user, viewer.now - std::chrono::hours(24));
    overview.listed = inventory_.last_listings_of_member(user);
    return overview;
  }

  static TenantRow row(const access::TenantAccess& access, Overview& overview, const web::Viewer& viewer) {
    const TenantId id = access.tenant.id;
    const auto [active, failed] = overview.activity[id];
    const auto known = overview.health.find(id);
    const bool checked = known != overview.health.end();  // before the first check, and without any connection
    TenantRow row{.href = "/t/" + access.tenant.slug,
                  .name = access.tenant.name,
                  .active = web::grouped_up_to(active, runs::kCountMax),
                  .failed = web::grouped_up_to(failed, runs::kCountMax),
                  .role = web::badge(name(access.role)),
                  .health = web::badge(checked ? name(known->second) : "unknown")};
    if (const auto at = overview.listed.find(id); at != overview.listed.end()) row.synced = viewer.when(at->second);
    const int health = !checked                                      ? 0
                       : known->second == ConnectionHealth::down     ? 4
                       : known->second == ConnectionHealth::degraded ? 2
                                                                     : 0;
    row.need = health + (failed > 0 ? 3 : 0) + (active > 0 ? 1 : 0);
    return row;
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
