#include "graph/client_certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "base/json.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;

constexpr int kKeyBitsMin = 2048;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* it) const {
    Free(it);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

Bio reading(std::string_view pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

// A key with a password must not make the process ask at its terminal.
int no_password(char*, int, int, void*) { return -1; }

tl::unexpected<Failure> refuse(std::string why) {
  ERR_clear_error();  // what OpenSSL noted belongs to nobody else
  return fail(FailureCode::provider_credential_wrong, std::move(why));
}

std::string digest_of(X509* certificate, const EVP_MD* kind) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, kind, bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

Timestamp end_of(X509* certificate) {
  std::tm parts{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts);
  return Timestamp(std::chrono::seconds(::timegm(&parts)));
}

std::int64_t unix_seconds(Timestamp time) { return to_unix_micros(time) / 1'000'000; }

}  // namespace

struct ClientCertificate::Key {
  KeyPtr key;
};

Result<ClientCertificate> ClientCertificate::parse(std::string_view pem) {
  const X509Ptr certificate(PEM_read_bio_X509(reading(pem).get(), nullptr, no_password, nullptr));
  if (!certificate) return refuse("There is no certificate in it (-----BEGIN CERTIFICATE-----).");
  KeyPtr key(PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, no_password, nullptr));
  if (!key) return refuse("There is no private key in it that can be read without a password.");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return refuse("Entra takes certificates with an RSA key only.");
  if (EVP_PKEY_get_bits(key.get()) < kKeyBitsMin) return refuse("The key is too short; 2048 bits are the least.");
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    return refuse("The private key does not belong to the certificate.");
  ClientCertificate out;
  out.key_ = std::make_shared<Key>(Key{std::move(key)});
  out.expires_at_ = end_of(certificate.get());
  out.sha1_ = digest_of(certificate.get(), EVP_sha1());
  out.sha256_ = digest_of(certificate.get(), EVP_sha256());
  out.thumbprint_ = hex(out.sha1_);
  return out;
}

std::string ClientCertificate::assertion(std::string_view client_id, std::string_view audience, Timestamp now,
                                         Random& random) const {
  // Entra finds the key by either thumbprint; older clouds know only the first.
  const json::object header{
      {"alg", "PS256"}, {"typ", "JWT"}, {"x5t", base64url(sha1_)}, {"x5t#S256", base64url(sha256_)}};
  const json::object claims{{"aud", audience},
                            {"iss", client_id},
                            {"sub", client_id},
                            {"jti", random.uuid()},
                            {"nbf", unix_seconds(now)},
                            {"iat", unix_seconds(now)},
                            {"exp", unix_seconds(now + 10min)}};
  const std::string text = base64url(json::serialize(header)) + "." + base64url(json::serialize(claims));
  return text + "." + base64url(sign(text));
}

std::string ClientCertificate::sign(std::string_view text) const {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // the context's own
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  bool good = EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key_->key.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1;
  std::string out(size, '\0');
  good = good &&
         EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes, text.size()) == 1;
  if (!good) throw FailureError(FailureCode::internal_error, "OpenSSL cannot sign.");
  out.resize(size);
  return out;
}

}  // namespace ta::graph
