#include "base/utf8.h"

#include <algorithm>

namespace ta {
namespace {

// The length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none (Unicode table 3-7).
std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
  const auto tail = [&](std::size_t at) { return (byte(at) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if ((lead & 0xF0) == 0xE0) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0, surrogate = lead == 0xED && byte(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead < 0xF0 || lead > 0xF4) return 0;
  const bool overlong = lead == 0xF0 && byte(1) < 0x90, too_high = lead == 0xF4 && byte(1) > 0x8F;
  return tail(1) && tail(2) && tail(3) && !overlong && !too_high ? 4 : 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  bool broken = false;
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    if (length == 0 && !broken) out += "\xEF\xBF\xBD";
    broken = length == 0;
    out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace ta
