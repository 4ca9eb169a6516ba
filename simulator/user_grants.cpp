#include "simulator/user_grants.h"

#include "base/digest.h"

namespace ta::simulator {
namespace {

// Nine letters and digits that nobody mistakes for each other.
std::string new_user_code(Random& random) {
  constexpr std::string_view kLetters = "BCDFGHJKLMNPQRSTVWXYZ23456789";
  std::string code;
  for (int i = 0; i < 9; ++i) code += kLetters[random.below(kLetters.size())];
  return code;
}

bool verifies(const CodeRequest& request, std::string_view verifier) {
  if (request.challenge.empty()) return true;
  return request.challenge == (request.hashed ? base64url(sha256_bytes(verifier)) : std::string(verifier));
}

}  // namespace

UserGrants::DeviceCode UserGrants::open_device_code(UserGrant asked) {
  const std::lock_guard lock(mutex_);
  const DeviceCode code{"D" + random_.token() + random_.token(), new_user_code(random_)};
  devices_[code.device_code] = {std::move(asked), code.user_code, clock_.now() + kDeviceCodeLife};
  return code;
}

std::string UserGrants::waiting_code(std::string_view user_code) const {
  for (const auto& [code, device] : devices_)
    if (device.user_code == user_code && device.decision == Decision::pending && clock_.now() < device.expires_at)
      return code;
  return {};
}

UserGrant UserGrants::waiting(std::string_view user_code) const {
  const std::lock_guard lock(mutex_);
  const auto found = devices_.find(waiting_code(user_code));
  return found == devices_.end() ? UserGrant{} : found->second.grant;
}

bool UserGrants::decide(std::string_view user_code, const User* user) {
  const std::lock_guard lock(mutex_);
  const auto found = devices_.find(waiting_code(user_code));
  if (found == devices_.end()) return false;
  found->second.grant.user = user;
  found->second.decision = user ? Decision::approved : Decision::declined;
  return true;
}

UserGrant UserGrants::redeem_device_code(std::string_view device_code, const App& app) {
  const std::lock_guard lock(mutex_);
  const auto found = devices_.find(device_code);
  if (found == devices_.end() || found->second.grant.app != &app) throw SignInRefusal::of(70018);
  const Device& device = found->second;
  if (clock_.now() >= device.expires_at) throw SignInRefusal::of(70020);
  if (device.decision == Decision::pending) throw SignInRefusal::of(70016);
  if (device.decision == Decision::declined) throw SignInRefusal::of(70017);
  UserGrant grant = device.grant;
  devices_.erase(found);
  return grant;
}

std::string UserGrants::issue_code(UserGrant grant, CodeRequest request) {
  const std::lock_guard lock(mutex_);
  std::string code = "1." + random_.token() + random_.token();
  codes_[code] = {std::move(grant), std::move(request), clock_.now() + kCodeLife};
  return code;
}

UserGrant UserGrants::redeem_code(std::string_view code, const App& app, std::string_view redirect_uri,
                                  std::string_view verifier) {
  const std::lock_guard lock(mutex_);
  const auto found = codes_.find(code);
  if (found == codes_.end() || found->second.grant.app != &app) throw SignInRefusal::of(9002313);
  Code& kept = found->second;
  if (kept.used) throw SignInRefusal::of(54005);
  if (clock_.now() >= kept.expires_at) throw SignInRefusal::of(70008);
  if (redirect_uri != kept.request.redirect_uri)
    throw SignInRefusal::of(500112, {redirect_uri, kept.request.redirect_uri});
  if (!verifies(kept.request, verifier)) throw SignInRefusal::of(501481);
  kept.used = true;
  return kept.grant;
}

std::string UserGrants::issue_refresh_token(UserGrant grant) {
  const std::lock_guard lock(mutex_);
  std::string token = "1.A" + random_.token() + random_.token();
  refresh_tokens_[token] = {std::move(grant), clock_.now()};
  return token;
}

UserGrant UserGrants::redeem_refresh_token(std::string_view token, const App& app) {
  const std::lock_guard lock(mutex_);
  const auto found = refresh_tokens_.find(token);
  if (found == refresh_tokens_.end() || found->second.grant.app != &app) throw SignInRefusal::of(70000);
  if (clock_.now() >= found->second.issued_at + kRefreshLife)
    throw SignInRefusal::of(700082, {to_rfc3339(found->second.issued_at)});
  return found->second.grant;
}

}  // namespace ta::simulator
