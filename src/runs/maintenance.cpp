#include "runs/maintenance.h"

#include "base/log.h"

namespace ta::runs {

void Maintenance::start() {
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      try {
        run_once();
      } catch (const std::exception& error) {
        log::error("maintenance.failed", {{"error", error.what()}});
      }
      lock.lock();
      changed_.wait_for(lock, options_.interval, [this] { return stopping_; });
    }
  });
}

void Maintenance::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Maintenance::Counts Maintenance::run_once() { return {queue_.reap(), queue_.sweep()}; }

}  // namespace ta::runs
