#include "base/utf8.h"

#include <gtest/gtest.h>

namespace ta {
namespace {

TEST(Utf8, IsToldFromOtherBytes) {
  for (const char* good : {"", "plain", "Grüße", "日本", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "a\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "\xF0\x9F\x98"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Utf8, BrokenRunsBecomeOneMark) {
  EXPECT_EQ(valid_utf8("a\xFF\xFE"
                       "b\x80"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(valid_utf8("Grüße"), "Grüße");
}

}  // namespace
}  // namespace ta
