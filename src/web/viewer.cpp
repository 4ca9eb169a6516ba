#include "web/viewer.h"

namespace ta::web {
namespace {

bool is_theme(std::string_view theme) { return theme == "light" || theme == "dark"; }

}  // namespace

Preferences preferences_from(const json::value& stored) {
  Preferences p{json_string(stored, "theme"), json_string(stored, "time_zone"), json_bool(stored, "keys", true)};
  if (!is_theme(p.theme)) p.theme.clear();
  if (!p.time_zone.empty() && !TimeZone::exists(p.time_zone)) p.time_zone.clear();
  return p;
}

json::object to_json(const Preferences& p) {
  return {{"theme", p.theme}, {"time_zone", p.time_zone}, {"keys", p.keys}};
}

std::string theme_cookie(const http::Request& request) {
  const std::string theme = request.cookie("ta_theme");
  return is_theme(theme) ? theme : "";
}

std::string theme_cookie_header(std::string_view theme) {
  if (!is_theme(theme)) return "ta_theme=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly";
  return fmt::format("ta_theme={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", theme);
}

// Pages are only ever read through a session, which has no scopes that narrow the role.
bool Viewer::may(access::Capability capability) const { return tenant && access::allows(tenant->role, capability); }

std::string Viewer::path(std::string_view rest) const { return fmt::format("/t/{}{}", tenant->tenant.slug, rest); }

}  // namespace ta::web
