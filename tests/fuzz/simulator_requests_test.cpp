#include "fuzz/simulator_requests.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "fuzz/mutations.h"

namespace ta::fuzz {
namespace {

TEST(SimulatorRequests, TheCorpusNamesEveryReader) {
  std::set<char> readers;
  for (const std::string& sample : read_corpus(TA_CORPUS)) {
    ASSERT_FALSE(sample.empty());
    readers.insert(sample.front());
    EXPECT_NO_THROW(read_as_simulator(sample)) << sample;
  }
  EXPECT_EQ(readers, (std::set<char>{'A', 'B', 'F', 'O', 'P', 'R', 'T'}));
}

TEST(SimulatorRequests, SurviveWhatNobodyMeant) {
  const std::vector<std::string> samples = read_corpus(TA_CORPUS);
  const auto random = seeded_random(20261121);
  for (int i = 0; i < 4'000; ++i) {
    const std::string input = mutated(samples[random->below(samples.size())], samples, *random);
    ASSERT_NO_THROW(read_as_simulator(input)) << input;
  }
}

// Every value of a JSON text, itself included.
void collect(json::value& value, std::vector<json::value*>& all) {
  all.push_back(&value);
  if (value.is_array())
    for (json::value& item : value.get_array()) collect(item, all);
  if (value.is_object())
    for (auto& member : value.get_object()) collect(member.value(), all);
}

// The sample with one value of its body replaced by one of another kind; unchanged without a JSON body.
std::string with_another_kind(const std::string& sample, Random& random) {
  static const std::vector<json::value> kKinds{nullptr,
                                               true,
                                               -1,
                                               1.5,
                                               "x",
                                               json::array{},
                                               json::object{},
                                               json::array{1, nullptr},
                                               json::array{json::object{}},
                                               json::object{{"id", 1}}};
  const std::size_t begin = sample.find('{', sample.find('\n') == sample.npos ? 0 : sample.find("\n{"));
  if (begin == sample.npos) return sample;
  json::error_code error;
  json::value body = json::parse(sample.substr(begin), error);
  if (error) return sample;
  std::vector<json::value*> all;
  collect(body, all);
  *all[random.below(all.size())] = kKinds[random.below(kKinds.size())];
  return sample.substr(0, begin) + json::serialize(body);
}

TEST(SimulatorRequests, SurviveValuesOfTheWrongKind) {
  const std::vector<std::string> samples = read_corpus(TA_CORPUS);
  const auto random = seeded_random(20261122);
  for (int i = 0; i < 4'000; ++i) {
    const std::string input = with_another_kind(samples[random->below(samples.size())], *random);
    ASSERT_NO_THROW(read_as_simulator(input)) << input;
  }
}

}  // namespace
}  // namespace ta::fuzz
