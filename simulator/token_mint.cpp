#include "simulator/token_mint.h"

#include <charconv>

#include "base/digest.h"
#include "simulator/signing_key.h"

namespace ta::simulator {
namespace {

std::int64_t unix_seconds(Timestamp time) { return to_unix_micros(time) / 1'000'000; }

std::string issuer_of(const Tenant& tenant) { return fmt::format("https://sts.windows.net/{}/", tenant.id); }

// "uti" begins with the token's number.
std::int64_t number_of(const json::object& claims) {
  const auto text = base64_decode(json_string(claims, "uti"));
  std::int64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

std::vector<std::string> permissions(const json::object& claims) {
  std::vector<std::string> all;
  if (const json::value* roles = claims.if_contains("roles"); roles && roles->is_array())
    for (const json::value& role : roles->get_array()) all.emplace_back(role.as_string());
  const std::string scopes = json_string(claims, "scp");
  for (std::size_t at = 0; at < scopes.size();) {
    const std::size_t end = std::min(scopes.find(' ', at), scopes.size());
    if (end > at) all.push_back(scopes.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

}  // namespace

json::object TokenMint::common_claims(const Tenant& tenant, const App& app, std::string_view audience) {
  const std::int64_t now = unix_seconds(clock_.now());
  return {{"aud", audience},
          {"iss", issuer_of(tenant)},
          {"iat", now - 300},
          {"nbf", now - 300},
          {"exp", now + lifetime_seconds_},
          {"app_displayname", app.display_name},
          {"appid", app.client_id},
          {"appidacr", app.is_public ? "0" : "1"},
          {"idp", issuer_of(tenant)},
          {"tid", tenant.id},
          {"uti", base64url(fmt::format("{}.{}", ++issued_, random_.bytes(12)))},
          {"ver", "1.0"}};
}

std::string TokenMint::app_token(const Tenant& tenant, const App& app, std::string_view audience) {
  json::object claims = common_claims(tenant, app, audience);
  claims["idtyp"] = "app";
  claims["oid"] = claims["sub"] = app.object_id;
  claims["roles"] = json::value_from(app.roles);
  claims["wids"] = json::array{"0997a1d0-0d1d-4acb-b408-d5ca73121e90"};
  return SigningKey::shared().sign(claims);
}

std::string TokenMint::user_token(const UserGrant& grant, std::string_view audience, std::string_view scopes) {
  json::object claims = common_claims(*grant.tenant, *grant.app, audience);
  claims["idtyp"] = "user";
  claims["oid"] = grant.user->id;
  claims["sub"] = sha256_hex(grant.user->id + grant.app->client_id).substr(0, 43);
  claims["name"] = grant.user->display_name;
  claims["upn"] = claims["unique_name"] = grant.user->principal_name;
  claims["scp"] = scopes;
  // Intune Administrator
  claims["wids"] = json::array{"3a2c62db-5318-420d-8d74-23affee5d9d5"};
  return SigningKey::shared().sign(claims);
}

std::string TokenMint::id_token(const UserGrant& grant, std::string_view issuer) {
  const std::int64_t now = unix_seconds(clock_.now());
  json::object claims{{"aud", grant.app->client_id},
                      {"iss", issuer},
                      {"iat", now - 300},
                      {"nbf", now - 300},
                      {"exp", now + lifetime_seconds_},
                      {"name", grant.user->display_name},
                      {"oid", grant.user->id},
                      {"preferred_username", grant.user->principal_name},
                      {"sub", sha256_hex(grant.user->id + grant.app->client_id).substr(0, 43)},
                      {"tid", grant.tenant->id},
                      {"ver", "2.0"}};
  if (!grant.nonce.empty()) claims["nonce"] = grant.nonce;
  return SigningKey::shared().sign(claims);
}

Result<Principal> TokenMint::authenticate(const http::Request& request) const {
  const std::string_view header = request.headers.get("Authorization");
  if (header.size() <= 7 || (!header.starts_with("Bearer ") && !header.starts_with("bearer ")))
    return fail(FailureCode::graph_unauthorized, "Access token is empty.");
  auto claims = SigningKey::shared().verify(header.substr(7));
  if (!claims) return tl::make_unexpected(claims.error());
  const std::int64_t now = unix_seconds(clock_.now());
  if (json_int(*claims, "exp") <= now || number_of(*claims) <= expired_)
    return fail(FailureCode::graph_unauthorized, "Lifetime validation failed, the token is expired.");
  if (json_int(*claims, "nbf") > now)
    return fail(FailureCode::graph_unauthorized, "Lifetime validation failed, the token is not yet valid.");
  Principal principal{.tenant = world_.find_tenant(json_string(*claims, "tid")),
                      .app_id = json_string(*claims, "appid"),
                      .app_name = json_string(*claims, "app_displayname"),
                      .roles = permissions(*claims),
                      .user = json_string(*claims, "upn")};
  if (!principal.tenant) return fail(FailureCode::graph_unauthorized, "Invalid tenant in the token.");
  return principal;
}

}  // namespace ta::simulator
