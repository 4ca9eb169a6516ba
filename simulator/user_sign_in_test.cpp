// People sign in: device code, authorization code with PKCE, refresh tokens, consent.
#include "base/digest.h"
#include "simulator/signing_key.h"
#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDevices = "urn:ietf:params:oauth:grant-type:device_code";
constexpr std::string_view kScope = "openid offline_access https://graph.microsoft.com/Group.Read.All";
const std::string kBack = "http://localhost:4711/back";

std::string form_text(const std::map<std::string, std::string>& fields) {
  std::string text;
  for (const auto& [name, value] : fields) text += name + "=" + http::url_encode(value) + "&";
  return text;
}

class UserSignIn : public ::testing::Test {
 protected:
  using Form = std::map<std::string, std::string>;

  const App& app(std::string_view purpose = "public") { return graph_.tenant().app(purpose); }
  std::string path(std::string_view rest) { return fmt::format("/{}{}", graph_.tenant().id, rest); }
  Answer post(std::string_view rest, const Form& form) {
    return graph_.send(http::Method::post, path(rest), form_text(form));
  }
  Answer token(Form form) {
    form.try_emplace("client_id", app().client_id);
    return post("/oauth2/v2.0/token", form);
  }
  static int refusal(const Answer& answer) {
    EXPECT_EQ(answer.status / 100, 4) << answer.response.body;
    const json::value* codes = json_find(answer.body, "error_codes");
    return codes ? static_cast<int>(codes->as_array().at(0).as_int64()) : 0;
  }

  Answer ask_for_device_code() {
    return post("/oauth2/v2.0/devicecode", {{"client_id", app().client_id}, {"scope", std::string(kScope)}});
  }
  int decide(const Answer& asked, std::string decision, const std::string& user = {}) {
    Form form{{"code", asked.text("user_code")}, {"decision", std::move(decision)}};
    if (!user.empty()) form["user"] = user;
    return post("/oauth2/deviceauth", form).status;
  }
  Answer poll(const Answer& asked, std::string_view grant_type = kDevices) {
    return token(
        {{"grant_type", std::string(grant_type)}, {"device_code", asked.text("device_code")}, {"client_info", "1"}});
  }

  // The page's address; the verifier is "verifier".
  std::string authorize_url(Form changes = {}) {
    Form query{{"client_id", app().client_id},
               {"response_type", "code"},
               {"redirect_uri", kBack},
               {"scope", std::string(kScope)},
               {"state", "st&te"},
               {"nonce", "n1"},
               {"code_challenge_method", "S256"},
               {"code_challenge", base64url(sha256_bytes("verifier"))}};
    for (const auto& [name, value] : changes) query[name] = value;
    return path("/oauth2/v2.0/authorize?") + form_text(query);
  }
  // Where the answer sends the browser.
  http::Fields sent_back(const Answer& answer) {
    const std::string to(answer.response.headers.get("Location"));
    EXPECT_EQ(answer.status, 302) << answer.response.body;
    EXPECT_TRUE(to.starts_with(kBack + "?")) << to;
    return http::Fields::parse(to.substr(std::min(to.size(), to.find('?') + 1)));
  }
  http::Fields authorize(Form changes = {}, const std::string& decision = "accept") {
    return sent_back(graph_.send(http::Method::post, authorize_url(std::move(changes)), "decision=" + decision));
  }
  Answer redeem(const std::string& code, Form changes = {}) {
    Form form{{"grant_type", "authorization_code"},
              {"code", code},
              {"redirect_uri", kBack},
              {"code_verifier", "verifier"},
              {"client_info", "1"}};
    for (const auto& [name, value] : changes) form[name] = value;
    return token(form);
  }
  static json::object claims(const std::string& token) { return *SigningKey::shared().verify(token); }

  testing::FixedClock clock_;
  TestGraph graph_{clock_};
};

TEST_F(UserSignIn, ADeviceCodeIsPendingUntilSomebodyAccepts) {
  const Answer asked = ask_for_device_code();
  ASSERT_EQ(asked.status, 200) << asked.response.body;
  EXPECT_EQ(asked.body.at("expires_in"), 900);
  EXPECT_EQ(asked.body.at("interval"), 5);
  EXPECT_NE(asked.text("message").find(asked.text("user_code")), std::string::npos);
  const Answer pending = poll(asked);
  EXPECT_EQ(pending.text("error"), "authorization_pending");
  EXPECT_EQ(refusal(pending), 70016);
  EXPECT_EQ(decide(asked, "accept"), 200);
  EXPECT_EQ(decide(asked, "decline"), 400) << "decided already";
  const Answer done = poll(asked, "device_code");
  ASSERT_EQ(done.status, 200) << done.response.body;
  const json::object token = claims(done.text("access_token"));
  EXPECT_EQ(json_string(token, "scp"), "Group.Read.All");
  EXPECT_EQ(json_string(token, "upn"), graph_.tenant().users[0].principal_name);
  EXPECT_EQ(json_string(token, "idtyp"), "user");
  EXPECT_FALSE(token.contains("roles"));
  EXPECT_EQ(refusal(poll(asked)), 70018) << "a code is good once";
}

TEST_F(UserSignIn, ADeviceCodeMayBeDeclinedOrExpire) {
  const Answer declined = ask_for_device_code();
  EXPECT_EQ(decide(declined, "decline"), 200);
  EXPECT_EQ(poll(declined).text("error"), "authorization_declined");
  const Answer late = ask_for_device_code();
  clock_.advance(900s);
  EXPECT_EQ(decide(late, "accept"), 400);
  EXPECT_EQ(poll(late).text("error"), "expired_token");
  EXPECT_EQ(refusal(poll(late)), 70020);
  EXPECT_EQ(token({{"grant_type", std::string(kDevices)}, {"device_code", "nonsense"}}).text("error"),
            "bad_verification_code");
  EXPECT_EQ(refusal(post("/oauth2/v2.0/devicecode", {{"client_id", app().client_id}, {"scope", "No.Such.Scope"}})),
            650053);
  EXPECT_EQ(refusal(post("/oauth2/v2.0/devicecode", {{"client_id", app().client_id}})), 900144);
}

TEST_F(UserSignIn, AConfidentialAppNeedsItsSecretAtTheTokenEndpoint) {
  const App& full = app("full");
  const Answer asked = post("/oauth2/v2.0/devicecode", {{"client_id", full.client_id}, {"scope", "Group.Read.All"}});
  ASSERT_EQ(decide(asked, "accept"), 200);
  EXPECT_EQ(refusal(poll(asked)), 70018) << "another app's code";
  const std::map<std::string, std::string> form{
      {"grant_type", std::string(kDevices)}, {"client_id", full.client_id}, {"device_code", asked.text("device_code")}};
  EXPECT_EQ(refusal(token(form)), 7000218);
  auto with_secret = form;
  with_secret["client_secret"] = full.client_secret;
  EXPECT_EQ(token(with_secret).status, 200);
}

TEST_F(UserSignIn, ACodeWithItsVerifierGivesTokens) {
  const http::Fields back = authorize();
  EXPECT_EQ(back.get("state"), "st&te");
  const Answer answer = redeem(back.get("code"));
  ASSERT_EQ(answer.status, 200) << answer.response.body;
  const json::object id = claims(answer.text("id_token"));
  EXPECT_EQ(json_string(id, "aud"), app().client_id);
  EXPECT_EQ(json_string(id, "nonce"), "n1");
  EXPECT_EQ(json_string(id, "iss"), "https://graph.test:8443" + path("/v2.0"));
  const json::value info = json::parse(*base64_decode(answer.text("client_info")));
  EXPECT_EQ(json_string(info, "uid"), graph_.tenant().users[0].id);
  EXPECT_EQ(json_string(info, "utid"), graph_.tenant().id);
  EXPECT_EQ(refusal(redeem(back.get("code"))), 54005);
}

TEST_F(UserSignIn, ACodeIsBoundToItsVerifierAddressAppAndTime) {
  EXPECT_EQ(refusal(redeem(authorize().get("code"), {{"code_verifier", "other"}})), 501481);
  EXPECT_EQ(refusal(redeem(authorize().get("code"), {{"redirect_uri", "http://localhost/x"}})), 500112);
  EXPECT_EQ(refusal(redeem(authorize().get("code"),
                           {{"client_id", app("full").client_id}, {"client_secret", app("full").client_secret}})),
            9002313);
  EXPECT_EQ(refusal(redeem("nonsense")), 9002313);
  const std::string late = authorize().get("code");
  clock_.advance(UserGrants::kCodeLife);
  EXPECT_EQ(refusal(redeem(late)), 70008);
  const std::string plain = authorize({{"code_challenge_method", "plain"}, {"code_challenge", "verifier"}}).get("code");
  EXPECT_EQ(redeem(plain).status, 200);
}

TEST_F(UserSignIn, TheSignInPageRefusesToTheAddressOrToThePerson) {
  EXPECT_EQ(authorize({}, "decline").get("error"), "access_denied");
  EXPECT_EQ(authorize({{"prompt", "none"}}).get("error"), "login_required");
  EXPECT_EQ(authorize({{"response_type", "token"}}).get("error"), "unsupported_response_type");
  EXPECT_EQ(authorize({{"scope", "No.Such.Scope"}}).get("error"), "invalid_client");
  const auto page = [&](const Form& changes) { return graph_.get(authorize_url(changes)); };
  EXPECT_NE(page({}).response.body.find(graph_.tenant().users[1].principal_name), std::string::npos);
  const Answer foreign = page({{"redirect_uri", "https://attacker.example/<b>"}});
  EXPECT_EQ(foreign.status, 400);
  EXPECT_FALSE(foreign.response.headers.has("Location"));
  EXPECT_NE(foreign.response.body.find("AADSTS50011"), std::string::npos);
  EXPECT_EQ(foreign.response.body.find("<b>"), std::string::npos);
  EXPECT_NE(page({{"client_id", "nobody"}}).response.body.find("AADSTS700016"), std::string::npos);
  EXPECT_NE(graph_.send(http::Method::post, authorize_url(), "decision=accept&user=nobody@x")
                .response.headers.get("Location")
                .find("AADSTS50034"),
            std::string::npos);
}

TEST_F(UserSignIn, TheAnswerTravelsAsAsked) {
  const auto answer = [&](const char* mode) {
    return graph_.send(http::Method::post, authorize_url({{"response_mode", mode}}), "decision=accept");
  };
  EXPECT_TRUE(answer("fragment").response.headers.get("Location").starts_with(kBack + "#code="));
  const Answer posted = answer("form_post");
  EXPECT_EQ(posted.status, 200);
  EXPECT_NE(posted.response.body.find("action=\"" + kBack + "\""), std::string::npos);
  EXPECT_NE(posted.response.body.find("name=\"state\" value=\"st&amp;te\""), std::string::npos);
}

TEST_F(UserSignIn, ARefreshTokenIsGoodForNinetyDays) {
  const Answer first = redeem(authorize().get("code"));
  const auto refresh = [&] {
    return token({{"grant_type", "refresh_token"}, {"refresh_token", first.text("refresh_token")}});
  };
  const Answer second = refresh();
  ASSERT_EQ(second.status, 200) << second.response.body;
  EXPECT_NE(second.text("access_token"), first.text("access_token"));
  EXPECT_FALSE(second.text("refresh_token").empty());
  EXPECT_EQ(refusal(token({{"grant_type", "refresh_token"}, {"refresh_token", "nonsense"}})), 70000);
  clock_.advance(UserGrants::kRefreshLife);
  EXPECT_EQ(refusal(refresh()), 700082);
}

TEST_F(UserSignIn, AUserReadsWhatNoAppMay) {
  const std::string agreements = "/v1.0/identityGovernance/termsOfUse/agreements";
  EXPECT_EQ(graph_.get(agreements, graph_.bearer("full")).status, 403);
  http::Headers headers;
  const std::string all = "https://graph.microsoft.com/.default";
  headers.set("Authorization", "Bearer " + redeem(authorize({{"scope", all}}).get("code")).text("access_token"));
  EXPECT_EQ(graph_.get(agreements, headers).status, 200);
  headers.set("Authorization", "Bearer " + redeem(authorize().get("code")).text("access_token"));
  EXPECT_EQ(graph_.get("/v1.0/groups", headers).status, 200);
  EXPECT_EQ(graph_.get("/beta/deviceManagement/deviceConfigurations", headers).status, 403);
}

TEST_F(UserSignIn, WhatAUserChangesIsAuditedAsTheirs) {
  const std::string all = "https://graph.microsoft.com/.default";
  http::Headers headers;
  headers.set("Authorization", "Bearer " + redeem(authorize({{"scope", all}}).get("code")).text("access_token"));
  headers.set("Content-Type", "application/json");
  ASSERT_EQ(
      graph_.send(http::Method::post, "/beta/deviceManagement/roleScopeTags", R"({"displayName":"T"})", headers).status,
      200);
  const auto events = graph_.all("/v1.0/deviceManagement/auditEvents");
  const json::value& actor = events.back().at("actor");
  EXPECT_EQ(json_string(actor, "userPrincipalName"), graph_.tenant().users[0].principal_name);
}

TEST_F(UserSignIn, AnAdministratorConsents) {
  const App& waiting = app("no_consent");
  const std::string url =
      path("/adminconsent?state=s&client_id=") + waiting.client_id + "&redirect_uri=" + http::url_encode(kBack);
  EXPECT_EQ(graph_.get(url).status, 200);
  EXPECT_EQ(sent_back(graph_.send(http::Method::post, url, "decision=decline")).get("error"), "permission_denied");
  EXPECT_EQ(refusal(graph_.sign_in(graph_.tenant(), waiting)), 65001);
  const http::Fields back = sent_back(graph_.send(http::Method::post, url, "decision=accept"));
  EXPECT_EQ(back.get("admin_consent"), "True");
  EXPECT_EQ(back.get("tenant"), graph_.tenant().id);
  EXPECT_EQ(back.get("state"), "s");
  EXPECT_EQ(graph_.sign_in(graph_.tenant(), waiting).status, 200);
}

TEST_F(UserSignIn, ForeignAddressesMustBeRegistered) {
  const std::string address = "https://atlas.example/consent";
  const auto page = [&] {
    return graph_.get(path("/adminconsent?client_id=") + app("full").client_id +
                      "&redirect_uri=" + http::url_encode(address));
  };
  EXPECT_EQ(page().status, 400);
  EXPECT_EQ(
      graph_
          .admin(http::Method::post, "/_sim/apps",
                 {{"tenant", graph_.tenant().id}, {"client_id", app("full").client_id}, {"redirect_uri", address}})
          .status,
      200);
  EXPECT_EQ(page().status, 200);
}

TEST_F(UserSignIn, FaultsChooseARefusal) {
  graph_.simulator.faults().add(
      {.path_contains = "oauth2/v2.0/token", .status = 400, .code = "AADSTS50076", .count = 1});
  const Answer refused = graph_.sign_in(graph_.tenant(), app("full"));
  EXPECT_EQ(refusal(refused), 50076);
  EXPECT_EQ(refused.text("error"), "interaction_required");
  EXPECT_EQ(graph_.sign_in(graph_.tenant(), app("full")).status, 200);
}

TEST_F(UserSignIn, TokensMayExpireInMidRun) {
  const http::Headers before = graph_.bearer();
  EXPECT_EQ(graph_.get("/v1.0/organization", before).status, 200);
  EXPECT_EQ(graph_.admin(http::Method::post, "/_sim/tokens", {{"expire_all", true}, {"lifetime_seconds", 60}}).status,
            200);
  EXPECT_EQ(graph_.get("/v1.0/organization", before).status, 401);
  const http::Headers after = graph_.bearer();
  EXPECT_EQ(graph_.get("/v1.0/organization", after).status, 200);
  clock_.advance(60s);
  EXPECT_EQ(graph_.get("/v1.0/organization", after).status, 401);
  EXPECT_EQ(graph_.admin(http::Method::post, "/_sim/tokens", {{"lifetime_seconds", 0}}).status, 422);
}

}  // namespace
}  // namespace ta::simulator
