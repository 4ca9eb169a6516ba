#include "base/secrets.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/digest.h"
#include "base/log.h"
#include "base/random.h"
#include "base/utf8.h"

namespace ta {
namespace {

bool gone(std::string_view secret, std::string_view text) { return redact(text).find(secret) == std::string::npos; }

TEST(Redact, LeavesOrdinaryTextAlone) {
  for (const char* text : {
           "",
           "Microsoft Graph answered 403 for /deviceManagement/deviceConfigurations.",
           "Request id 6f0c2f3e-77aa-4b12-9f3a-21c0a91e0001, run #48213.",
           "passwordMinimumLength is 8, passwordRequired is true",
           "/beta/deviceManagement/configurationPolicies?$select=id,name&$top=25",
           "Listening on http://127.0.0.1:8080, see https://[::1]:443 and http://localhost:80.",
           "#microsoft.graph.windows10CompliancePolicy",
           "device_vendor_msft_policy_config_defender_allowarchivescanning",
           "deviceManagementConfigurationChoiceSettingInstanceTemplate",
           "The token was refused. Rotate the client secret.",
           "Conditional access: block legacy sign-in (basic authentication)",
       })
    EXPECT_EQ(redact(text), text);
}

TEST(Redact, KnowsHowSecretsLook) {
  const std::string secret = "Zx8-Q~1TqN.v_0aB3cD4eF5gH6iJ7kL8mN9oP0q";
  for (const std::string before : {"client_secret=",
                                   "clientSecret: ",
                                   "\"client_secret\":\"",
                                   "{\\\"clientSecret\\\":\\\"",
                                   "ClientSecret = '",
                                   "client_secret%3D",
                                   "client-secret: ",
                                   "secretText\": \"",
                                   "Authorization: Bearer ",
                                   "authorization: Basic ",
                                   "\"Authorization\":\"Bearer ",
                                   "password=",
                                   "Password: ",
                                   "PWD=",
                                   "passphrase: ",
                                   "access_token=",
                                   "&refresh_token=",
                                   "id_token\":\"",
                                   "client_assertion=",
                                   "x-api-key: ",
                                   "api_key=",
                                   "apikey=",
                                   "SharedAccessKey=",
                                   "AccountKey=",
                                   "Cookie: session=",
                                   "Set-Cookie: ta_session=",
                                   "code_verifier=",
                                   "sig=",
                                   "postgresql://ta:",
                                   "device_code=",
                                   "host=db password=",
                                   "csrf_token=",
                                   "<clientSecret>",
                                   "--password ",
                                   "--client-secret "})
    for (const std::string after : {"", "\"}", "' next", "&x=1", ";", "@db/tenantatlas", "</clientSecret>"})
      EXPECT_TRUE(gone(secret, before + secret + after))
          << before + secret + after << " -> " << redact(before + secret + after);
}

// Short secrets have no look of their own; only their label gives them away.
TEST(Redact, TrustsTheLabelOfShortSecrets) {
  for (const std::string label : {"password=", "Password: ", "\"password\":\"", "password => '",
                                  "client_secret=", "{\\\"password\\\":\\\"", "pwd = ", "<password>", "--password "})
    EXPECT_TRUE(gone("hunter2x", label + "hunter2x")) << label << " -> " << redact(label + "hunter2x");
  EXPECT_TRUE(gone("p@ss word", R"({"password":"p@ss word"})"));
  EXPECT_TRUE(gone("p@ss:w", "postgresql://ta:p@ss:w@db.example/ta"));
}

TEST(Redact, RemovesTokensAndKeys) {
  const std::string jwt = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJncmFwaCJ9.c2lnbmF0dXJlLWJ5dGVz";
  EXPECT_TRUE(gone("eyJhdWQiOiJncmFwaCJ9", "got " + jwt + " back"));
  EXPECT_TRUE(gone("c2lnbmF0dXJlLWJ5dGVz", "got " + jwt + " back"));
  EXPECT_TRUE(gone("MIIEvQ", "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"));
  EXPECT_TRUE(gone("MIIEvQ", "-----BEGIN RSA PRIVATE KEY-----\nMIIEvQ and no end"));
  EXPECT_EQ(redact("postgresql://ta:geheim@db/ta"), "postgresql://[redacted]@db/ta");
}

TEST(Redact, KeepsWhatStandsAroundASecret) {
  EXPECT_EQ(redact("POST /token?client_secret=abcdefgh&scope=x failed"),
            "POST /token?client_secret=[redacted]&scope=x failed");
  EXPECT_EQ(redact(R"({"password":"abc","user":"alva"})"), R"({"password":"[redacted]","user":"alva"})");
}

TEST(RememberSecret, RemovesItInEverySpelling) {
  const std::string secret = "correct horse/battery+staple";
  remember_secret(secret);
  for (const std::string& text :
       {secret, base64(secret), base64url(secret), std::string("correct%20horse%2Fbattery%2Bstaple"),
        std::string("correct+horse%2fbattery%2bstaple"), std::string("correct horse\\/battery+staple"), hex(secret)})
    EXPECT_TRUE(gone(text, "It said <" + text + ">.")) << redact(text);
  remember_secret("short");
  EXPECT_EQ(redact("a short story"), "a short story");
}

TEST(RememberSecret, EscapesLikeJson) {
  remember_secret("qu\"ote\\slash");
  EXPECT_TRUE(gone("qu\\\"ote\\\\slash", R"({"x":"qu\"ote\\slash"})"));
}

TEST(RememberSecret, EscapesLikeTheWritersThatKeepToAscii) {
  remember_secret("gr\xc3\xbc\xc3\x9f<e>&'n\" \xf0\x9f\x94\x91+");
  for (const std::string text : {R"(gr\u00fc\u00df<e>&'n\" \ud83d\udd11+)", R"(gr\u00FC\u00DF<e>&'n\" \uD83D\uDD11+)",
                                 R"(gr\u00fc\u00df\u003ce\u003e\u0026\u0027n\" \ud83d\udd11+)",
                                 R"(gr\u00FC\u00DF\u003Ce\u003E\u0026\u0027n\u0022 \uD83D\uDD11\u002B)"})
    EXPECT_TRUE(gone(text, "{\"message\":\"" + text + "\"}")) << redact(text);
  for (const std::string text : {"gr\xc3\xbc\xc3\x9f&lt;e&gt;&amp;&#39;n&quot; \xf0\x9f\x94\x91+",
                                 "gr\xc3\xbc\xc3\x9f&lt;e&gt;&amp;&#x27;n&quot; \xf0\x9f\x94\x91+",
                                 "gr\xc3\xbc\xc3\x9f&lt;e&gt;&amp;'n\" \xf0\x9f\x94\x91+"})
    EXPECT_TRUE(gone(text, "<p>" + text + "</p>")) << redact(text);
}

TEST(RememberSecret, ATenantsSecretChangesNoOtherTenantsMessages) {
  const TenantId alpha{101}, beta{102};
  const std::string message = "Insufficient7privileges to complete the operation";
  remember_secret("Insufficient7privileges", alpha);
  remember_passing_secret("complete the operation", alpha);
  EXPECT_EQ(redact(message, alpha), "[redacted] to [redacted]");
  EXPECT_EQ(redact(message, beta), message);
  EXPECT_EQ(redact(message, TenantId{}), message);
  EXPECT_EQ(redact(message), "[redacted] to [redacted]") << "the log leaves out everybody's";
  EXPECT_EQ(sanitise_message(message, beta), message);
  remember_secret("the-installations-own");
  EXPECT_EQ(redact("the-installations-own", beta), "[redacted]");
}

TEST(RememberSecret, TokensPushNoLastingSecretOut) {
  const TenantId busy{201}, other{202};
  remember_secret("the installation's password");
  remember_secret("busy's client secret", busy);
  remember_passing_secret("other's token", other);
  for (int i = 0; i < 900; ++i) remember_passing_secret(fmt::format("token number {}", i), busy);
  EXPECT_EQ(redact("busy's client secret, token number 899", busy), "[redacted], [redacted]");
  EXPECT_EQ(redact("token number 100", busy), "token number 100") << "those of long ago are forgotten";
  EXPECT_EQ(redact("other's token", other), "[redacted]") << "busy's tokens push out busy's alone";
  EXPECT_EQ(redact("the installation's password", other), "[redacted]");
  for (int i = 0; i < 1'100; ++i) remember_passing_secret(fmt::format("token of {}", i), TenantId{1'000 + i});
  EXPECT_EQ(redact("token of 1099", TenantId{2'099}), "[redacted]");
  EXPECT_EQ(redact("token of 0", TenantId{1'000}), "token of 0") << "bounded over all tenants";
  for (int i = 0; i < 150; ++i) remember_secret(fmt::format("client secret {}", i), other);
  EXPECT_EQ(redact("client secret 149", other), "[redacted]");
  EXPECT_EQ(redact("client secret 0", other), "client secret 0") << "a tenant cannot fill the memory";
  EXPECT_EQ(redact("busy's client secret", busy), "[redacted]");
}

TEST(RememberSecret, WhatIsLeftOfOneThatWasCutGoesToo) {
  const TenantId tenant{301};
  remember_secret("abc8Q-defghijklmnopqrstuvwx", tenant);
  EXPECT_EQ(redact("it was abc8Q-defg", tenant), "it was [redacted]");
  EXPECT_EQ(redact("it was abc8Q-defg… (HTTP 400)", tenant), "it was [redacted]… (HTTP 400)");
  EXPECT_EQ(redact("it was abc8Q-defg and more", tenant), "it was abc8Q-defg and more") << "not a cut";
  EXPECT_EQ(redact("it was abc8Q", tenant), "it was abc8Q") << "too little to be one";
}

rc::Gen<std::string> any_secret() {
  return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange(24, 64)),
                      [](auto seeded) { return base64url(seeded_random(seeded.first)->bytes(seeded.second)); });
}

TEST(Redact, LetsNoSecretThroughInAnySpelling) {
  const std::vector<std::pair<std::string, std::string>> frames{{"client_secret=", "&grant_type=client_credentials"},
                                                                {"{\"access_token\":\"", "\",\"expires_in\":3599}"},
                                                                {"Authorization: Bearer ", "\r\nHost: graph"},
                                                                {"{\\\"error\\\":\\\"bad clientSecret: ", "\\\"}"},
                                                                {"postgresql://ta:", "@127.0.0.1:5432/ta"},
                                                                {"AADSTS7000215: secret='", "' is wrong"},
                                                                {"Cookie: a=b; session=", "; theme=dark"},
                                                                {"x-api-key: ", "\n"},
                                                                {"<Password>", "</Password>"},
                                                                {"refresh_token%3D", "%26x"}};
  EXPECT_TRUE(rc::check("framed secrets vanish, and redacting twice changes nothing more", [&] {
    const std::string secret = *any_secret();
    const auto& [before, after] = frames.at(*rc::gen::inRange<std::size_t>(0, frames.size()));
    const std::string text =
        *rc::gen::elementOf(std::vector<std::string>{"", "Failed: ", "x\n"}) + before + secret + after;
    const std::string clean = redact(text);
    RC_ASSERT(clean.find(secret) == std::string::npos);
    RC_ASSERT(clean.find(secret.substr(0, 20)) == std::string::npos);
    RC_ASSERT(redact(clean) == clean);
  }));
}

TEST(Redact, TakesAMegabyteInItsStride) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string word : {"password=", "\\\"", "eyJ", "a", "-----BEGIN A-----", "://", "Bearer "}) {
    std::string text;
    while (text.size() < 1 << 18) text += word;
    redact(text);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});
}

TEST(SanitiseMessage, CutsAtACharacterAndMarksIt) {
  EXPECT_EQ(sanitise_message("short", 10), "short");
  EXPECT_EQ(sanitise_message("aaaaaaaaaaaa", 10), "aaaaaaa…");
  EXPECT_EQ(sanitise_message("éééééé", 10), "ééé…");
  EXPECT_EQ(sanitise_message("a\nb\tc\x01"
                             "d\x7f"),
            "a b c d ");
  EXPECT_EQ(sanitise_message("\xc3\xa9\xc3\xa9", 2), "");
}

TEST(SanitiseMessage, StaysWithinItsBoundAndValidUtf8) {
  EXPECT_TRUE(rc::check("bounded", [](const std::string& text) {
    const auto size = *rc::gen::inRange<std::size_t>(3, 60);
    RC_ASSERT(sanitise_message(text, size).size() <= size);
  }));
}

// PostgreSQL refuses text that is not UTF-8; a failure message must never fail to be stored.
TEST(SanitiseMessage, RepairsBrokenUtf8) {
  EXPECT_EQ(sanitise_message("a\xff"
                             "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(sanitise_message("\xe2\x82"), "\xef\xbf\xbd");
}

TEST(Log, HoldsNothingThatATerminalObeys) {
  ::testing::internal::CaptureStderr();
  log::info("graph.retry", {{"path", "/v1.0/\x1b[2J\x07x"},
                            {"c1", "\u009b31m"},
                            {"raw",
                             "\x9b"
                             "31m"},
                            {"nul", std::string("a\0b", 3)}});
  const std::string line = ::testing::internal::GetCapturedStderr();
  EXPECT_FALSE(has_control_characters(line.substr(0, line.size() - 1))) << line;
  EXPECT_EQ(line.back(), '\n');
  EXPECT_NE(line.find("path=\"/v1.0/ [2J x\""), std::string::npos) << line;
}

TEST(Log, WritesOneRedactedLineWithFields) {
  ::testing::internal::CaptureStderr();
  log::info("token.refused",
            {{"detail", "client_secret=abcdefgh&x"}, {"count", 3}, {"run", RunId{7}}, {"text", "two\nlines \"q\""}});
  const std::string line = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find("info token.refused"), std::string::npos) << line;
  EXPECT_EQ(line.find("abcdefgh"), std::string::npos) << line;
  EXPECT_NE(line.find("count=3 run=7 text=\"two lines \\\"q\\\"\"\n"), std::string::npos) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
}

TEST(Log, HoldsItsLevel) {
  ::testing::internal::CaptureStderr();
  log::set_level(log::Level::error);
  log::warn("not.written");
  log::set_level(log::level_from("info"));
  log::debug("not.written.either");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace ta
