#include "web/security.h"

#include "base/digest.h"

namespace ta::web {

void add_security_headers(http::Response& response) {
  response.headers.set("Content-Security-Policy", std::string(kContentSecurityPolicy));
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("X-Frame-Options", "DENY");
  response.headers.set("Referrer-Policy", "same-origin");
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
  response.headers.set("Cache-Control", "private, no-store");
  response.headers.set("Vary", "HX-Request-Type, Cookie");
}

http::Response html_response(int status, std::string html) {
  http::Response response = http::text_response(status, std::move(html), "text/html; charset=utf-8");
  add_security_headers(response);
  return response;
}

bool is_safe(http::Method method) {
  return method == http::Method::get || method == http::Method::head || method == http::Method::options;
}

bool csrf_matches(const http::Request& request, std::string_view token) {
  if (token.empty()) return false;
  const std::string field = request.form().get("_csrf", request.headers.get("X-CSRF-Token"));
  return equal_constant_time(field, token);
}

bool wants_fragment(const http::Request& request) { return request.headers.get("HX-Request-Type") == "partial"; }

bool from_htmx(const http::Request& request) { return request.headers.get("HX-Request") == "true"; }

http::Response go_to(const http::Request& request, std::string location) {
  if (!from_htmx(request)) return http::redirect(std::move(location));
  http::Response response = html_response(200, "");
  response.headers.set("HX-Redirect", std::move(location));
  return response;
}

std::string local_path(std::string_view path, std::string_view fallback) {
  const bool local =
      path.starts_with('/') && !path.starts_with("//") && path.find_first_of("\\\r\n\t") == std::string_view::npos;
  return std::string(local ? path : fallback);
}

}  // namespace ta::web
