#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ta {
namespace {

std::string again(std::string_view text) {
  const auto time = parse_rfc3339(text);
  return time ? to_rfc3339(*time) : "refused";
}

TEST(Rfc3339, WritesUtcAndLeavesOutAZeroFraction) {
  EXPECT_EQ(to_rfc3339(from_unix_micros(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(from_unix_micros(1'795'250'467'123'456)), "2026-11-21T08:41:07.123456Z");
  EXPECT_EQ(to_rfc3339(from_unix_micros(-1)), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, ReadsOffsetsFractionsAndBothSeparators) {
  EXPECT_EQ(again("2026-11-21T09:41:07+01:00"), "2026-11-21T08:41:07Z");
  EXPECT_EQ(again("2026-11-20 23:41:07.5-0900"), "2026-11-21T08:41:07.500000Z");
  EXPECT_EQ(again("2026-11-21t08:41:07.123456789z"), "2026-11-21T08:41:07.123456Z");
  EXPECT_EQ(again("2026-11-21 08:41:07.1234567+00"), "2026-11-21T08:41:07.123456Z");
  EXPECT_EQ(again("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00Z");
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2026-11-21",
                           "2026-11-21T08:41:07",
                           "2026-11-21T08:41:07.Z",
                           "2026-11-21T08:41:07.1234567890Z",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-11-21T24:00:00Z",
                           "2026-11-21T08:60:00Z",
                           "2026-11-21T08:41:61Z",
                           "2026-11-21T08:41:07+24:00",
                           "2026-11-21T08:41:07+01:60",
                           "2026-11-21T08:41:07+01:",
                           "2026-11-21T08:41:07+1:00",
                           "2026-11-21T08:41:07Zx",
                           " 2026-11-21T08:41:07Z",
                           "26-11-21T08:41:07Z",
                           "2026-11-21T8:41:07Z",
                           "2026/11/21T08:41:07Z",
                           "2026-11-21T08:41:-7Z"})
    EXPECT_EQ(again(text), "refused") << text;
}

TEST(Rfc3339, RefusesWhatIsOutsideTheYearsThatEveryDatabaseStores) {
  for (const char* text : {"0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"})
    EXPECT_EQ(again(text), "refused") << text;
  for (const char* text : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}) EXPECT_EQ(again(text), text);
}

TEST(Rfc3339, ReadsWhatItWrites) {
  EXPECT_TRUE(rc::check("parse(write(t)) == t", [] {
    constexpr std::int64_t kYear10000 = 253'402'300'800'000'000;
    const Timestamp time = from_unix_micros(*rc::gen::inRange<std::int64_t>(-60'000'000'000'000'000, kYear10000));
    RC_ASSERT(parse_rfc3339(to_rfc3339(time)) == time);
  }));
}

TEST(SystemClock, DoesNotRunBackwardsWithinATest) {
  const SystemClock clock;
  const Timestamp first = clock.now();
  EXPECT_LE(first, clock.now());
  EXPECT_GT(first, *parse_rfc3339("2024-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace ta
