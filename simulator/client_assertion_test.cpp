#include "simulator/client_assertion.h"

#include <openssl/evp.h>

#include "base/digest.h"
#include "simulator/test_graph.h"
#include "testing/app_certificate.h"

namespace ta::simulator {
namespace {

using namespace std::chrono_literals;

constexpr const char* kType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

class ClientAssertion : public ::testing::Test {
 protected:
  static const testing::AppCertificate& known() {
    static const testing::AppCertificate certificate;
    return certificate;
  }
  const App& app() { return graph_.tenant().app("full"); }
  std::string endpoint() { return fmt::format("https://graph.test:8443/{}/oauth2/v2.0/token", graph_.tenant().id); }
  void SetUp() override {
    const Answer added = register_certificate(known().text(true, false));
    ASSERT_EQ(added.status, 200) << added.response.body;
    thumbprint_ = added.text("thumbprint");
  }
  Answer register_certificate(const std::string& pem) {
    return graph_.admin(http::Method::post, "/_sim/apps",
                        {{"tenant", graph_.tenant().id}, {"client_id", app().client_id}, {"certificate", pem}});
  }

  json::object header() { return {{"alg", "RS256"}, {"x5t", base64url(unhex(thumbprint_))}}; }
  json::object claims() {
    const std::int64_t now = to_unix_micros(clock_.now()) / 1'000'000;
    return {{"aud", endpoint()}, {"iss", app().client_id}, {"sub", app().client_id}, {"nbf", now}, {"exp", now + 600}};
  }
  static std::string unhex(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
      bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
    return bytes;
  }
  static std::string signed_jwt(const json::object& header, const json::object& claims, EVP_PKEY* key) {
    const std::string text = base64url(json::serialize(header)) + "." + base64url(json::serialize(claims));
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    std::size_t size = signature.size();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    return text + "." + base64url(signature.substr(0, size));
  }
  Answer sign_in(const std::string& assertion, const std::string& type = kType) {
    return graph_.send(http::Method::post, "/" + graph_.tenant().id + "/oauth2/v2.0/token",
                       fmt::format("grant_type=client_credentials&client_id={}&client_assertion_type={}&"
                                   "client_assertion={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
                                   app().client_id, http::url_encode(type), http::url_encode(assertion)));
  }
  int refusal(const std::string& assertion) {
    const Answer answer = sign_in(assertion);
    const json::value* codes = json_find(answer.body, "error_codes");
    return codes ? static_cast<int>(codes->as_array().at(0).as_int64()) : 0;
  }

  testing::FixedClock clock_;
  TestGraph graph_{clock_};
  std::string thumbprint_;
};

TEST_F(ClientAssertion, OfAKnownCertificateGivesAToken) {
  EXPECT_EQ(sign_in(signed_jwt(header(), claims(), known().key())).status, 200);
  json::object by_issuer = claims();
  by_issuer["aud"] = fmt::format("https://graph.test:8443/{}/v2.0", graph_.tenant().id);
  EXPECT_EQ(sign_in(signed_jwt(header(), by_issuer, known().key())).status, 200);
}

TEST_F(ClientAssertion, OfAnUnknownKeyIsRefusedWithItsThumbprint) {
  const testing::AppCertificate other;
  const Answer borrowed = sign_in(signed_jwt(header(), claims(), other.key()));
  EXPECT_EQ(borrowed.body.at("error_codes").at(0), 700027) << "the thumbprint alone proves nothing";
  EXPECT_NE(borrowed.text("error_description").find(thumbprint_), std::string::npos);
  EXPECT_EQ(refusal(signed_jwt({{"alg", "RS256"}, {"x5t", "AAAA"}}, claims(), known().key())), 700027);
  EXPECT_EQ(refusal(signed_jwt({{"alg", "none"}, {"x5t", header().at("x5t")}}, claims(), known().key())), 700027);
  EXPECT_EQ(refusal(signed_jwt({{"alg", "PS256"}, {"x5t", header().at("x5t")}}, claims(), known().key())), 700027);
}

TEST_F(ClientAssertion, MustBeForThisAppThisEndpointAndThisTime) {
  const auto with = [&](const char* name, json::value value) {
    json::object changed = claims();
    changed[name] = std::move(value);
    return refusal(signed_jwt(header(), changed, known().key()));
  };
  EXPECT_EQ(with("iss", "somebody"), 700021);
  EXPECT_EQ(with("sub", "somebody"), 700021);
  EXPECT_EQ(with("aud", "https://login.example/token"), 700023);
  EXPECT_EQ(with("exp", to_unix_micros(clock_.now()) / 1'000'000 - 3600), 700024);
  EXPECT_EQ(with("nbf", to_unix_micros(clock_.now()) / 1'000'000 + 3600), 700024);
  EXPECT_EQ(with("exp", std::numeric_limits<std::int64_t>::max()), 0);
  EXPECT_EQ(with("exp", "soon"), 700024);
}

TEST_F(ClientAssertion, MalformedOnesAreCalledSo) {
  for (const char* text : {"nonsense", "a.b.c", "..", "e30.e30", "e30.e30.!"}) EXPECT_EQ(refusal(text), 50027) << text;
  EXPECT_EQ(sign_in(signed_jwt(header(), claims(), known().key()), "urn:nonsense").body.at("error_codes").at(0), 50027);
  EXPECT_EQ(register_certificate("nonsense").status, 422);
  EXPECT_EQ(register_certificate(testing::AppCertificate(EVP_EC_gen("P-256")).text(true, false)).status, 422);
}

}  // namespace
}  // namespace ta::simulator
