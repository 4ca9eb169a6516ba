// For this module's tests: a simulator behind a door that can be closed in the middle of an operation.
#pragma once
#include "http/server.h"
#include "simulator/simulator.h"

namespace ta::cli {

// Forwards everything, and holds back one answer when asked to: the request has had its effect, its caller waits.
// Thread-safe.
class HeldSimulator {
 public:
  explicit HeldSimulator(simulator::Simulator& simulator) : simulator_(simulator) {}
  ~HeldSimulator() { release(); }

  std::string url() const { return server_->url(); }
  // The answer to the `nth` request from now, counted from 1, waits for release().
  void hold(int nth) {
    std::lock_guard lock(mutex_);
    requests_ = 0;
    held_ = nth;
  }
  void release() {
    std::lock_guard lock(mutex_);
    held_ = 0;
    changed_.notify_all();
  }
  bool holding() {
    std::lock_guard lock(mutex_);
    return held_ > 0 && requests_ >= held_;
  }
  int requests() {  // since the last hold()
    std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  http::Response answer(http::Request& request) {
    http::Response response = simulator_.handle(request);
    std::unique_lock lock(mutex_);
    const int number = ++requests_;
    changed_.wait(lock, [&] { return held_ != number; });
    return response;
  }

  simulator::Simulator& simulator_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int requests_ = 0, held_ = 0;
  std::unique_ptr<http::Server> server_ =
      http::Server::start({.handler_threads = 16}, [this](http::Request& request) { return answer(request); }).value();
};

}  // namespace ta::cli
