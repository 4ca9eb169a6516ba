#include "access/input_rules.h"

#include <gtest/gtest.h>

namespace ta::access {
namespace {

TEST(InputRules, EmailsAreTrimmedAndLowered) {
  EXPECT_EQ(normalised_email("  Alva.Lindqvist+it@Contoso.EXAMPLE \n"), "alva.lindqvist+it@contoso.example");
  EXPECT_EQ(normalised_email("root@localhost"), "root@localhost");
  for (const std::string_view wrong :
       {"", "alva", "@contoso.example", "alva@", "a b@contoso.example", "a@b@c", "a@.example", "a@x..y", "a@x.", "a@-x",
        "älva@contoso.example", "a@cöntoso.example", "a\"b@x", "<a@x>"})
    EXPECT_FALSE(normalised_email(wrong)) << wrong;
  EXPECT_FALSE(normalised_email(std::string("a\0b@x.example", 13)));
  EXPECT_FALSE(normalised_email(std::string(65, 'a') + "@x.example"));
  EXPECT_FALSE(normalised_email("a@" + std::string(253, 'x')));
}

TEST(InputRules, Slugs) {
  for (const std::string_view right : {"contoso", "a1", "north-wind-2", "00"}) EXPECT_TRUE(is_slug(right)) << right;
  for (const std::string_view wrong : {"", "a", "Contoso", "-a", "a-", "a_b", "a/b", "a.b", "ä1", "a b"})
    EXPECT_FALSE(is_slug(wrong)) << wrong;
  EXPECT_TRUE(is_slug(std::string(40, 'a')));
  EXPECT_FALSE(is_slug(std::string(41, 'a')));
}

TEST(InputRules, Zones) {
  for (const std::string_view right : {"UTC", "Europe/Berlin", "Etc/GMT+5", "America/Argentina/Buenos_Aires"})
    EXPECT_TRUE(is_time_zone_name(right)) << right;
  for (const std::string_view wrong : {"", "/etc/passwd", "Europe Berlin", "../UTC"})
    EXPECT_FALSE(is_time_zone_name(wrong)) << wrong;
}

}  // namespace
}  // namespace ta::access
