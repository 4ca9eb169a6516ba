// Values that travel between C++ and a database, the same on both engines.
#pragma once
#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"

namespace ta::storage {

// On PostgreSQL a Timestamp is timestamptz, JSON jsonb, a bool boolean; on SQLite they are integer microseconds, text
// and 0/1.
using Value = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Timestamp, json::value>;

inline Value to_value(std::nullptr_t) { return nullptr; }
inline Value to_value(bool v) { return v; }
inline Value to_value(std::integral auto v) { return static_cast<std::int64_t>(v); }
inline Value to_value(double v) { return v; }
inline Value to_value(const char* v) { return std::string(v); }
inline Value to_value(std::string_view v) { return std::string(v); }
inline Value to_value(std::string v) { return Value(std::move(v)); }
inline Value to_value(Timestamp v) { return v; }
inline Value to_value(json::value v) { return Value(std::in_place_type<json::value>, std::move(v)); }
inline Value to_value(json::object v) { return Value(std::in_place_type<json::value>, std::move(v)); }
inline Value to_value(json::array v) { return Value(std::in_place_type<json::value>, std::move(v)); }
template <class Tag>
Value to_value(Id<Tag> v) {
  return v.value;
}
template <class T>
Value to_value(const std::optional<T>& v) {
  return v ? to_value(*v) : Value(nullptr);
}

// One named parameter: {"tenant_id", tenant}.
struct Param {
  std::string_view name;
  Value value;
  template <class T>
  Param(std::string_view n, T&& v) : name(n), value(to_value(std::forward<T>(v))) {}
};
using Params = std::vector<Param>;

}  // namespace ta::storage
