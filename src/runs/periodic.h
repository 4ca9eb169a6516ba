// A thread that repeats one step until it is stopped.
//
// The owner constructs, starts, stops and destroys it from one thread at a time. Everything the step refers to must
// outlive it: as a member, declare it last.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string_view>
#include <thread>

namespace ta::runs {

class Periodic {
 public:
  // Does its work and returns how long to wait until the next call; zero or less is at once.
  using Step = std::function<std::chrono::milliseconds()>;

  Periodic() = default;  // nothing runs yet
  ~Periodic() { stop(); }
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  // Calls `step` at once and from then on, always on one thread of its own. At most once, and not after stop(). A step
  // that throws is logged as the event `failed` (a literal) with its `error`, and is called again after the pause.
  void start(Step step, std::string_view failed, std::chrono::milliseconds pause_after_failure);
  // When it returns, the step is not running and is not called again; a step that runs is waited for, a pause is cut
  // short. Idempotent. Never from inside the step.
  void stop();
  // What the steps have cost so far, those that threw included. From any thread.
  struct Effort {
    std::int64_t steps = 0;
    std::chrono::nanoseconds processor{0}, time{0};  // of the thread; by the wall
  };
  Effort effort() const;
  // For steps of many parts, which end between two of them. From any thread.
  bool stopping() const { return stop_.stop_requested(); }

 private:
  void repeat(const Step& step, std::string_view failed, std::chrono::milliseconds pause_after_failure) const;

  std::stop_source stop_;
  mutable std::atomic<std::int64_t> steps_ = 0, processor_ns_ = 0, time_ns_ = 0;
  std::thread thread_;
};

}  // namespace ta::runs
