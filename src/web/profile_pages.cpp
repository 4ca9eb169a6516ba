#include "web/profile_pages.h"

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

struct ProfileView {
  std::string csrf, name, email;
  std::vector<Option> themes, zones;
  bool keys = true;
  std::vector<SessionRow> sessions;
};
BOOST_DESCRIBE_STRUCT(ProfileView, (), (csrf, name, email, themes, zones, keys, sessions))

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

  http::Response form(http::Request& request, const Viewer& viewer) {
    ProfileView view{viewer.principal.csrf_token, viewer.principal.user.name, viewer.principal.user.email};
    view.themes = theme_options(viewer.preferences.theme);
    view.zones = zone_options(viewer.preferences.time_zone);
    view.keys = viewer.preferences.keys;
    for (const access::SessionInfo& session : sign_in_.sessions(viewer.principal.user.id))
      view.sessions.push_back({device_name(session.user_agent), session.address, viewer.when(session.last_seen_at),
                               session.id == viewer.principal.session});
    return site_.show(request, viewer, {"Profile", "", render("web/profile", view), "", ""});
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
  site.personal_page(http::Method::post, "/profile/sign-out-everywhere",
                     [pages](auto& r, const Viewer& v) { return pages->sign_out_everywhere(r, v); });
}

}  // namespace ta::web
