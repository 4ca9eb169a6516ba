// A folder of its own for one test, removed with everything in it at the end.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace ta::testing {

class TempDir {
 public:
  // Below the system's folder for temporary files; throws std::filesystem::filesystem_error when it cannot be made.
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace ta::testing
