#include "web/profile_pages.h"

#include "access/api_tokens.h"
#include "access/users.h"
#include "web/security.h"
#include "web/sign_in_pages.h"
#include "web/templates.h"

namespace ta::web {
namespace {

struct Option {
  std::string value, label;
  bool selected = false;
};
BOOST_DESCRIBE_STRUCT(Option, (), (value, label, selected))

struct SessionRow {
  std::string device, address;
  TimeText last_seen;
  bool current = false;
};
BOOST_DESCRIBE_STRUCT(SessionRow, (), (device, address, last_seen, current))

// What is wrong with the form for a new password, by field; all empty: nothing.
struct PasswordProblem {
  std::string current, wanted, again;
  int status = 422;
  std::int64_t retry_after = 0;  // seconds
};

struct ProfileView {
  std::string csrf, name, email;
  std::vector<Option> themes, zones;
  bool keys = true;
  std::vector<SessionRow> sessions;
  std::string current_problem, wanted_problem, again_problem;
  bool has_problem = false;
  std::size_t length_min = access::kPasswordLengthMin;
  std::string tokens;  // what becomes of the person's API tokens; empty: there are none
};
BOOST_DESCRIBE_STRUCT(ProfileView, (),
                      (csrf, name, email, themes, zones, keys, sessions, current_problem, wanted_problem, again_problem,
                       has_problem, length_min, tokens))

PasswordProblem problem_of(const access::Refusal& refusal) {
  using enum access::Refusal::Reason;
  switch (refusal.reason) {
    case wrong_credentials: return {.current = "The current password is wrong."};
    case too_many_attempts:
    case busy: return {.current = refusal.text(), .status = 429, .retry_after = refusal.retry_after.count()};
    default: return {.wanted = refusal.text()};
  }
}

std::string tokens_text(const std::vector<access::ApiToken>& tokens, Timestamp now) {
  const auto live = std::ranges::count_if(tokens, [now](const access::ApiToken& token) {
    return !token.revoked_at && (!token.expires_at || *token.expires_at > now);
  });
  if (live == 0) return {};
  return fmt::format(
      "{} on working: each has a secret of its own. If somebody else may know one, ask your administrator "
      "to revoke it.",
      counted(live, "API token of yours goes", "API tokens of yours go"));
}

std::vector<Option> theme_options(std::string_view chosen) {
  return {{"automatic", "Automatic", chosen.empty()},
          {"light", "Light", chosen == "light"},
          {"dark", "Dark", chosen == "dark"}};
}

std::vector<Option> zone_options(const std::string& chosen) {
  std::vector<Option> options{{"", "That of the tenant", chosen.empty()}};
  for (const std::string& name : TimeZone::names()) options.push_back({name, name, name == chosen});
  return options;
}

// "Firefox on Linux" is what people recognise; the whole string is not.
std::string device_name(std::string_view agent) {
  const auto first_of = [agent](std::initializer_list<std::pair<std::string_view, std::string_view>> names) {
    for (const auto& [mark, label] : names)
      if (agent.find(mark) != std::string_view::npos) return label;
    return std::string_view{};
  };
  const auto browser =
      first_of({{"Edg/", "Edge"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}});
  const auto system = first_of(
      {{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"Mac OS", "macOS"}, {"Linux", "Linux"}});
  if (browser.empty()) return "Another client";
  return system.empty() ? std::string(browser) : fmt::format("{} on {}", browser, system);
}

class ProfilePages {
 public:
  ProfilePages(Site& site, access::SignIn& sign_in) : site_(site), sign_in_(sign_in) {}

  http::Response form(http::Request& request, const Viewer& viewer) { return show(request, viewer, {}, 200); }

  http::Response change_password(http::Request& request, const Viewer& viewer) {
    const http::Fields form = request.form();
    const std::string wanted = form.get("new_password");
    if (form.get("current_password").empty())
      return refused(request, viewer, {.current = "Enter the password that you have now."});
    if (wanted != form.get("again"))
      return refused(request, viewer, {.again = "The two new passwords are not the same. Enter the new one twice."});
    const auto changed =
        sign_in_.change_password(viewer.principal, form.get("current_password"), wanted, caller_of(request));
    if (!changed) return refused(request, viewer, problem_of(changed.error()));
    site_.rights_changed();
    http::Response response = site_.toast(
        request, {"success", "Password changed.", "You are signed out everywhere else.", "", ""}, "/profile");
    response.headers.add("Set-Cookie", session_cookie_header(*changed, request));
    return response;
  }

  http::Response save(http::Request& request, const Viewer& viewer) {
    const http::Fields form = request.form();
    const Preferences wanted = preferences_from(
        json::object{{"theme", form.get("theme")}, {"time_zone", form.get("time_zone")}, {"keys", form.has("keys")}});
    keep(viewer, wanted);
    http::Response response = site_.toast(request, {"success", "Profile saved.", "", "", ""}, "/profile");
    response.headers.add("Set-Cookie", theme_cookie_header(wanted.theme));
    return response;
  }

  http::Response set_theme(http::Request& request, const Viewer& viewer) {
    Preferences wanted = viewer.preferences;
    wanted.theme = preferences_from(json::object{{"theme", request.form().get("theme")}}).theme;
    keep(viewer, wanted);
    http::Response response = go_to(request, local_path(request.form().get("back"), "/tenants"));
    response.headers.add("Set-Cookie", theme_cookie_header(wanted.theme));
    return response;
  }

  http::Response sign_out_everywhere(http::Request& request, const Viewer& viewer) {
    sign_in_.sign_out_everywhere(viewer.principal, caller_of(request));
    site_.rights_changed();
    return go_to(request, "/login");
  }

 private:
  http::Response refused(const http::Request& request, const Viewer& viewer, const PasswordProblem& problem) {
    http::Response response = show(request, viewer, problem, problem.status);
    if (problem.retry_after > 0) response.headers.set("Retry-After", fmt::to_string(problem.retry_after));
    return response;
  }

  http::Response show(const http::Request& request, const Viewer& viewer, const PasswordProblem& problem, int status) {
    const access::User& user = viewer.principal.user;
    ProfileView view{viewer.principal.csrf_token, user.name, user.email};
    view.themes = theme_options(viewer.preferences.theme);
    view.zones = zone_options(viewer.preferences.time_zone);
    view.keys = viewer.preferences.keys;
    for (const access::SessionInfo& session : sign_in_.sessions(user.id))
      view.sessions.push_back({device_name(session.user_agent), session.address, viewer.when(session.last_seen_at),
                               session.id == viewer.principal.session});
    view.current_problem = problem.current;
    view.wanted_problem = problem.wanted;
    view.again_problem = problem.again;
    view.has_problem = status != 200;
    const auto tokens =
        site_.database().read([&](storage::Transaction& tx) { return access::list_api_tokens(tx, user.id); });
    view.tokens = tokens_text(tokens, viewer.now);
    return site_.show(request, viewer, {.title = "Profile", .content = render("web/profile", view)}, status);
  }

  void keep(const Viewer& viewer, const Preferences& wanted) {
    site_.database().write([&](storage::Transaction& tx) {
      access::set_preferences(tx, viewer.principal.user.id, to_json(wanted), viewer.now);
    });
  }

  Site& site_;
  access::SignIn& sign_in_;
};

}  // namespace

void register_profile_pages(Site& site, access::SignIn& sign_in) {
  const auto pages = std::make_shared<ProfilePages>(site, sign_in);
  site.personal_page(http::Method::get, "/profile", [pages](auto& r, const Viewer& v) { return pages->form(r, v); });
  site.personal_page(http::Method::post, "/profile", [pages](auto& r, const Viewer& v) { return pages->save(r, v); });
  site.personal_page(http::Method::post, "/theme",
                     [pages](auto& r, const Viewer& v) { return pages->set_theme(r, v); });
  site.personal_page(http::Method::post, "/profile/password",
                     [pages](auto& r, const Viewer& v) { return pages->change_password(r, v); });
  site.personal_page(http::Method::post, "/profile/sign-out-everywhere",
                     [pages](auto& r, const Viewer& v) { return pages->sign_out_everywhere(r, v); });
}

}  // namespace ta::web
