#include "graph/token_source.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/secrets.h"
#include "graph/peer.h"
#include "testing/clock.h"
#include "testing/eventually.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;
using ta::testing::eventually;

constexpr auto kTokenPath = "/contoso/oauth2/v2.0/token";

class TokenSourceTest : public ::testing::Test {
 protected:
  AppCredential credential_{"contoso", "app-1", "s3cret&with=signs"};
  Peer peer_;
  ta::testing::FixedClock clock_;
  http::Client client_;
  TokenSource source_{client_, peer_.endpoints(), credential_, clock_};
};

TEST_F(TokenSourceTest, AsksAsClientCredentialsDo) {
  http::Fields form;
  peer_.on(kTokenPath, [&](http::Request& request, int) {
    form = request.form();
    return Peer::token("the-token-itself");
  });
  EXPECT_EQ(source_.get().value(), "the-token-itself");
  EXPECT_EQ(form.get("grant_type"), "client_credentials");
  EXPECT_EQ(form.get("client_id"), "app-1");
  EXPECT_EQ(form.get("client_secret"), "s3cret&with=signs");
  EXPECT_EQ(form.get("scope"), peer_.url("/.default"));
  EXPECT_EQ(redact("saw the-token-itself and s3cret&with=signs"), "saw [redacted] and [redacted]");
}

TEST_F(TokenSourceTest, KeepsATokenUntilShortlyBeforeItsExpiry) {
  EXPECT_EQ(source_.get().value(), "token-number-1");
  clock_.advance(50min);
  EXPECT_EQ(source_.get().value(), "token-number-1");
  EXPECT_EQ(peer_.asked(kTokenPath), 1);
  clock_.advance(6min);  // under five minutes are left: still good, and a new one is fetched meanwhile
  EXPECT_EQ(source_.get().value(), "token-number-1");
  EXPECT_TRUE(eventually([&] { return source_.get().value() == "token-number-2"; }));
  EXPECT_EQ(peer_.asked(kTokenPath), 2);
  clock_.advance(1h);  // expired while nobody asked: waits for a new one
  EXPECT_EQ(source_.get().value(), "token-number-3");
}

TEST_F(TokenSourceTest, ManyAtOnceAskOnce) {
  peer_.on(kTokenPath, [](http::Request&, int nth) {
    http::Response out = Peer::token(fmt::format("token-number-{}", nth));
    out.delivery.delay = 50ms;
    return out;
  });
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 16; ++i) threads.emplace_back([&] { good += source_.get().value() == "token-number-1"; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 16);
  EXPECT_EQ(peer_.asked(kTokenPath), 1);
}

TEST_F(TokenSourceTest, ARefusedTokenIsReplacedOnce) {
  const std::string first = source_.get().value();
  source_.refuse(first);
  EXPECT_EQ(source_.get().value(), "token-number-2");
  source_.refuse(first);  // old news
  EXPECT_EQ(source_.get().value(), "token-number-2");
}

TEST_F(TokenSourceTest, FailuresAreToldAndNotKept) {
  peer_.on(kTokenPath, [](http::Request&, int nth) {
    if (nth > 2) return Peer::token("good-at-last");
    if (nth == 2) return http::text_response(200, "{}");
    return http::json_response(401, {{"error", "invalid_client"},
                                     {"error_codes", {7000222}},
                                     {"error_description", "AADSTS7000222: The secret is expired. Trace ID: 1"}});
  });
  const auto refused = source_.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FailureCode::auth_token_expired);
  EXPECT_EQ(refused.error().message, "Sign-in was refused: AADSTS7000222: The secret is expired.");
  EXPECT_EQ(source_.get().error().code, FailureCode::graph_unavailable);
  EXPECT_EQ(source_.get().value(), "good-at-last");
}

TEST_F(TokenSourceTest, WithoutACredentialNobodyIsAsked) {
  TokenSource empty(client_, peer_.endpoints(), {"contoso", "app-1", ""}, clock_);
  EXPECT_EQ(empty.get().error().code, FailureCode::provider_credential_missing);
  EXPECT_EQ(peer_.asked(kTokenPath), 0);
}

TEST(TokenClaims, AreReadFromTheTokensMiddle) {
  const std::string payload = R"({"tid":"t-1","appid":"a-1","roles":["Group.Read.All","Policy.Read.All"]})";
  const auto claims = read_claims("eyJhbGciOiJub25lIn0." + base64url(payload) + ".sig");
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->entra_tenant_id, "t-1");
  EXPECT_EQ(claims->app_id, "a-1");
  EXPECT_EQ(claims->roles, (std::vector<std::string>{"Group.Read.All", "Policy.Read.All"}));
  for (const std::string bad : {"", "abc", "a.b", "a.!!.c", "a.bm90IGpzb24.c"}) EXPECT_FALSE(read_claims(bad)) << bad;
}

}  // namespace
}  // namespace ta::graph
