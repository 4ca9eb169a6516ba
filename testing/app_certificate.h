// A self-signed certificate and its key, as people make them for their app registrations.
#pragma once
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <chrono>
#include <string>

#include "testing/clock.h"

namespace ta::testing {

class AppCertificate {
 public:
  // Takes over the key. Begins when FixedClock does.
  explicit AppCertificate(EVP_PKEY* key = EVP_RSA_gen(2048),
                          std::chrono::seconds lifetime = std::chrono::hours{24 * 365})
      : key_(key), certificate_(X509_new()) {
    const time_t begin = to_unix_micros(FixedClock().now()) / 1'000'000;
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    ASN1_TIME_set(X509_getm_notBefore(certificate_), begin);
    ASN1_TIME_set(X509_getm_notAfter(certificate_), begin + lifetime.count());
    X509_set_pubkey(certificate_, key_);
    X509_sign(certificate_, key_, EVP_sha256());
  }
  ~AppCertificate() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  AppCertificate(const AppCertificate&) = delete;
  AppCertificate& operator=(const AppCertificate&) = delete;

  EVP_PKEY* key() const { return key_; }
  // PEM of both, or of one of them.
  std::string text(bool with_certificate = true, bool with_key = true, const char* password = nullptr) const {
    BIO* const out = BIO_new(BIO_s_mem());
    const EVP_CIPHER* const cipher = password ? EVP_aes_256_cbc() : nullptr;
    if (with_key) PEM_write_bio_PrivateKey(out, key_, cipher, nullptr, 0, nullptr, const_cast<char*>(password));
    if (with_certificate) PEM_write_bio_X509(out, certificate_);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    std::string pem(bytes, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
  }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
};

}  // namespace ta::testing
