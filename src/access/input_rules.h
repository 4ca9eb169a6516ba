// What people may call things: checks of outside text, before a database sees it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace ta::access {

using ta::is_display_name;
using ta::trimmed;
// Trimmed and in lower case; nullopt unless it looks like an address (ASCII, one @, a host behind it).
std::optional<std::string> normalised_email(std::string_view text);
// 2 to 40 of a-z, 0-9 and '-', which may not come first or last.
bool is_slug(std::string_view text);
// The spelling of an IANA name such as Europe/Berlin; whether the zone exists is for whoever has the zone data.
bool is_time_zone_name(std::string_view text);

}  // namespace ta::access
