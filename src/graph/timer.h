// Injected waiting: nothing in the Graph client sleeps.
#pragma once
#include <chrono>
#include <functional>

namespace ta::http {
class Client;
}

namespace ta::graph {

class Timer {
 public:
  virtual ~Timer() = default;
  // Calls `task` once, on any thread, not before `delay` has passed. May be called from any thread.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;
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
