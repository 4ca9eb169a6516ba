#include "graph/request_budget.h"

#include <algorithm>
#include <limits>

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Seconds = std::chrono::duration<double>;

constexpr double kShareMin = 0.02;  // of 950 in 20 s: about one request a second
constexpr double kSlower = 0.7;     // after a refusal
constexpr double kGrowthPerWindow = 0.1;
constexpr milliseconds kOneRefusal{1'000};   // refusals that arrive together are one
constexpr milliseconds kClosedMax{300'000};  // whatever Graph asks for
// A request may be on its way longer than those that leave a window later. Graph counts arrivals.
constexpr milliseconds kTravel{1'000};
constexpr int kNoLimit = std::numeric_limits<int>::max();

milliseconds until(RequestBudget::Time time, RequestBudget::Time now) {
  return std::max(1ms, std::chrono::ceil<milliseconds>(time - now));
}

}  // namespace

Workload workload_of(std::string_view target) {
  const auto begins = [&](std::string_view path) {
    const auto version = target.find('/', 1);
    return version != target.npos && target.substr(version).starts_with(path);
  };
  if (begins("/deviceManagement") || begins("/deviceAppManagement")) return Workload::intune;
  return begins("/identity") || begins("/policies") ? Workload::conditional_access : Workload::directory;
}

void RequestBudget::Departures::forget_before(Time time) {
  while (!latest_.empty() && latest_.front().time <= time) {
    count_ -= latest_.front().count;
    latest_.pop_front();
  }
}

void RequestBudget::Departures::add(int count, Time now) {
  if (count == 0) return;
  latest_.push_back({now, count});
  count_ += count;
}

RequestBudget::Time RequestBudget::Departures::fits_at(int allowance, milliseconds window) const {
  if (count_ < allowance) return {};
  int left = count_;
  for (const Departure& departure : latest_) {
    left -= departure.count;
    if (left < allowance) return departure.time + window;
  }
  return {};
}

double RequestBudget::share_of(const Bucket& bucket, Time now) const {
  if (!bucket.lowered) return 1;
  const double windows = Seconds(now - *bucket.lowered).count() / Seconds(limits_.window).count();
  return std::clamp(bucket.lowest + kGrowthPerWindow * windows, kShareMin, 1.0);
}

int RequestBudget::allowance(int limit, const Bucket& bucket, Time now) const {
  return limit == 0 ? kNoLimit : std::max(1, static_cast<int>(limit * share_of(bucket, now)));
}

RequestBudget::Grant RequestBudget::take(Workload workload, const std::vector<bool>& writes, Time now) {
  const std::scoped_lock lock(mutex_);
  Bucket& bucket = buckets_[static_cast<std::size_t>(workload)];
  if (bucket.closed_until > now) return {0, until(bucket.closed_until, now)};
  const milliseconds window = limits_.window + kTravel;
  bucket.requests.forget_before(now - window);
  bucket.writes.forget_before(now - window);
  const int requests_max = allowance(limits_.requests, bucket, now);
  const int writes_max = allowance(limits_.writes, bucket, now);
  std::size_t granted = 0;
  int written = 0;
  for (; granted < writes.size(); ++granted) {
    if (bucket.requests.count() + static_cast<int>(granted) >= requests_max) break;
    if (writes[granted] && bucket.writes.count() + written >= writes_max) break;
    if (writes[granted]) ++written;
  }
  bucket.requests.add(static_cast<int>(granted), now);
  bucket.writes.add(written, now);
  if (granted == writes.size()) return {granted, 0ms};
  const Time requests_fit = bucket.requests.fits_at(requests_max, window);
  const Time writes_fit = writes[granted] ? bucket.writes.fits_at(writes_max, window) : Time{};
  return {granted, until(std::max(requests_fit, writes_fit), now)};
}

void RequestBudget::refused(Workload workload, std::optional<milliseconds> retry_after, Time now) {
  const std::scoped_lock lock(mutex_);
  Bucket& bucket = buckets_[static_cast<std::size_t>(workload)];
  if (!bucket.lowered || now - *bucket.lowered >= kOneRefusal) {
    bucket.lowest = std::max(kShareMin, share_of(bucket, now) * kSlower);
    bucket.lowered = now;
  }
  if (++bucket.refusals >= 2 && retry_after)
    bucket.closed_until = std::max(bucket.closed_until, now + std::min(*retry_after, kClosedMax));
}

void RequestBudget::accepted(Workload workload) {
  const std::scoped_lock lock(mutex_);
  buckets_[static_cast<std::size_t>(workload)].refusals = 0;
}

double RequestBudget::share(Workload workload, Time now) const {
  const std::scoped_lock lock(mutex_);
  return share_of(buckets_[static_cast<std::size_t>(workload)], now);
}

}  // namespace ta::graph
