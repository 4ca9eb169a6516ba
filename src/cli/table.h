// A list as text for people: columns as wide as their widest cell.
#pragma once
#include <string>
#include <vector>

namespace ta::cli {

// Rows may have fewer cells than the header. Ends with a line break.
std::string text_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows);

}  // namespace ta::cli
