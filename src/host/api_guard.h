// Who may call the JSON API: a bearer token, the tenant of the path, the capability. Everything else is a problem
// document.
#pragma once
#include <functional>

#include "access/tenants.h"
#include "host/host.h"

namespace ta {

struct ApiCall {
  http::Request& request;
  access::Principal principal;
  std::optional<access::Tenant> tenant;  // set for tenant_api()

  access::Caller caller() const;
};
using ApiHandler = std::function<http::Response(const ApiCall&)>;

// The names of a call's query parameters; literals.
using ApiParameters = std::vector<std::string_view>;

// 401 without a valid token, 422 for a query parameter that is not among `parameters` or is given twice. A failure of
// ours becomes 503 or 500 with its code, never a half answer. An event stream ends with the token, the account, the
// membership or the capability, and says so: `event: refused` with the problem that a new request would get, and no
// `event: end`.
http::Handler signed_in_api(Host& host, ApiHandler handler, ApiParameters parameters = {});
// Also: 404 for a tenant that is not the caller's (exactly as for one that does not exist), 403 without the capability.
http::Handler tenant_api(Host& host, access::Capability capability, ApiHandler handler, ApiParameters parameters = {});

// Answers below /api are never stored and never taken for another type of content.
http::Middleware api_headers();

// The 404 of everything that does not exist or is somebody else's.
http::Response not_found_problem();
http::Response forbidden_problem();

// 422 with request.invalid_parameter.
http::Response invalid_parameter(std::string_view sentence);

// The request's JSON object, at most 32 levels deep. A 400 problem for what is no JSON; 422 with request.invalid_text
// for text that is not UTF-8, half surrogates and control characters (tabs and line ends are allowed), and names the
// member.
tl::expected<json::object, http::Response> json_body(const http::Request& request);

}  // namespace ta
