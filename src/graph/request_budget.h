// How many requests one app may send to one tenant: Microsoft's published limits, and what refusals teach.
#pragma once
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace ta::graph {

// Parts of Graph that count requests separately.
enum class Workload { intune, conditional_access, directory };
inline constexpr std::size_t kWorkloads = 3;
// Of "/beta/deviceManagement/…".
Workload workload_of(std::string_view target);

// Microsoft's published limits for Intune, per app and tenant, less a reserve of 5 %. 0: no limit.
struct BudgetLimits {
  int requests = 950;  // in any `window`
  int writes = 95;     // of them
  std::chrono::milliseconds window{20'000};
};

// Counts what left within the last window; the whole allowance may leave at once, at its beginning. Shared by
// everything in this process that works for one tenant with one app. Nothing is taken on credit: who does not get all
// asks again, so a call that ends early leaves no debt behind. Thread-safe.
class RequestBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit RequestBudget(BudgetLimits limits = {}) : limits_(limits) {}

  struct Grant {
    std::size_t requests = 0;           // so many of them, the first ones, may leave now
    std::chrono::milliseconds wait{0};  // until the next one may; 0 when all may leave
  };
  // One entry per request: whether it writes. Parts of a batch count one by one.
  Grant take(Workload workload, const std::vector<bool>& writes, Time now);
  // 429. It lowers the allowance, which then grows back over some windows. A second refusal in a row means it: nothing
  // leaves until the time that Graph named.
  void refused(Workload workload, std::optional<std::chrono::milliseconds> retry_after, Time now);
  void accepted(Workload workload);

  // The share of the limits that refusals have left, 0.02 to 1.
  double share(Workload workload, Time now) const;

 private:
  // What left within the last window.
  class Departures {
   public:
    void forget_before(Time time);
    void add(int count, Time now);
    int count() const { return count_; }
    // When so few are left that one more fits into `allowance`.
    Time fits_at(int allowance, std::chrono::milliseconds window) const;

   private:
    struct Departure {
      Time time;
      int count;
    };
    std::deque<Departure> latest_;
    int count_ = 0;
  };
  struct Bucket {
    Departures requests, writes;
    double lowest = 1;  // the share after the last refusal
    std::optional<Time> lowered;
    int refusals = 0;  // in a row
    Time closed_until{};
  };
  double share_of(const Bucket& bucket, Time now) const;
  int allowance(int limit, const Bucket& bucket, Time now) const;

  const BudgetLimits limits_;
  mutable std::mutex mutex_;
  Bucket buckets_[kWorkloads];
};

}  // namespace ta::graph
