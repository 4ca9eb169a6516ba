#include "graph/client_certificate.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/secrets.h"
#include "graph/peer.h"
#include "graph/token_source.h"
#include "testing/app_certificate.h"
#include "testing/clock.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;

constexpr auto kTokenPath = "/contoso/oauth2/v2.0/token";

using Made = ta::testing::AppCertificate;

const Made& rsa() {
  static const Made made(EVP_RSA_gen(2048));
  return made;
}

bool verifies(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* options = nullptr;
  EVP_DigestVerifyInit(context, &options, EVP_sha256(), nullptr, key);
  EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
  EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32);
  const bool good =
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

json::value part(const std::string& text) { return json::parse(base64_decode(text).value()); }

TEST(ClientCertificate, SignsWhatEntraExpects) {
  const auto certificate = ClientCertificate::parse(rsa().text()).value();
  const ta::testing::FixedClock clock;
  SecureRandom random;
  const std::string jwt = certificate.assertion("app-1", "https://login/t/oauth2/v2.0/token", clock.now(), random);
  const auto first = jwt.find('.'), second = jwt.rfind('.');
  const json::value header = part(jwt.substr(0, first)), claims = part(jwt.substr(first + 1, second - first - 1));
  EXPECT_EQ(header.at("alg"), "PS256");
  EXPECT_EQ(hex(base64_decode(json_string(header, "x5t")).value()), certificate.thumbprint());
  EXPECT_EQ(base64_decode(json_string(header, "x5t#S256"))->size(), 32u);
  EXPECT_EQ(claims.at("aud"), "https://login/t/oauth2/v2.0/token");
  EXPECT_EQ(claims.at("iss"), "app-1");
  EXPECT_EQ(claims.at("sub"), "app-1");
  EXPECT_EQ(claims.at("exp").as_int64() - claims.at("nbf").as_int64(), 600);
  EXPECT_TRUE(verifies(rsa().key(), jwt.substr(0, second), base64_decode(jwt.substr(second + 1)).value()));
  EXPECT_NE(jwt, certificate.assertion("app-1", "https://login/t/oauth2/v2.0/token", clock.now(), random));
}

TEST(ClientCertificate, WhatCannotWorkIsRefusedWithAReason) {
  const Made other(EVP_RSA_gen(2048)), weak(EVP_RSA_gen(1024)), curve(EVP_EC_gen("P-256"));
  const std::pair<std::string, std::string> cases[] = {
      {"", "no certificate"},
      {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate"},
      {rsa().text(true, false), "no private key"},
      {rsa().text(true, true, "password"), "without a password"},
      {rsa().text(false, true), "no certificate"},
      {rsa().text(false, true) + other.text(true, false), "does not belong"},
      {weak.text(), "too short"},
      {curve.text(), "RSA"},
  };
  for (const auto& [pem, words] : cases) {
    const auto parsed = ClientCertificate::parse(pem);
    ASSERT_FALSE(parsed) << words;
    EXPECT_EQ(parsed.error().code, FailureCode::provider_credential_wrong);
    EXPECT_NE(parsed.error().message.find(words), std::string::npos) << parsed.error().message;
  }
}

class CertificateSignIn : public ::testing::Test {
 protected:
  TokenSource source(const std::string& pem) {
    return {client_,
            peer_.endpoints(),
            {.entra_tenant_id = "contoso", .client_id = "app-1", .certificate_pem = pem},
            clock_};
  }
  Peer peer_;
  ta::testing::FixedClock clock_;
  http::Client client_;
};

TEST_F(CertificateSignIn, SendsAnAssertionAndNoSecret) {
  http::Fields form;
  peer_.on(kTokenPath, [&](http::Request& request, int) {
    form = request.form();
    return Peer::token("the-token-itself");
  });
  EXPECT_EQ(source(rsa().text()).get().value(), "the-token-itself");
  EXPECT_EQ(form.get("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  EXPECT_FALSE(form.has("client_secret"));
  const std::string jwt = form.get("client_assertion");
  const auto first = jwt.find('.');
  EXPECT_EQ(json_string(part(jwt.substr(first + 1, jwt.rfind('.') - first - 1)), "aud"), peer_.url(kTokenPath));
  EXPECT_EQ(redact("saw " + jwt), "saw [redacted]");
}

TEST_F(CertificateSignIn, WhatIsBrokenOrExpiredAsksNobody) {
  const Made expired(EVP_RSA_gen(2048), -60s);
  EXPECT_EQ(source(expired.text()).get().error().code, FailureCode::auth_token_expired);
  EXPECT_EQ(source("-----BEGIN nothing").get().error().code, FailureCode::provider_credential_wrong);
  EXPECT_EQ(peer_.asked(kTokenPath), 0);
}

TEST_F(CertificateSignIn, ATokenOfAnotherTenantIsNotUsed) {
  const std::string own = "11111111-1111-1111-1111-111111111111", other = "22222222-2222-2222-2222-222222222222";
  peer_.on("/" + own + "/oauth2/v2.0/token", [&](http::Request&, int nth) {
    const json::object claims{{"tid", nth == 1 ? other : own}};
    return Peer::token("eyJh." + base64url(json::serialize(claims)) + ".sig");
  });
  TokenSource tokens(client_, peer_.endpoints(), {own, "app-1", "s3cret-of-app-1"}, clock_);
  EXPECT_EQ(tokens.get().error().code, FailureCode::provider_tenant_wrong);
  EXPECT_TRUE(tokens.get());
}

}  // namespace
}  // namespace ta::graph
