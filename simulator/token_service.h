// The sign-in side: tokens for apps and for people, discovery documents, keys, and the AADSTS errors.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "simulator/app_registrations.h"
#include "simulator/sign_in_pages.h"
#include "simulator/token_mint.h"

namespace ta::simulator {

// Safe to use from several threads. Keeps references to everything it is given.
class TokenService {
 public:
  TokenService(const World& world, const Clock& clock, Random& random, int token_lifetime_seconds)
      : world_(world),
        clock_(clock),
        random_(random),
        mint_(world, clock, random, token_lifetime_seconds),
        grants_(clock, random),
        pages_(registrations_, grants_) {}

  // Paths below /{tenant}/: token, device code, sign-in and consent pages, discovery, keys. nullopt for a path that is
  // not one of them. `base_url` is how the client reached us, without a last slash.
  std::optional<http::Response> answer(const http::Request& request, const std::string& base_url);

  Result<Principal> authenticate(const http::Request& request) const { return mint_.authenticate(request); }

  TokenMint& mint() { return mint_; }
  AppRegistrations& registrations() { return registrations_; }

 private:
  struct Call;
  std::optional<http::Response> by_path(const Call& call, std::string_view rest);
  http::Response discovery(const Call& call) const;
  http::Response token(const Call& call);
  http::Response app_token(const Call& call, const App& app);
  http::Response user_token(const Call& call, const UserGrant& grant, const std::string& scope);
  http::Response device_code(const Call& call);
  UserGrant redeem(const Call& call, const App& app);
  void require_proof(const Call& call, const App& app) const;

  const World& world_;
  const Clock& clock_;
  Random& random_;
  TokenMint mint_;
  AppRegistrations registrations_;
  UserGrants grants_;
  SignInPages pages_;
};

}  // namespace ta::simulator
