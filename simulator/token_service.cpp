#include "simulator/token_service.h"

#include "base/digest.h"

namespace ta::simulator {
namespace {

constexpr std::string_view kDefaultScope = "/.default";

std::int64_t unix_seconds(Timestamp time) { return to_unix_micros(time) / 1'000'000; }

// "2026-11-20 08:41:07Z", the token service's own spelling.
std::string refusal_time(Timestamp time) {
  std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
  text[10] = ' ';
  return text;
}

const App* find_app(const Tenant& tenant, std::string_view client_id) {
  for (const App& app : tenant.apps)
    if (app.client_id == client_id) return &app;
  return nullptr;
}

// The resource of one "{resource}/.default" scope; empty when the scope is not of that form.
std::string_view resource_of(std::string_view scope) {
  if (!scope.ends_with(kDefaultScope) || scope.find(' ') != scope.npos) return {};
  return scope.substr(0, scope.size() - kDefaultScope.size());
}

http::Response discovery(const std::string& base_url, std::string_view tenant, const Tenant* known) {
  const std::string id = known ? known->id : std::string(tenant);
  const std::string root = fmt::format("{}/{}", base_url, id);
  return http::json_response(
      200, json::object{{"token_endpoint", root + "/oauth2/v2.0/token"},
                        {"token_endpoint_auth_methods_supported",
                         json::array{"client_secret_post", "private_key_jwt", "client_secret_basic"}},
                        {"jwks_uri", root + "/discovery/v2.0/keys"},
                        {"response_modes_supported", json::array{"query", "fragment", "form_post"}},
                        {"subject_types_supported", json::array{"pairwise"}},
                        {"id_token_signing_alg_values_supported", json::array{"RS256"}},
                        {"response_types_supported", json::array{"code", "id_token", "code id_token"}},
                        {"scopes_supported", json::array{"openid", "profile", "email", "offline_access"}},
                        {"issuer", known ? root + "/v2.0" : base_url + "/{tenantid}/v2.0"},
                        {"authorization_endpoint", root + "/oauth2/v2.0/authorize"},
                        {"device_authorization_endpoint", root + "/oauth2/v2.0/devicecode"},
                        {"end_session_endpoint", root + "/oauth2/v2.0/logout"},
                        {"tenant_region_scope", "EU"},
                        {"cloud_instance_name", "microsoftonline.com"}});
}

http::Response instance_discovery(const http::Request& request, const std::string& base_url) {
  const std::string host(request.headers.get("Host"));
  return http::json_response(
      200, json::object{{"tenant_discovery_endpoint", base_url + "/common/v2.0/.well-known/openid-configuration"},
                        {"api-version", "1.1"},
                        {"metadata", json::array{json::object{{"preferred_network", host},
                                                              {"preferred_cache", host},
                                                              {"aliases", json::array{json::value(host)}}}}}});
}

}  // namespace

struct TokenService::Refusal {
  int code = 0;  // 0: no refusal
  std::string error, text;
  int status = 400;
  explicit operator bool() const { return code != 0; }
};

std::optional<http::Response> TokenService::answer(const http::Request& request, const std::string& base_url) {
  const std::string_view path = request.path;
  const std::size_t slash = path.find('/', 1);
  if (slash == path.npos) return std::nullopt;
  const std::string_view tenant = path.substr(1, slash - 1), rest = path.substr(slash);
  if (rest == "/discovery/instance") return instance_discovery(request, base_url);
  if (rest == "/v2.0/.well-known/openid-configuration") {
    const Tenant* known = world_.find_tenant(tenant);
    const bool shared = tenant == "common" || tenant == "organizations";
    if (!known && !shared) return refuse(request, check({}, nullptr, tenant));
    return discovery(base_url, tenant, known);
  }
  if (rest == "/discovery/v2.0/keys")
    return http::json_response(200, SigningKey::shared().key_set(fmt::format("{}/{}/v2.0", base_url, tenant)));
  if (rest == "/oauth2/v2.0/token") return token(request, tenant, base_url);
  return std::nullopt;
}

TokenService::Refusal TokenService::check(const http::Fields& form, const Tenant* tenant,
                                          std::string_view tenant_text) const {
  if (!tenant)
    return {
        90002, "invalid_request",
        fmt::format("Tenant '{}' not found. Check to make sure you have the correct tenant ID and are signing into "
                    "the correct cloud. Check with your subscription administrator, this may happen if there are no "
                    "active subscriptions for the tenant.",
                    tenant_text)};
  for (const std::string_view name : {"grant_type", "client_id"})
    if (form.get(name).empty())
      return {900144, "invalid_request",
              fmt::format("The request body must contain the following parameter: '{}'.", name)};
  if (form.get("grant_type") != "client_credentials")
    return {70003, "unsupported_grant_type",
            fmt::format("The app requested an unsupported grant type '{}'.", form.get("grant_type"))};
  if (form.get("scope").empty())
    return {900144, "invalid_request", "The request body must contain the following parameter: 'scope'."};
  if (resource_of(form.get("scope")).empty())
    return {70011, "invalid_scope",
            fmt::format("The provided request must include a 'scope' input parameter. The provided value for the input "
                        "parameter 'scope' is not valid. The scope {} is not valid.",
                        form.get("scope"))};
  return check_app(form, *tenant);
}

TokenService::Refusal TokenService::check_app(const http::Fields& form, const Tenant& tenant) const {
  const App* app = find_app(tenant, form.get("client_id"));
  if (!app)
    return {700016, "unauthorized_client",
            fmt::format("Application with identifier '{}' was not found in the directory '{}'. This can happen if the "
                        "application has not been installed by the administrator of the tenant or consented to by any "
                        "user in the tenant. You may have sent your authentication request to the wrong tenant.",
                        form.get("client_id"), tenant.display_name)};
  if (form.get("client_secret").empty())
    return {7000216, "invalid_client",
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
            401};
  if (!equal_constant_time(form.get("client_secret"), app->client_secret))
    return {7000215, "invalid_client",
            fmt::format("Invalid client secret provided. Ensure the secret being sent in the request is the client "
                        "secret value, not the client secret ID, for a secret added to app '{}'.",
                        app->client_id),
            401};
  if (app->secret_expires_at <= clock_.now())
    return {
        7000222, "invalid_client",
        fmt::format("The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new "
                    "keys for your app.",
                    app->client_id),
        401};
  if (!app->consented)
    return {65001, "invalid_grant",
            fmt::format("The user or administrator has not consented to use the application with ID '{}' named '{}'. "
                        "Send an interactive authorization request for this user and resource.",
                        app->client_id, app->display_name)};
  return {};
}

http::Response TokenService::token(const http::Request& request, std::string_view tenant_text,
                                   const std::string& base_url) {
  if (request.method != http::Method::post)
    return refuse(
        request, {900561, "invalid_request",
                  fmt::format("The endpoint only accepts POST requests. Received a {} request.", request.method_name)});
  const http::Fields form = request.form();
  const Tenant* tenant = world_.find_tenant(tenant_text);
  if (const Refusal refusal = check(form, tenant, tenant_text)) return refuse(request, refusal);
  const std::string scope = form.get("scope");
  std::string_view resource = resource_of(scope);
  const bool graph =
      resource.starts_with("https://") || resource == base_url || resource == "00000003-0000-0000-c000-000000000000";
  if (!graph)
    return refuse(request, {500011, "invalid_resource",
                            fmt::format("The resource principal named {} was not found in the tenant named {}. ",
                                        resource, tenant->display_name)});
  const App& app = *find_app(*tenant, form.get("client_id"));
  auto response = http::json_response(
      200, json::object{{"token_type", "Bearer"},
                        {"expires_in", lifetime_seconds_},
                        {"ext_expires_in", lifetime_seconds_},
                        {"access_token", SigningKey::shared().sign(claims(*tenant, app, resource))}});
  response.headers.set("Cache-Control", "no-store, no-cache");
  response.headers.set("Pragma", "no-cache");
  return response;
}

json::object TokenService::claims(const Tenant& tenant, const App& app, std::string_view audience) {
  const std::int64_t now = unix_seconds(clock_.now());
  return {{"aud", audience},
          {"iss", fmt::format("https://sts.windows.net/{}/", tenant.id)},
          {"iat", now - 300},
          {"nbf", now - 300},
          {"exp", now + lifetime_seconds_},
          {"app_displayname", app.display_name},
          {"appid", app.client_id},
          {"appidacr", "1"},
          {"idp", fmt::format("https://sts.windows.net/{}/", tenant.id)},
          {"idtyp", "app"},
          {"oid", app.object_id},
          {"roles", json::value_from(app.roles)},
          {"sub", app.object_id},
          {"tid", tenant.id},
          {"uti", base64url(random_.bytes(16))},
          {"ver", "1.0"},
          {"wids", json::array{"0997a1d0-0d1d-4acb-b408-d5ca73121e90"}}};
}

http::Response TokenService::refuse(const http::Request& request, const Refusal& refusal) {
  const std::string trace = random_.uuid();
  std::string correlation(request.headers.get("client-request-id"));
  if (correlation.empty()) correlation = random_.uuid();
  const std::string time = refusal_time(clock_.now());
  return http::json_response(
      refusal.status,
      json::object{{"error", refusal.error},
                   {"error_description", fmt::format("AADSTS{}: {} Trace ID: {} Correlation ID: {} Timestamp: {}",
                                                     refusal.code, refusal.text, trace, correlation, time)},
                   {"error_codes", json::array{refusal.code}},
                   {"timestamp", time},
                   {"trace_id", trace},
                   {"correlation_id", correlation},
                   {"error_uri", fmt::format("https://login.microsoftonline.com/error?code={}", refusal.code)}});
}

Result<Principal> TokenService::authenticate(const http::Request& request) const {
  const std::string_view header = request.headers.get("Authorization");
  if (header.size() <= 7 || (!header.starts_with("Bearer ") && !header.starts_with("bearer ")))
    return fail(FailureCode::graph_unauthorized, "Access token is empty.");
  auto claims = SigningKey::shared().verify(header.substr(7));
  if (!claims) return tl::make_unexpected(claims.error());
  const std::int64_t now = unix_seconds(clock_.now());
  if (json_int(*claims, "exp") <= now)
    return fail(FailureCode::graph_unauthorized, "Lifetime validation failed, the token is expired.");
  if (json_int(*claims, "nbf") > now)
    return fail(FailureCode::graph_unauthorized, "Lifetime validation failed, the token is not yet valid.");
  Principal principal{.tenant = world_.find_tenant(json_string(*claims, "tid")),
                      .app_id = json_string(*claims, "appid"),
                      .app_name = json_string(*claims, "app_displayname")};
  if (!principal.tenant) return fail(FailureCode::graph_unauthorized, "Invalid tenant in the token.");
  if (const json::value* roles = claims->if_contains("roles"); roles && roles->is_array())
    for (const json::value& role : roles->get_array()) principal.roles.emplace_back(role.as_string());
  return principal;
}

}  // namespace ta::simulator
