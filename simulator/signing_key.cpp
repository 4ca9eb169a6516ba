#include "simulator/signing_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <stdexcept>

#include "base/digest.h"
#include "simulator/jwt.h"

namespace ta::simulator {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string rsa_signature(EVP_PKEY* key, std::string_view text) {
  const Context context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes(text),
                     text.size()) != 1)
    throw std::runtime_error("cannot sign a token");
  signature.resize(size);
  return signature;
}

bool rsa_verifies(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  const Context context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
}

std::string public_number(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) throw std::runtime_error("cannot read the signing key");
  const std::unique_ptr<BIGNUM, Free> number(raw);
  std::string out(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
  BN_bn2bin(raw, reinterpret_cast<unsigned char*>(out.data()));
  return base64url(out);
}

}  // namespace

struct SigningKey::Impl {
  Key key;
  std::string modulus, exponent, id;
};

SigningKey::SigningKey() : impl_(std::make_unique<Impl>()) {
  impl_->key.reset(EVP_RSA_gen(2048));
  if (!impl_->key) throw std::runtime_error("cannot make an RSA key");
  impl_->modulus = public_number(impl_->key.get(), OSSL_PKEY_PARAM_RSA_N);
  impl_->exponent = public_number(impl_->key.get(), OSSL_PKEY_PARAM_RSA_E);
  impl_->id = base64url(sha256_bytes(impl_->modulus)).substr(0, 27);
}

SigningKey::~SigningKey() = default;

const SigningKey& SigningKey::shared() {
  static const SigningKey key;
  return key;
}

std::string SigningKey::sign(const json::object& claims) const {
  const json::object header{{"typ", "JWT"}, {"alg", "RS256"}, {"x5t", impl_->id}, {"kid", impl_->id}};
  const std::string text = base64url(json::serialize(header)) + "." + base64url(json::serialize(claims));
  return text + "." + base64url(rsa_signature(impl_->key.get(), text));
}

Result<json::object> SigningKey::verify(std::string_view token) const {
  if (token.find('.') == token.rfind('.'))
    return fail(FailureCode::graph_unauthorized, "IDX14100: JWT is not well formed, there are no dots (.).");
  auto jwt = read_jwt(token);
  if (!jwt) return fail(FailureCode::graph_unauthorized, "IDX12729: Unable to decode the token.");
  if (json_string(jwt->header, "alg") != "RS256" || !rsa_verifies(impl_->key.get(), jwt->signed_text, jwt->signature))
    return fail(FailureCode::graph_unauthorized, "Signing key is invalid.");
  return std::move(jwt->claims);
}

json::object SigningKey::key_set(std::string_view issuer) const {
  return {{"keys", json::array{json::object{{"kty", "RSA"},
                                            {"use", "sig"},
                                            {"kid", impl_->id},
                                            {"x5t", impl_->id},
                                            {"n", impl_->modulus},
                                            {"e", impl_->exponent},
                                            {"issuer", issuer}}}}};
}

}  // namespace ta::simulator
