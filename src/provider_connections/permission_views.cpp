#include "graph/capability.h"
#include "graph/contract_registry.h"
#include "graph/permission_report.h"
#include "provider_connections/connection_views.h"

namespace ta::provider_connections {
namespace {

std::vector<const graph::Contract*> listed_types() {
  std::vector<const graph::Contract*> types;
  for (const graph::Contract& contract : graph::ContractRegistry::builtin().all())
    if (graph::capabilities(contract).list.possible) types.push_back(&contract);
  return types;
}

web::Badge works(int some, int all) {
  return web::badge(some == all ? "works" : some > 0 ? "works_partly" : "works_not");
}

int restorable(const graph::ModuleAccess& module) {
  return static_cast<int>(std::ranges::count_if(module.types, [](const graph::TypeAccess& type) {
    return graph::capabilities(*type.contract).restore != graph::RestoreMode::inventory_only;
  }));
}

std::string missing_text(const graph::ModuleAccess& module) {
  std::string text = fmt::format("{}", fmt::join(module.ask_to_read, ", "));
  if (module.ask_to_write.empty()) return text;
  return fmt::format("{}{}to restore: {}", text, text.empty() ? "" : "; ", fmt::join(module.ask_to_write, ", "));
}

}  // namespace

void add_modules(ConnectionView& view, const std::vector<std::string>& granted) {
  if (granted.empty()) return;
  int readable = 0, types = 0;
  for (const graph::ModuleAccess& module : graph::permission_report(granted, listed_types())) {
    const int all = static_cast<int>(module.types.size()), writes = restorable(module);
    ModuleView row{module.category, missing_text(module), works(module.readable, all), std::nullopt};
    if (writes > 0) row.restore = works(std::min(module.writable, writes), writes);
    view.modules.push_back(std::move(row));
    readable += module.readable;
    types += all;
  }
  view.has_modules = true;
  view.modules_sentence =
      fmt::format("The inventory can read {} of {} types with what was granted at the last check.", readable, types);
}

}  // namespace ta::provider_connections
