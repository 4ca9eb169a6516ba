#include "monitoring/run_query.h"

#include <gtest/gtest.h>

namespace ta::monitoring {
namespace {

// The limits in time, or the sentence of the refusal.
std::string times(std::string_view query) {
  const auto read = parse_run_query(http::Fields::parse(query), UserId{7});
  if (!read) return read.error();
  const auto text = [](const std::optional<Timestamp>& time) { return time ? to_rfc3339(*time) : "any"; };
  return fmt::format("{} to {}", text(read->filter.from), text(read->filter.to));
}

TEST(RunQuery, TimesAreInstantsOrWholeDays) {
  EXPECT_EQ(times("from=2026-11-21T08:00:00%2B02:00"), "2026-11-21T06:00:00Z to any");
  EXPECT_EQ(times("from=2026-11-21&to=2026-11-21"), "2026-11-21T00:00:00Z to 2026-11-22T00:00:00Z");
  EXPECT_EQ(times("to=2026-11-21T08:00:00Z"), "any to 2026-11-21T08:00:00Z");
}

TEST(RunQuery, APlusThatWasNotEscapedIsExplained) {
  EXPECT_EQ(
      times("from=2026-11-21T08:00:00+02:00"),
      "The parameter from must be a time such as 2026-11-21T08:00:00Z or a date such as 2026-11-21. In an address "
      "\"+\" means a blank: write %2B, as in from=2026-11-21T08:00:00%2B02:00.");
  for (const char* senseless : {"from=yesterday+at+8", "from=2026-11-21+8", "from=a+b"})
    EXPECT_EQ(times(senseless),
              "The parameter from must be a time such as 2026-11-21T08:00:00Z or a date such as 2026-11-21.");
}

TEST(RunQuery, WhatMakesNoSenseIsRefused) {
  for (const char* query :
       {"from=0000-01-01T00:00:00Z", "from=0000-01-01", "to=9999-12-31", "from=2026-02-30", "to=10000-01-01",
        "from=2026-11-22&to=2026-11-21T00:00:00Z", "initiator=-1", "initiator=0", "limit=+5"})
    EXPECT_TRUE(times(query).starts_with("The parameter ")) << query << ": " << times(query);
}

}  // namespace
}  // namespace ta::monitoring
