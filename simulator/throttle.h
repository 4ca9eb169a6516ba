// Request budgets per app and tenant and per tenant, in windows, as Intune enforces them.
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ta::simulator {

// Microsoft's published limits for Intune.
struct ThrottleLimits {
  bool enabled = true;
  int per_app_and_tenant = 1000;
  int per_tenant = 2000;
  std::chrono::seconds window{20};
  bool tells_retry_after = true;
};

// Safe to use from several threads. Keeps a reference to the clock.
class Throttle {
 public:
  Throttle(ThrottleLimits limits, const Clock& clock) : default_limits_(limits), clock_(clock) {}

  void set_limits(const std::string& tenant, ThrottleLimits limits);

  struct Refusal {
    std::optional<int> retry_after_seconds;  // until the window ends
  };
  // Charges one request; a refused one is not charged.
  std::optional<Refusal> charge(std::string_view tenant, std::string_view app);

 private:
  struct Bucket {
    Timestamp opened;
    int used = 0;
  };
  Bucket& bucket(const std::string& key, std::chrono::seconds window);

  std::mutex mutex_;
  const ThrottleLimits default_limits_;
  const Clock& clock_;
  std::map<std::string, ThrottleLimits, std::less<>> limits_;  // by tenant
  std::map<std::string, Bucket> buckets_;                      // by "tenant" or "tenant/app"
};

}  // namespace ta::simulator
