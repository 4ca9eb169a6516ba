// When a schedule is due: the rules, daylight saving in both directions, and properties over all zones and years.
// Behaviour 21 of the engine's contract, its arithmetic.
#include "runs/schedule.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ta::runs {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::string_view text) { return parse_rfc3339(text).value(); }
Schedule schedule(std::string_view spec, std::string_view zone = "Europe/Berlin") {
  return Schedule::parse(spec, zone).value();
}
// The next `count` due instants after `after`, as text.
std::vector<std::string> dues(const Schedule& schedule, std::string_view after, int count) {
  std::vector<std::string> out;
  for (Timestamp due = at(after); count > 0; --count) {
    due = schedule.next_due(due);
    out.push_back(to_rfc3339(due));
  }
  return out;
}
using Dues = std::vector<std::string>;

TEST(ScheduleRules, DailyIsTheSameLocalTimeSummerAndWinter) {
  EXPECT_EQ(dues(schedule("daily 02:00"), "2026-11-21T00:00:00Z", 2),
            (Dues{"2026-11-21T01:00:00Z", "2026-11-22T01:00:00Z"}));
  EXPECT_EQ(dues(schedule("daily 02:00"), "2026-07-01T00:00:00Z", 1), (Dues{"2026-07-02T00:00:00Z"}));
  EXPECT_EQ(dues(schedule("daily 02:00", "UTC"), "2026-11-21T02:00:00Z", 1), (Dues{"2026-11-22T02:00:00Z"}))
      << "after means after";
  EXPECT_EQ(dues(schedule("daily 02:00", "UTC"), "2026-11-21T01:59:59.999999Z", 1), (Dues{"2026-11-21T02:00:00Z"}));
  EXPECT_EQ(dues(schedule("daily 00:15", "Asia/Kathmandu"), "2026-11-21T00:00:00Z", 1), (Dues{"2026-11-21T18:30:00Z"}));
}

TEST(ScheduleRules, WeeklyTakesItsDays) {
  EXPECT_EQ(dues(schedule("weekly mon,thu 09:30", "UTC"), "2026-11-21T00:00:00Z", 3),
            (Dues{"2026-11-23T09:30:00Z", "2026-11-26T09:30:00Z", "2026-11-30T09:30:00Z"}));
  EXPECT_EQ(dues(schedule("weekly 7 00:00", "UTC"), "2026-11-21T00:00:00Z", 1), (Dues{"2026-11-22T00:00:00Z"}));
}

TEST(ScheduleRules, CronFieldsHaveListsRangesStepsAndNames) {
  EXPECT_EQ(dues(schedule("cron */20 8-9 * * mon-fri", "UTC"), "2026-11-20T09:00:00Z", 4),
            (Dues{"2026-11-20T09:20:00Z", "2026-11-20T09:40:00Z", "2026-11-23T08:00:00Z", "2026-11-23T08:20:00Z"}));
  EXPECT_EQ(dues(schedule("cron 5,50-59/5 0 1 jan,7 *", "UTC"), "2026-11-21T00:00:00Z", 4),
            (Dues{"2027-01-01T00:05:00Z", "2027-01-01T00:50:00Z", "2027-01-01T00:55:00Z", "2027-07-01T00:05:00Z"}));
  EXPECT_EQ(dues(schedule("cron 0 0 29 2 *", "UTC"), "2026-11-21T00:00:00Z", 2),
            (Dues{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}));
  EXPECT_EQ(dues(schedule("weekly sat-sun 04:00", "UTC"), "2026-11-21T00:00:00Z", 3),
            (Dues{"2026-11-21T04:00:00Z", "2026-11-22T04:00:00Z", "2026-11-28T04:00:00Z"}));
  EXPECT_EQ(dues(schedule("cron 0 0 * * 5-7", "UTC"), "2026-11-21T00:00:00Z", 2),
            (Dues{"2026-11-22T00:00:00Z", "2026-11-27T00:00:00Z"}));
}

TEST(ScheduleRules, TwoRestrictedDayFieldsNeedOneMatchAsInCron) {
  EXPECT_EQ(dues(schedule("cron 0 0 1 * mon", "UTC"), "2026-11-24T00:00:00Z", 3),
            (Dues{"2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z", "2026-12-07T00:00:00Z"}));
  EXPECT_EQ(dues(schedule("cron 0 0 */2 * mon", "UTC"), "2026-11-24T00:00:00Z", 2),
            (Dues{"2026-12-07T00:00:00Z", "2026-12-21T00:00:00Z"}))
      << "a field that begins with * does not count as restricted";
}

TEST(ScheduleRules, HaveOneSpelling) {
  EXPECT_EQ(schedule("  Cron  0 2\t* * MON-FRI ").spec(), "cron 0 2 * * mon-fri");
  EXPECT_EQ(schedule("daily 02:00").time_zone(), "Europe/Berlin");
}

TEST(ScheduleRules, RefusalsSayWhatIsWrong) {
  const auto refused = [](std::string_view spec, std::string_view words, std::string_view zone = "UTC") {
    const auto made = Schedule::parse(spec, zone);
    ASSERT_FALSE(made.has_value()) << spec;
    EXPECT_EQ(made.error().code,
              zone == "UTC" ? FailureCode::run_invalid_input : FailureCode::schedule_zone_unreadable);
    EXPECT_NE(made.error().message.find(words), std::string::npos) << spec << ": " << made.error().message;
  };
  refused("", "Write \"daily 02:00\"");
  refused("hourly", "Write \"daily 02:00\"");
  refused("@daily", "Write \"daily 02:00\"");
  refused("daily 2", "no time of day");
  refused("daily 24:00", "no time of day");
  refused("daily 02:60", "no time of day");
  refused("daily 02:0", "no time of day");
  refused("daily -2:00", "no time of day");
  refused("daily 02:00:00", "no time of day");
  refused("weekly 02:00", "Write \"daily 02:00\"");
  refused("weekly someday 02:00", "day of the week is a number from 0 to 7 or a name such as mon, not \"someday\"");
  refused("cron 0 2 * *", "five fields after \"cron\", not 4");
  refused("cron 0 0 2 * * *", "five fields after \"cron\", not 6");
  refused("cron 60 2 * * *", "minute is a number from 0 to 59, not \"60\"");
  refused("cron 0 2 0 * *", "day of the month is a number from 1 to 31");
  refused("cron 0 2 * mon *", "month is a number from 1 to 12 or a name such as feb");
  refused("cron 0 , * * *", "hour is a number");
  refused("cron 99999999999 2 * * *", "minute is a number");
  refused("cron 0 2 * * fri-mon", "runs backwards. Write a list such as fri,sun");
  refused("cron 30-10 2 * * *", "runs backwards. Write a list.");
  refused("cron */61 * * * *", "step beyond its range: at most 60");
  refused("cron 0 8-18/12 * * *", "step beyond its range: at most 11");
  refused("cron 0 */25 * * *", "step beyond its range: at most 24");
  refused("cron 5/15 2 * * *", "a step needs * or a range");
  refused("cron */0 2 * * *", "step of at least 1");
  refused("cron */x 2 * * *", "step of at least 1");
  refused("cron */2/2 2 * * *", "too many parts");
  refused("cron 1-2-3 2 * * *", "too many parts");
  refused("cron 0 0 30 feb *", "never be due");
  refused("cron 0 0 31 4,6,9,11 *", "never be due");
  refused("daily 02:00", "There is no time zone Mars/Base", "Mars/Base");
  refused("daily 02:00", "There is no time zone ../../etc/passwd", "../../etc/passwd");
}

// Europe/Berlin, 29 March 2026: 02:00 to 03:00 does not exist. 25 October: 02:00 to 03:00 occurs twice.
TEST(ScheduleDaylightSaving, ATimeThatDoesNotExistIsDueRightAfterTheGap) {
  EXPECT_EQ(dues(schedule("daily 02:30"), "2026-03-28T12:00:00Z", 2),
            (Dues{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}));
  EXPECT_EQ(dues(schedule("cron */15 1-3 29 3 *"), "2026-03-29T00:30:00Z", 3),
            (Dues{"2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"}))
      << "those in the gap are due once, with the one after it";
}

TEST(ScheduleDaylightSaving, ATimeThatOccursTwiceIsDueOnce) {
  EXPECT_EQ(dues(schedule("daily 02:30"), "2026-10-24T12:00:00Z", 2),
            (Dues{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}));
  EXPECT_EQ(dues(schedule("cron 30 1-3 * * *"), "2026-10-24T23:00:00Z", 3),
            (Dues{"2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z"}));
}

// Where the clock goes back or forward, "every so often" does not pause.
TEST(ScheduleDaylightSaving, EverySoOftenFollowsElapsedTime) {
  EXPECT_EQ(dues(schedule("cron */15 * * * *", "Europe/London"), "2026-10-25T00:40:00Z", 6),
            (Dues{"2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:30:00Z",
                  "2026-10-25T01:45:00Z", "2026-10-25T02:00:00Z"}));
  EXPECT_EQ(dues(schedule("cron 30 * * * *", "America/New_York"), "2026-11-01T04:00:00Z", 4),
            (Dues{"2026-11-01T04:30:00Z", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z"}));
  EXPECT_EQ(dues(schedule("cron 30 * * * *", "America/New_York"), "2026-03-08T06:00:00Z", 3),
            (Dues{"2026-03-08T06:30:00Z", "2026-03-08T07:30:00Z", "2026-03-08T08:30:00Z"}))
      << "and the gap brings none forward";
  EXPECT_EQ(dues(schedule("cron */10 * * * *", "Australia/Lord_Howe"), "2026-04-04T14:45:00Z", 5),
            (Dues{"2026-04-04T14:50:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:10:00Z", "2026-04-04T15:20:00Z",
                  "2026-04-04T15:30:00Z"}));
  EXPECT_EQ(dues(schedule("cron 0 */2 * * *", "Europe/London"), "2026-10-24T22:30:00Z", 4),
            (Dues{"2026-10-24T23:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T04:00:00Z"}))
      << "never longer than two hours, and by the clock again afterwards";
  EXPECT_EQ(dues(schedule("cron 0 */2 * * *", "Europe/London"), "2026-03-28T22:30:00Z", 3),
            (Dues{"2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"}));
}

TEST(ScheduleDaylightSaving, AfterTheYear2037) {
  EXPECT_EQ(dues(schedule("daily 02:00", "Europe/Berlin"), "2045-07-01T12:00:00Z", 1), (Dues{"2045-07-02T00:00:00Z"}));
}

TEST(ScheduleDaylightSaving, UnusualZones) {
  EXPECT_EQ(dues(schedule("daily 02:15", "Australia/Lord_Howe"), "2026-10-03T12:00:00Z", 2),
            (Dues{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}))
      << "half an hour";
  EXPECT_EQ(dues(schedule("daily 02:00", "Pacific/Apia"), "2011-12-29T12:00:00Z", 3),
            (Dues{"2011-12-30T10:00:00Z", "2011-12-30T12:00:00Z", "2011-12-31T12:00:00Z"}))
      << "a whole day was left out";
  EXPECT_EQ(dues(schedule("daily 00:00", "America/Santiago"), "2026-09-05T12:00:00Z", 1),
            (Dues{"2026-09-06T04:00:00Z"}))
      << "midnight itself does not exist";
}

TEST(ScheduleDaylightSaving, LooksBackAsItLooksForward) {
  EXPECT_EQ(to_rfc3339(schedule("daily 02:30").latest_due(at("2026-03-29T12:00:00Z"))), "2026-03-29T01:00:00Z");
  EXPECT_EQ(to_rfc3339(schedule("cron * * * * *").latest_due(at("2026-03-29T12:00:00Z"))), "2026-03-29T12:00:00Z");
  EXPECT_EQ(to_rfc3339(schedule("cron 0 0 29 2 *", "UTC").latest_due(at("2027-06-01T00:00:00Z"))),
            "2024-02-29T00:00:00Z");
}

// ----- properties
// ------------------------------------------------------------------------------------------------------

bool named(const ScheduleRule& rule, std::chrono::local_time<std::chrono::minutes> wall) {
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day ymd(day);
  const bool by_day = rule.days[unsigned(ymd.day())];
  const bool by_weekday = rule.weekdays[std::chrono::weekday(day).c_encoding()];
  const auto minute = (wall - day).count();
  return rule.months[unsigned(ymd.month())] && rule.hours[minute / 60] && rule.minutes[minute % 60] &&
         (rule.any_day || rule.any_weekday ? by_day && by_weekday : by_day || by_weekday);
}

// What somebody does who watches a wall clock minute by minute and has a list of local minutes: acts whenever the clock
// shows, or has jumped over, one that it never showed before.
std::vector<Timestamp> watched(const ScheduleRule& rule, const ZoneRules& zone, Timestamp from, Timestamp to) {
  std::vector<Timestamp> acted;
  auto shown = std::chrono::floor<std::chrono::minutes>(zone.local(from - 48h)) - 1min;
  for (Timestamp now = from - 48h; now <= to; now += 1min) {
    const auto wall = std::chrono::floor<std::chrono::minutes>(zone.local(now));
    bool due = false;
    for (; shown < wall; shown += 1min) due |= named(rule, shown + 1min);
    if (due && now > from) acted.push_back(now);
  }
  return acted;
}

// The same with a second clock on the wall, which is moved only when the change is as long ago as it was wide.
std::vector<Timestamp> watched_with_two(const ScheduleRule& rule, const ZoneRules& zone, Timestamp from, Timestamp to) {
  std::vector<Timestamp> acted;
  for (Timestamp now = from + 1min; now <= to; now += 1min) {
    const auto span = zone.at(now);
    const auto reads = [&](std::chrono::seconds offset) {
      return named(rule, std::chrono::floor<std::chrono::minutes>(LocalTime(now.time_since_epoch() + offset)));
    };
    const auto before = zone.at(std::max(span.begin, from - 10'000h) - 1min).offset;
    const bool lately = now - span.begin < std::chrono::abs(span.offset - before);
    if (reads(span.offset) || (lately && reads(before))) acted.push_back(now);
  }
  return acted;
}

std::string some_spec() {
  const auto time = [] { return fmt::format("{:02}:{:02}", *rc::gen::inRange(0, 24), *rc::gen::inRange(0, 60)); };
  switch (*rc::gen::inRange(0, 4)) {
    case 0: return "daily " + time();
    case 1: return fmt::format("weekly {},{} {}", *rc::gen::inRange(0, 8), *rc::gen::inRange(0, 8), time());
    case 2:
      return fmt::format("cron */{} {} * * *", *rc::gen::inRange(1, 60),
                         *rc::gen::element<std::string>("*", "*/2", "*/5", "0-23", "*,3"));
    default:
      return fmt::format("cron {} {}-{} {} * {}", *rc::gen::inRange(0, 60), *rc::gen::inRange(0, 4),
                         *rc::gen::inRange(4, 24), *rc::gen::element<std::string>("*", "*/2", "1,29,31", "10-25"),
                         *rc::gen::element<std::string>("*", "sat,sun", "1-5"));
  }
}

// Any zone, and a moment of 2000 to 2060: half of them within hours of a change of the zone's clocks.
std::pair<ZoneRules, Timestamp> some_place_and_time() {
  static const std::vector<std::string> names = ZoneRules::names();
  const ZoneRules zone = ZoneRules::load(names[*rc::gen::inRange<std::size_t>(0, names.size())]).value();
  const Timestamp first = at("2000-01-01T00:00:00Z"), last = at("2060-01-01T00:00:00Z");
  Timestamp when = first + std::chrono::minutes(*rc::gen::inRange<std::int64_t>(0, (last - first) / 1min));
  if (*rc::gen::arbitrary<bool>()) {
    const Timestamp change = zone.at(when).end;
    if (change < last) when = change - std::chrono::minutes(*rc::gen::inRange(0, 36 * 60));
  }
  return {zone, std::chrono::floor<std::chrono::minutes>(when)};
}

TEST(ScheduleProperties, EveryLocalSlotIsDueOnceAndNoneIsLostInEveryZoneAndYear) {
  EXPECT_TRUE(rc::check([] {
    const auto [zone, from] = some_place_and_time();
    const std::string spec = some_spec();
    const Schedule made = schedule(spec, zone.name());
    const Timestamp to = from + 72h;
    std::vector<Timestamp> found;
    for (Timestamp due = made.next_due(from); due <= to; due = made.next_due(due)) {
      RC_ASSERT(due > (found.empty() ? from : found.back()));
      found.push_back(due);
    }
    RC_LOG() << spec << " in " << zone.name() << " after " << to_rfc3339(from) << "\n";
    const ScheduleRule rule = parse_schedule_rule(spec).value();
    RC_ASSERT(found == (rule.by_elapsed_time ? watched_with_two : watched)(rule, zone, from, to));
  }));
}

TEST(ScheduleProperties, BetweenTwoDueInstantsEveryMomentAgreesOnBoth) {
  EXPECT_TRUE(rc::check([] {
    const auto [zone, from] = some_place_and_time();
    const Schedule made = schedule(some_spec(), zone.name());
    const Timestamp first = made.next_due(from), second = made.next_due(first);
    RC_ASSERT(from < first);
    RC_ASSERT(first < second);
    RC_ASSERT((first.time_since_epoch() % 1min).count() == 0);
    const auto between = first + Microseconds(*rc::gen::inRange<std::int64_t>(0, (second - first).count()));
    RC_ASSERT(made.next_due(between) == second);
    RC_ASSERT(made.latest_due(between) == first);
  }));
}

}  // namespace
}  // namespace ta::runs
