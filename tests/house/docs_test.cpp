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

int occurrences(std::string_view text, std::string_view word) {
  int found = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(Docs, ContractsCountsItsTypesAsTheyAre) {
  const std::string& text = document("docs/contracts.md");
  int enabled = 0, preview = 0, inventory = 0;
  for (const SourceFile& file : source_tree()) {
    if (!file.path.starts_with("src/graph/contracts/")) continue;
    const int e = occurrences(file.text, R"("restore": "enabled")");
    const int p = occurrences(file.text, R"("restore": "preview_only")");
    const int i = occurrences(file.text, R"("restore": "inventory_only")");
    const std::string_view family = file.name().substr(0, file.name().find('.'));
    const std::string row = fmt::format("| {} | {} | {} / {} / {} |\n", family, e + p + i, e, p, i);
    EXPECT_NE(text.find(row), std::string::npos) << "docs/contracts.md needs the row:\n" << row;
    enabled += e, preview += p, inventory += i;
  }
  const std::string sentence =
      fmt::format("\n{} types: {} declared as enabled for restore, {} as preview only, {} as inventory only.\n",
                  enabled + preview + inventory, enabled, preview, inventory);
  EXPECT_NE(text.find(sentence), std::string::npos) << "docs/contracts.md needs the sentence:" << sentence;
  EXPECT_EQ(enabled + preview + inventory, 148);
}

TEST(Docs, TheReadmeLeadsToEveryGuide) {
  const std::string& readme = document("README.md");
  for (const char* guide :
       {"docs/run-states.md", "docs/dedupe.md", "docs/operating.md", "docs/architecture.md", "docs/contracts.md"})
    EXPECT_NE(readme.find(fmt::format("]({})", guide)), std::string::npos) << "README.md does not link " << guide;
}

}  // namespace
}  // namespace ta::house
