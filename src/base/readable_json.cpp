#include "base/readable_json.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/utf8.h"

namespace ta {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacementEscape = "\\ufffd";

class Repair {
 public:
  explicit Repair(std::string_view text) : rest_(text) { out_.reserve(text.size()); }

  std::string run() {
    while (!rest_.empty()) in_string_ ? inside() : outside();
    return std::move(out_);
  }
  bool half_surrogate() const { return half_surrogate_; }  // whether run() met one

 private:
  void keep(std::size_t bytes) {
    bytes = std::min(bytes, rest_.size());
    out_ += rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
  }

  void replace(std::size_t bytes, std::string_view with) {
    out_ += with;
    rest_.remove_prefix(bytes);
  }

  void outside() {
    const char c = rest_.front();
    in_string_ = c == '"';
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    keep(1);
  }

  void inside() {
    const char c = rest_.front();
    if (c == '\\') return escape();
    if (static_cast<unsigned char>(c) < 0x20)
      return replace(1, c == 0 ? std::string(kReplacementEscape) : fmt::format("\\u{:04x}", c));
    in_string_ = c != '"';
    keep(1);
  }

  void number() {
    const std::size_t bytes = std::min(rest_.size(), rest_.find_first_not_of("0123456789+-.eE"));
    const std::string text(rest_.substr(0, bytes));
    const double value = std::strtod(text.c_str(), nullptr);
    if (std::isinf(value)) return replace(bytes, "null");
    const std::size_t digit = text.find_first_of("123456789");
    if (value == 0 && digit < text.find_first_of("eE")) return replace(bytes, "0");  // too small for a double
    keep(bytes);
  }

  void escape() {
    const auto code = escaped_unit(0);
    if (!code) return keep(2);
    const bool leading = *code >= 0xD800 && *code < 0xDC00, trailing = *code >= 0xDC00 && *code < 0xE000;
    const auto next = leading ? escaped_unit(6) : std::nullopt;
    if (next && *next >= 0xDC00 && *next < 0xE000) return keep(12);
    half_surrogate_ = half_surrogate_ || leading || trailing;
    if (leading || trailing || *code == 0) return replace(6, kReplacementEscape);
    keep(6);
  }

  // The UTF-16 unit of the \uXXXX that starts at `at`.
  std::optional<unsigned> escaped_unit(std::size_t at) const {
    if (at + 6 > rest_.size() || rest_[at] != '\\' || rest_[at + 1] != 'u') return std::nullopt;
    unsigned unit = 0;
    const char* const last = rest_.data() + at + 6;
    const auto [end, error] = std::from_chars(rest_.data() + at + 2, last, unit, 16);
    return error == std::errc() && end == last ? std::optional(unit) : std::nullopt;
  }

  std::string_view rest_;
  std::string out_;
  bool in_string_ = false, half_surrogate_ = false;
};

}  // namespace

std::string readable_json(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return Repair(valid_utf8(text)).run();
}

bool holds_half_surrogate(std::string_view text) {
  Repair repair(text);
  const std::string repaired = repair.run();
  return repair.half_surrogate() && parse_json(repaired, {.bytes_max = repaired.size()}).has_value();
}

Result<json::value> parse_readable_json(std::string_view text, JsonLimits limits) {
  const bool holds_nul = text.find("\\u0000") != text.npos;
  auto strict = parse_json(text, limits);
  if ((strict && !holds_nul) || text.size() > limits.bytes_max) return strict;
  const std::string repaired = readable_json(text);
  limits.bytes_max = std::max(limits.bytes_max, repaired.size());
  auto tolerant = parse_json(repaired, limits);
  return tolerant ? std::move(tolerant) : std::move(strict);
}

}  // namespace ta
