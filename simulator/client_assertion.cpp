#include "simulator/client_assertion.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>

#include "base/digest.h"
#include "simulator/jwt.h"

namespace ta::simulator {
namespace {

using namespace std::chrono_literals;

// How far the clocks of client and service may differ.
constexpr auto kSkew = 5min;

struct Free {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::string digest_of(X509* certificate, const EVP_MD* kind) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, kind, bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

Timestamp time_of(const json::object& claims, std::string_view name) {
  constexpr std::int64_t kFar = 100'000'000'000;
  return from_unix_micros(std::clamp<std::int64_t>(json_int(claims, name), -kFar, kFar) * 1'000'000);
}

bool timely(const json::object& claims, Timestamp now) {
  if (!claims.contains("exp")) return false;
  return time_of(claims, "exp") > now - kSkew && (!claims.contains("nbf") || time_of(claims, "nbf") <= now + kSkew);
}

// As the refusal tells it: hexadecimal.
std::string claimed_thumbprint(const json::object& header) {
  for (const char* name : {"x5t", "x5t#S256"})
    if (const auto bytes = base64_decode(json_string(header, name)); bytes && !bytes->empty())
      return upper(hex(*bytes));
  return {};
}

}  // namespace

struct TrustedCertificate::Key {
  std::unique_ptr<EVP_PKEY, Free> key;
};

Result<TrustedCertificate> TrustedCertificate::parse(std::string_view pem) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509, Free> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  std::unique_ptr<EVP_PKEY, Free> key(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
  ERR_clear_error();
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return fail(FailureCode::run_invalid_input, "certificate must be an X.509 certificate with an RSA key, as PEM");
  TrustedCertificate out;
  const std::string sha1 = digest_of(certificate.get(), EVP_sha1());
  out.sha1_ = upper(hex(sha1));
  out.x5t_ = base64url(sha1);
  out.x5t_s256_ = base64url(digest_of(certificate.get(), EVP_sha256()));
  out.key_ = std::make_shared<Key>(Key{std::move(key)});
  return out;
}

bool TrustedCertificate::named_by(const json::object& header) const {
  return json_string(header, "x5t") == x5t_ || json_string(header, "x5t#S256") == x5t_s256_;
}

bool TrustedCertificate::verifies(std::string_view algorithm, std::string_view text, std::string_view signature) const {
  if (algorithm != "RS256" && algorithm != "PS256") return false;
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // the context's own
  bool good = EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr, key_->key.get()) == 1;
  if (good && algorithm == "PS256")
    good = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
  const auto bytes = [](std::string_view of) { return reinterpret_cast<const unsigned char*>(of.data()); };
  good = good && EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
  ERR_clear_error();
  return good;
}

void require_assertion(std::string_view assertion, const AssertionCheck& check) {
  const auto jwt = read_jwt(assertion);
  if (!jwt) throw SignInRefusal::of(50027);
  const auto signed_by = [&](const TrustedCertificate& one) {
    return one.named_by(jwt->header) && one.verifies(json_string(jwt->header, "alg"), jwt->signed_text, jwt->signature);
  };
  if (std::none_of(check.certificates.begin(), check.certificates.end(), signed_by))
    throw SignInRefusal::of(700027, {claimed_thumbprint(jwt->header)});
  for (const char* name : {"iss", "sub"})
    if (json_string(jwt->claims, name) != check.client_id) throw SignInRefusal::of(700021);
  const std::string audience = json_string(jwt->claims, "aud");
  if (std::find(check.audiences.begin(), check.audiences.end(), audience) == check.audiences.end())
    throw SignInRefusal::of(700023);
  if (!timely(jwt->claims, check.now)) throw SignInRefusal::of(700024);
}

}  // namespace ta::simulator
