// Structured logs: one line per event, key=value fields, redacted, on standard error.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace ta::log {

enum class Level { debug, info, warn, error, off };

// A field's value is formatted when it is made; strings with blanks are quoted. Numbers and ids hold no secret.
struct Field {
  std::string_view key;
  std::string value;
  bool number = false;
  template <class T>
  Field(std::string_view k, const T& v)
      : key(k), value(fmt::format("{}", v)), number(std::is_arithmetic_v<T> || requires { v.value / 1; }) {}
};

void set_level(Level level);
// For hot paths: whether a line of this level would be written. Fields are formatted before write() can refuse them.
bool enabled(Level level);
// nullopt-free: unknown names mean info.
Level level_from(std::string_view name);
// `event` is a stable dotted name such as "worker.lost"; tests and alerts may rely on it, never on the fields' order.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void debug(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::debug, event, f); }
inline void info(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::info, event, f); }
inline void warn(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::warn, event, f); }
inline void error(std::string_view event, std::initializer_list<Field> f = {}) { write(Level::error, event, f); }

}  // namespace ta::log
