// The order of lists that are read whole and sorted here: by name, case folded, compared as bytes. A database's own
// order depends on its locale. Lists that are read in pages keep fold_case() of their name in a column.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"

namespace ta {

// Stable: rows with equal names stay in the order in which they came.
template <class T, class Name>
void sort_by_name(std::vector<T>& rows, Name name_of) {
  std::vector<std::pair<std::string, std::size_t>> order;
  for (std::size_t i = 0; i < rows.size(); ++i) order.emplace_back(fold_case(name_of(rows[i])), i);
  std::sort(order.begin(), order.end());
  std::vector<T> sorted;
  sorted.reserve(rows.size());
  for (const auto& [name, at] : order) sorted.push_back(std::move(rows[at]));
  rows = std::move(sorted);
}

}  // namespace ta
