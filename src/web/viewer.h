// Who looks at a page, at which tenant, and how they want it shown.
#pragma once
#include <optional>
#include <string>

#include "access/access.h"
#include "http/message.h"
#include "web/formats.h"

namespace ta::web {

// Kept in the user's preferences; the theme also in a cookie, so that it holds before signing in.
struct Preferences {
  std::string theme;      // "light", "dark" or empty: automatic
  std::string time_zone;  // empty: the tenant's
  bool keys = true;       // keyboard shortcuts
};
Preferences preferences_from(const json::value& stored);
json::object to_json(const Preferences& preferences);
// "light", "dark" or empty, from the request's cookie.
std::string theme_cookie(const http::Request& request);
std::string theme_cookie_header(std::string_view theme);

struct Viewer {
  access::Principal principal;
  std::optional<access::TenantAccess> tenant;
  Preferences preferences;
  TimeZone zone;
  Timestamp now;

  bool may(access::Capability capability) const;
  TenantId tenant_id() const { return tenant->tenant.id; }
  // "/t/contoso" + `rest`
  std::string path(std::string_view rest = {}) const;
  TimeText when(Timestamp time) const { return time_text(time, now, zone); }
};

}  // namespace ta::web
