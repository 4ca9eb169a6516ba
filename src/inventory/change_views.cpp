#include "inventory/change_views.h"

#include "inventory/inventory_store.h"
#include "web/page_url.h"

namespace ta::inventory {

std::string changes_href(RunId run, const web::Viewer& viewer) {
  return web::PageUrl(viewer.path("/inventory")).with("run", std::to_string(run.value)).str();
}

std::vector<Link> change_links(const SyncSummary& sync, const web::Viewer& viewer) {
  std::vector<Link> links;
  if (!sync.run) return links;
  const auto add = [&](std::int64_t count, Change change) {
    if (count <= 0) return;
    links.push_back({fmt::format("{}&change={}", changes_href(*sync.run, viewer), name(change)),
                     fmt::format("{} {}", web::grouped(count), name(change)), links.empty() ? "" : ", "});
  };
  add(sync.changes.appeared - sync.changes.first_objects, Change::appeared);
  add(sync.changes.changed, Change::changed);
  add(sync.changes.gone, Change::gone);
  return links;
}

}  // namespace ta::inventory
