// Just enough reading of C++ to measure it: no parser, but it knows comments, literals and braces.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ta::house {

// The text with comments, the insides of literals and preprocessor lines blanked; line breaks stay where they were.
std::string code_only(std::string_view text);

struct Function {
  std::string signature;  // the text before its body, on one line
  int line = 0;           // where the body opens, from 1
  int length = 0;         // lines from the opening to the closing brace, both counted
};

// The functions defined at namespace or class scope (lambdas count as part of the function around them).
std::vector<Function> functions(std::string_view text);

// The paths of #include "…" lines.
std::vector<std::string> own_includes(std::string_view text);

}  // namespace ta::house
