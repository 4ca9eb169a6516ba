#include "host/api_guard.h"

#include "access/api_tokens.h"
#include "base/log.h"
#include "base/readable_json.h"
#include "base/utf8.h"
#include "storage/snapshot.h"

namespace ta {
namespace {

http::Response unauthorized() {
  http::Response response = http::problem(401, "auth.required", "Send a valid API token: Authorization: Bearer ta_…");
  response.headers.set("WWW-Authenticate", "Bearer");
  return response;
}

// The caller's tenant by the path's {tenant}, or the answer that refuses.
tl::expected<access::Tenant, http::Response> tenant_of(Host& host, const ApiCall& call, access::Capability capability) {
  return host.database.read([&](storage::Transaction& tx) -> tl::expected<access::Tenant, http::Response> {
    const auto found = access::find_tenant_for(tx, call.principal.user.id, call.request.params["tenant"]);
    if (!found) return tl::make_unexpected(not_found_problem());
    switch (access::authorize(tx, call.principal, found->tenant.id, capability)) {
      case access::Decision::not_found: return tl::make_unexpected(not_found_problem());
      case access::Decision::forbidden: return tl::make_unexpected(forbidden_problem());
      case access::Decision::granted: break;
    }
    return found->tenant;
  });
}

std::string parameter_problem(const http::Fields& query, const ApiParameters& known) {
  for (const auto& [name, value] : query) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return fmt::format("The parameter \"{}\" is not known here{}", name,
                         known.empty() ? "." : fmt::format("; known are {}.", fmt::join(known, ", ")));
    if (query.all(name).size() > 1) return fmt::format("The parameter {} is given more than once.", name);
  }
  return {};
}

// The first text in `value` that is refused: its place as a JSON Pointer and what is wrong; empty when there is
// none.
std::string text_problem_in(const json::value& value, const std::string& place) {
  const auto named = [&](std::string_view text, std::string_view what) {
    const std::string problem = text_problem(text, TextLines::many);
    return problem.empty() ? problem : fmt::format("{} \"{}\" {}.", what, place, problem);
  };
  if (value.is_string()) return named(value.get_string(), "The member");
  std::string problem;
  if (const json::array* array = value.if_array())
    for (std::size_t i = 0; problem.empty() && i < array->size(); ++i)
      problem = text_problem_in((*array)[i], fmt::format("{}/{}", place, i));
  if (const json::object* object = value.if_object())
    for (auto member = object->begin(); problem.empty() && member != object->end(); ++member) {
      problem = named(member->key(), "The name of a member of");
      if (problem.empty())
        problem = text_problem_in(member->value(), fmt::format("{}/{}", place, std::string_view(member->key())));
    }
  return problem;
}

http::Response guarded(http::Request& request, const std::function<http::Response()>& answer) {
  try {
    return answer();
  } catch (const FailureError& error) {
    const FailureInfo& failure = info(error.failure().code);
    log::error("api.failed", {{"request", request.id}, {"code", failure.name}, {"error", error.what()}});
    const int status = error.failure().code == FailureCode::storage_unavailable ? 503 : 500;
    return http::problem(status, failure.name, fmt::format("{}. {}", failure.headline, failure.next_step),
                         {{"request_id", request.id}});
  }
}

http::Response refusal(access::Lapse why) {
  switch (why) {
    case access::Lapse::not_a_member: return not_found_problem();
    case access::Lapse::not_allowed: return forbidden_problem();
    case access::Lapse::account_deleted:
    case access::Lapse::account_disabled:
    case access::Lapse::session_over:
    case access::Lapse::token_revoked:
    case access::Lapse::token_expired: break;
  }
  return unauthorized();
}

std::string farewell(access::Lapse why) { return fmt::format("event: refused\ndata: {}\n\n", refusal(why).body); }

http::Response ending_with(Host& host, const access::Proof& proof, http::Response response) {
  if (response.events) response.events = host.site.guard(proof, std::move(response.events), farewell);
  return response;
}

http::Handler with_token(Host& host, ApiHandler handler, ApiParameters parameters) {
  return [&host, handler = std::move(handler), parameters = std::move(parameters)](http::Request& request) {
    return guarded(request, [&] {
      std::optional<storage::Snapshot> one_moment;
      if (request.method == http::Method::get) one_moment.emplace(host.database);
      auto principal = access::bearer_principal(host.database, host.clock, request.headers.get("Authorization"));
      if (!principal) return unauthorized();
      if (const std::string problem = parameter_problem(request.query, parameters); !problem.empty())
        return invalid_parameter(problem);
      return handler(ApiCall{request, std::move(*principal), {}});
    });
  };
}

}  // namespace

access::Caller ApiCall::caller() const {
  return {request.peer_address, std::string(request.headers.get("User-Agent")), request.id};
}

http::Handler signed_in_api(Host& host, ApiHandler handler, ApiParameters parameters) {
  const auto ending = [&host, handler = std::move(handler)](const ApiCall& call) {
    return ending_with(host, access::proof_of(call.principal), handler(call));
  };
  return with_token(host, ending, std::move(parameters));
}

http::Handler tenant_api(Host& host, access::Capability capability, ApiHandler handler, ApiParameters parameters) {
  const auto for_tenant = [&host, capability, handler = std::move(handler)](const ApiCall& call) {
    auto tenant = tenant_of(host, call, capability);
    if (!tenant) return tenant.error();
    const access::Proof proof = access::proof_of(call.principal, tenant->id, capability);
    return ending_with(host, proof, handler(ApiCall{call.request, call.principal, std::move(*tenant)}));
  };
  return with_token(host, for_tenant, std::move(parameters));
}

http::Response invalid_parameter(std::string_view sentence) {
  return http::problem(422, "request.invalid_parameter", sentence);
}

http::Middleware api_headers() {
  return [](http::Request& request, const http::Handler& next) {
    http::Response response = next(request);
    if (!web::is_api(request)) return response;
    if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    return response;
  };
}

http::Response not_found_problem() {
  return http::problem(404, "not_found", "Nothing here. It does not exist, or you have no access to it.");
}

http::Response forbidden_problem() {
  return http::problem(403, "forbidden", "Insufficient permission. Ask a tenant Owner.");
}

tl::expected<json::object, http::Response> json_body(const http::Request& request) {
  const auto refuse = [](int status, std::string_view code, std::string_view text) {
    return tl::make_unexpected(http::problem(status, code, text));
  };
  if (!is_utf8(request.body)) return refuse(422, "request.invalid_text", "The body is not UTF-8.");
  auto parsed = parse_json(request.body);
  if (!parsed && holds_half_surrogate(request.body))
    return refuse(422, "request.invalid_text",
                  fmt::format("The body holds half a surrogate pair. {}", parsed.error().message));
  if (!parsed) return refuse(400, "request.malformed_json", parsed.error().message);
  if (const std::string problem = text_problem_in(*parsed, ""); !problem.empty())
    return refuse(422, "request.invalid_text", problem);
  if (!parsed->is_object()) return refuse(400, "request.malformed_json", "The body must be a JSON object.");
  return std::move(parsed->get_object());
}

}  // namespace ta
