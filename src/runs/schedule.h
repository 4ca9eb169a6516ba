// When something that repeats is due: a rule in a time zone, and the arithmetic of daylight saving. A pure value.
//
//   Schedule::parse("daily 02:00", "Europe/Berlin")
//   Schedule::parse("weekly mon,thu 02:00", "UTC")
//   Schedule::parse("cron */15 8-18 * * mon-fri", "America/New_York")
//
// A rule names local minutes. One that does not exist (the clock was put forward) is due at the first instant after the
// gap; one that occurs twice (it was put back) is due the first time only. Several that fall into one gap are due
// once, together.
//
// A cron rule whose hour is * or a step of it means "every so often", and follows elapsed time: it is due in both
// passes of an hour that occurs twice, and for as long as the clock was moved it is due as well when the clock would
// have shown a minute of it without the change. So it never pauses for longer than on any other day.
#pragma once
#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "base/failure.h"
#include "base/zone_rules.h"

namespace ta::runs {

// The local minutes that a rule names, as sets. A day must match as cron has it: where both the day of the month and
// the day of the week are restricted, one of them is enough.
struct ScheduleRule {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;                     // 1-31
  std::bitset<13> months;                   // 1-12
  std::bitset<7> weekdays;                  // 0 = Sunday
  bool any_day = true, any_weekday = true;  // the field began with *
  bool by_elapsed_time = false;             // the hour is * or a step of it
};

class Schedule {
 public:
  // Cron: minute, hour, day of month, month, day of week; lists, ranges, steps of * or of a range, names (jan, mon), 7
  // is Sunday too. Fails with run.invalid_input and a sentence that names what is wrong and what would be right; also
  // when no day can ever match. A zone that does not exist or cannot be read: schedule.zone_unreadable.
  static Result<Schedule> parse(std::string_view spec, std::string_view time_zone);

  // The first due instant after `after`. Always a whole minute.
  Timestamp next_due(Timestamp after) const;
  // The last due instant at or before `at`.
  Timestamp latest_due(Timestamp at) const;

  const std::string& spec() const { return spec_; }  // in its one spelling: lower case, single blanks
  const std::string& time_zone() const { return zone_.name(); }
  const ZoneRules& zone() const { return zone_; }

 private:
  Schedule() = default;
  Timestamp next_local(Timestamp after) const;
  Timestamp next_elapsed(Timestamp after) const;
  // The first due instant from `from` on and before `until`, by clocks that are `offset` ahead of UTC.
  std::optional<Timestamp> first_at(Timestamp from, Timestamp until, std::chrono::seconds offset) const;

  std::string spec_;
  ScheduleRule rule_;
  ZoneRules zone_;
};

// A rule's text without its zone, for Schedule::parse.
Result<ScheduleRule> parse_schedule_rule(std::string_view spec);

}  // namespace ta::runs
