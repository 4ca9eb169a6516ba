#include "base/json.h"

#include <charconv>
#include <cmath>

namespace ta {
namespace {

constexpr double kExactIntegerMax = 9007199254740992.0;  // 2^53

// UTF-8 bytes sort by code point; UTF-16 puts U+E000..U+FFFF (lead bytes EE, EF) after the surrogate pairs (F0 and up).
bool utf16_less(std::string_view a, std::string_view b) {
  const auto rank = [](unsigned char byte) { return byte == 0xEE || byte == 0xEF ? byte + 0x10 : int(byte); };
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_a == a.end() || at_b == b.end()) return at_a == a.end() && at_b != b.end();
  return rank(static_cast<unsigned char>(*at_a)) < rank(static_cast<unsigned char>(*at_b));
}

// ECMAScript's Number::toString: shortest digits, exponent only below 1e-6 and from 1e21 on.
std::string ecmascript_number(double number) {
  if (number == 0) return "0";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::abs(number), std::chars_format::scientific).ptr;
  const std::string_view text(buffer, end - buffer);
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  std::erase(digits, '.');
  const int point = std::stoi(std::string(text.substr(e + 1))) + 1;  // digits before the decimal point
  const int count = static_cast<int>(digits.size());
  std::string out;
  if (count <= point && point <= 21) {
    out = digits + std::string(point - count, '0');
  } else if (0 < point && point <= 21) {
    out = digits.substr(0, point) + "." + digits.substr(point);
  } else if (-6 < point && point <= 0) {
    out = "0." + std::string(-point, '0') + digits;
  } else {
    const int exponent = point - 1;
    out = digits.substr(0, 1) + (count > 1 ? "." + digits.substr(1) : "") + "e" + (exponent < 0 ? "-" : "+") +
          std::to_string(std::abs(exponent));
  }
  return number < 0 ? "-" + out : out;
}

std::string canonical_double(double number) {
  if (std::floor(number) == number && std::abs(number) <= kExactIntegerMax)
    return std::to_string(static_cast<std::int64_t>(number));
  return ecmascript_number(number);
}

void write_canonical(const json::value& value, std::string& out);

void write_object(const json::object& object, std::string& out) {
  std::vector<const json::key_value_pair*> members;
  for (const auto& member : object) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return utf16_less(a->key(), b->key()); });
  out += '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i) out += ',';
    out += json::serialize(json::string_view(members[i]->key()));
    out += ':';
    write_canonical(members[i]->value(), out);
  }
  out += '}';
}

void write_array(const json::array& array, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i) out += ',';
    write_canonical(array[i], out);
  }
  out += ']';
}

void write_canonical(const json::value& value, std::string& out) {
  switch (value.kind()) {
    case json::kind::null: out += "null"; break;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
    case json::kind::int64: out += std::to_string(value.get_int64()); break;
    case json::kind::uint64: out += std::to_string(value.get_uint64()); break;
    case json::kind::double_: out += canonical_double(value.get_double()); break;
    case json::kind::string: out += json::serialize(value.get_string()); break;
    case json::kind::array: write_array(value.get_array(), out); break;
    case json::kind::object: write_object(value.get_object(), out); break;
  }
}

// False when a number was too large for a double and became infinite: there would be no JSON to write for it.
bool all_finite(const json::value& value) {
  if (value.is_double()) return std::isfinite(value.get_double());
  if (value.is_array()) return std::all_of(value.get_array().begin(), value.get_array().end(), all_finite);
  if (!value.is_object()) return true;
  const json::object& object = value.get_object();
  return std::all_of(object.begin(), object.end(), [](const auto& member) { return all_finite(member.value()); });
}

}  // namespace

Result<json::value> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes_max)
    return fail(FailureCode::run_invalid_input,
                fmt::format("The JSON is {} bytes long; at most {} are accepted.", text.size(), limits.bytes_max));
  json::parse_options options;
  options.max_depth = limits.depth_max;
  json::error_code error;
  json::parser parser({}, options);
  const std::size_t read = parser.write_some(text, error);
  if (error == json::error::too_deep)
    return fail(FailureCode::run_invalid_input,
                fmt::format("The JSON is nested deeper than {} levels.", limits.depth_max));
  if (error || read != text.size())
    return fail(FailureCode::run_invalid_input,
                fmt::format("Not JSON at byte {}: {}.", read, error ? error.message() : "text after the value"));
  json::value value = parser.release();
  if (!all_finite(value)) return fail(FailureCode::run_invalid_input, "Not JSON: a number is too large.");
  return value;
}

std::string canonical_json(const json::value& value) {
  std::string out;
  write_canonical(value, out);
  return out;
}

const json::value* json_find(const json::value& value, std::string_view key) {
  return value.is_object() ? value.get_object().if_contains(key) : nullptr;
}

std::string json_string(const json::value& value, std::string_view key, std::string_view fallback) {
  const json::value* found = json_find(value, key);
  return std::string(found && found->is_string() ? std::string_view(found->get_string()) : fallback);
}

std::int64_t json_int(const json::value& value, std::string_view key, std::int64_t fallback) {
  const json::value* found = json_find(value, key);
  json::error_code error;
  const auto number = found ? found->to_number<std::int64_t>(error) : 0;
  return found && !error ? number : fallback;
}

bool json_bool(const json::value& value, std::string_view key, bool fallback) {
  const json::value* found = json_find(value, key);
  return found && found->is_bool() ? found->get_bool() : fallback;
}

}  // namespace ta
