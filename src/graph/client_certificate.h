// Signing in with a certificate instead of a secret: the app's private key signs an assertion for Entra.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/failure.h"
#include "base/random.h"
#include "base/time.h"

namespace ta::graph {

// A certificate and its RSA key. Immutable; any thread may use it.
class ClientCertificate {
 public:
  // `pem` holds both, in any order, the key without a password. Fails with provider.credential_wrong and a sentence for
  // the person who pasted it; it repeats nothing of the text.
  static Result<ClientCertificate> parse(std::string_view pem);

  Timestamp expires_at() const { return expires_at_; }
  // As Entra's page shows it: 40 hex digits.
  const std::string& thumbprint() const { return thumbprint_; }

  // A signed JWT (PS256) that is good for ten minutes at `audience`, which is the token endpoint's address.
  std::string assertion(std::string_view client_id, std::string_view audience, Timestamp now, Random& random) const;

 private:
  struct Key;
  std::string sign(std::string_view text) const;

  std::shared_ptr<const Key> key_;
  Timestamp expires_at_;
  std::string thumbprint_, sha1_, sha256_;
};

}  // namespace ta::graph
