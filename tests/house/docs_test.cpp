// The documents say what the code says.
#include <gtest/gtest.h>

#include "base/failure.h"
#include "house/source_tree.h"

namespace ta::house {
namespace {

const std::string& document(std::string_view path) {
  static const std::string none;
  for (const SourceFile& file : source_tree())
    if (file.path == path) return file.text;
  ADD_FAILURE() << path << " is missing";
  return none;
}

TEST(Docs, OperatingExplainsEveryFailureCodeAsTheProductDoes) {
  const std::string& text = document("docs/operating.md");
  for (const FailureInfo& info : failure_catalog()) {
    const std::string row = fmt::format("| `{}` | {} | {} | {} | {} |\n", info.name, info.headline, info.next_step,
                                        info.retryable ? "yes" : "no", info.infrastructure ? "yes" : "no");
    EXPECT_NE(text.find(row), std::string::npos) << "docs/operating.md needs the row:\n" << row;
  }
}

TEST(Docs, OperatingNamesEveryMetricOfTheEngine) {
  const std::string& text = document("docs/operating.md");
  int found = 0;
  for (const char* path : {"src/runs/metrics.cpp", "src/monitoring/health.cpp"}) {
    const std::string& source = document(path);
    for (auto at = source.find("\"tenantatlas_"); at != std::string::npos; at = source.find("\"tenantatlas_", at + 1)) {
      const std::string name = source.substr(at + 1, source.find('"', at + 1) - at - 1);
      EXPECT_TRUE(name == "tenantatlas_build_info" || text.find("`" + name) != std::string::npos)
          << "docs/operating.md does not say what to watch " << name << " for";
      ++found;
    }
  }
  EXPECT_GE(found, 12);
}

TEST(Docs, TheReadmeLeadsToEveryGuide) {
  const std::string& readme = document("README.md");
  for (const char* guide : {"docs/run-states.md", "docs/dedupe.md", "docs/operating.md", "docs/architecture.md"})
    EXPECT_NE(readme.find(fmt::format("]({})", guide)), std::string::npos) << "README.md does not link " << guide;
}

}  // namespace
}  // namespace ta::house
