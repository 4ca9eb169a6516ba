// Signing in with a certificate: the assertion that an app's private key has signed.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/time.h"
#include "simulator/sign_in_refusal.h"

namespace ta::simulator {

// A certificate that an app registration trusts. Immutable; safe to use from several threads.
class TrustedCertificate {
 public:
  // Fails with run.invalid_input: no X.509 certificate with an RSA key.
  static Result<TrustedCertificate> parse(std::string_view pem);

  const std::string& thumbprint() const { return sha1_; }  // 40 capital hex digits, as Entra shows it
  // True when a token's "x5t" or "x5t#S256" names this certificate.
  bool named_by(const json::object& header) const;
  // RS256 and PS256.
  bool verifies(std::string_view algorithm, std::string_view text, std::string_view signature) const;

 private:
  struct Key;
  std::shared_ptr<const Key> key_;
  std::string sha1_, x5t_, x5t_s256_;
};

struct AssertionCheck {
  std::string_view client_id;
  std::vector<std::string> audiences;  // any of them
  std::span<const TrustedCertificate> certificates;
  Timestamp now;
};
// Throws SignInRefusal unless the assertion proves that a trusted certificate's owner asks for `client_id`.
void require_assertion(std::string_view assertion, const AssertionCheck& check);

}  // namespace ta::simulator
