// The files that the house rules look at.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ta::house {

struct SourceFile {
  std::string path;  // from the root of the repository, with '/'
  std::string text;

  std::string_view extension() const;  // "cpp", "h", "sql" …
  std::string_view name() const;       // the last part of the path
  bool is_cpp() const;                 // .h or .cpp
  bool is_test() const;                // see is_for_tests() in layers.h
  std::vector<std::string_view> lines() const;
};

// All text files of ours below the current folder (which must be the root of the repository), sorted by path.
const std::vector<SourceFile>& source_tree();

}  // namespace ta::house
