// Samples for the fuzzers' parts that every test run replays.
#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"

namespace ta::fuzz {

// Every file of the folder, in one order on every machine.
inline std::vector<std::string> read_corpus(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Bytes changed, cut out, doubled, or taken over from another sample; never the first one, which names the parser.
inline std::string mutated(std::string text, const std::vector<std::string>& others, Random& random) {
  const auto place = [&](const std::string& in) { return 1 + random.below(std::max<std::size_t>(1, in.size() - 1)); };
  for (std::uint64_t changes = 1 + random.below(4); changes > 0 && text.size() > 2; --changes) {
    const std::size_t at = std::min(place(text), text.size() - 1);
    const std::size_t length = std::min<std::size_t>(1 + random.below(12), text.size() - at);
    const std::string& other = others[random.below(others.size())];
    switch (random.below(4)) {
      case 0: text[at] = static_cast<char>(random.below(256)); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(at, text.substr(at, length)); break;
      default: text.insert(at, other.substr(std::min(place(other), other.size() - 1), length));
    }
  }
  return text;
}

}  // namespace ta::fuzz
