// UTF-8 that came from elsewhere.
#pragma once
#include <string>
#include <string_view>

namespace ta {

bool is_utf8(std::string_view text);
// Every run of bytes that is not UTF-8 becomes one U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace ta
