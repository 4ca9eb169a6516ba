#include "simulator/throttle.h"

namespace ta::simulator {

void Throttle::set_limits(const std::string& tenant, ThrottleLimits limits) {
  const std::lock_guard lock(mutex_);
  limits_[tenant] = limits;
}

Throttle::Bucket& Throttle::bucket(const std::string& key, std::chrono::seconds window) {
  Bucket& found = buckets_[key];
  if (clock_.now() >= found.opened + window) found = {clock_.now(), 0};
  return found;
}

std::optional<Throttle::Refusal> Throttle::charge(std::string_view tenant, std::string_view app) {
  const std::lock_guard lock(mutex_);
  const auto own = limits_.find(tenant);
  const ThrottleLimits& limits = own == limits_.end() ? default_limits_ : own->second;
  if (!limits.enabled) return std::nullopt;
  Bucket& all = bucket(std::string(tenant), limits.window);
  Bucket& mine = bucket(fmt::format("{}/{}", tenant, app), limits.window);
  if (all.used < limits.per_tenant && mine.used < limits.per_app_and_tenant) {
    ++all.used;
    ++mine.used;
    return std::nullopt;
  }
  const Bucket& full = mine.used >= limits.per_app_and_tenant ? mine : all;
  if (!limits.tells_retry_after) return Refusal{};
  return Refusal{
      static_cast<int>(std::chrono::ceil<std::chrono::seconds>(full.opened + limits.window - clock_.now()).count())};
}

}  // namespace ta::simulator
