// The frame around every page: navigation, tenant switcher, progress widget, bell, theme, toasts.
#pragma once
#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "web/badges.h"
#include "web/formats.h"
#include "web/viewer.h"

namespace ta::web {

struct Toast {
  std::string tone;  // success, info, warning, danger; danger stays until closed
  std::string title;
  std::string text;
  std::string href, link;
  std::string icon = {};  // that of the tone when empty
};
BOOST_DESCRIBE_STRUCT(Toast, (), (tone, title, text, href, link, icon))

std::string toast_html(Toast toast);

// An entry of the sidebar, registered by its feature; shown under every tenant, to those who may open it.
struct NavEntry {
  std::string group;    // "Monitor"; empty for the dashboard
  std::string section;  // "operations": the path below the tenant, and what Page::section names
  std::string label;
  std::string icon;
  std::string key;  // after "g"; may be empty
  access::Capability needs = access::Capability::runs_view;
};

// An active run in the progress widget.
struct WidgetRun {
  std::int64_t id = 0;
  std::string href, label, state;
  std::string since;  // ISO time the elapsed time counts from; empty: it does not count
  std::string elapsed;
  std::optional<int> percent;  // only when it can be trusted
};
BOOST_DESCRIBE_STRUCT(WidgetRun, (), (id, href, label, state, since, elapsed, percent))

// Counts of the frame end here: "10,000+".
inline constexpr std::int64_t kShownMax = 10'000;

struct Widget {
  std::vector<WidgetRun> active;
  std::int64_t active_count = 0;  // 0: the widget is absent; shown up to kShownMax
  std::int64_t active_more = 0;
  std::string active_href;
};
json::value to_view(const Widget& widget);
std::string widget_html(const Widget& widget);

struct BellEntry {
  std::string href, title, body;
  Badge badge;
  TimeText when;
};
BOOST_DESCRIBE_STRUCT(BellEntry, (), (href, title, body, badge, when))

// What features put into the frame.
struct ShellData {
  Widget widget;
  std::vector<BellEntry> bell;
  std::int64_t unread = 0;
  std::map<std::string, std::string, std::less<>> nav_counts;  // by section
  std::string attention;                                       // above every page; empty: all is well
  bool administrator = false;                                  // of the installation: there is a System page for them
};

// The bell and the attention strip alone, for live updates.
std::string bell_html(const ShellData& data);
std::string attention_html(const ShellData& data);

struct Page {
  std::string title;
  std::string section = {};  // of the sidebar; empty for none
  std::string content = {};  // HTML, already rendered
  // The stream of the page's live parts, and where to ask without a stream; empty: the frame's own (of a tenant's
  // page).
  std::string live_url = {}, poll_url = {};
  // What htmx gets instead of the whole page, and the address it then shows; empty: this page has no part of its own.
  std::string fragment = {}, push_url = {};
};

// The switcher offers so many tenants, the present one in any case; more are behind "All tenants".
inline constexpr int kSwitcherTenants = 20;

struct ShellInput {
  const Viewer& viewer;
  const Page& page;
  const ShellData& data;
  const std::vector<NavEntry>& nav;
  const std::vector<access::TenantAccess>& tenants;  // some of them; more than kSwitcherTenants: there are others
  std::vector<Toast> toasts;
  std::string here;  // path and query of the request
};

// The whole document.
std::string render_shell(const ShellInput& input);
// The element that holds the page's stream.
std::string live_stream_html(const Page& page, const Viewer& viewer);
// A document without the frame: sign-in, and failures before anyone is known.
std::string render_plain(std::string_view theme, std::string_view title, std::string content, Timestamp now);

}  // namespace ta::web
