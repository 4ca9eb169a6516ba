#include "base/readable_json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/utf8.h"

namespace ta {
namespace {

std::string read(std::string_view text) {
  const auto value = parse_readable_json(text);
  return value ? json::serialize(*value) : value.error().message;
}

TEST(ReadableJson, ReplacesOddCharactersAndKeepsTheRest) {
  constexpr const char* kKiosk = "{\"name\":\"Ki\xEF\xBF\xBDosk\"}";
  EXPECT_EQ(read(R"({"name":"Ki\u0000osk"})"), kKiosk);
  EXPECT_EQ(read(R"({"name":"Ki\ud800osk"})"), kKiosk);
  EXPECT_EQ(read(R"({"name":"Ki\udc00osk"})"), kKiosk);
  EXPECT_EQ(read("{\"name\":\"Ki\xFCosk\"}"), kKiosk) << "Latin-1";
  EXPECT_EQ(read(std::string("{\"name\":\"Ki\0osk\"}", 17)), kKiosk);
  EXPECT_EQ(read(R"({"a\u0000":["\ud83d\ude00","\ud83dx\ud83d"]})"),
            "{\"a\xEF\xBF\xBD\":[\"😀\",\"\xEF\xBF\xBDx\xEF\xBF\xBD\"]}");
}

TEST(ReadableJson, SkipsAByteOrderMark) { EXPECT_EQ(read("\xEF\xBB\xBF{\"value\":[]}"), R"({"value":[]})"); }

TEST(ReadableJson, ReadsNumbersThatNoDoubleHolds) {
  EXPECT_EQ(read(R"([1e400,-1e400,1e99999999999,1e-99999999999,7,12.5])"), R"([null,null,null,0,7,1.25E1])");
}

TEST(ReadableJson, ReadsLineBreaksInsideStrings) { EXPECT_EQ(read("[\"a\nb\tc\"]"), R"(["a\nb\tc"])"); }

TEST(ReadableJson, LeavesAloneWhatIsWellFormed) {
  for (const char* text : {R"({"a":"\\u0000","b":"\\\\ud800"})", R"(["\"1e400\"","-1e400"])", R"(["\u00e9","x"])"})
    EXPECT_EQ(readable_json(text), text);
  EXPECT_EQ(read(R"(["\\u0000"])"), R"(["\\u0000"])");
}

TEST(ReadableJson, TellsHalfSurrogatesFromOtherMistakes) {
  EXPECT_TRUE(holds_half_surrogate(R"({"a":"x\ud800"})"));
  EXPECT_TRUE(holds_half_surrogate(R"(["\udc00\ud800"])"));
  for (const char* text : {R"(["\ud83d\ude00"])", R"({"a":"x\ud800")", R"(["\\ud800"])", "x"})
    EXPECT_FALSE(holds_half_surrogate(text)) << text;
}

TEST(ReadableJson, StillRefusesWhatIsNotJson) {
  for (const char* text : {"", "\xEF\xBB\xBF", "<html>", "{\"a\":", "[\"a", "[\"\\", "[\"\\u00", "-", "{} x"})
    EXPECT_FALSE(parse_readable_json(text)) << text;
  EXPECT_FALSE(parse_readable_json("[\"\xFF\"]", {.bytes_max = 4}));
  EXPECT_TRUE(parse_readable_json("[\"\xFF\"]", {.bytes_max = 5})) << "the limit is for what arrived";
}

bool is_stored_everywhere(const json::value& value) {
  const auto clean = [](std::string_view text) { return clean_text(text) == text; };
  if (value.is_string()) return clean(value.get_string());
  if (value.is_array()) return std::all_of(value.get_array().begin(), value.get_array().end(), is_stored_everywhere);
  if (!value.is_object()) return true;
  return std::all_of(value.get_object().begin(), value.get_object().end(),
                     [&](const auto& member) { return clean(member.key()) && is_stored_everywhere(member.value()); });
}

TEST(ReadableJson, ReadsAnyStringOfAnyBytes) {
  EXPECT_TRUE(rc::check("a string of any bytes and escapes is read, clean, and reading it again changes nothing", [] {
    const auto piece =
        rc::gen::oneOf(rc::gen::map(rc::gen::arbitrary<char>(),
                                    [](char c) { return std::string(1, c == '"' || c == '\\' ? ' ' : c); }),
                       rc::gen::element<std::string>("\\u0000", "\\ud800", "\\udfff", "\\ud83d\\ude00", "\\\\", "\\\"",
                                                     "é", "\\u00e9"));
    std::string text = "[{\"id\":\"g1\"},\"";
    for (const std::string& each : *rc::gen::container<std::vector<std::string>>(piece)) text += each;
    text += "\",1e999]";
    const auto value = parse_readable_json(text);
    RC_ASSERT(value.has_value());
    RC_ASSERT(is_stored_everywhere(*value));
    RC_ASSERT(*parse_readable_json(json::serialize(*value)) == *value);
  }));
}

}  // namespace
}  // namespace ta
