#include "fuzz/graph_parsers.h"

#include <gtest/gtest.h>

#include "fuzz/mutations.h"

namespace ta::fuzz {
namespace {

std::vector<std::string> corpus() { return read_corpus(TA_CORPUS); }

TEST(GraphParsers, TheCorpusNamesEveryParser) {
  std::set<char> parsers;
  for (const std::string& sample : corpus()) {
    ASSERT_FALSE(sample.empty());
    parsers.insert(sample.front());
    EXPECT_NO_THROW(read_as_graph(sample)) << sample;
  }
  EXPECT_EQ(parsers, (std::set<char>{'B', 'C', 'E', 'J', 'N', 'R', 'T'}));
}

TEST(GraphParsers, SurviveWhatNobodyMeant) {
  const std::vector<std::string> samples = corpus();
  const auto random = seeded_random(20261121);
  for (int i = 0; i < 20'000; ++i) {
    const std::string input = mutated(samples[random->below(samples.size())], samples, *random);
    ASSERT_NO_THROW(read_as_graph(input)) << input;
  }
}

}  // namespace
}  // namespace ta::fuzz
