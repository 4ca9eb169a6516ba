#include "web/formats.h"

#include <gtest/gtest.h>

namespace ta::web {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::string_view text) { return *parse_rfc3339(text); }

const Timestamp kNow = at("2026-11-21T07:45:00Z");

TEST(Formats, ATimeOfTodayCountsUp) {
  const TimeZone berlin("Europe/Berlin");
  EXPECT_EQ(time_text(kNow - 12s, kNow, berlin).text, "12 s ago");
  EXPECT_EQ(time_text(kNow - 2min, kNow, berlin).text, "2 min ago");
  EXPECT_EQ(time_text(kNow - 5h, kNow, berlin).text, "5 h ago");
  EXPECT_TRUE(time_text(kNow - 5h, kNow, berlin).ago);
}

TEST(Formats, OlderTimesAreDates) {
  const TimeZone berlin("Europe/Berlin");
  EXPECT_EQ(time_text(at("2026-11-20T15:20:00Z"), kNow, berlin).text, "Yesterday, 16:20");
  EXPECT_EQ(time_text(at("2026-11-19T16:45:00Z"), kNow, berlin).text, "19 Nov, 17:45");
  EXPECT_EQ(time_text(at("2025-11-19T16:45:00Z"), kNow, berlin).text, "19 Nov 2025, 17:45");
  EXPECT_FALSE(time_text(at("2026-11-19T16:45:00Z"), kNow, berlin).ago);
}

TEST(Formats, TheDayIsThatOfTheZone) {
  const Timestamp late = at("2026-11-20T23:30:00Z");
  EXPECT_EQ(time_text(late, kNow, TimeZone("Europe/Berlin")).text, "8 h ago");
  EXPECT_EQ(time_text(late, kNow, TimeZone("UTC")).text, "Yesterday, 23:30");
}

TEST(Formats, TheTitleHasSecondsAndZone) {
  EXPECT_EQ(time_text(at("2026-11-21T07:41:07.5Z"), kNow, TimeZone("Europe/Berlin")).title,
            "21 Nov 2026, 08:41:07 CET");
  EXPECT_EQ(full_time(at("2026-07-01T00:00:00Z"), TimeZone("Europe/Berlin")), "1 Jul 2026, 02:00:00 CEST");
  EXPECT_EQ(time_text(at("2026-11-21T07:41:07.5Z"), kNow, TimeZone()).iso, "2026-11-21T07:41:07Z");
}

TEST(Formats, BothWaysAcrossTheChangeOfClocks) {
  const TimeZone berlin("Europe/Berlin");
  EXPECT_EQ(clock_time(at("2026-03-29T00:59:59Z"), berlin), "01:59:59");
  EXPECT_EQ(clock_time(at("2026-03-29T01:00:00Z"), berlin), "03:00:00");
  EXPECT_EQ(clock_time(at("2026-10-25T00:59:59Z"), berlin), "02:59:59");
  EXPECT_EQ(clock_time(at("2026-10-25T01:00:00Z"), berlin), "02:00:00");
}

TEST(Formats, AnUnknownZoneIsUtc) {
  EXPECT_EQ(TimeZone("Mars/Olympus").name(), "UTC");
  EXPECT_NE(TimeZone("Mars/Olympus").problem().find("There is no time zone Mars/Olympus"), std::string::npos);
  EXPECT_EQ(TimeZone("Europe/Berlin").problem(), "");
  EXPECT_FALSE(TimeZone::exists("Mars/Olympus"));
  EXPECT_TRUE(TimeZone::exists("Europe/Berlin"));
  EXPECT_GT(TimeZone::names().size(), 100u);
}

TEST(Formats, Durations) {
  EXPECT_EQ(duration_text(400ms), "0.4 s");
  EXPECT_EQ(duration_text(1200ms), "1.2 s");
  EXPECT_EQ(duration_text(2s), "2 s");
  EXPECT_EQ(duration_text(58s + 900ms), "58 s");
  EXPECT_EQ(duration_text(1min + 58s), "1 min 58 s");
  EXPECT_EQ(duration_text(2h + 4min + 59s), "2 h 4 min");
  EXPECT_EQ(duration_text(-3s), "0 s");
}

TEST(Formats, Ages) {
  EXPECT_EQ(age_text(0s), "0 s ago");
  EXPECT_EQ(age_text(47h), "47 h ago");
  EXPECT_EQ(age_text(72h), "3 days ago");
}

TEST(Formats, DigitsAreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1204), "1,204");
  EXPECT_EQ(grouped(-1204567), "-1,204,567");
  EXPECT_EQ(grouped(100000), "100,000");
  EXPECT_EQ(grouped_up_to(10'000, 10'000), "10,000");
  EXPECT_EQ(grouped_up_to(10'001, 10'000), "10,000+");
}

TEST(Formats, PluralsHaveNoBrackets) {
  EXPECT_EQ(counted(1, "item", "items"), "1 item");
  EXPECT_EQ(counted(2, "item", "items"), "2 items");
  EXPECT_EQ(counted(12040, "item", "items"), "12,040 items");
}

TEST(Formats, KeysBecomeWords) { EXPECT_EQ(humanised("partially_read"), "Partially read"); }

}  // namespace
}  // namespace ta::web
