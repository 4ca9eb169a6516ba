#include "runs/schedule.h"

#include <date/tz.h>

namespace ta::runs {
namespace {

using date::days;
using date::local_days;
using LocalMinute = date::local_time<std::chrono::minutes>;

const date::time_zone* find_zone(std::string_view name) try {
  return date::locate_zone(name);
} catch (const std::runtime_error&) {
  return nullptr;
}

std::string in_one_spelling(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

bool matches(const ScheduleRule& rule, local_days day) {
  const date::year_month_day date(day);
  if (!rule.months[unsigned(date.month())]) return false;
  const bool by_day = rule.days[unsigned(date.day())];
  const bool by_weekday = rule.weekdays[date::weekday(day).c_encoding()];
  return rule.any_day || rule.any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

// Rules repeat within 40 years (28 of leap years and weekdays, and a century without its leap day).
bool ever_matches(const ScheduleRule& rule) {
  const local_days first(date::year{2000} / 1 / 1);
  for (local_days day = first; day < first + days{40 * 366}; day += days{1})
    if (matches(rule, day)) return true;
  return false;
}

Timestamp instant_of(const date::time_zone& zone, LocalMinute local) {
  const date::local_info info = zone.get_info(local);
  if (info.result == date::local_info::nonexistent) return info.second.begin;
  return Timestamp(local.time_since_epoch() - info.first.offset);
}

// The first minute of the day from `from` on that the rule names; 24:00 when there is none.
std::chrono::minutes next_minute(const ScheduleRule& rule, std::chrono::minutes from) {
  for (auto minute = from; minute < std::chrono::minutes{24 * 60}; ++minute)
    if (rule.hours[minute.count() / 60] && rule.minutes[minute.count() % 60]) return minute;
  return std::chrono::minutes{24 * 60};
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view spec, std::string_view time_zone) {
  Schedule made;
  made.zone_ = find_zone(time_zone);
  if (!made.zone_)
    return fail(FailureCode::run_invalid_input,
                fmt::format("There is no time zone {}. Enter one such as Europe/Berlin.", time_zone));
  made.spec_ = in_one_spelling(spec);
  made.time_zone_ = time_zone;
  const auto rule = parse_schedule_rule(made.spec_);
  if (!rule) return tl::make_unexpected(rule.error());
  made.rule_ = *rule;
  if (!ever_matches(made.rule_))
    return fail(FailureCode::run_invalid_input, "No month has such a day: the schedule would never be due.");
  return made;
}

// Instants never decrease with local minutes, so the first one that lies after `after` is the answer; local minutes up
// to the one that `after` shows cannot be it.
Timestamp Schedule::next_due(Timestamp after) const {
  const auto wall = date::floor<std::chrono::minutes>(zone_->to_local(after));
  auto day = date::floor<days>(wall);
  for (auto from = wall - day + std::chrono::minutes{1};; day += days{1}, from = {}) {
    if (!matches(rule_, day)) continue;
    for (auto minute = next_minute(rule_, from); minute < days{1}; minute = next_minute(rule_, ++minute))
      if (const Timestamp due = instant_of(*zone_, day + minute); due > after) return due;
  }
}

// Looks back in growing steps, then forward: cheap for a rule of every minute and for one of every leap day.
Timestamp Schedule::latest_due(Timestamp at) const {
  for (std::chrono::hours back{1};; back *= 2) {
    Timestamp latest = next_due(at - back);
    if (latest > at) continue;
    for (Timestamp next = next_due(latest); next <= at; next = next_due(latest)) latest = next;
    return latest;
  }
}

}  // namespace ta::runs
