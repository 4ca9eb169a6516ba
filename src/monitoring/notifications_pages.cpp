#include "monitoring/notifications_pages.h"

#include "web/page_url.h"
#include "web/security.h"
#include "web/templates.h"

namespace ta::monitoring {
namespace {

constexpr int kEntriesPerPage = 50;

struct Entry {
  std::string href, title, body, tenant;
  web::Badge badge;
  web::TimeText when;
  bool unread = false;
};
BOOST_DESCRIBE_STRUCT(Entry, (), (href, title, body, tenant, badge, when, unread))

struct NotificationsView {
  std::string csrf, unread, older;
  bool unread_only = false, has_entries = false;
  std::vector<Entry> entries;
};
BOOST_DESCRIBE_STRUCT(NotificationsView, (), (csrf, unread, older, unread_only, has_entries, entries))

std::optional<NotificationId> id_from(std::string_view text) {
  const auto number = web::id_number(text);
  return number ? std::optional(NotificationId(*number)) : std::nullopt;
}

Entry entry(const runs::Notification& n, const web::Viewer& viewer) {
  return {.href = fmt::format("/t/{}/operations/{}", n.tenant_slug, n.run_id),
          .title = n.title,
          .body = n.body,
          .tenant = n.tenant_slug,
          .badge = n.kind == "queued" ? web::badge("queued") : web::badge(n.outcome),
          .when = viewer.when(n.created_at),
          .unread = !n.read_at};
}

http::Response show(web::Site& site, runs::RunReader& reader, const http::Request& request, const web::Viewer& viewer) {
  const UserId user = viewer.principal.user.id;
  NotificationsView view{.csrf = viewer.principal.csrf_token, .unread_only = request.query.get("tab") == "unread"};
  auto list = reader.notifications(user, view.unread_only, id_from(request.query.get("before")), kEntriesPerPage + 1);
  if (list.size() > kEntriesPerPage) {
    list.pop_back();
    view.older = fmt::format("/notifications?{}before={}", view.unread_only ? "tab=unread&" : "", list.back().id);
  }
  for (const runs::Notification& n : list) view.entries.push_back(entry(n, viewer));
  view.has_entries = !view.entries.empty();
  const std::int64_t unread = reader.unread_count(user);
  view.unread = unread ? web::grouped_up_to(unread, runs::kCountMax) : "";
  return site.show(request, viewer,
                   {.title = "Notifications", .content = web::render("monitoring/notifications", view)});
}

}  // namespace

void register_notifications_pages(web::Site& site, runs::RunReader& reader) {
  site.personal_page(http::Method::get, "/notifications", [&](http::Request& request, const web::Viewer& viewer) {
    return show(site, reader, request, viewer);
  });
  site.personal_page(http::Method::post, "/notifications/read-all",
                     [&](http::Request& request, const web::Viewer& viewer) {
                       reader.mark_all_read(viewer.principal.user.id);
                       return web::go_to(request, "/notifications");
                     });
}

}  // namespace ta::monitoring
