#include "simulator/throttle.h"

#include <algorithm>

namespace ta::simulator {

void Throttle::set_limits(const std::string& tenant, ThrottleLimits limits) {
  const std::lock_guard lock(mutex_);
  limits_[tenant] = limits;
}

Throttle::Bucket* Throttle::bucket(const std::string& key, std::chrono::seconds window) {
  Bucket& found = buckets_[key];
  if (clock_.now() >= found.opened + window) found = {clock_.now(), 0};
  return &found;
}

std::vector<Throttle::Share> Throttle::shares(std::string_view tenant, std::string_view app, Budget budget,
                                              const ThrottleLimits& limits) {
  if (budget == Budget::conditional_access) {
    if (limits.conditional_access_per_second == 0) return {};
    return {{bucket(fmt::format("{}#access", tenant), std::chrono::seconds(1)), limits.conditional_access_per_second}};
  }
  std::vector<Share> all{{bucket(fmt::format("{}/{}", tenant, app), limits.window), limits.per_app_and_tenant},
                         {bucket(std::string(tenant), limits.window), limits.per_tenant}};
  if (budget == Budget::intune_read) return all;
  all.push_back({bucket(fmt::format("{}/{}#writes", tenant, app), limits.window), limits.writes_per_app_and_tenant});
  all.push_back({bucket(fmt::format("{}#writes", tenant), limits.window), limits.writes_per_tenant});
  return all;
}

Throttle::Totals Throttle::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

std::optional<Throttle::Refusal> Throttle::charge(std::string_view tenant, std::string_view app, Budget budget) {
  const std::lock_guard lock(mutex_);
  const auto own = limits_.find(tenant);
  const ThrottleLimits& limits = own == limits_.end() ? default_limits_ : own->second;
  ++totals_.taken;
  if (!limits.enabled) return std::nullopt;
  const std::vector<Share> charged = shares(tenant, app, budget, limits);
  const auto full = [](const Share& share) { return share.bucket->used >= share.limit; };
  const auto refused = std::find_if(charged.begin(), charged.end(), full);
  if (refused == charged.end()) {
    for (const Share& share : charged) ++share.bucket->used;
    return std::nullopt;
  }
  --totals_.taken;
  ++totals_.refused;
  if (!limits.tells_retry_after || budget == Budget::conditional_access) return Refusal{};
  const auto left = refused->bucket->opened + limits.window - clock_.now();
  return Refusal{static_cast<int>(std::chrono::ceil<std::chrono::seconds>(left).count())};
}

}  // namespace ta::simulator
