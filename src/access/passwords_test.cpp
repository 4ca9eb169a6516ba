#include "access/passwords.h"

#include <gtest/gtest.h>

#include <future>

namespace ta::access {
namespace {

TEST(Passwords, HashesAreArgon2idWithTheirOwnSaltAndCost) {
  const PasswordHasher hasher;
  const std::string hash = hasher.hash("correct horse battery").value();
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << hash;
  EXPECT_NE(hash, hasher.hash("correct horse battery").value());
  EXPECT_TRUE(hasher.verify(hash, "correct horse battery").value());
  EXPECT_FALSE(hasher.verify(hash, "correct horse batterY").value());
}

TEST(Passwords, NobodyHasNoPassword) {
  const PasswordHasher hasher(PasswordCost::lowest());
  EXPECT_FALSE(hasher.verify(std::nullopt, "anything at all").value());
  EXPECT_FALSE(hasher.verify(std::string("none"), "anything at all").value());
  EXPECT_FALSE(hasher.verify(std::string(), "").value());
}

TEST(Passwords, AnOverlongPasswordIsRefusedWithoutHashing) {
  const PasswordHasher hasher(PasswordCost::lowest());
  const std::string endless(1'000'000, 'x');
  EXPECT_FALSE(hasher.verify(hasher.hash("correct horse battery").value(), endless).value());
  EXPECT_EQ(check_new_password(endless, "a@x.example").error().reason, Refusal::Reason::password_too_long);
}

TEST(Passwords, RulesForNewOnes) {
  const std::string email = "alva.lindqvist@contoso.example";
  EXPECT_EQ(check_new_password("elevenchars", email).error().reason, Refusal::Reason::password_too_short);
  EXPECT_EQ(check_new_password("äöüäöüäöüäö", email).error().reason, Refusal::Reason::password_too_short);
  EXPECT_TRUE(check_new_password("twelve chars", email));
  EXPECT_TRUE(check_new_password("äöüäöüäöüäöü", email));
  EXPECT_EQ(check_new_password(" Alva.Lindqvist@contoso.example", email).error().reason,
            Refusal::Reason::password_is_email);
  EXPECT_EQ(Refusal{Refusal::Reason::password_too_short}.text(), "A password needs at least 12 characters.");
}

// One slot, no patience: of many hashes at once, those that find it taken are refused, and nobody waits for ever.
TEST(Passwords, AFloodIsRefusedRatherThanQueuedForEver) {
  const PasswordHasher hasher({std::size_t{32} << 20, 2}, 1, std::chrono::milliseconds{0});
  std::vector<std::future<bool>> flood;
  for (int i = 0; i < 12; ++i)
    flood.push_back(std::async(std::launch::async, [&] { return hasher.hash("correct horse battery").has_value(); }));
  int done = 0;
  for (auto& one : flood) done += one.get();
  EXPECT_GE(done, 1);
  EXPECT_LT(done, 12);
  EXPECT_TRUE(hasher.hash("and the slot is free again"));
}

}  // namespace
}  // namespace ta::access
