#include "web/start_answer.h"

#include <gtest/gtest.h>

namespace ta::web {
namespace {

Toast answer(std::string_view disposition) {
  return start_toast(
      {disposition, "Inventory sync", "Compliance snapshot", "/t/contoso/operations/7", "The queue is full."});
}

TEST(StartAnswer, EveryDispositionHasItsWordsAndALink) {
  EXPECT_EQ(answer("created").title, "Inventory sync queued");
  EXPECT_EQ(answer("created").text, "Running in the background.");
  EXPECT_EQ(answer("joined").title, "Inventory sync already running");
  EXPECT_EQ(answer("scope_busy").text, "Compliance snapshot uses the same connection.");
  for (const char* disposition : {"created", "joined", "scope_busy", "dispatch_failed"})
    EXPECT_EQ(answer(disposition).link, "View run") << disposition;
}

TEST(StartAnswer, AFailedDispatchIsRedAndSaysWhy) {
  EXPECT_EQ(answer("dispatch_failed").tone, "danger");
  EXPECT_EQ(answer("dispatch_failed").title, "Inventory sync did not start");
  EXPECT_EQ(answer("dispatch_failed").text, "The queue is full.");
}

TEST(StartAnswer, ARefusalHasNoRunToShow) {
  const Toast toast = refused_toast("Inventory sync", "Insufficient permission. Ask a tenant Owner.");
  EXPECT_EQ(toast.tone, "danger");
  EXPECT_TRUE(toast.href.empty());
}

}  // namespace
}  // namespace ta::web
