// The sign-in side: tokens for client credentials, discovery documents, keys, and the AADSTS errors.
#pragma once
#include <string>
#include <string_view>

#include "base/failure.h"
#include "base/random.h"
#include "base/time.h"
#include "http/message.h"
#include "simulator/signing_key.h"
#include "simulator/world.h"

namespace ta::simulator {

// Who calls Graph, as the token says.
struct Principal {
  const Tenant* tenant = nullptr;
  std::string app_id, app_name;
  std::vector<std::string> roles;
  std::string user;  // the signed-in user's principal name; empty: an app alone
};

// Safe to use from several threads. Keeps references to everything it is given.
class TokenService {
 public:
  TokenService(const World& world, const Clock& clock, Random& random, int token_lifetime_seconds)
      : world_(world), clock_(clock), random_(random), lifetime_seconds_(token_lifetime_seconds) {}

  // Paths below /{tenant}/: the token endpoint, discovery, keys. nullopt for a path that is not one of them.
  // `base_url` is how the client reached us, without a last slash.
  std::optional<http::Response> answer(const http::Request& request, const std::string& base_url);

  // The caller of a Graph request. Fails with graph.unauthorized and Graph's own sentence.
  Result<Principal> authenticate(const http::Request& request) const;

 private:
  struct Refusal;
  http::Response token(const http::Request& request, std::string_view tenant, const std::string& base_url);
  Refusal check(const http::Fields& form, const Tenant* tenant, std::string_view tenant_text) const;
  Refusal check_app(const http::Fields& form, const Tenant& tenant) const;
  http::Response refuse(const http::Request& request, const Refusal& refusal);
  json::object claims(const Tenant& tenant, const App& app, std::string_view audience);

  const World& world_;
  const Clock& clock_;
  Random& random_;
  const int lifetime_seconds_;
};

}  // namespace ta::simulator
