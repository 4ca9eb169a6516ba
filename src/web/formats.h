// How times, durations and numbers are written on pages.
#pragma once
#include <boost/describe/class.hpp>
#include <string>
#include <string_view>

#include "base/zone_rules.h"

namespace ta::web {

// The time zone in which a page shows times. Cheap to copy.
class TimeZone {
 public:
  // UTC when that zone cannot be read; then problem() is a sentence that says why.
  explicit TimeZone(std::string_view name = "UTC");
  const std::string& name() const { return rules_.name(); }
  const std::string& problem() const { return problem_; }
  static bool exists(std::string_view name) { return ZoneRules::load(name).has_value(); }
  static std::vector<std::string> names() { return ZoneRules::names(); }

  // A wall-clock reading of an instant.
  struct Local {
    int year = 0;
    unsigned month = 0, day = 0;
    int hour = 0, minute = 0, second = 0;
    std::int64_t day_number = 0;  // local days since 1970-01-01
    std::string abbreviation;     // "CET"
  };
  Local local(Timestamp time) const;

 private:
  ZoneRules rules_;
  std::string problem_;
};

// For <time> elements, partial web/time.
struct TimeText {
  std::string iso;    // datetime attribute
  std::string text;   // "2 min ago", "Yesterday, 16:20", "19 Nov, 17:45"
  std::string title;  // "21 Nov 2026, 08:41:07 CET"
  bool ago = false;   // the text counts up with the clock
};
BOOST_DESCRIBE_STRUCT(TimeText, (), (iso, text, title, ago))

TimeText time_text(Timestamp time, Timestamp now, const TimeZone& zone);
std::string full_time(Timestamp time, const TimeZone& zone);   // "21 Nov 2026, 08:41:07 CET"
std::string clock_time(Timestamp time, const TimeZone& zone);  // "08:41:07"
std::string day_text(Timestamp time, const TimeZone& zone);    // "21 Nov"

// "0.4 s", "58 s", "1 min 58 s", "2 h 4 min". Negative durations read "0 s".
std::string duration_text(Microseconds duration);
// "12 s ago", "2 min ago", "5 h ago", "3 days ago".
std::string age_text(Microseconds age);
// "1,204"
std::string grouped(std::int64_t number);
// The same for what is counted up to `most`: "10,000+" for more.
std::string grouped_up_to(std::int64_t number, std::int64_t most);
// "1 item", "1,204 items"
std::string counted(std::int64_t number, std::string_view one, std::string_view many);
// "summary_counts" → "Summary counts"
std::string humanised(std::string_view key);

}  // namespace ta::web
