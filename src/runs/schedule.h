// When something that repeats is due: a rule in a time zone, and the arithmetic of daylight saving. A pure value.
//
//   Schedule::parse("daily 02:00", "Europe/Berlin")
//   Schedule::parse("weekly mon,thu 02:00", "UTC")
//   Schedule::parse("cron */15 8-18 * * mon-fri", "America/New_York")
//
// A rule names local minutes. One that does not exist (the clock was put forward) is due at the first instant after the
// gap; one that occurs twice (it was put back) is due the first time only. Several that fall into one gap are due
// once, together. Rules end where the system's time zone tables end, in 2037: from then on without daylight saving.
#pragma once
#include <bitset>
#include <string>
#include <string_view>

#include "base/failure.h"
#include "base/time.h"

namespace date {
class time_zone;
}

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
};

class Schedule {
 public:
  // Cron: minute, hour, day of month, month, day of week; lists, ranges, steps of * or of a range, names (jan, mon), 7
  // is Sunday too. Fails with run.invalid_input and a sentence that names what is wrong and what would be right; also
  // when no day can ever match.
  static Result<Schedule> parse(std::string_view spec, std::string_view time_zone);

  // The first due instant after `after`. Always a whole minute.
  Timestamp next_due(Timestamp after) const;
  // The last due instant at or before `at`.
  Timestamp latest_due(Timestamp at) const;

  const std::string& spec() const { return spec_; }  // in its one spelling: lower case, single blanks
  const std::string& time_zone() const { return time_zone_; }

 private:
  Schedule() = default;

  std::string spec_, time_zone_;
  ScheduleRule rule_;
  const date::time_zone* zone_ = nullptr;  // lives as long as the program
};

// A rule's text without its zone, for Schedule::parse.
Result<ScheduleRule> parse_schedule_rule(std::string_view spec);

}  // namespace ta::runs
