// What people may call things: checks of outside text, before a database sees it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ta::access {

// The number of characters; nullopt when `text` is not UTF-8.
std::optional<std::size_t> utf8_length(std::string_view text);
// Without blanks at both ends.
std::string trimmed(std::string_view text);
// 1 to `length_max` characters of UTF-8, no control characters.
bool is_display_name(std::string_view text, std::size_t length_max);
// Trimmed and in lower case; nullopt unless it looks like an address (ASCII, one @, a host behind it).
std::optional<std::string> normalised_email(std::string_view text);
// 2 to 40 of a-z, 0-9 and '-', which may not come first or last.
bool is_slug(std::string_view text);
// The spelling of an IANA name such as Europe/Berlin; whether the zone exists is for whoever has the zone data.
bool is_time_zone_name(std::string_view text);

}  // namespace ta::access
