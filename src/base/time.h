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
// Accepts an offset, 'T' or a space, and 0 to 9 digits of fraction; nullopt for anything else.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

inline std::int64_t to_unix_micros(Timestamp time) { return time.time_since_epoch().count(); }
inline Timestamp from_unix_micros(std::int64_t micros) { return Timestamp{Microseconds{micros}}; }

}  // namespace ta
