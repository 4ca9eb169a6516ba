#include "host/api_guard.h"

#include <gtest/gtest.h>

namespace ta {
namespace {

std::string read(std::string body) {
  http::Request request;
  request.body = std::move(body);
  const auto object = json_body(request);
  if (object) return json::serialize(*object);
  const json::value problem = parse_json(object.error().body).value();
  return fmt::format("{} {} {}", object.error().status, json_string(problem, "code"), json_string(problem, "detail"));
}

TEST(JsonBody, TextThatCannotBeStoredIsRefusedByName) {
  EXPECT_EQ(read(R"({"inputs":{"names":["a","b\u0000c"]}})"),
            R"(422 request.invalid_text The member "/inputs/names/1" holds the control character U+0000.)");
  EXPECT_EQ(read(R"({"inputs":{"a\u0000":1}})"),
            R"(422 request.invalid_text The name of a member of "/inputs" holds the control character U+0000.)");
  EXPECT_EQ(read(R"({"name":"\u001b[2J"})"),
            R"(422 request.invalid_text The member "/name" holds the control character U+001B.)");
  EXPECT_EQ(read("{\"name\":\"caf\xE9\"}"), "422 request.invalid_text The body is not UTF-8.");
  EXPECT_TRUE(
      read(R"({"name":"x\ud800"})").starts_with("422 request.invalid_text The body holds half a surrogate pair."));
}

TEST(JsonBody, TextIsTakenAsItIs) {
  EXPECT_EQ(read(R"({"name":"Gr\u00fc\u00dfe\n\ud83d\ude00"})"), "{\"name\":\"Grüße\\n😀\"}");
  EXPECT_TRUE(read("{\"a\":\"b").starts_with("400 request.malformed_json"));
  EXPECT_TRUE(read("[1]").starts_with("400 request.malformed_json"));
}

}  // namespace
}  // namespace ta
