// Request budgets per app and tenant and per tenant, in windows, as Intune enforces them.
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace ta::simulator {

// Microsoft's published limits for Intune. Writes count as requests too.
struct ThrottleLimits {
  bool enabled = true;
  int per_app_and_tenant = 1000;
  int per_tenant = 2000;
  int writes_per_app_and_tenant = 100;
  int writes_per_tenant = 200;
  std::chrono::seconds window{20};
  bool tells_retry_after = true;
  // Of Conditional Access, whose refusals never tell a Retry-After; 0: no limit. An older table of Microsoft's says 1.
  int conditional_access_per_second = 0;
};

// What a request is charged to.
enum class Budget { intune_read, intune_write, conditional_access };

// Safe to use from several threads. Keeps a reference to the clock.
class Throttle {
 public:
  Throttle(ThrottleLimits limits, const Clock& clock) : default_limits_(limits), clock_(clock) {}

  void set_limits(const std::string& tenant, ThrottleLimits limits);

  struct Refusal {
    std::optional<int> retry_after_seconds;  // until the window ends
  };
  struct Totals {
    std::int64_t taken = 0, refused = 0;
  };
  // Of everything that has a budget.
  Totals totals() const;

  // Charges one request; a refused one is not charged.
  std::optional<Refusal> charge(std::string_view tenant, std::string_view app, Budget budget);

 private:
  struct Bucket {
    Timestamp opened;
    int used = 0;
  };
  // A bucket and how much it takes.
  struct Share {
    Bucket* bucket;
    int limit;
  };
  Bucket* bucket(const std::string& key, std::chrono::seconds window);
  std::vector<Share> shares(std::string_view tenant, std::string_view app, Budget budget, const ThrottleLimits& limits);

  mutable std::mutex mutex_;
  Totals totals_;
  const ThrottleLimits default_limits_;
  const Clock& clock_;
  std::map<std::string, ThrottleLimits, std::less<>> limits_;  // by tenant
  std::map<std::string, Bucket> buckets_;                      // by tenant, or tenant and app, and kind
};

}  // namespace ta::simulator
