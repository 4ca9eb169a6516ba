// Files that the build put into the program (see tools/embed and cmake/embed.cmake).
#pragma once
#include <span>
#include <string_view>

namespace ta::embedded {

struct File {
  std::string_view path;  // below the folder it was embedded from, with '/'
  std::string_view bytes;
  std::string_view gzip;  // the same, compressed; empty when not asked for
};

}  // namespace ta::embedded
