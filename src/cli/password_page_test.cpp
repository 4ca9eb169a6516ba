// The password on the profile page, by its form, without script.
#include "access/users.h"
#include "cli/pages_fixture.h"

namespace ta::cli {
namespace {

using access::Role;
using http::Method;

class PasswordPageTest : public PagesTest {
 protected:
  void SetUp() override {
    PagesTest::SetUp();
    sign_in(Role::operator_);
    old_ = person(Role::operator_).password;
    email_ = person(Role::operator_).email;
  }
  Page change(const std::string& current, const std::string& wanted, const std::string& again) {
    return submit("/profile/password",
                  fmt::format("&current_password={}&new_password={}&again={}", http::url_encode(current),
                              http::url_encode(wanted), http::url_encode(again)));
  }
  void expect_refused(const Page& page, std::string_view why, int status = 422) {
    EXPECT_EQ(page.status, status);
    EXPECT_TRUE(page.has("The password was not changed.")) << page.body.substr(0, 300);
    EXPECT_TRUE(page.has(why)) << why;
    EXPECT_EQ(read("/profile").status, 200) << "still signed in";
  }

  const std::string kNew = "staple battery horse";
  std::string old_, email_;
};
INSTANTIATE_TEST_SUITE_P(Engines, PasswordPageTest, testing::engines(), testing::engine_name);

TEST_P(PasswordPageTest, TheFormSaysTheRulesAndWhatHappens) {
  const Page page = read("/profile");
  for (const char* text :
       {"At least 12 characters, and not your email address.",
        "You stay signed in here and are signed out everywhere else.", "1 API token of yours goes on working",
        "autocomplete=\"current-password\"", "autocomplete=\"new-password\"", "autocomplete=\"username\""})
    EXPECT_TRUE(page.has(text)) << text;
}

TEST_P(PasswordPageTest, ANewPasswordTakesThePlaceOfTheOldOneAndOfEverySession) {
  const std::string here = session_;
  sign_in(Role::operator_);
  const std::string elsewhere = here;
  const Page changed = change(old_, kNew, kNew);
  ASSERT_EQ(changed.status, 303) << changed.body;
  EXPECT_EQ(changed.headers.get("Location"), "/profile");
  const std::string before = std::exchange(session_, changed.cookie("ta_session"));
  EXPECT_NE(session_, before);
  EXPECT_TRUE(follow(changed).has("Password changed."));
  for (const std::string& gone : {before, elsewhere}) EXPECT_EQ(ask(Method::get, "/profile", gone).status, 303);
  EXPECT_EQ(login(email_, old_).status, 422);
  EXPECT_EQ(login(email_, kNew).status, 303);
  EXPECT_EQ(get("/api/v1/tenants", Role::operator_).status, 200) << "the API token goes on";
  EXPECT_EQ(count("audit_log WHERE action = 'user.password_changed' AND result = 'done'"), 1);
}

TEST_P(PasswordPageTest, WhatIsWrongIsSaidAtItsField) {
  expect_refused(change("", kNew, kNew), "Enter the password that you have now.");
  expect_refused(change("a wrong one", kNew, kNew), "The current password is wrong.");
  expect_refused(change(old_, kNew, kNew + "!"), "The two new passwords are not the same.");
  expect_refused(change(old_, "short", "short"), "A password needs at least 12 characters.");
  expect_refused(change(old_, email_, email_), "The password must not be the email address.");
  expect_refused(change(old_, old_, old_), "The new password is the one you have now.");
  EXPECT_EQ(count("audit_log WHERE action = 'user.password_changed' AND result = 'refused'"), 1);
  const Page page = change("a wrong one", kNew, kNew);
  EXPECT_TRUE(
      page.has("id=\"current_password\" name=\"current_password\" type=\"password\" autocomplete=\"current-password\" "
               "required aria-invalid=\"true\" aria-describedby=\"e-current_password\""));
  EXPECT_FALSE(page.has(kNew)) << "a password never comes back in a page";
}

TEST_P(PasswordPageTest, GuessesAreThrottled) {
  for (int i = 0; i < 5; ++i) change("a wrong one", kNew, kNew);
  const Page page = change(old_, kNew, kNew);
  expect_refused(page, "Too many attempts. Try again in 5 min.", 429);
  EXPECT_FALSE(page.headers.get("Retry-After").empty());
}

TEST_P(PasswordPageTest, TheFormNeedsItsToken) {
  const std::string fields = fmt::format("current_password={}&new_password={}&again={}", http::url_encode(old_),
                                         "staple+battery+horse", "staple+battery+horse");
  EXPECT_EQ(ask(Method::post, "/profile/password", session_, fields).status, 403);
  EXPECT_EQ(login(email_, old_).status, 303);
}

}  // namespace
}  // namespace ta::cli
