#include "runs/maintenance.h"

namespace ta::runs {

void Maintenance::start() {
  thread_.start(
      [this] {
        run_once();
        const auto fifth = static_cast<std::uint64_t>(options_.interval.count()) / 5;
        return options_.interval - std::chrono::milliseconds{random_.below(fifth + 1)};
      },
      "maintenance.failed", options_.interval);
}

Maintenance::Counts Maintenance::run_once(LeaseWatch::Steady::time_point now) {
  watch_.begin(now);
  const auto began = LeaseWatch::Steady::now();
  const int rescued = queue_.reap([this](const SilentLease& lease) { return watch_.is_silent(lease); });
  watch_.end(now + (LeaseWatch::Steady::now() - began));
  return {rescued, sweep()};
}

int Maintenance::sweep() {
  const auto term = leadership_.try_acquire();
  if (!term) return 0;
  return queue_.sweep([&](storage::Transaction& tx) { return leadership_.holds(tx, *term); });
}

}  // namespace ta::runs
