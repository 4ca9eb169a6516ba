#include "access/input_rules.h"

#include <algorithm>

namespace ta::access {
namespace {

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

bool consists_of(std::string_view text, std::initializer_list<std::string_view> sets) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return std::any_of(sets.begin(), sets.end(), [c](std::string_view set) { return set.find(c) != set.npos; });
  });
}

// Bytes of the character that starts with `lead`; 0 for a byte that starts none.
std::size_t width_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

// Refuses what the lead byte alone does not: overlong forms, surrogates, numbers above U+10FFFF.
bool is_legal_second(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second < 0xA0;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second < 0x90;
    default: return true;
  }
}

}  // namespace

std::optional<std::size_t> utf8_length(std::string_view text) {
  std::size_t length = 0;
  for (std::size_t at = 0; at < text.size(); ++length) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t width = width_of(lead);
    if (width == 0 || at + width > text.size()) return std::nullopt;
    for (std::size_t i = 1; i < width; ++i)
      if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return std::nullopt;
    if (width > 1 && !is_legal_second(lead, static_cast<unsigned char>(text[at + 1]))) return std::nullopt;
    at += width;
  }
  return length;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
}

bool is_display_name(std::string_view text, std::size_t length_max) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  const auto length = utf8_length(text);
  return length && *length >= 1 && *length <= length_max && std::none_of(text.begin(), text.end(), is_control);
}

std::optional<std::string> normalised_email(std::string_view text) {
  std::string email = trimmed(text);
  std::transform(email.begin(), email.end(), email.begin(),
                 [](unsigned char c) { return c < 0x80 ? std::tolower(c) : c; });
  const std::size_t at = email.find('@');
  if (at == email.npos || at == 0 || at > 64 || email.size() > 254) return std::nullopt;
  const std::string_view host = std::string_view(email).substr(at + 1);
  const bool legal_host = !host.empty() && consists_of(host, {kLower, kDigits, ".-"}) && host.front() != '.' &&
                          host.front() != '-' && host.back() != '.' && host.find("..") == host.npos;
  if (!legal_host || !consists_of(email.substr(0, at), {kLower, kDigits, "!#$%&'*+/=?^_`{|}~.-"})) return std::nullopt;
  return email;
}

bool is_slug(std::string_view text) {
  return text.size() >= 2 && text.size() <= 40 && consists_of(text, {kLower, kDigits, "-"}) && text.front() != '-' &&
         text.back() != '-';
}

bool is_time_zone_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && consists_of(text, {kLower, kUpper, kDigits, "_+-/"}) &&
         text.front() != '/';
}

}  // namespace ta::access
