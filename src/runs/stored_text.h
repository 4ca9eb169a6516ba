// Texts as every database takes them: well-formed UTF-8 without the NUL character, which PostgreSQL stores nowhere.
#pragma once
#include <string>
#include <string_view>

#include "base/json.h"

namespace ta::runs {

// Broken UTF-8 and NUL become U+FFFD.
std::string storable_text(std::string_view text);
// The same for every text and every member's name inside.
void make_storable(json::value& value);

}  // namespace ta::runs
