// Which known words a person may have meant. Pure.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ta::cli {

// At most three, the likeliest first: words that hold `given`, or that differ from it by a few letters.
std::vector<std::string> near_matches(std::string_view given, std::span<const std::string> known);

}  // namespace ta::cli
