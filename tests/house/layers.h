// The table of tools/layers.txt: which module may include which header.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace ta::house {

// *_test.cpp, *_fixture.h, test_*.h, *_for_tests.h, and everything below tests/ and testing/.
bool is_for_tests(std::string_view file);

class Layers {
 public:
  // Throws std::runtime_error on a line it does not understand.
  static Layers parse(std::string_view text);

  // Why `file` (a path in the repository) must not include `header`, or nullopt when it may.
  std::optional<std::string> objection(std::string_view file, std::string_view header) const;

 private:
  struct Module {
    bool is_feature = false;
    std::set<std::string> may_include;  // for a feature: its peers
  };
  bool allowed(std::string_view file, const std::string& from, const std::string& to) const;

  std::map<std::string, Module> modules_;
  std::set<std::string> domain_, edge_;  // what every feature may include
};

}  // namespace ta::house
