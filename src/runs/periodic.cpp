#include "runs/periodic.h"

#include <time.h>

#include <cassert>
#include <condition_variable>
#include <mutex>

#include "base/log.h"

namespace ta::runs {
namespace {

std::int64_t processor_ns() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return used.tv_sec * 1'000'000'000 + used.tv_nsec;
}

}  // namespace

void Periodic::start(Step step, std::string_view failed, std::chrono::milliseconds pause_after_failure) {
  assert(!thread_.joinable() && !stopping());
  thread_ = std::thread([=, this, step = std::move(step)] { repeat(step, failed, pause_after_failure); });
}

void Periodic::stop() {
  stop_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Periodic::Effort Periodic::effort() const {
  return {steps_, std::chrono::nanoseconds{processor_ns_}, std::chrono::nanoseconds{time_ns_}};
}

void Periodic::repeat(const Step& step, std::string_view failed, std::chrono::milliseconds pause_after_failure) const {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stopping()) {
    auto pause = pause_after_failure;
    const auto began = std::chrono::steady_clock::now();
    const std::int64_t used = processor_ns();
    try {
      pause = step();
    } catch (const std::exception& error) {
      log::error(failed, {{"error", error.what()}});
    }
    ++steps_;
    processor_ns_ += processor_ns() - used;
    time_ns_ += std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count();
    stopped.wait_for(lock, stop_.get_token(), pause, [] { return false; });  // until the wish to stop, which wakes it
  }
}

}  // namespace ta::runs
