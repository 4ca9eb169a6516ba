#include "base/random.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace ta {
namespace {

TEST(Random, TheSameSeedGivesTheSameBytes) {
  EXPECT_EQ(seeded_random(7)->bytes(64), seeded_random(7)->bytes(64));
  EXPECT_NE(seeded_random(7)->bytes(64), seeded_random(8)->bytes(64));
}

TEST(Random, SecureBytesDoNotRepeat) {
  SecureRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random.bytes(16)).second);
}

TEST(Random, TokensAreUrlSafeAndLong) {
  SecureRandom random;
  EXPECT_TRUE(std::regex_match(random.token(), std::regex("[A-Za-z0-9_-]{43}")));
}

TEST(Random, UuidsAreVersion4) {
  SecureRandom random;
  const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(std::regex_match(random.uuid(), form));
}

TEST(Random, BelowReachesEveryValueEvenly) {
  const auto random = seeded_random(1);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) ++counts.at(random->below(6));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(random->below(1), 0u);
}

}  // namespace
}  // namespace ta
