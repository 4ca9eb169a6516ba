#include "simulator/token_service.h"

#include "base/digest.h"
#include "simulator/delegated_scopes.h"
#include "simulator/signing_key.h"

namespace ta::simulator {
namespace {

constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
constexpr std::string_view kAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr int kPollSeconds = 5;

http::Response instance_discovery(const http::Request& request, const std::string& base_url) {
  const std::string host(request.headers.get("Host"));
  return http::json_response(
      200, json::object{{"tenant_discovery_endpoint", base_url + "/common/v2.0/.well-known/openid-configuration"},
                        {"api-version", "1.1"},
                        {"metadata", json::array{json::object{{"preferred_network", host},
                                                              {"preferred_cache", host},
                                                              {"aliases", json::array{json::value(host)}}}}}});
}

void need(const http::Fields& form, std::string_view name) {
  if (form.get(name).empty()) throw SignInRefusal::of(900144, {name});
}

http::Response not_stored(json::object body) {
  auto response = http::json_response(200, body);
  response.headers.set("Cache-Control", "no-store, no-cache");
  response.headers.set("Pragma", "no-cache");
  return response;
}

bool is_page(std::string_view rest) {
  return rest == "/oauth2/v2.0/authorize" || rest == "/oauth2/deviceauth" || rest.ends_with("/adminconsent");
}

}  // namespace

// One request at the sign-in service.
struct TokenService::Call {
  const http::Request& request;
  const std::string& base_url;
  std::string_view tenant_text;
  const Tenant* known;
  http::Fields form;

  const Tenant& tenant() const {
    if (!known) throw SignInRefusal::of(90002, {tenant_text});
    return *known;
  }
  const App& app() const {
    need(form, "client_id");
    const App* app = tenant().find_app(form.get("client_id"));
    if (!app) throw SignInRefusal::of(700016, {form.get("client_id"), tenant().display_name});
    return *app;
  }
  std::string root() const { return fmt::format("{}/{}", base_url, known ? known->id : std::string(tenant_text)); }
};

std::optional<http::Response> TokenService::answer(const http::Request& request, const std::string& base_url) {
  const std::string_view path = request.path;
  const std::size_t slash = path.find('/', 1);
  if (slash == path.npos) return std::nullopt;
  const std::string_view tenant = path.substr(1, slash - 1), rest = path.substr(slash);
  const Call call{request, base_url, tenant, world_.find_tenant(tenant), request.form()};
  try {
    return by_path(call, rest);
  } catch (const SignInRefusal& refusal) {
    if (is_page(rest)) return SignInPages::refusal_page(refusal);
    return refusal_answer(refusal, request, random_, clock_.now());
  }
}

std::optional<http::Response> TokenService::by_path(const Call& call, std::string_view rest) {
  if (rest == "/discovery/instance") return instance_discovery(call.request, call.base_url);
  if (rest == "/v2.0/.well-known/openid-configuration") return discovery(call);
  if (rest == "/discovery/v2.0/keys")
    return http::json_response(
        200, SigningKey::shared().key_set(fmt::format("{}/{}/v2.0", call.base_url, call.tenant_text)));
  if (rest == "/oauth2/v2.0/token") return token(call);
  if (rest == "/oauth2/v2.0/devicecode") return device_code(call);
  if (rest == "/oauth2/v2.0/authorize") return pages_.authorize(call.request, call.tenant());
  if (rest == "/oauth2/deviceauth") return pages_.device(call.request, call.tenant());
  if (rest == "/adminconsent" || rest == "/v2.0/adminconsent") return pages_.admin_consent(call.request, call.tenant());
  if (rest == "/oauth2/v2.0/logout") return pages_.log_out(call.request);
  return std::nullopt;
}

http::Response TokenService::discovery(const Call& call) const {
  const bool shared = call.tenant_text == "common" || call.tenant_text == "organizations";
  const std::string root = call.root(), issuer = shared ? call.base_url + "/{tenantid}" : root;
  if (!shared) std::ignore = call.tenant();
  return http::json_response(
      200, json::object{{"token_endpoint", root + "/oauth2/v2.0/token"},
                        {"token_endpoint_auth_methods_supported", json::array{"client_secret_post", "private_key_jwt"}},
                        {"jwks_uri", root + "/discovery/v2.0/keys"},
                        {"response_modes_supported", json::array{"query", "fragment", "form_post"}},
                        {"subject_types_supported", json::array{"pairwise"}},
                        {"id_token_signing_alg_values_supported", json::array{"RS256"}},
                        {"response_types_supported", json::array{"code"}},
                        {"scopes_supported", json::array{"openid", "profile", "email", "offline_access"}},
                        {"issuer", issuer + "/v2.0"},
                        {"authorization_endpoint", root + "/oauth2/v2.0/authorize"},
                        {"device_authorization_endpoint", root + "/oauth2/v2.0/devicecode"},
                        {"end_session_endpoint", root + "/oauth2/v2.0/logout"},
                        {"tenant_region_scope", "EU"},
                        {"cloud_instance_name", "microsoftonline.com"}});
}

http::Response TokenService::token(const Call& call) {
  if (call.request.method != http::Method::post) throw SignInRefusal::of(900561, {call.request.method_name});
  std::ignore = call.tenant();
  need(call.form, "grant_type");
  need(call.form, "client_id");
  if (call.form.get("grant_type") == "client_credentials") {
    need(call.form, "scope");
    const std::string scope = call.form.get("scope");
    if (scope.find(' ') != scope.npos) throw SignInRefusal::of(70011, {scope});
    if (default_resource(scope).empty()) throw SignInRefusal::of(1002012, {scope});
    return app_token(call, call.app());
  }
  const App& app = call.app();
  const UserGrant grant = redeem(call, app);
  return user_token(call, grant, call.form.get("scope", grant.scope));
}

http::Response TokenService::app_token(const Call& call, const App& app) {
  require_proof(call, app);
  if (!registrations_.consented(app)) throw SignInRefusal::of(65001, {app.client_id, app.display_name});
  const std::string scope = call.form.get("scope");
  const std::string_view resource = default_resource(scope);
  require_graph(resource, call.base_url, call.tenant());
  return not_stored({{"token_type", "Bearer"},
                     {"expires_in", mint_.lifetime_seconds()},
                     {"ext_expires_in", mint_.lifetime_seconds()},
                     {"access_token", mint_.app_token(call.tenant(), app, resource)}});
}

// A secret or a signed assertion; public apps have neither.
void TokenService::require_proof(const Call& call, const App& app) const {
  const http::Fields& form = call.form;
  const bool alone = form.get("grant_type") == "client_credentials";
  if (app.is_public && !alone) return;
  if (form.has("client_assertion")) {
    if (form.get("client_assertion_type") != kAssertionType) throw SignInRefusal::of(50027);
    const auto certificates = registrations_.certificates(app);
    const std::string root = call.root(), asked = fmt::format("{}/{}", call.base_url, call.tenant_text);
    return require_assertion(form.get("client_assertion"),
                             {app.client_id,
                              {root + "/oauth2/v2.0/token", root + "/v2.0", asked + "/oauth2/v2.0/token"},
                              certificates,
                              clock_.now()});
  }
  if (form.get("client_secret").empty()) throw SignInRefusal::of(alone ? 7000216 : 7000218);
  if (!equal_constant_time(form.get("client_secret"), app.client_secret))
    throw SignInRefusal::of(7000215, {app.client_id});
  if (app.secret_expires_at <= clock_.now()) throw SignInRefusal::of(7000222, {app.client_id});
}

UserGrant TokenService::redeem(const Call& call, const App& app) {
  const http::Fields& form = call.form;
  const std::string grant_type = form.get("grant_type");
  const bool device = grant_type == kDeviceGrant || grant_type == "device_code";
  const bool code = grant_type == "authorization_code", refresh = grant_type == "refresh_token";
  if (!device && !code && !refresh) throw SignInRefusal::of(70003, {grant_type});
  need(form, device ? "device_code" : code ? "code" : "refresh_token");
  require_proof(call, app);
  if (device) return grants_.redeem_device_code(form.get("device_code"), app);
  if (refresh) return grants_.redeem_refresh_token(form.get("refresh_token"), app);
  return grants_.redeem_code(form.get("code"), app, form.get("redirect_uri"), form.get("code_verifier"));
}

http::Response TokenService::user_token(const Call& call, const UserGrant& grant, const std::string& scope) {
  const DelegatedScopes scopes =
      delegated_scopes(*grant.tenant, *grant.app, scope, registrations_.consented(*grant.app));
  json::object body{{"token_type", "Bearer"},
                    {"scope", scopes.answered},
                    {"expires_in", mint_.lifetime_seconds()},
                    {"ext_expires_in", mint_.lifetime_seconds()},
                    {"access_token", mint_.user_token(grant, scopes.audience, scopes.permissions)}};
  if (scopes.refresh_token) body["refresh_token"] = grants_.issue_refresh_token(grant);
  if (scopes.id_token) body["id_token"] = mint_.id_token(grant, call.root() + "/v2.0");
  if (call.form.get("client_info") == "1")
    body["client_info"] = base64url(json::serialize(json::object{{"uid", grant.user->id}, {"utid", grant.tenant->id}}));
  return not_stored(std::move(body));
}

http::Response TokenService::device_code(const Call& call) {
  if (call.request.method != http::Method::post) throw SignInRefusal::of(900561, {call.request.method_name});
  const App& app = call.app();
  const std::string scope = call.form.get("scope");
  std::ignore = delegated_scopes(call.tenant(), app, scope, registrations_.consented(app));
  const auto [device_code, user_code] = grants_.open_device_code({&call.tenant(), &app, nullptr, scope, {}});
  const std::string page = call.root() + "/oauth2/deviceauth";
  return not_stored({{"user_code", user_code},
                     {"device_code", device_code},
                     {"verification_uri", page},
                     {"expires_in", UserGrants::kDeviceCodeLife.count()},
                     {"interval", kPollSeconds},
                     {"message", fmt::format("To sign in, use a web browser to open the page {} and enter the code {} "
                                             "to authenticate.",
                                             page, user_code)}});
}

}  // namespace ta::simulator
