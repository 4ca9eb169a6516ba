#include "base/failure.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace ta {
namespace {

TEST(FailureCatalog, EveryCodeFindsItsOwnEntry) {
  std::set<std::string_view> names;
  for (const FailureInfo& entry : failure_catalog()) {
    EXPECT_EQ(&info(entry.code), &entry) << entry.name << ": the catalog is not in the order of the enum";
    EXPECT_EQ(failure_code(entry.name), entry.code);
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " twice";
  }
  EXPECT_EQ(failure_catalog().size(), static_cast<std::size_t>(FailureCode::internal_error) + 1);
}

TEST(FailureCatalog, KnowsTheDocumentedNames) {
  for (const char* name : {"queue.dispatch_failed",
                           "queue.never_dispatched",
                           "worker.lost",
                           "worker.interrupted",
                           "run.timeout",
                           "run.invalid_input",
                           "schedule.missed",
                           "schedule.still_running",
                           "schedule.scope_busy",
                           "schedule.invalid",
                           "graph.throttled",
                           "graph.unauthorized",
                           "graph.forbidden",
                           "graph.not_found",
                           "graph.conflict",
                           "graph.bad_request",
                           "graph.unavailable",
                           "graph.unreachable",
                           "graph.tls_failed",
                           "graph.approval_required",
                           "provider.connection_missing",
                           "provider.credential_missing",
                           "provider.credential_wrong",
                           "provider.tenant_wrong",
                           "provider.clock_wrong",
                           "provider.consent_missing",
                           "provider.disabled",
                           "auth.token_expired",
                           "storage.unavailable",
                           "internal.error"})
    EXPECT_TRUE(failure_code(name)) << name;
  EXPECT_FALSE(failure_code("graph.nothing_like_it"));
}

TEST(FailureCatalog, SpeaksToPeople) {
  static const std::regex never(
      R"(\b(oops|sorry|please|successfully|invalid|abort|kill|job|task)\b|something went wrong)", std::regex::icase);
  static const std::regex shape(R"([a-z]+\.[a-z_]+)");
  for (const FailureInfo& entry : failure_catalog()) {
    EXPECT_TRUE(std::regex_match(std::string(entry.name), shape)) << entry.name;
    EXPECT_FALSE(std::regex_search(std::string(entry.headline), never)) << entry.headline;
    EXPECT_FALSE(std::regex_search(std::string(entry.next_step), never)) << entry.next_step;
    EXPECT_FALSE(entry.headline.empty() || entry.headline.ends_with('.'))
        << "a headline, not a sentence: " << entry.name;
    EXPECT_TRUE(entry.next_step.ends_with('.')) << entry.name;
  }
}

TEST(FailureCatalog, ALostWorkerIsNotTheDatasFault) {
  EXPECT_TRUE(info(FailureCode::worker_lost).infrastructure);
  EXPECT_TRUE(info(FailureCode::worker_interrupted).retryable);
  EXPECT_FALSE(info(FailureCode::graph_forbidden).retryable);
}

TEST(FailureError, CarriesTheFailure) {
  const FailureError error(FailureCode::graph_throttled, "slow down");
  EXPECT_EQ(error.failure().code, FailureCode::graph_throttled);
  EXPECT_STREQ(error.what(), "slow down");
}

TEST(Result, HoldsAValueOrAFailure) {
  const auto half = [](int n) -> Result<int> {
    if (n % 2) return fail(FailureCode::run_invalid_input, "odd");
    return n / 2;
  };
  EXPECT_EQ(half(4).value(), 2);
  EXPECT_EQ(half(3).error().message, "odd");
}

}  // namespace
}  // namespace ta
