#include "cli/near_matches.h"

#include <algorithm>
#include <numeric>

namespace ta::cli {
namespace {

constexpr std::size_t kMatchesMax = 3;

// Letters to insert, remove or exchange.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t exchanged = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({exchanged, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> near_matches(std::string_view given, std::span<const std::string> known) {
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const std::string& word : known) {
    const bool holds = given.size() >= 3 && word.find(given) != word.npos;
    const std::size_t letters = holds ? 0 : distance(given, word);
    if (letters <= 1 + given.size() / 4) found.emplace_back(letters, word);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (std::size_t i = 0; i < std::min(found.size(), kMatchesMax); ++i) out.push_back(std::move(found[i].second));
  return out;
}

}  // namespace ta::cli
