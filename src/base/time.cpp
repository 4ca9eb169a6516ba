#include "base/time.h"

#include <fmt/format.h>

namespace ta {
namespace {

// Reads `width` digits at `at` and moves on; -1 when they are not all digits.
int read_digits(std::string_view text, std::size_t& at, int width) {
  int value = 0;
  for (int i = 0; i < width; ++i, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') return -1;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool read_char(std::string_view text, std::size_t& at, std::string_view any_of) {
  return at < text.size() && any_of.find(text[at]) != any_of.npos && ++at;
}

// ".123" → 123000; no fraction → 0; more than 9 digits or none after the point → nullopt.
std::optional<std::int64_t> read_fraction_micros(std::string_view text, std::size_t& at) {
  if (!read_char(text, at, ".")) return 0;
  std::int64_t micros = 0;
  int digits = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits)
    if (digits < 6) micros = micros * 10 + (text[at] - '0');
  if (digits == 0 || digits > 9) return std::nullopt;
  for (int i = digits; i < 6; ++i) micros *= 10;
  return micros;
}

// "Z", "+02", "+0200" or "+02:00"; the time without one is not an instant.
std::optional<std::chrono::minutes> read_offset(std::string_view text, std::size_t& at) {
  if (read_char(text, at, "Zz")) return std::chrono::minutes{0};
  const bool negative = at < text.size() && text[at] == '-';
  if (!read_char(text, at, "+-")) return std::nullopt;
  const int hours = read_digits(text, at, 2);
  const bool colon = read_char(text, at, ":");
  const int minutes = colon || at < text.size() ? read_digits(text, at, 2) : 0;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return negative ? -offset : offset;
}

}  // namespace

Timestamp SystemClock::now() const {
  return std::chrono::time_point_cast<Microseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::int64_t micros = (time - day).count();
  const std::int64_t seconds = micros / 1'000'000;
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(date.year()), unsigned(date.month()),
                                 unsigned(date.day()), seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (micros % 1'000'000 != 0) text += fmt::format(".{:06}", micros % 1'000'000);
  return text + "Z";
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  std::size_t at = 0;
  const int year = read_digits(text, at, 4);
  const bool dash1 = read_char(text, at, "-");
  const int month = read_digits(text, at, 2);
  const bool dash2 = read_char(text, at, "-");
  const int day = read_digits(text, at, 2);
  const bool gap = read_char(text, at, "Tt ");
  const int hour = read_digits(text, at, 2);
  const bool colon1 = read_char(text, at, ":");
  const int minute = read_digits(text, at, 2);
  const bool colon2 = read_char(text, at, ":");
  const int second = read_digits(text, at, 2);
  if (!dash1 || !dash2 || !gap || !colon1 || !colon2 || year < 0 || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month(month < 0 ? 0 : month),
                                         std::chrono::day(day < 0 ? 0 : day)};
  const auto micros = read_fraction_micros(text, at);
  const auto offset = read_offset(text, at);
  if (!date.ok() || hour < 0 || minute < 0 || second < 0 || !micros || !offset || at != text.size())
    return std::nullopt;
  const Timestamp time = Timestamp{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
                         std::chrono::minutes{minute} + std::chrono::seconds{second} + Microseconds{*micros} - *offset;
  constexpr Timestamp kFirst = std::chrono::sys_days{std::chrono::year{1} / 1 / 1};
  if (time < kFirst || to_unix_micros(time) > kUnixMicrosMax) return std::nullopt;
  return time;
}

}  // namespace ta
