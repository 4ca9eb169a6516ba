#include "testing/eventually.h"

#include <algorithm>
#include <thread>

#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif

namespace ta::testing {
namespace {

// A sanitizer makes everything so much slower.
constexpr int kPatience = __has_feature(thread_sanitizer) || __has_feature(address_sanitizer) ? 10 : 1;

}  // namespace

::testing::AssertionResult eventually(const std::function<bool()>& condition, std::chrono::milliseconds deadline) {
  deadline *= kPatience;
  const auto end = std::chrono::steady_clock::now() + deadline;
  for (auto pause = std::chrono::milliseconds{1};; pause = std::min(pause * 2, std::chrono::milliseconds{20})) {
    if (condition()) return ::testing::AssertionSuccess();
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(pause);
  }
  return ::testing::AssertionFailure() << "the condition did not hold within " << deadline.count() << " ms";
}

}  // namespace ta::testing
