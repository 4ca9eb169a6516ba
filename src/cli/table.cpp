#include "cli/table.h"

#include "base/utf8.h"

namespace ta::cli {
namespace {

// Characters, so that "Åsa" is as wide as "Asa".
std::size_t width(const std::string& cell) { return utf8_length(cell).value_or(cell.size()); }

std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string out;
  for (std::size_t i = 0; i < cells.size() && i < widths.size(); ++i) {
    out += without_control_characters(cells[i]);  // names come from elsewhere: nothing for the terminal to obey
    out.append(widths[i] - std::min(width(cells[i]), widths[i]) + 2, ' ');
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

}  // namespace

std::string text_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const std::string& cell : header) widths.push_back(width(cell));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  std::string out = line(header, widths);
  for (const auto& row : rows) out += line(row, widths);
  return out;
}

}  // namespace ta::cli
