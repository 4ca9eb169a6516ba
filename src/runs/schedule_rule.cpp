// The text of a schedule's rule.
#include <charconv>

#include "runs/schedule.h"

namespace ta::runs {
namespace {

constexpr std::string_view kForms = "Write \"daily 02:00\", \"weekly mon,thu 02:00\" or \"cron 0 2 * * mon-fri\".";
constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  std::string_view name;
  int first, last;
  std::span<const std::string_view> names = {};
};
constexpr Field kMinute{"minute", 0, 59}, kHour{"hour", 0, 23}, kDay{"day of the month", 1, 31},
    kMonth{"month", 1, 12, kMonths}, kWeekday{"day of the week", 0, 7, kWeekdays};

// What is wrong with the text; ends the parse.
struct Refusal {
  std::string why;
};

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (auto end = text.find(at); end != text.npos; end = text.find(at)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = error == std::errc{} && end == text.data() + text.size() && text[0] != '-';
  return good ? std::optional(number) : std::nullopt;
}

int read_value(const Field& field, std::string_view text) {
  if (const auto named = std::ranges::find(field.names, text); named != field.names.end())
    return field.first + static_cast<int>(named - field.names.begin());
  const auto number = whole_number(text);
  if (!number || *number < field.first || *number > field.last)
    throw Refusal{fmt::format("The {} is a number from {} to {}{}, not \"{}\".", field.name, field.first, field.last,
                              field.names.empty() ? "" : fmt::format(" or a name such as {}", field.names[1]), text)};
  return *number;
}

// "*", "3", "1-5", "*/15" or "8-18/2".
std::vector<int> read_part(const Field& field, std::string_view text) {
  const auto stepped = split(text, '/');
  const auto range = split(stepped[0], '-');
  int first = field.first, last = field.last;
  if (stepped[0] != "*") {
    first = read_value(field, range[0]);
    last = range.size() > 1 ? read_value(field, range[1]) : first;
    if (range.size() > 1 && last == 0 && field.last == 7) last = 7;  // sat-sun: Sunday ends the week, too
  }
  if (range.size() > 2 || stepped.size() > 2)
    throw Refusal{fmt::format("The {} \"{}\" has too many parts.", field.name, text)};
  if (last < first)
    throw Refusal{
        fmt::format("The {} \"{}\" runs backwards. Write a list{}.", field.name, text,
                    field.names.empty() ? "" : fmt::format(" such as {},{}", field.names[5], field.names[0]))};
  if (stepped.size() > 1 && stepped[0] != "*" && range.size() == 1)
    throw Refusal{fmt::format("In the {} \"{}\" a step needs * or a range before it.", field.name, text)};
  const auto step = stepped.size() > 1 ? whole_number(stepped[1]) : 1;
  if (!step || *step < 1) throw Refusal{fmt::format("The {} \"{}\" needs a step of at least 1.", field.name, text)};
  if (*step > last - first + 1)
    throw Refusal{
        fmt::format("The {} \"{}\" has a step beyond its range: at most {}.", field.name, text, last - first + 1)};
  std::vector<int> values;
  for (int value = first; value <= last; value += *step) values.push_back(value);
  return values;
}

template <std::size_t N>
std::bitset<N> read_field(const Field& field, std::string_view text) {
  std::bitset<N> set;
  for (const std::string_view part : split(text, ','))
    for (const int value : read_part(field, part)) set.set(static_cast<std::size_t>(value) % N);
  return set;
}

void read_time(ScheduleRule& rule, std::string_view text) {
  const auto parts = split(text, ':');
  const auto hour = whole_number(parts[0]);
  const auto minute = parts.size() == 2 && parts[1].size() == 2 ? whole_number(parts[1]) : std::nullopt;
  if (!hour || !minute || *hour > 23 || *minute > 59)
    throw Refusal{fmt::format("\"{}\" is no time of day. Write one such as 02:00.", text)};
  rule.hours.set(static_cast<std::size_t>(*hour));
  rule.minutes.set(static_cast<std::size_t>(*minute));
}

ScheduleRule every_day() {
  ScheduleRule rule;
  rule.days.set();
  rule.months.set();
  rule.weekdays.set();
  return rule;
}

ScheduleRule read_rule(const std::vector<std::string_view>& words) {
  ScheduleRule rule = every_day();
  if (words[0] == "daily" && words.size() == 2) {
    read_time(rule, words[1]);
  } else if (words[0] == "weekly" && words.size() == 3) {
    rule.weekdays = read_field<7>(kWeekday, words[1]);
    read_time(rule, words[2]);
  } else if (words[0] == "cron" && words.size() == 6) {
    rule = {.minutes = read_field<60>(kMinute, words[1]),
            .hours = read_field<24>(kHour, words[2]),
            .days = read_field<32>(kDay, words[3]),
            .months = read_field<13>(kMonth, words[4]),
            .weekdays = read_field<7>(kWeekday, words[5]),
            .any_day = words[3].starts_with('*'),
            .any_weekday = words[5].starts_with('*'),
            .by_elapsed_time = words[2].starts_with('*') && words[2].find(',') == words[2].npos};
  } else if (words[0] == "cron") {
    throw Refusal{fmt::format("A cron rule has five fields after \"cron\", not {}. {}", words.size() - 1, kForms)};
  } else {
    throw Refusal{std::string(kForms)};
  }
  return rule;
}

}  // namespace

Result<ScheduleRule> parse_schedule_rule(std::string_view spec) try {
  return read_rule(split(spec, ' '));
} catch (const Refusal& refusal) {
  return fail(FailureCode::run_invalid_input, refusal.why);
}

}  // namespace ta::runs
