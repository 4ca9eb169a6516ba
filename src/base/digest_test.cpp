#include "base/digest.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace ta {
namespace {

using namespace std::string_literals;

TEST(Sha256, MatchesTheStandard) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_bytes("abc").size(), 32u);
}

TEST(Hex, IsLowerCase) { EXPECT_EQ(hex("\x00\x7f\xff"s), "007fff"); }

// RFC 4648, section 10.
TEST(Base64, MatchesTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(base64url("\xfb\xff"), "-_8");
}

TEST(Base64, ReadsBothAlphabetsWithAndWithoutPadding) {
  for (const char* text : {"+/8=", "+/8", "-_8=", "-_8"}) EXPECT_EQ(base64_decode(text), "\xfb\xff") << text;
  EXPECT_EQ(base64_decode(""), "");
}

TEST(Base64, RefusesEverythingElse) {
  for (const char* text : {"Z", "Zg=", "Zg===", "====", "Zm9v=", "Z g=", "Zm9v\n", "Zh==", "Z===", "Zm=v", "\xc3\xa9"})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

TEST(Base64, ReadsWhatItWrites) {
  EXPECT_TRUE(rc::check("decode(encode(x)) == x", [](const std::string& bytes) {
    RC_ASSERT(base64_decode(base64(bytes)) == bytes);
    RC_ASSERT(base64_decode(base64url(bytes)) == bytes);
  }));
}

TEST(EqualConstantTime, Compares) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "abcd"));
}

}  // namespace
}  // namespace ta
