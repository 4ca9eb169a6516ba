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

}  // namespace

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
