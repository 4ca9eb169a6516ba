// The token service's RSA key: signs JSON Web Tokens with RS256 and checks them.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/failure.h"
#include "base/json.h"

namespace ta::simulator {

// Immutable after construction; safe to use from several threads.
class SigningKey {
 public:
  // A new RSA key of 2048 bits. Throws std::runtime_error if OpenSSL fails.
  SigningKey();
  ~SigningKey();
  // One key for the whole process, made at the first call: making one takes a tenth of a second.
  static const SigningKey& shared();

  std::string sign(const json::object& claims) const;
  // The claims of a token that this key signed. Fails with graph.unauthorized: malformed, another key, another
  // algorithm.
  Result<json::object> verify(std::string_view token) const;
  // {"keys":[…]}, as discovery/v2.0/keys answers.
  json::object key_set(std::string_view issuer) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ta::simulator
