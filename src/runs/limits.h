// How many runs of one tenant may be active at the same time. All limits are within a tenant: none can be used up by
// another one. They count leased runs; a run between attempts is not among them.
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

// The same for every process of an installation. 0: no limit. The limit of a type stands in the catalog.
struct LimitOptions {
  int per_tenant = 0;
  int per_scope = 0;  // of one provider scope, such as one connection
};

// What is active now.
class Running {
 public:
  void add(const Lane& lane, int count = 1);
  int of_tenant(TenantId tenant) const;
  int of_type(const Lane& lane) const;
  int of_scope(const Lane& lane) const;
  int all() const { return all_; }

 private:
  int all_ = 0;
  std::map<TenantId, int> tenants_;
  std::map<std::pair<TenantId, std::string>, int> types_, scopes_;
};

// From the leases.
Running running_now(storage::Transaction& tx);

enum class LimitKind { tenant, type, scope };
std::string_view name(LimitKind kind);
struct LimitReached {
  LimitKind kind = LimitKind::tenant;
  int running = 0, limit = 0;
};

// Thread-safe: only reads the catalog.
class Limits {
 public:
  Limits(const Catalog& catalog, LimitOptions options) : catalog_(catalog), options_(options) {}

  bool any() const;  // whether counting is of any use
  std::optional<LimitReached> reached(const Lane& lane, const Running& running) const;

 private:
  const Catalog& catalog_;
  LimitOptions options_;
};

}  // namespace ta::runs
