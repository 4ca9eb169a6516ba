// How many runs of one tenant may be active at the same time. All limits are within a tenant: none can be used up by
// another one. They count leased runs; a run between attempts is not among them. docs/fairness.md tells operators.
#pragma once
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "runs/catalog.h"

namespace ta::runs {

// Runs that are alike to the limits.
struct Lane {
  TenantId tenant;
  std::string type;
  std::string scope_key;  // empty: no provider scope
  auto operator<=>(const Lane&) const = default;
};

// Of a tenant: one less than the slots of all live workers, where there are several tenants and more than one slot. So
// one slot is always left to the others.
inline constexpr int kAllSlotsButOne = -1;

// The same for every process of an installation. 0: no limit. The limit of a type stands in the catalog.
struct LimitOptions {
  int per_tenant = 0;  // or kAllSlotsButOne
  int per_scope = 0;   // of one provider scope, such as one connection
};
// What an installation has unless its operator says otherwise.
inline constexpr LimitOptions kUsualLimits{.per_tenant = kAllSlotsButOne, .per_scope = 1};

// What is active now.
class Running {
 public:
  void add(const Lane& lane, int count = 1);
  int of_tenant(TenantId tenant) const;
  int of_type(const Lane& lane) const;
  int of_scope(const Lane& lane) const;
  int all() const { return all_; }
  // How many slots there are, as far as is known, and whether more than one tenant could use them.
  void set_slots(int slots, bool several_tenants) { slots_ = slots, several_tenants_ = several_tenants; }
  int slots_of_one_tenant() const { return several_tenants_ && slots_ > 1 ? slots_ - 1 : 0; }

 private:
  int all_ = 0, slots_ = 0;
  bool several_tenants_ = false;
  std::map<TenantId, int> tenants_;
  std::map<std::pair<TenantId, std::string>, int> types_, scopes_;
};

enum class LimitKind { tenant, type, scope };
std::string_view name(LimitKind kind);
struct LimitReached {
  LimitKind kind = LimitKind::tenant;
  int running = 0, limit = 0;
  bool for_others = false;  // the tenant's: kAllSlotsButOne
};

// Thread-safe: only reads the catalog.
class Limits {
 public:
  Limits(const Catalog& catalog, LimitOptions options) : catalog_(catalog), options_(options) {}

  bool any() const;  // whether counting is of any use
  // From the leases, and from the workers seen within kWorkerAliveWithin. `slots_at_least`: those of a worker that asks
  // and may not have been seen yet.
  Running running_now(storage::Transaction& tx, Timestamp now, int slots_at_least = 0) const;
  std::optional<LimitReached> reached(const Lane& lane, const Running& running) const;

 private:
  const Catalog& catalog_;
  LimitOptions options_;
};

}  // namespace ta::runs
