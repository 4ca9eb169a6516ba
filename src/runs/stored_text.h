// Texts as every database takes them: well-formed UTF-8 without the NUL character, which PostgreSQL stores nowhere.
#pragma once
#include "base/json.h"

namespace ta::runs {

// clean_text() (base/utf8.h) for every text and every member's name inside.
void make_storable(json::value& value);

}  // namespace ta::runs
