// Waiting for the wish to stop: SIGINT (Ctrl+C) or SIGTERM.
#pragma once
#include <signal.h>

namespace ta::cli {

// Made before any thread starts, so that every thread inherits the blocked signals and only wait() gets them.
class StopSignal {
 public:
  StopSignal() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    signal(SIGPIPE, SIG_IGN);
  }
  ~StopSignal() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void wait() {
    int received = 0;
    sigwait(&set_, &received);
  }

 private:
  sigset_t set_, before_;
};

}  // namespace ta::cli
