// What people have agreed to, on its way to a token: device codes, authorization codes, refresh tokens.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "simulator/sign_in_refusal.h"
#include "simulator/world.h"

namespace ta::simulator {

// A person has signed in to an app.
struct UserGrant {
  const Tenant* tenant = nullptr;
  const App* app = nullptr;
  const User* user = nullptr;
  std::string scope;  // as asked for
  std::string nonce;
};

struct CodeRequest {
  std::string redirect_uri;
  std::string challenge;  // empty: no PKCE
  bool hashed = true;     // the challenge is the verifier's SHA-256
};

// What is redeemed throws SignInRefusal when it is not good. Safe to use from several threads. Keeps references to
// everything it is given.
class UserGrants {
 public:
  static constexpr std::chrono::seconds kDeviceCodeLife{900}, kCodeLife{600};
  static constexpr std::chrono::hours kRefreshLife{90 * 24};

  UserGrants(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  struct DeviceCode {
    std::string device_code, user_code;
  };
  // `asked` has no user yet.
  DeviceCode open_device_code(UserGrant asked);
  // Who asks with this user code; nullptr members for an unknown, decided or expired one.
  UserGrant waiting(std::string_view user_code) const;
  // nullptr declines. False for an unknown, decided or expired code.
  bool decide(std::string_view user_code, const User* user);
  UserGrant redeem_device_code(std::string_view device_code, const App& app);

  std::string issue_code(UserGrant grant, CodeRequest request);
  // A code is good once.
  UserGrant redeem_code(std::string_view code, const App& app, std::string_view redirect_uri,
                        std::string_view verifier);

  std::string issue_refresh_token(UserGrant grant);
  // A refresh token stays good until it expires, as Entra's do.
  UserGrant redeem_refresh_token(std::string_view token, const App& app);

 private:
  enum class Decision { pending, approved, declined };
  struct Device {
    UserGrant grant;
    std::string user_code;
    Timestamp expires_at;
    Decision decision = Decision::pending;
  };
  struct Code {
    UserGrant grant;
    CodeRequest request;
    Timestamp expires_at;
    bool used = false;
  };
  struct Refresh {
    UserGrant grant;
    Timestamp issued_at;
  };
  // Its device code; empty for an unknown, decided or expired one.
  std::string waiting_code(std::string_view user_code) const;

  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, Device, std::less<>> devices_;
  std::map<std::string, Code, std::less<>> codes_;
  std::map<std::string, Refresh, std::less<>> refresh_tokens_;
};

}  // namespace ta::simulator
