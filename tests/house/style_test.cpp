// The numbers the house holds itself to. A failure says what to do instead; loosening a number needs a decision in
// docs/decisions.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "house/cpp_scanner.h"
#include "house/source_tree.h"

namespace ta::house {
namespace {

constexpr int kFunctionLinesMax = 70, kFunctionLinesP90 = 35, kFunctionLinesMedian = 8;
constexpr int kFileLinesMax = 600, kFileLinesP90 = 350, kFileLinesMedian = 110;
constexpr std::size_t kColumnsMax = 120;

int percentile(std::vector<int> values, int percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * percent / 100];
}

// Characters, not bytes: an ellipsis is one column.
std::size_t columns(std::string_view line) {
  return std::count_if(line.begin(), line.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; });
}

std::vector<const SourceFile*> cpp_files() {
  std::vector<const SourceFile*> files;
  for (const SourceFile& file : source_tree())
    if (file.is_cpp()) files.push_back(&file);
  return files;
}

TEST(Style, NoFunctionIsTooLong) {
  for (const SourceFile* file : cpp_files())
    for (const Function& function : functions(file->text))
      EXPECT_LE(function.length, kFunctionLinesMax)
          << file->path << ":" << function.line
          << ": split it where its comment would say \"then\":" << function.signature;
}

TEST(Style, FunctionsAreShort) {
  std::vector<int> lengths;
  for (const SourceFile* file : cpp_files())
    if (!file->is_test())
      for (const Function& function : functions(file->text)) lengths.push_back(function.length);
  ASSERT_GT(lengths.size(), 50u) << "the scanner finds too few functions to be right";
  EXPECT_LE(percentile(lengths, 50), kFunctionLinesMedian) << "split the newest functions into named steps";
  EXPECT_LE(percentile(lengths, 90), kFunctionLinesP90) << "split the longest functions into named steps";
}

TEST(Style, FilesAreShort) {
  std::vector<int> lengths;
  for (const SourceFile* file : cpp_files()) {
    const int length = static_cast<int>(file->lines().size());
    EXPECT_LE(length, kFileLinesMax) << file->path << ": one file, one subject; give the second one a file";
    if (!file->is_test()) lengths.push_back(length);
  }
  EXPECT_LE(percentile(lengths, 50), kFileLinesMedian) << "cut the newest files by subject";
  EXPECT_LE(percentile(lengths, 90), kFileLinesP90) << "cut the longest files by subject";
}

TEST(Style, LinesFitInto120Columns) {
  for (const SourceFile& file : source_tree()) {
    if (!file.is_cpp() && file.extension() != "sql" && file.extension() != "cmake" && file.extension() != "mjs")
      continue;
    int number = 0;
    for (const std::string_view line : file.lines()) {
      ++number;
      EXPECT_LE(columns(line), kColumnsMax)
          << file.path << ":" << number << ": break the line (clang-format-19 does it)";
      EXPECT_FALSE(line.ends_with(' ') || line.ends_with('\t')) << file.path << ":" << number << ": trailing blanks";
    }
  }
}

TEST(Style, FileNamesSayWhatIsInside) {
  static const std::regex vague(R"((utils?|helpers?|common|misc|.*manager)\.(h|cpp|js|mjs))");
  static const std::regex snake(R"([a-z0-9_]+\.(h|cpp))");
  for (const SourceFile& file : source_tree()) {
    const std::string name(file.name());
    EXPECT_FALSE(std::regex_match(name, vague)) << file.path << ": name it after what it does";
    if (file.is_cpp()) EXPECT_TRUE(std::regex_match(name, snake)) << file.path << ": file names are snake_case";
  }
}

// Words that code must not contain, and what to write instead.
struct Banned {
  std::regex pattern;
  std::string_view instead;
  bool tests_only = false;
  std::vector<std::string_view> except = {};
};

const std::vector<Banned>& banned() {
  static const std::vector<Banned> list{
      {std::regex(R"(\b[A-Z]\w*Manager\b)"), "name the class after the one thing it does"},
      {std::regex(R"(\b(TO)(DO)\b|\b(FIX)(ME)\b|\bXXX\b)"), "do it now, or open an issue"},
      {std::regex(R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b)"),
       "wait for a condition: testing/eventually.h",
       true,
       {"testing/eventually.cpp"}},
      {std::regex(R"(\bsystem_clock::now\b|\bgettimeofday\b)"),
       "take a Clock& (base/time.h)",
       false,
       {"src/base/time.cpp"}},
      {std::regex(R"(\b(std::)?(rand|srand)\(|\brandom_device\b)"), "take a Random& (base/random.h)"},
      {std::regex(R"(\bstd::(cout|cerr)\b)"),
       "return text to the caller, or log through base/log.h",
       false,
       {"src/cli/", "app/", "tools/", "tests/", "bench/"}},
      {std::regex(R"(\bGTEST_SKIP\b|\bDISABLED_)"), "a test that does not run is not a test: make it run or remove it"},
  };
  return list;
}

TEST(Style, CodeAvoidsBannedWords) {
  for (const SourceFile* file : cpp_files()) {
    if (file->path == "tests/house/style_test.cpp") continue;
    for (const Banned& word : banned()) {
      const bool excepted =
          std::any_of(word.except.begin(), word.except.end(), [&](auto p) { return file->path.starts_with(p); });
      std::smatch match;
      if (!excepted && (!word.tests_only || file->is_test()) && std::regex_search(file->text, match, word.pattern))
        ADD_FAILURE() << file->path << " says \"" << match.str() << "\": " << word.instead;
    }
  }
}

// RunContext::write() holds the run's lease; a write beside it could come from an attempt that lost it.
TEST(Style, OperationsReachTheDatabaseThroughTheirRunAlone) {
  static const std::regex operation(R"(src/.*_operation\.(h|cpp))"), database(R"(\bstorage::Database\b)");
  for (const SourceFile* file : cpp_files())
    if (std::regex_match(file->path, operation))
      EXPECT_FALSE(std::regex_search(file->text, database))
          << file->path
          << " holds a storage::Database: use context.write() and context.read() (src/runs/run_context.h)";
}

TEST(Style, HeadersAreGuardedAndSayWhatTheyAreFor) {
  for (const SourceFile* file : cpp_files()) {
    if (file->extension() != "h" || file->path == "cmake/pch.h") continue;
    EXPECT_NE(file->text.find("#pragma once"), std::string::npos) << file->path << ": add #pragma once";
    EXPECT_TRUE(file->text.starts_with("//"))
        << file->path << ": a header begins with a comment: purpose, lifetime, threads";
  }
}

TEST(Style, NothingKnowsTheMachineItWasWrittenOn) {
  static const std::regex local(R"((^|[\s"'(=])/(home|root|work|Users)/\w)");
  for (const SourceFile& file : source_tree())
    if (file.path != "tests/house/style_test.cpp")
      EXPECT_FALSE(std::regex_search(file.text, local)) << file.path << " contains a path of somebody's machine";
}

TEST(Style, LockFilesNameNoHost) {
  for (const SourceFile& file : source_tree())
    if (file.name() == "package-lock.json")
      EXPECT_EQ(file.text.find("\"resolved\""), std::string::npos)
          << file.path
          << ": keep omit-lockfile-registry-resolved=true in .npmrc, then `npm install --package-lock-only`";
}

}  // namespace
}  // namespace ta::house
