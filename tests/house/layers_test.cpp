#include "house/layers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "house/cpp_scanner.h"
#include "house/source_tree.h"

namespace ta::house {
namespace {

const Layers& layers() {
  static const Layers table = [] {
    for (const SourceFile& file : source_tree())
      if (file.path == "tools/layers.txt") return Layers::parse(file.text);
    return Layers{};
  }();
  return table;
}

TEST(Layers, EveryIncludeIsAllowed) {
  for (const SourceFile& file : source_tree()) {
    if (!file.is_cpp()) continue;
    for (const std::string& header : own_includes(file.text))
      if (const auto why = layers().objection(file.path, header))
        ADD_FAILURE() << file.path << " includes \"" << header << "\": " << *why;
  }
}

TEST(Layers, ForbidWhatTheyShould) {
  EXPECT_TRUE(layers().objection("src/base/json.h", "storage/value.h"));
  EXPECT_TRUE(layers().objection("src/runs/ledger.cpp", "web/page.h"));
  EXPECT_TRUE(layers().objection("simulator/server.cpp", "graph/client.h"));
  EXPECT_TRUE(layers().objection("src/inventory/inventory_store.cpp", "web/page.h"));
  EXPECT_TRUE(
      layers().objection("src/inventory/inventory_sync_operation.cpp", "provider_connections/connection_store.h"));
  EXPECT_TRUE(layers().objection("src/base/json.cpp", "json.h"));
  EXPECT_TRUE(layers().objection("src/novelty/a.cpp", "base/json.h"));
}

TEST(Layers, AllowWhatTheyShould) {
  EXPECT_FALSE(layers().objection("src/storage/value.h", "base/json.h"));
  EXPECT_FALSE(layers().objection("src/inventory/inventory_pages.cpp", "web/page.h"));
  EXPECT_FALSE(layers().objection("src/inventory/register.cpp", "http/message.h"));
  EXPECT_FALSE(
      layers().objection("src/inventory/inventory_sync_operation.cpp", "provider_connections/provider_connections.h"));
  EXPECT_FALSE(layers().objection("src/graph/client_test.cpp", "simulator/simulator.h"));
}

// Libraries that stay behind our own headers, and the only files that may see them.
struct Fence {
  std::string_view library;
  std::vector<std::string_view> inside;
  std::string_view instead;
};

TEST(Layers, LibrariesStayBehindTheirSeam) {
  const std::vector<Fence> fences{
      {"<boost/asio", {"src/http/", "simulator/", "bench/"}, "http/server.h"},
      {"<boost/beast", {"src/http/", "simulator/", "bench/"}, "http/server.h"},
      {"<curl/", {"src/http/"}, "the HTTP client of http/"},
      {"<libpq", {"src/storage/", "testing/"}, "storage/database.h"},
      {"<SQLiteCpp", {"src/storage/"}, "storage/database.h"},
      {"<sqlite3.h", {"src/storage/"}, "storage/database.h"},
      {"<spdlog/", {"src/base/log.cpp"}, "base/log.h"},
      {"<CLI/", {"src/cli/"}, "the cli module"},
      {"<re2/", {"src/base/secrets.cpp", "src/graph/reference_values.cpp", "src/web/"}, "base/secrets.h"},
      {"<utf8proc.h>", {"src/base/utf8.cpp"}, "base/utf8.h"},
      {"<cctz/", {"src/base/zone_rules.cpp"}, "base/zone_rules.h"},
  };
  for (const SourceFile& file : source_tree()) {
    if (!file.is_cpp()) continue;
    for (const Fence& fence : fences) {
      const bool inside =
          std::any_of(fence.inside.begin(), fence.inside.end(), [&](auto p) { return file.path.starts_with(p); });
      if (!inside && file.text.find("\n#include " + std::string(fence.library)) != std::string::npos)
        ADD_FAILURE() << file.path << " includes " << fence.library << "…>; use " << fence.instead;
    }
  }
}

// Compiling Asio costs seconds per unit: a header that includes it is seen by its own module only.
TEST(Layers, NoHeaderHandsAsioOn) {
  std::set<std::string> heavy;  // as written in #include lines
  for (const SourceFile& file : source_tree())
    if (file.extension() == "h" && file.path.starts_with("src/") &&
        (file.text.find("\n#include <boost/asio") != std::string::npos ||
         file.text.find("\n#include <boost/beast") != std::string::npos))
      heavy.insert(file.path.substr(4));
  for (const SourceFile& file : source_tree()) {
    if (!file.is_cpp()) continue;
    for (const std::string& header : own_includes(file.text)) {
      const std::string module = header.substr(0, header.find('/') + 1);
      if (heavy.contains(header) && !file.path.starts_with("src/" + module))
        ADD_FAILURE() << file.path << " includes \"" << header
                      << "\", which brings Asio; include the module's public header";
    }
  }
}

}  // namespace
}  // namespace ta::house
