#include "web/sign_in_pages.h"

#include "access/tenants.h"
#include "base/digest.h"
#include "web/security.h"
#include "web/templates.h"

namespace ta::web {
namespace {

using access::Refusal;

// Before signing in there is no session whose token a form could carry: a random cookie stands in for it.
constexpr std::string_view kFormCookie = "ta_form";

std::string cookie_header(std::string_view name, std::string_view value, const http::Request& request,
                          std::string_view more) {
  return fmt::format("{}={}; Path=/; HttpOnly; {}{}", name, value, more, request.secure ? "; Secure" : "");
}

struct LoginView {
  std::string csrf, email, next, error, notice;
};
BOOST_DESCRIBE_STRUCT(LoginView, (), (csrf, email, next, error, notice));

class SignInPages {
 public:
  SignInPages(Site& site, access::SignIn& sign_in, Random& random) : site_(site), sign_in_(sign_in), random_(random) {}

  http::Response form(http::Request& request) {
    if (site_.principal(request)) return http::redirect("/tenants");
    LoginView view;
    view.next = local_path(request.query.get("next"), "");
    if (!view.next.empty()) view.notice = "Sign in to continue.";
    return show(request, std::move(view), 200);
  }

  http::Response submit(http::Request& request) {
    const http::Fields form = request.form();
    LoginView view;
    view.email = form.get("email");
    view.next = local_path(form.get("next"), "");
    if (!csrf_matches(request, request.cookie(kFormCookie))) {
      view.error = "This form is out of date. Sign in again.";
      return show(request, std::move(view), 403);
    }
    auto started = sign_in_.sign_in(view.email, form.get("password"), caller_of(request));
    if (!started) return refused(request, std::move(view), started.error());
    return welcome(request, *started, view.next);
  }

  http::Response sign_out(http::Request& request, const Viewer& viewer) {
    sign_in_.sign_out(viewer.principal, caller_of(request));
    site_.rights_changed();
    http::Response response = go_to(request, "/login");
    response.headers.add("Set-Cookie", cookie_header(kSessionCookie, "", request, "SameSite=Lax; Max-Age=0"));
    return response;
  }

 private:
  http::Response show(const http::Request& request, LoginView view, int status) {
    std::string token = request.cookie(kFormCookie);
    const bool fresh = token.size() < 40;
    if (fresh) token = random_.token();
    view.csrf = token;
    http::Response response = html_response(
        status, render_plain(theme_cookie(request), "Sign in", render("web/login", view), site_.clock().now()));
    if (fresh) response.headers.add("Set-Cookie", cookie_header(kFormCookie, token, request, "SameSite=Strict"));
    return response;
  }

  http::Response refused(const http::Request& request, LoginView view, const Refusal& refusal) {
    view.error = refusal.text();
    const bool limited =
        refusal.reason == Refusal::Reason::too_many_attempts || refusal.reason == Refusal::Reason::busy;
    http::Response response = show(request, std::move(view), limited ? 429 : 422);
    if (refusal.retry_after.count() > 0)
      response.headers.set("Retry-After", fmt::to_string(refusal.retry_after.count()));
    return response;
  }

  http::Response welcome(const http::Request& request, const access::StartedSession& session, const std::string& next) {
    http::Response response = go_to(request, next.empty() ? home_of(session.principal) : next);
    response.headers.add("Set-Cookie", session_cookie_header(session, request));
    return response;
  }

  // A member of one tenant need not choose.
  std::string home_of(const access::Principal& principal) {
    const auto tenants = site_.database().read(
        [&](storage::Transaction& tx) { return access::list_tenants_of(tx, principal.user.id, 2); });
    return tenants.size() == 1 ? "/t/" + tenants[0].tenant.slug : "/tenants";
  }

  Site& site_;
  access::SignIn& sign_in_;
  Random& random_;
};

}  // namespace

SessionLookup session_lookup(access::SignIn& sign_in) {
  return [&sign_in](const http::Request& request) -> std::optional<access::Principal> {
    const std::string secret = request.cookie(kSessionCookie);
    return secret.empty() ? std::nullopt : sign_in.session(secret);
  };
}

access::Caller caller_of(const http::Request& request) {
  return {request.peer_address, std::string(request.headers.get("User-Agent")), request.id};
}

std::string session_cookie_header(const access::StartedSession& session, const http::Request& request) {
  return cookie_header(kSessionCookie, session.secret, request, "SameSite=Lax");
}

void register_sign_in_pages(Site& site, access::SignIn& sign_in, Random& random) {
  const auto pages = std::make_shared<SignInPages>(site, sign_in, random);
  site.public_page(http::Method::get, "/", [](http::Request&) { return http::redirect("/tenants"); });
  site.public_page(http::Method::get, "/login", [pages](http::Request& request) { return pages->form(request); });
  site.public_page(http::Method::post, "/login", [pages](http::Request& request) { return pages->submit(request); });
  site.personal_page(http::Method::post, "/logout", [pages](http::Request& request, const Viewer& viewer) {
    return pages->sign_out(request, viewer);
  });
}

}  // namespace ta::web
