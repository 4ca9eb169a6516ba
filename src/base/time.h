// Instants with microseconds, and the injected clock. Nothing but SystemClock reads the machine's time.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ta {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using Microseconds = std::chrono::microseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

class SystemClock : public Clock {
 public:
  Timestamp now() const override;
};

// "2026-11-21T08:41:07.123456Z"; the fraction is left out when it is zero.
std::string to_rfc3339(Timestamp time);
// Accepts an offset, 'T' or a space, and 0 to 9 digits of fraction; nullopt for anything else, and for times before the
// year 1 or after 9999 in UTC, which not every database stores.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

// The end of the year 9999: later times have no RFC 3339 spelling, and not every database stores them.
inline constexpr std::int64_t kUnixMicrosMax = 253'402'300'799'999'999;

inline std::int64_t to_unix_micros(Timestamp time) { return time.time_since_epoch().count(); }
inline Timestamp from_unix_micros(std::int64_t micros) { return Timestamp{Microseconds{micros}}; }

}  // namespace ta
