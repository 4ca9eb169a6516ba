// JSON that a service sent, read as far as it can be: one odd character must not make a whole list unreadable.
// What people and clients send is parsed with parse_json(), which refuses all of this.
#pragma once
#include "base/json.h"

namespace ta {

// parse_json(), after these repairs: a byte-order mark at the start is skipped; bytes that are not UTF-8, half
// surrogates (\ud800 alone) and U+0000, as a byte or as \u0000, become U+FFFD; other control characters inside a string
// are kept, escaped; a number too large for a double becomes null, one too small 0. All strings and keys of the result
// are UTF-8 without U+0000, so both databases store them. Well-formed text costs one search beside the parsing. Fails
// as parse_json() does for what is still no JSON, too long or too deep.
Result<json::value> parse_readable_json(std::string_view text, JsonLimits limits = {});

// The repairs alone.
std::string readable_json(std::string_view text);

// Whether an escape such as \\ud800 without its other half is all that keeps `text` from being JSON.
bool holds_half_surrogate(std::string_view text);

}  // namespace ta
