// Many rows of values for one statement; see Transaction::run_each.
#pragma once
#include <cassert>

#include "storage/value.h"

namespace ta::storage {

class Batch {
 public:
  explicit Batch(std::vector<std::string_view> columns) : columns_(std::move(columns)) {}

  // One value for every column, in their order.
  template <class... T>
  void add(T&&... values) {
    assert(sizeof...(T) == columns_.size());
    (cells_.push_back(to_value(std::forward<T>(values))), ...);
  }
  std::size_t size() const { return cells_.size() / columns_.size(); }
  bool empty() const { return cells_.empty(); }
  const std::vector<std::string_view>& columns() const { return columns_; }
  const Value& at(std::size_t row, std::size_t column) const { return cells_[row * columns_.size() + column]; }

 private:
  std::vector<std::string_view> columns_;
  std::vector<Value> cells_;  // row by row
};

}  // namespace ta::storage
