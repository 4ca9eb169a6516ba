// JSON: Boost.JSON, parsing with limits, and one canonical spelling for identities.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/failure.h"

namespace ta {

namespace json = boost::json;

struct JsonLimits {
  std::size_t bytes_max = 1 << 20;
  std::size_t depth_max = 32;
};

// Parses untrusted text. Fails with run.invalid_input and a sentence that names the place or the limit.
Result<json::value> parse_json(std::string_view text, JsonLimits limits = {});

// RFC 8785: keys sorted by UTF-16 code units at every level, no blanks, shortest numbers, 1.0 spelled 1. One departure:
// whole numbers beyond 2^53 keep all their digits, because two different ids must never become one identity.
std::string canonical_json(const json::value& value);

// Lookups that never throw: the member when it is there and of that kind, else the fallback.
std::string json_string(const json::value& value, std::string_view key, std::string_view fallback = {});
std::int64_t json_int(const json::value& value, std::string_view key, std::int64_t fallback = 0);
bool json_bool(const json::value& value, std::string_view key, bool fallback = false);
// nullptr when `value` is no object or has no such member.
const json::value* json_find(const json::value& value, std::string_view key);

}  // namespace ta
