#include "web/shell.h"

#include <span>

#include "web/templates.h"

namespace ta::web {
namespace {

struct ThemeWords {
  std::string_view label, icon, next;
};

ThemeWords theme_words(std::string_view theme) {
  if (theme == "light") return {"light", "sun", "dark"};
  if (theme == "dark") return {"dark", "moon", "automatic"};
  return {"automatic", "device-desktop", "light"};
}

json::object nav_item(const ShellInput& in, const NavEntry& entry) {
  const auto count = in.data.nav_counts.find(entry.section);
  return {{"href", in.viewer.path(entry.section.empty() ? "" : "/" + entry.section)},
          {"id", entry.section.empty() ? "dashboard" : entry.section},
          {"label", entry.label},
          {"icon", entry.icon},
          {"key", entry.key},
          {"current", in.page.section == entry.section},
          {"count", count == in.data.nav_counts.end() ? "" : count->second}};
}

// Without a tenant there are the pages of the person.
json::array personal_nav(const ShellInput& in) {
  const auto item = [&](std::string_view href, std::string_view label, std::string_view icon) {
    return json::object{{"href", href}, {"label", label}, {"icon", icon}, {"current", in.here.starts_with(href)}};
  };
  json::array items{item("/tenants", "Tenants", "building"), item("/notifications", "Notifications", "bell"),
                    item("/profile", "Profile", "user")};
  if (in.data.administrator) items.push_back(item("/system", "System", "activity"));
  return {json::object{{"title", ""}, {"items", std::move(items)}}};
}

// Entries of one group stand together, groups in the order of their first entry.
json::array nav_groups(const ShellInput& in) {
  json::array groups;
  if (!in.viewer.tenant) return personal_nav(in);
  for (const NavEntry& entry : in.nav) {
    if (!in.viewer.may(entry.needs)) continue;
    auto it =
        std::ranges::find_if(groups, [&](const json::value& g) { return json_string(g, "title") == entry.group; });
    if (it == groups.end()) {
      groups.push_back(json::object{{"title", entry.group}, {"items", json::array()}});
      it = std::prev(groups.end());
    }
    it->as_object()["items"].as_array().push_back(nav_item(in, entry));
  }
  return groups;
}

// From one tenant to another the switcher keeps the section and drops ids and filters.
json::array tenant_choices(const ShellInput& in) {
  json::array choices;
  const std::string section = in.viewer.tenant && !in.page.section.empty() ? "/" + in.page.section : "";
  const auto add = [&](const access::TenantAccess& access, bool current) {
    choices.push_back(json::object{{"href", "/t/" + access.tenant.slug + section},
                                   {"name", access.tenant.name},
                                   {"role", badge(name(access.role)).label},
                                   {"current", current}});
  };
  const auto shown = std::span(in.tenants).first(std::min<std::size_t>(in.tenants.size(), kSwitcherTenants));
  const auto current = [&](const access::TenantAccess& access) {
    return in.viewer.tenant && in.viewer.tenant->tenant.id == access.tenant.id;
  };
  if (in.viewer.tenant && std::ranges::none_of(shown, current)) add(*in.viewer.tenant, true);
  for (const access::TenantAccess& access : shown) add(access, current(access));
  return choices;
}

json::object with_icon(Toast toast) {
  if (toast.icon.empty()) toast.icon = tone_icon(toast.tone);
  return json::value_from(toast).as_object();
}

void add_viewer(json::object& view, const ShellInput& in) {
  const Viewer& viewer = in.viewer;
  const auto& theme = viewer.preferences.theme;
  const ThemeWords words = theme_words(theme);
  view["theme"] = theme;
  view["theme_label"] = words.label;
  view["theme_icon"] = words.icon;
  view["next_theme"] = words.next;
  view["keys"] = viewer.preferences.keys;
  view["csrf"] = viewer.principal.csrf_token;
  view["user_name"] = viewer.principal.user.name;
  view["user_email"] = viewer.principal.user.email;
  view["zone"] = viewer.zone.name();
  view["now"] = to_rfc3339(viewer.now);
  view["rendered"] = full_time(viewer.now, viewer.zone);
  view["home"] = viewer.tenant ? viewer.path() : "/tenants";
  if (!viewer.tenant) return;
  view["tenant_name"] = viewer.tenant->tenant.name;
  view["tenant_role"] = badge(name(viewer.tenant->role)).label;
}

void add_data(json::object& view, const ShellData& data) {
  const json::value widget = to_view(data.widget);
  for (const auto& [key, value] : widget.as_object()) view[key] = value;
  view["attention"] = data.attention;
  view["administrator"] = data.administrator;
  view["bell"] = json::value_from(data.bell);
  view["unread"] = data.unread ? grouped_up_to(data.unread, kShownMax) : "";
}

}  // namespace

std::string toast_html(Toast toast) { return render("web/toast", json::value(with_icon(std::move(toast)))); }

json::value to_view(const Widget& widget) {
  return json::object{{"active", json::value_from(widget.active)},
                      {"active_count", widget.active_count ? grouped_up_to(widget.active_count, kShownMax) : ""},
                      {"active_more", widget.active_more ? grouped_up_to(widget.active_more, kShownMax - 5) : ""},
                      {"active_href", widget.active_href}};
}

std::string widget_html(const Widget& widget) { return render("web/widget", to_view(widget)); }

std::string bell_html(const ShellData& data) {
  json::object view;
  add_data(view, data);
  return render("web/bell", json::value(std::move(view)));
}

std::string attention_html(const ShellData& data) {
  return render("web/attention", json::value(json::object{{"attention", data.attention}}));
}

std::string live_stream_html(const Page& page, const Viewer& viewer) {
  const bool own = !page.live_url.empty();
  if (!own && !viewer.tenant) return {};
  return render("web/live_stream",
                json::value(json::object{{"live_url", own ? page.live_url : viewer.path("/live")},
                                         {"poll_url", own ? page.poll_url : viewer.path("/live?once=1")}}));
}

std::string render_shell(const ShellInput& in) {
  json::object view{{"title", in.page.title},
                    {"content", in.page.content},
                    {"live", live_stream_html(in.page, in.viewer)},
                    {"here", in.here},
                    {"groups", nav_groups(in)},
                    {"tenants", tenant_choices(in)},
                    {"tenants_more", in.tenants.size() > kSwitcherTenants ? fmt::to_string(kSwitcherTenants) : ""}};
  json::array toasts;
  for (const Toast& toast : in.toasts) toasts.push_back(with_icon(toast));
  view["toasts"] = std::move(toasts);
  add_viewer(view, in);
  add_data(view, in.data);
  return render("web/layout", json::value(std::move(view)));
}

std::string render_plain(std::string_view theme, std::string_view title, std::string content, Timestamp now) {
  return render("web/plain",
                json::value(json::object{
                    {"theme", theme}, {"title", title}, {"content", std::move(content)}, {"now", to_rfc3339(now)}}));
}

}  // namespace ta::web
