// Injected time and waiting: nothing in the Graph client sleeps, or asks the machine how late it is.
#pragma once
#include <chrono>
#include <functional>

namespace ta::http {
class Client;
}

namespace ta::graph {

class Timer {
 public:
  using Time = std::chrono::steady_clock::time_point;
  virtual ~Timer() = default;
  // Calls `task` once, on any thread, not before `delay` has passed. May be called from any thread.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;
  // Goes on at the pace of the machine's steady clock, or faster.
  virtual Time now() const { return std::chrono::steady_clock::now(); }
};

// Waits on the HTTP client's own thread. The client must outlive it.
class ClientTimer : public Timer {
 public:
  explicit ClientTimer(http::Client& client) : client_(client) {}
  void after(std::chrono::milliseconds delay, std::function<void()> task) override;

 private:
  http::Client& client_;
};

}  // namespace ta::graph
