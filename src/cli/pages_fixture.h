// For this module's tests of pages: a browser without script. It signs in by the form and keeps its cookies.
#pragma once
#include "cli/product_fixture.h"

namespace ta::cli {

class PagesTest : public ProductTest {
 protected:
  struct Page {
    int status = 0;
    http::Headers headers;
    std::string body;
    bool has(std::string_view text) const { return body.find(text) != std::string::npos; }
    // The value of a cookie that this answer sets.
    std::string cookie(std::string_view name) const {
      for (const auto& [field, value] : headers)
        if (field.size() == 10 && value.starts_with(fmt::format("{}=", name))) return value.substr(0, value.find(';'));
      return {};
    }
    std::string between(std::string_view before, std::string_view after) const {
      const auto start = body.find(before);
      if (start == std::string::npos) return {};
      const auto from = start + before.size();
      return body.substr(from, body.find(after, from) - from);
    }
  };

  Page ask(http::Method method, const std::string& path, const std::string& cookies, std::string body = {}) {
    http::ClientRequest request{
        .method = method, .url = process_->url() + path, .headers = {}, .body = std::move(body)};
    if (!cookies.empty()) request.headers.set("Cookie", cookies);
    const auto response = client_.send(std::move(request)).get().value();
    return {response.status, response.headers, response.body};
  }
  Page read(const std::string& path) { return ask(http::Method::get, path, session_); }
  Page submit(const std::string& path, const std::string& fields = {}) {
    return ask(http::Method::post, path, session_, "_csrf=" + csrf_ + fields);
  }

  Page login(const std::string& email, const std::string& password, const std::string& next = {}) {
    const Page form = ask(http::Method::get, "/login", "");
    const std::string token = form.between("name=\"_csrf\" value=\"", "\"");
    return ask(http::Method::post, "/login", form.cookie("ta_form"),
               fmt::format("_csrf={}&email={}&password={}&next={}", http::url_encode(token), http::url_encode(email),
                           http::url_encode(password), http::url_encode(next)));
  }
  void sign_in(access::Role role) {
    const Page answer = login(person(role).email, person(role).password);
    ASSERT_EQ(answer.status, 303) << answer.body;
    session_ = answer.cookie("ta_session");
    csrf_ = http::url_encode(read("/profile").between("name=\"_csrf\" value=\"", "\""));
  }
  // What the page shows that a form led to, toast included.
  Page follow(const Page& answer) {
    return ask(http::Method::get, std::string(answer.headers.get("Location")),
               session_ + "; " + answer.cookie("ta_flash"));
  }
  std::string session_, csrf_;
};

}  // namespace ta::cli
