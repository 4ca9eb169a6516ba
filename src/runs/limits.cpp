#include "runs/limits.h"

#include <algorithm>

#include "runs/limits.sql.h"
#include "runs/run_reader.h"

namespace ta::runs {
namespace {

template <class Map, class Key>
int count_of(const Map& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

void Running::add(const Lane& lane, int count) {
  all_ += count;
  tenants_[lane.tenant] += count;
  types_[{lane.tenant, lane.type}] += count;
  if (!lane.scope_key.empty()) scopes_[{lane.tenant, lane.scope_key}] += count;
}

int Running::of_tenant(TenantId tenant) const { return count_of(tenants_, tenant); }
int Running::of_type(const Lane& lane) const { return count_of(types_, std::pair{lane.tenant, lane.type}); }
int Running::of_scope(const Lane& lane) const { return count_of(scopes_, std::pair{lane.tenant, lane.scope_key}); }

Running Limits::running_now(storage::Transaction& tx, Timestamp now, int slots_at_least) const {
  Running running;
  for (const storage::Row& row : tx.run(sql::leases_held))
    running.add({row.get<TenantId>("tenant_id"), row.get<std::string>("type"), row.get<std::string>("scope_key")},
                row.get<int>("count"));
  if (options_.per_tenant != kAllSlotsButOne) return running;
  const storage::Rows slots = tx.run(sql::slots_alive, {{"since", now - kWorkerAliveWithin}});
  running.set_slots(std::max(slots[0].get<int>("slots"), slots_at_least), slots[0].get<int>("tenants") > 1);
  return running;
}

std::string_view name(LimitKind kind) {
  switch (kind) {
    case LimitKind::tenant: return "tenant";
    case LimitKind::type: return "type";
    case LimitKind::scope: return "connection";
  }
  return {};
}

bool Limits::any() const {
  if (options_.per_tenant != 0 || options_.per_scope > 0) return true;
  const auto types = catalog_.all();
  return std::any_of(types.begin(), types.end(), [](const auto* type) { return type->definition.running_max > 0; });
}

std::optional<LimitReached> Limits::reached(const Lane& lane, const Running& running) const {
  const auto check = [](LimitKind kind, int active, int limit) {
    return limit > 0 && active >= limit ? std::optional(LimitReached{kind, active, limit}) : std::nullopt;
  };
  const bool for_others = options_.per_tenant == kAllSlotsButOne;
  const int of_tenant = for_others ? running.slots_of_one_tenant() : options_.per_tenant;
  if (auto full = check(LimitKind::tenant, running.of_tenant(lane.tenant), of_tenant)) {
    full->for_others = for_others;
    return full;
  }
  const RegisteredType* type = catalog_.find(lane.type);
  if (auto full = check(LimitKind::type, running.of_type(lane), type ? type->definition.running_max : 0)) return full;
  if (lane.scope_key.empty()) return std::nullopt;
  return check(LimitKind::scope, running.of_scope(lane), options_.per_scope);
}

}  // namespace ta::runs
