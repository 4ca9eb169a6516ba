#include "web/formats.h"

namespace ta::web {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string day_month(const TimeZone::Local& t) { return fmt::format("{} {}", t.day, kMonths[t.month - 1]); }

std::string_view plural(std::int64_t n, std::string_view one, std::string_view many) { return n == 1 ? one : many; }

}  // namespace

TimeZone::TimeZone(std::string_view name) {
  if (auto rules = ZoneRules::load(name))
    rules_ = std::move(*rules);
  else
    problem_ = rules.error().message;
}

TimeZone::Local TimeZone::local(Timestamp time) const {
  const ZoneRules::Span span = rules_.at(time);
  const LocalTime wall(time.time_since_epoch() + span.offset);
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day ymd(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(wall - day));
  return {int(ymd.year()),
          unsigned(ymd.month()),
          unsigned(ymd.day()),
          int(clock.hours().count()),
          int(clock.minutes().count()),
          int(clock.seconds().count()),
          day.time_since_epoch().count(),
          span.abbreviation};
}

std::string full_time(Timestamp time, const TimeZone& zone) {
  const auto t = zone.local(time);
  return fmt::format("{} {}, {:02}:{:02}:{:02} {}", day_month(t), t.year, t.hour, t.minute, t.second, t.abbreviation);
}

std::string clock_time(Timestamp time, const TimeZone& zone) {
  const auto t = zone.local(time);
  return fmt::format("{:02}:{:02}:{:02}", t.hour, t.minute, t.second);
}

std::string day_text(Timestamp time, const TimeZone& zone) { return day_month(zone.local(time)); }

TimeText time_text(Timestamp time, Timestamp now, const TimeZone& zone) {
  TimeText out{to_rfc3339(std::chrono::floor<std::chrono::seconds>(time)), {}, full_time(time, zone), false};
  const auto then = zone.local(time), today = zone.local(now);
  const std::string clock = fmt::format("{:02}:{:02}", then.hour, then.minute);
  if (then.day_number == today.day_number || (time > now && time - now < 5min)) {
    out.text = age_text(now - time);
    out.ago = true;
  } else if (then.day_number == today.day_number - 1) {
    out.text = "Yesterday, " + clock;
  } else if (then.year == today.year) {
    out.text = fmt::format("{}, {}", day_month(then), clock);
  } else {
    out.text = fmt::format("{} {}, {}", day_month(then), then.year, clock);
  }
  return out;
}

std::string duration_text(Microseconds duration) {
  const auto micros = std::max<std::int64_t>(0, duration.count());
  const std::int64_t seconds = micros / 1'000'000;
  const std::int64_t tenths = micros / 100'000 % 10;
  if (seconds < 10 && tenths > 0) return fmt::format("{}.{} s", seconds, tenths);
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

std::string age_text(Microseconds age) {
  const auto seconds = std::max<std::int64_t>(0, age.count() / 1'000'000);
  if (seconds < 60) return fmt::format("{} s ago", seconds);
  if (seconds < 3600) return fmt::format("{} min ago", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} days ago", seconds / 86400);
}

std::string grouped(std::int64_t number) {
  std::string digits = fmt::to_string(number);
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string grouped_up_to(std::int64_t number, std::int64_t most) {
  return number > most ? grouped(most) + "+" : grouped(number);
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(number), plural(number, one, many));
}

std::string humanised(std::string_view key) {
  std::string text(key);
  std::ranges::replace(text, '_', ' ');
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = char(text[0] - 'a' + 'A');
  return text;
}

}  // namespace ta::web
