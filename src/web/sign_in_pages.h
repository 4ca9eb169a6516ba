// Signing in and out.
#pragma once
#include "access/sign_in.h"
#include "web/site.h"

namespace ta::web {

inline constexpr std::string_view kSessionCookie = "ta_session";

// Who a request's session cookie belongs to: the lookup that Site wants.
SessionLookup session_lookup(access::SignIn& sign_in);

access::Caller caller_of(const http::Request& request);

// The Set-Cookie field that gives this browser the session.
std::string session_cookie_header(const access::StartedSession& session, const http::Request& request);

// GET and POST /login, POST /logout, and / as the way in. What is passed must outlive the site.
void register_sign_in_pages(Site& site, access::SignIn& sign_in, Random& random);

}  // namespace ta::web
