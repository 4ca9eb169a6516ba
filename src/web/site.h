// The way into every page: who is it, which tenant, may they, is the form ours; then the handler; then the frame.
//
//   site.page(http::Method::get, "/t/{tenant}/operations", Capability::runs_view, [&](http::Request& r, const Viewer&
//   v) {…});
//
// Built at start by one thread; afterwards used by any number of threads.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "access/access.h"
#include "base/time.h"
#include "http/message.h"
#include "http/router.h"
#include "storage/database.h"
#include "web/live.h"
#include "web/shell.h"
#include "web/stream_guard.h"
#include "web/viewer.h"

namespace ta::web {

using PageHandler = std::function<http::Response(http::Request&, const Viewer&)>;
// Who holds this session cookie; nullopt when nobody does any more. May extend the session.
using SessionLookup = std::function<std::optional<access::Principal>(const http::Request&)>;
// Puts a feature's part into the frame: widget, bell, counts.
using ShellPart = std::function<void(const Viewer&, ShellData&)>;

class Site {
 public:
  // What is passed must outlive the site and its router.
  Site(http::Router& router, storage::Database& database, const Clock& clock, LiveHub& live, StreamGuard& guard,
       SessionLookup sessions);

  // Registers a page of a tenant: 401 or a redirect to /login when signed out, 404 for a tenant that is not the
  // viewer's, 403 without the capability, 403 for an unsafe method without the session's token.
  void page(http::Method method, std::string_view pattern, access::Capability capability, PageHandler handler);
  // The same for a page of the signed-in person; Viewer::tenant is empty.
  void personal_page(http::Method method, std::string_view pattern, PageHandler handler);
  // A page for anybody, such as /login. The token of its forms is public_token(request).
  void public_page(http::Method method, std::string_view pattern, http::Handler handler);

  void add_nav(NavEntry entry) { nav_.push_back(std::move(entry)); }
  void add_shell_part(ShellPart part) { parts_.push_back(std::move(part)); }

  // The page in its frame, with the toasts that wait for this browser.
  http::Response show(const http::Request& request, const Viewer& viewer, const Page& page, int status = 200) const;
  // After a form: a toast for htmx, or a redirect to `back` that shows the toast there.
  http::Response toast(const http::Request& request, const Toast& toast, std::string back, int status = 200) const;

  // The stream of a page: the frame's own live parts and those that `page` makes (may be empty). With ?once=1 the same
  // as one document, for browsers that poll. Like every stream that a page's handler answers with, it ends with the
  // session, the account, the membership or the capability (web/stream_guard.h) and tells the browser which it was;
  // more is up to `page`, which may end the stream. `page` gets the reader with their role of that moment.
  http::Response live(const http::Request& request, const Viewer& viewer,
                      std::function<LiveUpdate(const Viewer&)> page) const;

  http::Response not_found(const http::Request& request, const Viewer& viewer) const;
  http::Response forbidden(const http::Request& request, const Viewer& viewer) const;
  // A query failed: said as a failure, never as "no results".
  // The error reaches the log alone, under the request's id, which the page shows.
  http::Response failed(const http::Request& request, const Viewer& viewer, std::string_view things,
                        const FailureError& error) const;

  // For the API's streams (LiveHub::follow).
  std::shared_ptr<void> follow(TenantId tenant, std::function<void()> wake) const {
    return live_.follow(tenant, std::move(wake));
  }
  std::size_t open_streams() const { return live_.open_streams(); }  // of this process
  // For streams that are no pages' own: ended by what ends `proof`.
  std::shared_ptr<http::EventSource> guard(access::Proof proof, std::shared_ptr<http::EventSource> stream,
                                           Farewell farewell) const {
    return guard_.guard(std::move(proof), std::move(stream), std::move(farewell));
  }
  // Call it after a session, a token, a role or an account has ended here: open streams hear of it at once.
  void rights_changed() const { guard_.check_now(); }

  const Clock& clock() const { return clock_; }
  storage::Database& database() const { return database_; }
  // Who is signed in, if anybody; for pages that welcome both.
  std::optional<access::Principal> principal(const http::Request& request) const { return sessions_(request); }

 private:
  http::Response enter(http::Request& request, const std::optional<access::Capability>& capability,
                       const PageHandler& handler) const;
  http::Response enter_tenant(http::Request& request, Viewer& viewer, access::Capability capability,
                              const PageHandler& handler) const;
  http::Response guarded(http::Request& request, const Viewer& viewer,
                         const std::optional<access::Capability>& capability, const PageHandler& handler) const;
  http::Response fragment(const Page& page, const Viewer& viewer) const;
  std::vector<LivePart> frame_parts(const Viewer& viewer) const;
  std::optional<Viewer> still(const Viewer& viewer) const;
  http::Response error(const http::Request& request, const Viewer& viewer, int status, std::string_view title,
                       std::string_view text) const;

  http::Router& router_;
  storage::Database& database_;
  const Clock& clock_;
  LiveHub& live_;
  StreamGuard& guard_;
  SessionLookup sessions_;
  std::vector<NavEntry> nav_;
  std::vector<ShellPart> parts_;
};

// Where to go after signing in: /login?next=…
std::string login_address(const http::Request& request);

// An error before anyone is known: a page for browsers, a note for htmx, problem+json below /api.
http::Response plain_error(const http::Request& request, int status, std::string_view title, std::string_view text,
                           Timestamp now);

// The answer of addresses that do not exist.
http::Response nothing_here(const http::Request& request, Timestamp now);

// Whether the request is one of the JSON API.
bool is_api(const http::Request& request);

// Catches what a handler threw and answers it; gives every answer its request id.
http::Middleware failure_middleware(const Clock& clock);

// Registers /assets/… and the page for addresses that do not exist.
void register_web(http::Router& router, const Clock& clock);

}  // namespace ta::web
