#include "house/layers.h"

#include <fmt/format.h>

#include <sstream>
#include <stdexcept>

namespace ta::house {
namespace {

std::set<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::set<std::string> all;
  for (std::string word; in >> word;) all.insert(word);
  return all;
}

// "src/inventory/x.cpp" → "inventory"; "simulator/x.cpp" → "simulator".
std::string module_of(std::string_view file) {
  if (file.starts_with("src/")) file.remove_prefix(4);
  return std::string(file.substr(0, file.find('/')));
}

// The files of a feature that face the browser or the API.
bool is_edge(std::string_view file) {
  const std::string_view name = file.substr(file.rfind('/') + 1);
  const std::string_view stem = name.substr(0, name.find('.'));
  return stem == "register" || stem.ends_with("_pages") || stem.ends_with("_forms") || stem.ends_with("_api") ||
         stem.ends_with("_views") || stem.ends_with("_query") || stem.ends_with("_pages_test") ||
         stem.ends_with("_api_test");
}

}  // namespace

bool is_for_tests(std::string_view file) {
  const std::string_view name = file.substr(file.rfind('/') + 1);
  return name.ends_with("_test.cpp") || name.starts_with("test_") || name.find("fixture.") != name.npos ||
         name.find("for_tests.") != name.npos || file.starts_with("tests/") || file.starts_with("testing/");
}

Layers Layers::parse(std::string_view text) {
  Layers layers;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const bool feature = line.starts_with("feature ");
    const std::size_t separator = line.find_first_of(":=");
    if (separator == line.npos) throw std::runtime_error("tools/layers.txt: no ':' in: " + line);
    const std::string name = *words(line.substr(feature ? 8 : 0, separator - (feature ? 8 : 0))).begin();
    std::set<std::string> listed = words(line.substr(separator + 1));
    if (line[separator] == '=')
      (name == "domain" ? layers.domain_ : layers.edge_) = std::move(listed);
    else
      layers.modules_[name] = {feature, std::move(listed)};
  }
  return layers;
}

bool Layers::allowed(std::string_view file, const std::string& from, const std::string& to) const {
  const Module& module = modules_.at(from);
  if (from == to || module.may_include.contains("*") || module.may_include.contains(to)) return true;
  if (module.is_feature && (is_edge(file) ? edge_ : domain_).contains(to)) return true;
  return is_for_tests(file) && (to == "testing" || to == "simulator" || to == "http");
}

std::optional<std::string> Layers::objection(std::string_view file, std::string_view header) const {
  const std::string from = module_of(file);
  const std::string to(header.substr(0, header.find('/')));
  if (header.find('/') == header.npos) return fmt::format("write the path from src/: \"{}/{}\"", from, header);
  if (!modules_.contains(from)) return fmt::format("module {} is not in tools/layers.txt; add its line", from);
  if (from == "tests" || to == "embedded") return std::nullopt;
  if (!modules_.contains(to)) return fmt::format("there is no module {} in tools/layers.txt", to);
  if (!allowed(file, from, to))
    return fmt::format("{} may not include {}: move what you need down, or pass it in from above", from, to);
  const Module& module = modules_.at(from);
  const bool peer = module.is_feature && modules_.at(to).is_feature && from != to;
  if (peer && header != to + "/" + to + ".h")
    return fmt::format("of the feature {} only {}/{}.h is public", to, to, to);
  return std::nullopt;
}

}  // namespace ta::house
