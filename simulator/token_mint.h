// Makes the tokens of the sign-in service and reads them again where Graph gets them.
#pragma once
#include <atomic>
#include <string>
#include <string_view>

#include "base/failure.h"
#include "http/message.h"
#include "simulator/principal.h"
#include "simulator/user_grants.h"

namespace ta::simulator {

// Safe to use from several threads. Keeps references to everything it is given.
class TokenMint {
 public:
  TokenMint(const World& world, const Clock& clock, Random& random, int lifetime_seconds)
      : world_(world), clock_(clock), random_(random), lifetime_seconds_(lifetime_seconds) {}

  std::string app_token(const Tenant& tenant, const App& app, std::string_view audience);
  // `scopes`: the delegated permissions, separated by blanks.
  std::string user_token(const UserGrant& grant, std::string_view audience, std::string_view scopes);
  std::string id_token(const UserGrant& grant, std::string_view issuer);

  int lifetime_seconds() const { return lifetime_seconds_; }
  void set_lifetime(int seconds) { lifetime_seconds_ = seconds; }
  // Every access token made so far is expired from now on.
  void expire_all() { expired_ = issued_.load(); }

  // The caller of a Graph request. Fails with graph.unauthorized and Graph's own sentence.
  Result<Principal> authenticate(const http::Request& request) const;

 private:
  json::object common_claims(const Tenant& tenant, const App& app, std::string_view audience);

  const World& world_;
  const Clock& clock_;
  Random& random_;
  std::atomic<int> lifetime_seconds_;
  std::atomic<std::int64_t> issued_{0}, expired_{0};
};

}  // namespace ta::simulator
