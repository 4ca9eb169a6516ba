#include "runs/periodic.h"

#include <cassert>
#include <condition_variable>
#include <mutex>

#include "base/log.h"

namespace ta::runs {

void Periodic::start(Step step, std::string_view failed, std::chrono::milliseconds pause_after_failure) {
  assert(!thread_.joinable() && !stopping());
  thread_ = std::thread([=, this, step = std::move(step)] { repeat(step, failed, pause_after_failure); });
}

void Periodic::stop() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Periodic::repeat(const Step& step, std::string_view failed, std::chrono::milliseconds pause_after_failure) const {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stopping()) {
    auto pause = pause_after_failure;
    try {
      pause = step();
    } catch (const std::exception& error) {
      log::error(failed, {{"error", error.what()}});
    }
    stopped.wait_for(lock, stop_.get_token(), pause, [] { return false; });  // until the wish to stop, which wakes it
  }
}

}  // namespace ta::runs
