#include "base/json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <bit>

namespace ta {
namespace {

std::string canonical(std::string_view text) {
  const auto value = parse_json(text);
  EXPECT_TRUE(value) << text << ": " << (value ? "" : value.error().message);
  return value ? canonical_json(*value) : "";
}

std::string complaint(std::string_view text, JsonLimits limits = {}) {
  const auto value = parse_json(text, limits);
  if (value) return "accepted";
  EXPECT_EQ(value.error().code, FailureCode::run_invalid_input);
  return value.error().message;
}

TEST(ParseJson, ReadsEveryKind) {
  const auto value = parse_json(R"( {"a":[1,-2,3.5,true,false,null,"x\u00e9"],"b":{}} )");
  ASSERT_TRUE(value);
  EXPECT_EQ(json_find(*value, "a")->get_array().size(), 7u);
  EXPECT_EQ(json_find(*value, "a")->at(6).as_string(), "x\u00e9");
}

TEST(ParseJson, RefusesWhatIsNotOneWholeValue) {
  for (const char* text :
       {"", " ", "{", "[1,", "{\"a\":1", "\"open", "tru", "{} {}", "[1] x", "{'a':1}", "[1,]", "nan", "01", "-"})
    EXPECT_NE(complaint(text), "accepted") << text;
}

TEST(ParseJson, RefusesBrokenText) {
  EXPECT_NE(complaint("\"\xff\""), "accepted");
  EXPECT_NE(complaint("\"\\ud800\""), "accepted");
  EXPECT_NE(complaint(std::string_view("\"\0\"", 3)), "accepted");
}

TEST(ParseJson, RefusesNumbersThatNoDoubleHolds) { EXPECT_NE(complaint(R"({"a":1e999})"), "accepted"); }

TEST(ParseJson, SaysWhere) {
  EXPECT_NE(complaint("[1, x]").find("byte 4"), std::string::npos) << complaint("[1, x]");
  EXPECT_NE(complaint("[1] 2").find("after the value"), std::string::npos) << complaint("[1] 2");
}

TEST(ParseJson, HoldsItsLimits) {
  const std::string deep = std::string(32, '[') + std::string(32, ']');
  EXPECT_EQ(complaint(deep), "accepted");
  EXPECT_NE(complaint("[" + deep + "]").find("32 levels"), std::string::npos);
  EXPECT_NE(complaint(std::string(100'000, '[')).find("32 levels"), std::string::npos);
  EXPECT_NE(complaint("[1,2,3]", {.bytes_max = 6}).find("at most 6"), std::string::npos);
}

TEST(CanonicalJson, SortsKeysAtEveryLevelAndKeepsArrays) {
  EXPECT_EQ(canonical(R"({"b":[3,1,{"z":1,"a":2}],"a":{"d":1,"c":2}})"),
            R"({"a":{"c":2,"d":1},"b":[3,1,{"a":2,"z":1}]})");
}

// RFC 8785, section 3.2.3: the order is that of UTF-16 code units.
TEST(CanonicalJson, SortsAsUtf16) {
  EXPECT_EQ(
      canonical("{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}"),
      "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001f600\":5,\"\ufb33\":3}");
  EXPECT_EQ(canonical(R"({"aa":1,"a":2,"":3})"), R"({"":3,"a":2,"aa":1})");
}

// RFC 8785, section 3.2.2.2: short escapes, lower-case hexadecimal, everything else as it is.
TEST(CanonicalJson, SpellsStringsOneWay) {
  EXPECT_EQ(canonical(R"("\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/")"),
            "\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
  EXPECT_EQ(canonical(R"("\b\t\n\f\r\u001f\u007f")"), "\"\\b\\t\\n\\f\\r\\u001f\x7f\"");
}

// RFC 8785, appendix B: IEEE 754 bit patterns and their spelling.
TEST(CanonicalJson, SpellsNumbersAsTheStandardSays) {
  const std::pair<std::uint64_t, const char*> samples[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, text] : samples) EXPECT_EQ(canonical_json(std::bit_cast<double>(bits)), text);
}

TEST(CanonicalJson, GivesEqualNumbersOneSpelling) {
  EXPECT_EQ(canonical("[1.0,1e2,100,-0,0.10,1E-7]"), "[1,100,100,0,0.1,1e-7]");
}

TEST(CanonicalJson, KeepsLongWholeNumbersApart) {
  EXPECT_EQ(canonical("[9007199254740993,9007199254740992,18446744073709551615]"),
            "[9007199254740993,9007199254740992,18446744073709551615]");
}

rc::Gen<json::value> any_json(int depth) {
  const auto leaf =
      rc::gen::oneOf(rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t v) { return json::value(v); }),
                     rc::gen::map(rc::gen::arbitrary<bool>(), [](bool v) { return json::value(v); }),
                     rc::gen::map(rc::gen::arbitrary<int>(), [](int v) { return json::value(v / 64.0); }),
                     rc::gen::map(rc::gen::string<std::string>(), [](std::string v) {
                       for (char& c : v) c &= 0x7F;
                       return json::value(v);
                     }));
  if (depth == 0) return leaf;
  return rc::gen::oneOf(leaf, rc::gen::exec([depth] {
                          json::object object;
                          for (int i = *rc::gen::inRange(0, 5); i > 0; --i)
                            object[std::to_string(*rc::gen::inRange(0, 50))] = *any_json(depth - 1);
                          return json::value(object);
                        }));
}

json::value with_members_reversed(const json::value& value) {
  if (!value.is_object()) return value;
  json::object reversed;
  const auto& object = value.get_object();
  for (std::size_t i = object.size(); i-- > 0;)
    reversed[(object.begin() + i)->key()] = with_members_reversed((object.begin() + i)->value());
  return reversed;
}

TEST(CanonicalJson, DependsOnTheValueAlone) {
  EXPECT_TRUE(rc::check("order of members does not matter; reading and writing again changes nothing", [] {
    const json::value value = *any_json(3);
    const std::string text = canonical_json(value);
    RC_ASSERT(text == canonical_json(with_members_reversed(value)));
    const auto again = parse_json(text);
    RC_ASSERT(again.has_value());
    RC_ASSERT(canonical_json(*again) == text);
  }));
}

TEST(JsonLookups, NeverThrow) {
  const json::value value = json::parse(R"({"s":"x","i":7,"d":2.5,"big":1e30,"b":true,"n":null})");
  EXPECT_EQ(json_string(value, "s"), "x");
  EXPECT_EQ(json_string(value, "i", "no"), "no");
  EXPECT_EQ(json_int(value, "i"), 7);
  EXPECT_EQ(json_int(value, "d", -1), -1);
  EXPECT_EQ(json_int(value, "big", -1), -1);
  EXPECT_TRUE(json_bool(value, "b"));
  EXPECT_FALSE(json_bool(value, "n"));
  EXPECT_EQ(json_find(value, "absent"), nullptr);
  EXPECT_EQ(json_find(json::value(1), "s"), nullptr);
}

}  // namespace
}  // namespace ta
