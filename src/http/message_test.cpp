#include "http/message.h"

#include <gtest/gtest.h>

namespace ta::http {
namespace {

TEST(Message, HeaderNamesCompareWithoutCase) {
  Headers headers;
  headers.add("Content-Type", "text/html");
  headers.add("Set-Cookie", "a=1");
  headers.add("Set-Cookie", "b=2");
  EXPECT_EQ(headers.get("content-TYPE"), "text/html");
  EXPECT_EQ(headers.get("set-cookie"), "a=1");
  EXPECT_TRUE(headers.has("SET-COOKIE"));
  EXPECT_FALSE(headers.has("set-cooki"));
  headers.set("set-cookie", "c=3");
  EXPECT_EQ(std::distance(headers.begin(), headers.end()), 2);
  EXPECT_EQ(headers.get("Set-Cookie"), "c=3");
}

TEST(Message, FieldsDecodeBlanksAndKeepRepeats) {
  const Fields fields = Fields::parse("q=a+b%20c&type=x&type=y&&empty=&flag&%24top=5&bad=%zz%4");
  EXPECT_EQ(fields.get("q"), "a b c");
  EXPECT_EQ(fields.all("type"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(fields.get("empty", "other"), "");
  EXPECT_TRUE(fields.has("flag"));
  EXPECT_EQ(fields.get("$top"), "5");
  EXPECT_EQ(fields.get("bad"), "%zz%4");
  EXPECT_EQ(fields.get("none", "other"), "other");
}

TEST(Message, CookiesAreFoundAmongOthers) {
  Request request;
  request.headers.add("Cookie", "xsession=no; session=abc=; theme=dark");
  request.headers.add("Cookie", "last=1");
  EXPECT_EQ(request.cookie("session"), "abc=");
  EXPECT_EQ(request.cookie("last"), "1");
  EXPECT_EQ(request.cookie("sess"), "");
}

TEST(Message, ProblemsSayWhatRfc9457Wants) {
  const Response out = problem(409, "scope_busy", "Another run is active.", {{"run", 7}});
  EXPECT_EQ(out.status, 409);
  EXPECT_EQ(out.headers.get("content-type"), "application/problem+json");
  EXPECT_EQ(json::parse(out.body), (json::value{{"type", "about:blank"},
                                                {"title", "Conflict"},
                                                {"status", 409},
                                                {"detail", "Another run is active."},
                                                {"code", "scope_busy"},
                                                {"run", 7}}));
}

TEST(Message, MethodNamesGoBothWays) {
  for (const Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::delete_, Method::options})
    EXPECT_EQ(method_from(name(method)), method);
  EXPECT_EQ(method_from("get"), Method::other);
  EXPECT_EQ(method_from("BREW"), Method::other);
}

TEST(Message, EveryByteSurvivesUrlEncoding) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const std::string encoded = url_encode(all);
  EXPECT_EQ(encoded.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%"),
            encoded.npos);
  EXPECT_EQ(url_decode(encoded), all);
  EXPECT_EQ(url_decode("a+b"), "a+b");
  EXPECT_EQ(url_decode("100%"), "100%");
}

}  // namespace
}  // namespace ta::http
