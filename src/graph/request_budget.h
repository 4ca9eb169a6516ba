// How many requests one app may send to one tenant: known limits, and what refusals teach.
#pragma once
#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>

namespace ta::graph {

// Parts of Graph that count requests separately.
enum class Workload { intune, conditional_access, directory };
// Of "/beta/deviceManagement/…".
Workload workload_of(std::string_view target);

// Half of Microsoft's published limits for Intune (1,000 requests and 100 writes in 20 s), as a burst and a rate that
// together stay within them.
struct BudgetLimits {
  double burst = 500, per_second = 25;
  double writes_burst = 50, writes_per_second = 2.5;
};

// Token buckets, shared by everything in this process that uses the same app in the same tenant. Thread-safe.
class RequestBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit RequestBudget(BudgetLimits limits = {}) : limits_(limits) {}

  // Takes what the requests cost, on credit if need be, and says how long they must wait before they leave.
  std::chrono::milliseconds reserve(Workload workload, int requests, int writes, Time now);
  // 429. One refusal slows the workload down. A second one in a row means it: nothing leaves until the time that Graph
  // named.
  void refused(Workload workload, std::optional<std::chrono::milliseconds> retry_after, Time now);
  void accepted(Workload workload);

  // The share of the limits that refusals have left, 0.1 to 1.
  double share(Workload workload) const;

 private:
  struct Bucket {
    double requests = 0, writes = 0;
    double share = 1;
    int refusals = 0;  // in a row
    std::optional<Time> filled;
    Time closed_until{};
  };
  void fill(Bucket& bucket, Time now) const;

  const BudgetLimits limits_;
  mutable std::mutex mutex_;
  Bucket buckets_[3];
};

}  // namespace ta::graph
