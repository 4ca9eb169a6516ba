#include "house/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "house/layers.h"

namespace ta::house {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRoots[] = {"app",       "assets", "bench",   "cmake", "docs", "packaging",
                                       "simulator", "src",    "testing", "tests", "tools"};
constexpr std::string_view kRootFiles[] = {"dev",       ".ci/run",         "CMakeLists.txt",
                                           "README.md", "CONTRIBUTING.md", "CHANGELOG.md"};
const std::set<std::string> kExtensions{".h",   ".cpp",  ".sql", ".cmake", ".txt",  ".js",  ".mjs",
                                        ".css", ".html", ".sh",  ".md",    ".json", ".toml"};

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void add_folder(const fs::path& root, std::vector<SourceFile>& files) {
  if (!fs::exists(root)) return;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator(); ++it) {
    if (it->path().filename() == "node_modules") it.disable_recursion_pending();
    if (it->is_regular_file() && kExtensions.contains(it->path().extension().string()))
      files.push_back({it->path().generic_string(), read(it->path())});
  }
}

}  // namespace

std::string_view SourceFile::name() const { return std::string_view(path).substr(path.rfind('/') + 1); }

std::string_view SourceFile::extension() const {
  const std::size_t dot = name().rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name().substr(dot + 1);
}

bool SourceFile::is_cpp() const { return extension() == "cpp" || extension() == "h"; }

bool SourceFile::is_test() const { return is_for_tests(path); }

std::vector<std::string_view> SourceFile::lines() const {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    all.push_back(std::string_view(text).substr(at, end - at));
    at = end + 1;
  }
  return all;
}

const std::vector<SourceFile>& source_tree() {
  static const std::vector<SourceFile> tree = [] {
    if (!fs::exists("tools/layers.txt")) throw std::runtime_error("run this test from the root of the repository");
    std::vector<SourceFile> files;
    for (const std::string_view root : kRoots) add_folder(root, files);
    for (const std::string_view file : kRootFiles)
      if (fs::exists(file)) files.push_back({std::string(file), read(file)});
    std::sort(files.begin(), files.end(), [](auto& a, auto& b) { return a.path < b.path; });
    return files;
  }();
  return tree;
}

}  // namespace ta::house
