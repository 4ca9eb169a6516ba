// A clock that moves only when a test says so. Safe to read and move from several threads.
#pragma once
#include <atomic>

#include "base/time.h"

namespace ta::testing {

class FixedClock : public Clock {
 public:
  // Starts at 2026-11-21T08:41:07Z, so that tests may write times down.
  FixedClock() : FixedClock(from_unix_micros(1'795'250'467'000'000)) {}
  explicit FixedClock(Timestamp start) : micros_(to_unix_micros(start)) {}

  Timestamp now() const override { return from_unix_micros(micros_.load()); }
  void set(Timestamp time) { micros_ = to_unix_micros(time); }
  void advance(Microseconds by) { micros_ += by.count(); }

 private:
  std::atomic<std::int64_t> micros_;
};

}  // namespace ta::testing
