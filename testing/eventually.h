// Waiting for a condition instead of for a duration:
//
//   ASSERT_TRUE(eventually([&] { return ledger.find(run)->status == Status::completed; }));
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

namespace ta::testing {

// Asks again and again (first every millisecond, later every 20) until `condition` holds. Fails at the deadline, which
// is generous because a busy machine must not break a test, and ten times as long under a sanitizer; an exception from
// `condition` passes through.
::testing::AssertionResult eventually(const std::function<bool()>& condition,
                                      std::chrono::milliseconds deadline = std::chrono::seconds{20});

}  // namespace ta::testing
