#include "web/site.h"

#include "access/tenants.h"
#include "access/users.h"
#include "base/log.h"
#include "storage/snapshot.h"
#include "web/assets.h"
#include "web/flash.h"
#include "web/security.h"
#include "web/templates.h"

namespace ta::web {
namespace {

constexpr std::string_view kForbidden = "Insufficient permission. Ask a tenant Owner.";
constexpr std::string_view kOurSide =
    "Our side failed; nothing is lost. Try again, and quote the request id if it stays.";
constexpr std::string_view kNotFound = "It does not exist, or you have no access to it.";

Viewer make_viewer(const http::Request& request, access::Principal principal, Timestamp now) {
  Viewer viewer{std::move(principal), std::nullopt, {}, TimeZone(), now};
  viewer.preferences = preferences_from(viewer.principal.user.preferences);
  viewer.preferences.theme = theme_cookie(request);
  if (!viewer.preferences.time_zone.empty()) viewer.zone = TimeZone(viewer.preferences.time_zone);
  return viewer;
}

http::Response signed_out(const http::Request& request) {
  if (!from_htmx(request)) return http::redirect(login_address(request));
  http::Response response = html_response(401, "");
  response.headers.set("HX-Redirect", login_address(request));
  return response;
}

std::string_view error_icon(int status) {
  if (status == 403) return "lock";
  if (status == 404) return "search";
  return "alert-triangle";
}

// For app.js: why, then the end, so that the browser does not connect again.
std::string page_farewell(access::Lapse why) {
  using enum access::Lapse;
  const bool no_access = why == not_a_member || why == not_allowed;
  return fmt::format("event: over\ndata: {}\n\nevent: end\ndata: end\n\n", no_access ? "no_access" : "signed_out");
}

// Writes the log's line and says what the reader gets to see of it.
std::pair<int, std::string_view> logged_failure(const http::Request& request, const FailureError& error) {
  log::error(
      "page.failed",
      {{"request", request.id}, {"path", request.path}, {"code", name(error.failure().code)}, {"error", error.what()}});
  if (error.failure().code != FailureCode::storage_unavailable) return {500, kOurSide};
  return {503, "The database did not answer in time; nothing is lost. Try again."};
}

json::value error_view(const http::Request& request, int status, std::string_view title, std::string_view text) {
  return json::object{{"icon", error_icon(status)},
                      {"title", title},
                      {"text", text},
                      {"tone", status >= 500 ? "danger" : "warning"},
                      {"request_id", status >= 500 ? request.id : ""},
                      {"code", status >= 500 ? "Request id " + request.id : ""}};
}

}  // namespace

std::string login_address(const http::Request& request) {
  const bool page = request.method == http::Method::get && !from_htmx(request);
  const std::string here = page ? request.target : "";
  return here.empty() || here == "/" ? "/login" : "/login?next=" + http::url_encode(here);
}

Site::Site(http::Router& router, storage::Database& database, const Clock& clock, LiveHub& live, StreamGuard& guard,
           SessionLookup sessions)
    : router_(router), database_(database), clock_(clock), live_(live), guard_(guard), sessions_(std::move(sessions)) {}

void Site::page(http::Method method, std::string_view pattern, access::Capability capability, PageHandler handler) {
  router_.add(method, pattern, [this, capability, handler = std::move(handler)](http::Request& request) {
    return enter(request, capability, handler);
  });
}

void Site::personal_page(http::Method method, std::string_view pattern, PageHandler handler) {
  router_.add(method, pattern, [this, handler = std::move(handler)](http::Request& request) {
    return enter(request, std::nullopt, handler);
  });
}

void Site::public_page(http::Method method, std::string_view pattern, http::Handler handler) {
  router_.add(method, pattern, std::move(handler));
}

http::Response Site::enter(http::Request& request, const std::optional<access::Capability>& capability,
                           const PageHandler& handler) const {
  std::optional<storage::Snapshot>
      one_moment;  // what a page shows agrees; a form's changes are transactions of their own
  if (is_safe(request.method)) one_moment.emplace(database_);
  auto principal = sessions_(request);
  if (!principal) return signed_out(request);
  Viewer viewer = make_viewer(request, std::move(*principal), clock_.now());
  if (capability) return enter_tenant(request, viewer, *capability, handler);
  return guarded(request, viewer, std::nullopt, handler);
}

http::Response Site::enter_tenant(http::Request& request, Viewer& viewer, access::Capability capability,
                                  const PageHandler& handler) const {
  viewer.tenant = database_.read([&](storage::Transaction& tx) {
    return access::find_tenant_for(tx, viewer.principal.user.id, request.params["tenant"]);
  });
  if (!viewer.tenant) return not_found(request, viewer);
  if (viewer.preferences.time_zone.empty()) viewer.zone = TimeZone(viewer.tenant->tenant.time_zone);
  if (!viewer.may(capability)) return forbidden(request, viewer);
  return guarded(request, viewer, capability, handler);
}

http::Response Site::guarded(http::Request& request, const Viewer& viewer,
                             const std::optional<access::Capability>& capability, const PageHandler& handler) const {
  if (!is_safe(request.method) && !csrf_matches(request, viewer.principal.csrf_token))
    return error(request, viewer, 403, "This form is out of date.", "Load the page again, then repeat what you did.");
  http::Response response = handler(request, viewer);
  if (response.events) {
    const auto tenant = viewer.tenant ? std::optional(viewer.tenant_id()) : std::nullopt;
    response.events =
        guard_.guard(access::proof_of(viewer.principal, tenant, capability), std::move(response.events), page_farewell);
  }
  return response;
}

http::Response Site::show(const http::Request& request, const Viewer& viewer, const Page& page, int status) const {
  if (wants_fragment(request) && !page.fragment.empty()) return fragment(page, viewer);
  ShellData data;
  for (const ShellPart& part : parts_) part(viewer, data);
  const auto tenants = database_.read([&](storage::Transaction& tx) {
    return access::list_tenants_of(tx, viewer.principal.user.id, kSwitcherTenants + 1);
  });
  http::Response response;
  auto toasts = take_flash(request, response);
  const http::Headers cookies = response.headers;
  response =
      html_response(status, render_shell({viewer, page, data, nav_, tenants, std::move(toasts), request.target}));
  for (const auto& [name, value] : cookies) response.headers.add(name, value);
  return response;
}

// The part, and the stream that belongs to what it now shows.
http::Response Site::fragment(const Page& page, const Viewer& viewer) const {
  http::Response response =
      html_response(200, page.fragment + partials_html({{"#live", live_stream_html(page, viewer), "outerHTML"}}));
  if (!page.push_url.empty()) response.headers.set("HX-Push-Url", page.push_url);
  return response;
}

http::Response Site::toast(const http::Request& request, const Toast& toast, std::string back, int status) const {
  if (from_htmx(request)) return html_response(status, toast_html(toast));
  http::Response response = http::redirect(std::move(back));
  put_flash(response, toast);
  return response;
}

http::Response Site::error(const http::Request& request, const Viewer& viewer, int status, std::string_view title,
                           std::string_view text) const {
  const json::value view = error_view(request, status, title, text);
  if (wants_fragment(request) && is_safe(request.method)) return html_response(status, render("web/note", view));
  if (from_htmx(request))
    return html_response(status, toast_html({"danger", std::string(title), std::string(text), "", ""}));
  return show(request, viewer, {std::string(title), "", render("web/error", view), "", ""}, status);
}

std::vector<LivePart> Site::frame_parts(const Viewer& viewer) const {
  ShellData data;
  for (const ShellPart& part : parts_) part(viewer, data);
  std::vector<LivePart> parts{
      {"#ta-widget", widget_html(data.widget)}, {"#bell", bell_html(data)}, {"#attention", attention_html(data)}};
  for (const auto& [section, count] : data.nav_counts)
    parts.push_back({"#ta-nav-" + section,
                     count.empty() ? "" : fmt::format("<span class=\"ta-count\">{}</span>", count),
                     "innerHTML swapEmpty:true"});
  return parts;
}

// The viewer as of now, with their present role; nullopt when they are no member any more.
std::optional<Viewer> Site::still(const Viewer& viewer) const {
  Viewer now = viewer;
  now.now = clock_.now();
  if (!viewer.tenant) return now;
  now.tenant = database_.read([&](storage::Transaction& tx) {
    return access::find_tenant_for(tx, viewer.principal.user.id, viewer.tenant->tenant.slug);
  });
  return now.tenant ? std::optional(std::move(now)) : std::nullopt;
}

http::Response Site::live(const http::Request& request, const Viewer& viewer,
                          std::function<LiveUpdate(const Viewer&)> page) const {
  const auto update = [this, viewer, page = std::move(page)]() -> std::optional<LiveUpdate> {
    const storage::Snapshot one_moment(database_);
    const auto reader = still(viewer);
    if (!reader) return std::nullopt;
    LiveUpdate made = page ? page(*reader) : LiveUpdate{};
    made.now = to_rfc3339(reader->now);
    auto frame = frame_parts(*reader);
    made.parts.insert(made.parts.end(), std::make_move_iterator(frame.begin()), std::make_move_iterator(frame.end()));
    return made;
  };
  if (request.query.has("once")) return html_response(200, partials_html(update().value_or(LiveUpdate{}).parts));
  http::Response response;
  add_security_headers(response);
  response.headers.set("Content-Type", "text/event-stream");
  response.events = live_.stream(viewer.tenant ? viewer.tenant_id() : TenantId{}, update);
  return response;
}

http::Response Site::not_found(const http::Request& request, const Viewer& viewer) const {
  return error(request, viewer, 404, "Nothing here.", kNotFound);
}

http::Response Site::forbidden(const http::Request& request, const Viewer& viewer) const {
  return error(request, viewer, 403, is_safe(request.method) ? "You cannot open this page." : "You cannot do this.",
               kForbidden);
}

http::Response Site::failed(const http::Request& request, const Viewer& viewer, std::string_view things,
                            const FailureError& failure) const {
  const auto [status, text] = logged_failure(request, failure);
  return error(request, viewer, status, fmt::format("{} could not be loaded.", things), text);
}

bool is_api(const http::Request& request) { return request.path == "/api" || request.path.starts_with("/api/"); }

http::Response plain_error(const http::Request& request, int status, std::string_view title, std::string_view text,
                           Timestamp now) {
  if (is_api(request)) return http::problem(status, status == 404 ? "not_found" : "internal.error", text);
  const json::value view = error_view(request, status, title, text);
  if (wants_fragment(request)) return html_response(status, render("web/note", view));
  return html_response(status, render_plain(theme_cookie(request), title, render("web/error", view), now));
}

http::Response nothing_here(const http::Request& request, Timestamp now) {
  return plain_error(request, 404, "Nothing here.", kNotFound, now);
}

http::Middleware failure_middleware(const Clock& clock) {
  return [&clock](http::Request& request, const http::Handler& next) {
    try {
      return next(request);
    } catch (const FailureError& failure) {
      const auto [status, text] = logged_failure(request, failure);
      return plain_error(request, status, "This page could not be loaded.", text, clock.now());
    } catch (const std::exception& error) {
      log::error("page.failed", {{"request", request.id}, {"path", request.path}, {"error", error.what()}});
      return plain_error(request, 500, "This page could not be loaded.", kOurSide, clock.now());
    }
  };
}

void register_web(http::Router& router, const Clock& clock) {
  load_templates();
  router.add(http::Method::get, "/assets/{file}", [](http::Request& request) { return asset_response(request); });
  router.fallback([&clock](http::Request& request) { return nothing_here(request, clock.now()); });
}

}  // namespace ta::web
