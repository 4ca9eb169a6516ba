// The documents say what the code says.
#include <gtest/gtest.h>

#include <regex>
#include <set>

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

// The text between `from` and `to`, which must be there.
std::string between(const std::string& text, std::string_view from, std::string_view to) {
  const std::size_t begin = text.find(from);
  const std::size_t end = begin == std::string::npos ? begin : text.find(to, begin + from.size());
  EXPECT_NE(end, std::string::npos) << "nothing between " << from << " and " << to;
  return end == std::string::npos ? "" : text.substr(begin + from.size(), end - begin - from.size());
}

TEST(Docs, TheExampleOfAnOperationIsTheOneThatIsCompiledAndRun) {
  const std::string shown = between(document("CONTRIBUTING.md"), "compiles and runs it:\n\n```cpp\n", "```\n");
  const std::string run = between(document("src/runs/four_steps_test.cpp"), "// [four steps]\n", "// [end]\n");
  EXPECT_EQ(shown, run) << "copy the example from the test";
}

// docs/behaviours.md names a test for each of the engine's behaviours: every `Suite.Test` and every file exists.
TEST(Docs, EveryTestOfTheBehavioursExists) {
  const std::string& text = document("docs/behaviours.md");
  std::set<std::string> existing;
  static const std::regex test_macro(R"(\bTEST(_P|_F)?\(\s*(\w+),\s*(\w+)\s*\))");
  for (const SourceFile& file : source_tree())
    for (auto at = std::sregex_iterator(file.text.begin(), file.text.end(), test_macro); at != std::sregex_iterator();
         ++at)
      existing.insert((*at)[2].str() + "." + (*at)[3].str());
  static const std::regex named(R"(`(\w+\.[A-Z]\w+)`)");
  std::size_t names = 0;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), named); at != std::sregex_iterator(); ++at, ++names)
    EXPECT_TRUE(existing.contains((*at)[1].str())) << "docs/behaviours.md names " << (*at)[1] << ", which is no test";
  EXPECT_GE(names, 50u);
  static const std::regex browser_test(R"(`(tests/e2e/\w+\.test\.mjs)`)");
  for (auto at = std::sregex_iterator(text.begin(), text.end(), browser_test); at != std::sregex_iterator(); ++at)
    EXPECT_FALSE(document((*at)[1].str()).empty());
  for (int number = 1; number <= 25; ++number)
    EXPECT_NE(text.find(fmt::format("\n| {} |", number)), std::string::npos) << "behaviour " << number << " is missing";
}

TEST(Docs, TheReadmeLeadsToEveryGuide) {
  const std::string& readme = document("README.md");
  for (const char* guide : {"docs/run-states.md", "docs/dedupe.md", "docs/operating.md", "docs/behaviours.md",
                            "docs/architecture.md", "docs/contracts.md"})
    EXPECT_NE(readme.find(fmt::format("]({})", guide)), std::string::npos) << "README.md does not link " << guide;
}

}  // namespace
}  // namespace ta::house
