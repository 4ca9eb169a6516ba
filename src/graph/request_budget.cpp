#include "graph/request_budget.h"

#include <algorithm>

namespace ta::graph {
namespace {

using std::chrono::milliseconds;
using Seconds = std::chrono::duration<double>;

constexpr double kShareMin = 0.1, kSlower = 0.7, kFaster = 1.05;
constexpr milliseconds kClosedMax{300'000};  // whatever Graph asks for

milliseconds owed(double tokens, double per_second) {
  return tokens >= 0 ? milliseconds{0} : std::chrono::ceil<milliseconds>(Seconds(-tokens / per_second));
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

void RequestBudget::fill(Bucket& bucket, Time now) const {
  if (!bucket.filled) {
    bucket.requests = limits_.burst;
    bucket.writes = limits_.writes_burst;
  } else {
    const double passed = std::max(0.0, Seconds(now - *bucket.filled).count()) * bucket.share;
    bucket.requests = std::min(limits_.burst, bucket.requests + passed * limits_.per_second);
    bucket.writes = std::min(limits_.writes_burst, bucket.writes + passed * limits_.writes_per_second);
  }
  bucket.filled = now;
}

milliseconds RequestBudget::reserve(Workload workload, int requests, int writes, Time now) {
  const std::scoped_lock lock(mutex_);
  Bucket& bucket = buckets_[static_cast<std::size_t>(workload)];
  fill(bucket, now);
  bucket.requests -= requests;
  bucket.writes -= writes;
  const milliseconds closed = std::chrono::ceil<milliseconds>(std::max(bucket.closed_until - now, Time::duration{0}));
  const milliseconds written =
      writes > 0 ? owed(bucket.writes, limits_.writes_per_second * bucket.share) : milliseconds{0};
  return std::max({closed, owed(bucket.requests, limits_.per_second * bucket.share), written});
}

void RequestBudget::refused(Workload workload, std::optional<milliseconds> retry_after, Time now) {
  const std::scoped_lock lock(mutex_);
  Bucket& bucket = buckets_[static_cast<std::size_t>(workload)];
  fill(bucket, now);
  bucket.share = std::max(kShareMin, bucket.share * kSlower);
  bucket.requests = std::min(bucket.requests, limits_.per_second * bucket.share);
  if (++bucket.refusals >= 2 && retry_after)
    bucket.closed_until = std::max(bucket.closed_until, now + std::min(*retry_after, kClosedMax));
}

void RequestBudget::accepted(Workload workload) {
  const std::scoped_lock lock(mutex_);
  Bucket& bucket = buckets_[static_cast<std::size_t>(workload)];
  bucket.refusals = 0;
  bucket.share = std::min(1.0, bucket.share * kFaster);
}

double RequestBudget::share(Workload workload) const {
  const std::scoped_lock lock(mutex_);
  return buckets_[static_cast<std::size_t>(workload)].share;
}

}  // namespace ta::graph
