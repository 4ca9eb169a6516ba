// The address of a page with its state: filters, tab, sort and cursor live here and nowhere else.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"

namespace ta::web {

// A value; with() and without() give changed copies. Empty values never appear, so that an address has one spelling.
class PageUrl {
 public:
  explicit PageUrl(std::string path) : path_(std::move(path)) {}
  PageUrl with(std::string_view key, std::string_view value) const;
  PageUrl without(std::string_view key) const;
  std::string str() const;

 private:
  std::string path_;
  std::vector<std::pair<std::string, std::string>> params_;  // in the order they were first set
};

// A whole number above 0, as ids in addresses are; nullopt for anything else.
std::optional<std::int64_t> id_number(std::string_view text);

}  // namespace ta::web
