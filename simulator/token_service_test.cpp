#include "base/digest.h"
#include "simulator/signing_key.h"
#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

class SignIn : public ::testing::Test {
 protected:
  const App& app(std::string_view purpose = "full") { return graph_.tenant().app(purpose); }
  Answer post(const std::string& form, const std::string& tenant = {}) {
    return graph_.send(http::Method::post, "/" + (tenant.empty() ? graph_.tenant().id : tenant) + "/oauth2/v2.0/token",
                       form);
  }
  std::string form(const std::string& without, const std::string& changed = {}, const std::string& value = {}) {
    std::map<std::string, std::string> fields{{"grant_type", "client_credentials"},
                                              {"client_id", app().client_id},
                                              {"client_secret", app().client_secret},
                                              {"scope", "https://graph.microsoft.com/.default"}};
    fields.erase(without);
    if (!changed.empty()) fields[changed] = value;
    std::string text;
    for (const auto& [name, content] : fields) text += name + "=" + http::url_encode(content) + "&";
    return text;
  }
  // The refusal's number, checked to be told in every place.
  static int refusal(const Answer& answer) {
    const int code = static_cast<int>(answer.body.at("error_codes").as_array().at(0).as_int64());
    EXPECT_TRUE(answer.text("error_description").starts_with(fmt::format("AADSTS{}: ", code)));
    EXPECT_FALSE(answer.text("trace_id").empty());
    EXPECT_EQ(answer.text("timestamp").size(), 20u);
    return code;
  }

  testing::FixedClock clock_;
  TestGraph graph_{clock_};
};

TEST_F(SignIn, GivesATokenWithTheClaimsOfAnApp) {
  const Answer answer = graph_.sign_in(graph_.tenant(), app());
  ASSERT_EQ(answer.status, 200) << answer.response.body;
  EXPECT_EQ(answer.text("token_type"), "Bearer");
  EXPECT_EQ(answer.body.at("expires_in"), 3599);
  const auto claims = SigningKey::shared().verify(answer.text("access_token"));
  ASSERT_TRUE(claims);
  EXPECT_EQ(json_string(*claims, "aud"), "https://graph.microsoft.com");
  EXPECT_EQ(json_string(*claims, "iss"), fmt::format("https://sts.windows.net/{}/", graph_.tenant().id));
  EXPECT_EQ(json_string(*claims, "tid"), graph_.tenant().id);
  EXPECT_EQ(json_string(*claims, "appid"), app().client_id);
  EXPECT_EQ(json_string(*claims, "idtyp"), "app");
  EXPECT_EQ(json_string(*claims, "ver"), "1.0");
  EXPECT_EQ(claims->at("roles").as_array().size(), read_permissions().size());
  EXPECT_EQ(json_int(*claims, "exp"), to_unix_micros(clock_.now()) / 1'000'000 + 3599);
}

TEST_F(SignIn, TakesTheTenantByDomainAndTheSimulatorAsResource) {
  EXPECT_EQ(post(form(""), graph_.tenant().domain).status, 200);
  EXPECT_EQ(post(form("", "scope", "https://graph.test:8443/.default")).status, 200);
}

TEST_F(SignIn, TokenLifetimeIsInjectable) {
  testing::FixedClock clock;
  TestGraph graph(clock, {.token_lifetime_seconds = 5});
  EXPECT_EQ(graph.get("/v1.0/organization").status, 200);
  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(graph.get("/v1.0/organization").status, 401);
}

TEST_F(SignIn, RefusesWithTheNumbersThatClientsKnow) {
  struct Case {
    std::string form;
    int code, status;
    std::string error;
  };
  const std::vector<Case> cases{
      {form("", "client_secret", "wrong"), 7000215, 401, "invalid_client"},
      {form("client_secret"), 7000216, 401, "invalid_client"},
      {form("", "client_id", "00000000-0000-0000-0000-000000000000"), 700016, 400, "unauthorized_client"},
      {form("", "scope", "https://graph.microsoft.com/User.Read"), 1002012, 400, "invalid_scope"},
      {form("", "scope", "a/.default b/.default"), 70011, 400, "invalid_scope"},
      {form("", "scope", "nonsense/.default"), 500011, 400, "invalid_resource"},
      {form("", "grant_type", "password"), 70003, 400, "unsupported_grant_type"},
      {form("grant_type"), 900144, 400, "invalid_request"},
      {form("client_id"), 900144, 400, "invalid_request"},
      {form("scope"), 900144, 400, "invalid_request"},
      {"", 900144, 400, "invalid_request"},
  };
  for (const Case& one : cases) {
    const Answer answer = post(one.form);
    EXPECT_EQ(answer.status, one.status) << one.form;
    EXPECT_EQ(answer.text("error"), one.error) << one.form;
    EXPECT_EQ(refusal(answer), one.code) << one.form;
  }
}

TEST_F(SignIn, RefusesByTheStateOfTenantAndApp) {
  EXPECT_EQ(refusal(post(form(""), "no-such-tenant.example")), 90002);
  EXPECT_EQ(refusal(graph_.sign_in(graph_.tenant(), app("expired_secret"))), 7000222);
  EXPECT_EQ(refusal(graph_.sign_in(graph_.tenant(), app("no_consent"))), 65001);
  EXPECT_EQ(refusal(graph_.sign_in(graph_.tenant(1), app())), 700016) << "an app of another tenant";
  EXPECT_EQ(refusal(graph_.get("/" + graph_.tenant().id + "/oauth2/v2.0/token")), 900561);
}

TEST_F(SignIn, NeverRepeatsTheSecret) {
  const Answer answer = post(form("", "client_secret", "a-very-secret-value"));
  EXPECT_EQ(answer.response.body.find("a-very-secret-value"), std::string::npos);
}

TEST_F(SignIn, DiscoveryLeadsToTheKeysThatSignedTheToken) {
  const Answer document = graph_.get("/" + graph_.tenant().domain + "/v2.0/.well-known/openid-configuration");
  ASSERT_EQ(document.status, 200);
  const std::string root = "https://graph.test:8443/" + graph_.tenant().id;
  EXPECT_EQ(document.text("issuer"), root + "/v2.0");
  EXPECT_EQ(document.text("token_endpoint"), root + "/oauth2/v2.0/token");
  const Answer keys = graph_.get(document.text("jwks_uri"));
  const json::value& key = keys.body.at("keys").as_array().at(0);
  const std::string token = graph_.token();
  const json::value header = json::parse(*base64_decode(token.substr(0, token.find('.'))));
  EXPECT_EQ(json_string(key, "kid"), json_string(header, "kid"));
  EXPECT_EQ(base64_decode(json_string(key, "n"))->size(), 256u);
  EXPECT_EQ(graph_.get("/nonsense/v2.0/.well-known/openid-configuration").status, 400);
  const Answer instance = graph_.get("/common/discovery/instance?api-version=1.1");
  EXPECT_EQ(json_string(instance.body.at("metadata").as_array().at(0), "preferred_network"), "graph.test:8443");
}

TEST(SigningKey, RefusesForeignAndMalformedTokens) {
  const SigningKey other;
  const std::string good = SigningKey::shared().sign({{"tid", "x"}});
  EXPECT_TRUE(SigningKey::shared().verify(good));
  EXPECT_FALSE(other.verify(good));
  const std::string unsigned_token = base64url(R"({"alg":"none"})") + "." + base64url(R"({"tid":"x"})") + ".";
  for (const std::string& token : {std::string(), std::string("a"), std::string("a.b"), std::string("..."),
                                   unsigned_token, good.substr(0, good.size() - 8), "e30." + good})
    EXPECT_FALSE(SigningKey::shared().verify(token)) << token;
}

}  // namespace
}  // namespace ta::simulator
