#include "web/security.h"

#include <gtest/gtest.h>

#include "web/flash.h"
#include "web/page_url.h"
#include "web/viewer.h"

namespace ta::web {
namespace {

http::Request post(std::string body) {
  http::Request request;
  request.method = http::Method::post;
  request.body = std::move(body);
  return request;
}

TEST(Security, PagesCarryThePolicyAndAreNotStored) {
  const http::Response page = html_response(200, "<p>");
  EXPECT_EQ(page.headers.get("Content-Security-Policy"), kContentSecurityPolicy);
  EXPECT_EQ(page.headers.get("X-Frame-Options"), "DENY");
  EXPECT_EQ(page.headers.get("X-Content-Type-Options"), "nosniff");
  EXPECT_NE(page.headers.get("Cache-Control").find("no-store"), std::string_view::npos);
  EXPECT_EQ(kContentSecurityPolicy.find("unsafe"), std::string_view::npos);
}

TEST(Security, AFormNeedsItsToken) {
  EXPECT_TRUE(csrf_matches(post("_csrf=secret-token&a=1"), "secret-token"));
  EXPECT_FALSE(csrf_matches(post("_csrf=secret-tokem"), "secret-token"));
  EXPECT_FALSE(csrf_matches(post("a=1"), "secret-token"));
  EXPECT_FALSE(csrf_matches(post("_csrf="), ""));
}

TEST(Security, TheTokenMayComeInAHeader) {
  http::Request request = post("");
  request.headers.set("X-CSRF-Token", "secret-token");
  EXPECT_TRUE(csrf_matches(request, "secret-token"));
}

TEST(Security, OnlyReadingIsSafe) {
  EXPECT_TRUE(is_safe(http::Method::get));
  EXPECT_TRUE(is_safe(http::Method::head));
  for (const auto method :
       {http::Method::post, http::Method::put, http::Method::patch, http::Method::delete_, http::Method::other})
    EXPECT_FALSE(is_safe(method));
}

TEST(Security, RedirectsStayOnThisSite) {
  EXPECT_EQ(local_path("/t/contoso?tab=active", "/"), "/t/contoso?tab=active");
  for (const char* bad : {"https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "",
                          "javascript:alert(1)", "/a\r\nSet-Cookie: x=1"})
    EXPECT_EQ(local_path(bad, "/tenants"), "/tenants") << bad;
}

TEST(Security, HtmxIsRedirectedByItsOwnHeader) {
  http::Request request = post("");
  EXPECT_EQ(go_to(request, "/tenants").headers.get("Location"), "/tenants");
  request.headers.set("HX-Request", "true");
  EXPECT_EQ(go_to(request, "/tenants").headers.get("HX-Redirect"), "/tenants");
}

TEST(Security, OnlyPartialRequestsGetFragments) {
  http::Request request;
  EXPECT_FALSE(wants_fragment(request));
  request.headers.set("HX-Request-Type", "full");
  EXPECT_FALSE(wants_fragment(request));
  request.headers.set("HX-Request-Type", "partial");
  EXPECT_TRUE(wants_fragment(request));
}

TEST(Flash, IsShownOnceAndTellsTheBrowserToForgetIt) {
  http::Response redirect;
  put_flash(redirect,
            {"success", "Inventory sync queued", "Running in the background.", "/t/a/operations/7", "View run"});
  const std::string cookie(redirect.headers.get("Set-Cookie"));
  http::Request next;
  next.headers.set("Cookie", cookie.substr(0, cookie.find(';')));
  http::Response page;
  const auto toasts = take_flash(next, page);
  ASSERT_EQ(toasts.size(), 1u);
  EXPECT_EQ(toasts[0].title, "Inventory sync queued");
  EXPECT_EQ(toasts[0].href, "/t/a/operations/7");
  EXPECT_NE(page.headers.get("Set-Cookie").find("Max-Age=0"), std::string_view::npos);
}

TEST(Flash, ACookieOfNonsenseIsNoToast) {
  for (const char* value : {"ta_flash=%%%", "ta_flash=e30", "ta_flash=WzFd"}) {
    http::Request request;
    request.headers.set("Cookie", value);
    http::Response response;
    EXPECT_TRUE(take_flash(request, response).empty()) << value;
  }
}

TEST(PageUrl, HasOneSpelling) {
  const PageUrl url = PageUrl("/t/contoso/operations").with("tab", "active").with("type", "");
  EXPECT_EQ(url.str(), "/t/contoso/operations?tab=active");
  EXPECT_EQ(url.with("q", "a&b c").str(), "/t/contoso/operations?tab=active&q=a%26b%20c");
  EXPECT_EQ(url.with("tab", "failed").str(), "/t/contoso/operations?tab=failed");
  EXPECT_EQ(url.without("tab").str(), "/t/contoso/operations");
}

TEST(Preferences, SurviveJsonAndRefuseNonsense) {
  const Preferences p = preferences_from(to_json({"dark", "Europe/Berlin", false}));
  EXPECT_EQ(p.theme, "dark");
  EXPECT_EQ(p.time_zone, "Europe/Berlin");
  EXPECT_FALSE(p.keys);
  const Preferences bad = preferences_from(json::object{{"theme", "<b>"}, {"time_zone", "Mars/Olympus"}});
  EXPECT_EQ(bad.theme, "");
  EXPECT_EQ(bad.time_zone, "");
  EXPECT_TRUE(bad.keys);
}

TEST(Preferences, TheThemeCookieKnowsTwoThemes) {
  http::Request request;
  request.headers.set("Cookie", "ta_theme=dark");
  EXPECT_EQ(theme_cookie(request), "dark");
  request.headers.set("Cookie", "ta_theme=\"><script>");
  EXPECT_EQ(theme_cookie(request), "");
  EXPECT_NE(theme_cookie_header("automatic").find("Max-Age=0"), std::string::npos);
}

}  // namespace
}  // namespace ta::web
