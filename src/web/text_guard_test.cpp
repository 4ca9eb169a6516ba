#include "web/text_guard.h"

#include <gtest/gtest.h>

#include "testing/clock.h"
#include "web/site.h"

namespace ta::web {
namespace {

class TextGuardTest : public ::testing::Test {
 protected:
  TextGuardTest() {
    register_web(router_, clock_);
    router_.wrap(text_guard(clock_));
    const auto reached = [this](http::Request&) { return ++reached_, http::text_response(200, "reached"); };
    router_.add(http::Method::get, "/things/{id}", reached);
    router_.add(http::Method::post, "/things/{id}", reached);
    router_.add(http::Method::get, "/api/v1/things/{id}", reached);
    router_.add(http::Method::post, "/api/v1/things/{id}", reached);
  }
  http::Response ask(http::Method method, const std::string& target, std::string body = {}) {
    http::Request request{.method = method, .target = target, .body = std::move(body)};
    const auto mark = target.find('?');
    request.path = http::url_decode(target.substr(0, mark));
    if (mark != target.npos) request.query = http::Fields::parse(target.substr(mark + 1));
    return router_.handle(request);
  }

  http::Router router_;
  testing::FixedClock clock_;
  int reached_ = 0;
};

constexpr const char* kBad[] = {"%FF", "%C3", "%ED%A0%80", "%00", "a%1B%5B2J", "%C2%9B", "%7F"};

TEST_F(TextGuardTest, WhatIsNoTextReachesNoHandler) {
  for (const std::string bad : kBad)
    for (const std::string api : {"", "/api/v1"})
      for (const std::string& target :
           {api + "/things/" + bad, api + "/things/1?q=" + bad, api + "/things/1?" + bad + "=x"}) {
        const http::Response answer = ask(http::Method::get, target);
        EXPECT_EQ(answer.status, 422) << target;
        EXPECT_EQ(answer.headers.get("Content-Type").starts_with("application/problem+json"), !api.empty()) << target;
      }
  for (const std::string bad : kBad) EXPECT_EQ(ask(http::Method::post, "/things/1", "name=" + bad).status, 422) << bad;
  EXPECT_EQ(reached_, 0);
}

TEST_F(TextGuardTest, TheAnswerNamesThePart) {
  const http::Response api = ask(http::Method::get, "/api/v1/things/1?type=%FF");
  EXPECT_EQ(json_string(parse_json(api.body).value(), "code"), "request.invalid_text");
  EXPECT_EQ(json_string(parse_json(api.body).value(), "detail"), "The parameter \"type\" is not UTF-8.");
  const http::Response page = ask(http::Method::post, "/things/1", "display_name=a%00b");
  EXPECT_NE(page.body.find("The field &quot;display_name&quot; holds the control character U+0000."), std::string::npos)
      << page.body;
  EXPECT_EQ(page.body.find("internal"), std::string::npos);
}

TEST_F(TextGuardTest, TextOfManyLinesIsForForms) {
  EXPECT_EQ(ask(http::Method::post, "/things/1", "certificate=a%0D%0Ab%09c&name=Gr%C3%BC%C3%9Fe+%F0%9F%A6%8A").status,
            200);
  EXPECT_EQ(ask(http::Method::get, "/things/1?q=a%0Ab").status, 422);
  EXPECT_EQ(ask(http::Method::get, "/things/%E6%97%A5%E6%9C%AC?q=%E2%80%A8").status, 200);
  EXPECT_EQ(ask(http::Method::post, "/api/v1/things/1", "{\"a\":\"%FF\"}").status, 200) << "JSON is read elsewhere";
}

}  // namespace
}  // namespace ta::web
