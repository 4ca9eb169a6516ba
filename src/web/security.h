// What every HTML answer carries, and the token that proves a form came from our own page.
#pragma once
#include <string_view>

#include "http/message.h"

namespace ta::web {

inline constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action "
    "'self'; "
    "base-uri 'none'; frame-ancestors 'none'";

// Adds the policy and its companions; pages are private and never stored.
void add_security_headers(http::Response& response);

// An HTML answer with them.
http::Response html_response(int status, std::string html);

// True for methods that change nothing and need no token.
bool is_safe(http::Method method);

// Whether the request carries `token` in the field _csrf or the header X-CSRF-Token. False for an empty token.
bool csrf_matches(const http::Request& request, std::string_view token);

// True when htmx asks for a part of a page; a restored page and plain navigation want the whole.
bool wants_fragment(const http::Request& request);
// True when the request was sent by htmx at all.
bool from_htmx(const http::Request& request);

// A redirect that plain forms and htmx both follow.
http::Response go_to(const http::Request& request, std::string location);

// `path` when it is a path on this site, else `fallback`: never an address elsewhere.
std::string local_path(std::string_view path, std::string_view fallback);

}  // namespace ta::web
