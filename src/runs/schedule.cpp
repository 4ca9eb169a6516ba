#include "runs/schedule.h"

namespace ta::runs {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::minutes;

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
  const std::chrono::year_month_day date(day);
  if (!rule.months[unsigned(date.month())]) return false;
  const bool by_day = rule.days[unsigned(date.day())];
  const bool by_weekday = rule.weekdays[std::chrono::weekday(day).c_encoding()];
  return rule.any_day || rule.any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

// Rules repeat within 40 years (28 of leap years and weekdays, and a century without its leap day).
bool ever_matches(const ScheduleRule& rule) {
  const local_days first(std::chrono::year{2000} / 1 / 1);
  for (local_days day = first; day < first + days{40 * 366}; day += days{1})
    if (matches(rule, day)) return true;
  return false;
}

// The first minute of the day from `from` on that the rule names; 24:00 when there is none.
minutes next_minute(const ScheduleRule& rule, minutes from) {
  for (auto minute = from; minute < days{1}; ++minute)
    if (rule.hours[minute.count() / 60] && rule.minutes[minute.count() % 60]) return minute;
  return days{1};
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view spec, std::string_view time_zone) {
  Schedule made;
  auto zone = ZoneRules::load(time_zone);
  if (!zone) return tl::make_unexpected(zone.error());
  made.zone_ = std::move(*zone);
  made.spec_ = in_one_spelling(spec);
  const auto rule = parse_schedule_rule(made.spec_);
  if (!rule) return tl::make_unexpected(rule.error());
  made.rule_ = *rule;
  if (!ever_matches(made.rule_))
    return fail(FailureCode::run_invalid_input, "No month has such a day: the schedule would never be due.");
  return made;
}

Timestamp Schedule::next_due(Timestamp after) const {
  return rule_.by_elapsed_time ? next_elapsed(after) : next_local(after);
}

// Instants never decrease with local minutes, so the first one that lies after `after` is the answer; local minutes up
// to the one that `after` shows cannot be it.
Timestamp Schedule::next_local(Timestamp after) const {
  const auto wall = std::chrono::floor<minutes>(zone_.local(after));
  auto day = std::chrono::floor<days>(wall);
  for (minutes from = wall - day + minutes{1};; day += days{1}, from = {}) {
    if (!matches(rule_, day)) continue;
    for (auto minute = next_minute(rule_, from); minute < days{1}; minute = next_minute(rule_, ++minute))
      if (const Timestamp due = zone_.instant_of(day + minute); due > after) return due;
  }
}

// From one span of even time to the next: in each by its own clock, and at its beginning by the clock before it too.
Timestamp Schedule::next_elapsed(Timestamp after) const {
  for (Timestamp from = after + Microseconds{1};;) {
    const ZoneRules::Span span = zone_.at(from);
    std::optional<Timestamp> due = first_at(from, span.end, span.offset);
    if (span.begin > Timestamp::min()) {
      const auto before = zone_.at(span.begin - Microseconds{1}).offset;
      const Timestamp until = std::min(span.end, span.begin + std::chrono::abs(span.offset - before));
      const auto other = from < until ? first_at(from, until, before) : std::nullopt;
      if (other && (!due || *other < *due)) due = other;
    }
    if (due) return *due;
    from = span.end;
  }
}

std::optional<Timestamp> Schedule::first_at(Timestamp from, Timestamp until, std::chrono::seconds offset) const {
  const auto wall = std::chrono::ceil<minutes>(LocalTime(from.time_since_epoch() + offset));
  auto day = std::chrono::floor<days>(wall);
  for (minutes start = wall - day;; day += days{1}, start = {}) {
    const auto instant = [&](minutes minute) { return Timestamp((day + minute).time_since_epoch() - offset); };
    if (instant(start) >= until) return std::nullopt;
    const minutes minute = matches(rule_, day) ? next_minute(rule_, start) : minutes{days{1}};
    if (minute >= days{1}) continue;
    return instant(minute) < until ? std::optional(instant(minute)) : std::nullopt;
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
