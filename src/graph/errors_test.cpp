#include "graph/errors.h"

#include <gtest/gtest.h>

#include "graph/endpoints.h"
#include "testing/clock.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;

const Timestamp kNow = ta::testing::FixedClock().now();

http::ClientResponse answer(int status, std::string body) { return {.status = status, .body = std::move(body)}; }

TEST(GraphErrors, StatusesBecomeCodes) {
  const std::pair<int, FailureCode> cases[] = {
      {400, FailureCode::graph_bad_request}, {401, FailureCode::graph_unauthorized},
      {403, FailureCode::graph_forbidden},   {404, FailureCode::graph_not_found},
      {409, FailureCode::graph_conflict},    {412, FailureCode::graph_conflict},
      {429, FailureCode::graph_throttled},   {500, FailureCode::graph_unavailable},
      {503, FailureCode::graph_unavailable}, {302, FailureCode::graph_bad_request},
  };
  for (const auto& [status, code] : cases) EXPECT_EQ(graph_failure(answer(status, ""), kNow).code, code) << status;
}

TEST(GraphErrors, TheMessageSaysWhatGraphSaid) {
  auto response = answer(403, R"({"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges.",
      "innerError":{"request-id":"from-body"}}})");
  EXPECT_EQ(graph_failure(response, kNow).message,
            "Insufficient privileges. (HTTP 403, Authorization_RequestDenied, request from-body)");
  response.headers.add("Request-Id", "from-header");
  EXPECT_NE(graph_failure(response, kNow).message.find("request from-header"), std::string::npos);
  EXPECT_EQ(graph_failure(answer(502, "<html>"), kNow).message, "Bad Gateway (HTTP 502)");
}

TEST(GraphErrors, IntunesNestedMessageIsUnwrapped) {
  const json::object inner{{"_version", 3},
                           {"Message",
                            "The name is taken. - Operation ID (for customer support): 0000 - Activity ID: 1 - "
                            "Url: https://fef.amsua.manage.microsoft.com/x"}};
  const json::object body{{"error", {{"code", "BadRequest"}, {"message", json::serialize(inner)}}}};
  EXPECT_EQ(graph_failure(answer(400, json::serialize(body)), kNow).message,
            "The name is taken. (HTTP 400, BadRequest)");
}

TEST(GraphErrors, SecretsInMessagesAreRemoved) {
  const auto failure = graph_failure(
      answer(400, R"({"error":{"code":"x","message":"client_secret=hunter2hunter2 Bearer eyJabcdefghijklmnop.x.y"}})"),
      kNow);
  EXPECT_EQ(failure.message.find("hunter2"), std::string::npos);
  EXPECT_EQ(failure.message.find("ijklmnop"), std::string::npos);
  const auto long_one =
      graph_failure(answer(400, R"({"error":{"message":")" + std::string(50'000, 'x') + "\"}}"), kNow);
  EXPECT_LE(long_one.message.size(), 710u);
  EXPECT_NE(long_one.message.find("(HTTP 400"), std::string::npos) << "what support needs is not cut off";
}

TEST(GraphErrors, MultiAdminApprovalIsItsOwnCode) {
  auto response = answer(403, "{}");
  response.headers.add("x-msft-approval-code", "1");
  EXPECT_EQ(graph_failure(response, kNow).code, FailureCode::graph_approval_required);
  EXPECT_EQ(graph_failure(answer(412, R"({"error":{"code":"ApprovalRequired"}})"), kNow).code,
            FailureCode::graph_approval_required);
}

TEST(GraphErrors, SignInCodesBecomeWhatTheOperatorMustDo) {
  const std::pair<int, FailureCode> cases[] = {
      {7000215, FailureCode::provider_credential_wrong}, {700027, FailureCode::provider_credential_wrong},
      {7000222, FailureCode::auth_token_expired},        {700016, FailureCode::provider_consent_missing},
      {65001, FailureCode::provider_consent_missing},    {90002, FailureCode::provider_tenant_wrong},
      {900382, FailureCode::provider_tenant_wrong},      {700024, FailureCode::provider_clock_wrong},
      {53003, FailureCode::graph_unauthorized},          {50196, FailureCode::graph_throttled},
  };
  for (const auto& [number, code] : cases) {
    const std::string text = fmt::format("AADSTS{}: What happened. Trace ID: 1 Correlation ID: 2", number);
    const json::object with_codes{{"error", "x"}, {"error_description", text}, {"error_codes", {number}}};
    const json::object without{{"error", "x"}, {"error_description", text}};
    EXPECT_EQ(token_failure(answer(401, json::serialize(with_codes)), kNow).code, code) << number;
    const Failure failure = token_failure(answer(400, json::serialize(without)), kNow);
    EXPECT_EQ(failure.code, code) << number;
    EXPECT_EQ(failure.message, fmt::format("Sign-in was refused: AADSTS{}: What happened.", number));
  }
  EXPECT_EQ(token_failure(answer(503, ""), kNow).code, FailureCode::graph_unavailable);
  EXPECT_EQ(token_failure(answer(429, ""), kNow).code, FailureCode::graph_throttled);
}

TEST(GraphErrors, AClockThatIsFarOffExplainsARefusedAssertion) {
  auto response = answer(401, R"({"error":"invalid_client","error_codes":[700027],"error_description":
      "AADSTS700027: The assertion's signature was not accepted."})");
  response.headers.add("Date", "Sat, 21 Nov 2026 08:39:07 GMT");  // two minutes: not worth a word
  EXPECT_EQ(token_failure(response, kNow).code, FailureCode::provider_credential_wrong);
  response.headers.set("Date", "Sat, 21 Nov 2026 07:41:07 GMT");
  const Failure failure = token_failure(response, kNow);
  EXPECT_EQ(failure.code, FailureCode::provider_clock_wrong);
  EXPECT_NE(failure.message.find("clock is 3600 s ahead"), std::string::npos) << failure.message;
}

TEST(GraphErrors, ARetryAfterDateCountsFromTheOtherSidesClock) {
  http::Headers headers;
  headers.add("Date", "Sat, 21 Nov 2026 07:00:00 GMT");
  headers.add("Retry-After", "Sat, 21 Nov 2026 07:00:30 GMT");
  EXPECT_EQ(retry_after(headers, kNow), 30s);
}

TEST(GraphErrors, RetryAfterIsSecondsOrADate) {
  const std::pair<std::string, std::optional<std::chrono::milliseconds>> cases[] = {
      {"7", 7s},
      {"0", 0s},
      {"", std::nullopt},
      {"soon", std::nullopt},
      {"-1", std::nullopt},
      {"12.5", 12'500ms},
      {" 8", 8s},
      {"8 ", 8s},
      {"0.0004", 1ms},
      {"1e3", std::nullopt},
      {"inf", std::nullopt},
      {"1.2.3", std::nullopt},
      {"2000000", 2'000'000s},
      {"99999999999999999999", 1'000'000'000s},
      {"Sat, 21 Nov 2026 08:41:17 GMT", 10s},
      {"Sat, 21 Nov 2020 08:41:17 GMT", 0s},
      {"Saturday, 21-Nov-26 08:41:17 GMT", 10s},
      {"Sat Nov 21 08:41:17 2026", 10s},
  };
  for (const auto& [value, expected] : cases) {
    http::Headers headers;
    headers.add("Retry-After", value);
    EXPECT_EQ(retry_after(headers, kNow), expected) << value;
  }
}

TEST(GraphErrors, TheLongerOfTwoWishesCounts) {
  http::Headers headers;
  headers.add("x-ms-retry-after-ms", "8500");
  EXPECT_EQ(retry_after(headers, kNow), 8'500ms);
  headers.add("Retry-After", "8");
  EXPECT_EQ(retry_after(headers, kNow), 8'500ms);
  headers.set("Retry-After", "9");
  EXPECT_EQ(retry_after(headers, kNow), 9s);
}

TEST(GraphErrors, WaitsAreToldInWords) {
  const std::pair<std::chrono::milliseconds, std::string_view> cases[] = {
      {0ms, "0 seconds"},  {1ms, "1 second"}, {12'500ms, "13 seconds"},  {300s, "5 minutes"},
      {301s, "6 minutes"}, {2h, "2 hours"},   {2'000'000s, "24 days"},
  };
  for (const auto& [wait, words] : cases) EXPECT_EQ(wait_in_words(wait), words);
}

TEST(GraphErrors, AMissingLicenceIsNoMissingPermission) {
  const auto code_of = [](int status, const std::string& code, const std::string& message) {
    const json::object body{{"error", {{"code", code}, {"message", message}}}};
    return graph_failure(answer(status, json::serialize(body)), kNow).code;
  };
  for (const char* message :
       {"The tenant has no Cloud PC licence.", "Your tenant is not licensed for this feature.",
        "Tenant does not have a valid Intune license.", "UNLICENSED"})
    EXPECT_EQ(code_of(403, "Forbidden", message), FailureCode::graph_not_licensed) << message;
  EXPECT_EQ(code_of(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Neither tenant is B2C."),
            FailureCode::graph_not_licensed);
  EXPECT_EQ(code_of(400, "BadRequest", "Request not applicable to target tenant."), FailureCode::graph_not_licensed);
  EXPECT_EQ(code_of(400, "BadRequest", "The license type is unknown."), FailureCode::graph_bad_request);
  EXPECT_EQ(code_of(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
            FailureCode::graph_forbidden);
}

TEST(GraphErrors, OddCharactersDoNotHideTheMessage) {
  const auto half = answer(400, R"({"error":{"code":"BadRequest","message":"left \ud800 right"}})");
  EXPECT_EQ(graph_failure(half, kNow).message, "left \uFFFD right (HTTP 400, BadRequest)");
  EXPECT_EQ(graph_failure(answer(400, "\xEF\xBB\xBF{\"error\":{\"message\":\"B\xFCro\"}}"), kNow).message,
            "B\uFFFDro (HTTP 400)");
}

TEST(GraphErrors, AnErrorIsAnAnswerOfNothingElse) {
  EXPECT_TRUE(is_error(json::parse(R"({"error":{"code":"x"}})")));
  EXPECT_TRUE(is_error(json::parse(R"({"@odata.context":"c","error":{}})")));
  for (const char* other : {"{}", "[]", R"({"error":"x"})", R"({"error":{},"value":[]})", R"({"error":{},"id":"1"})"})
    EXPECT_FALSE(is_error(json::parse(other))) << other;
}

TEST(GraphErrors, TextThatEndsEarlyIsToldFromOtherText) {
  for (const char* text : {"", "{", R"({"value":[{"id":"1","displayName":"Ki)", "[1,2"})
    EXPECT_TRUE(is_cut_off(text)) << text;
  for (const char* text : {"<html>", "{not json", "{} {}", "{\"a\":1}"}) EXPECT_FALSE(is_cut_off(text)) << text;
}

TEST(Endpoints, OriginsCompareWithoutTricks) {
  EXPECT_EQ(origin_of("https://Graph.Microsoft.com:443/v1.0/x?y=https://z"), "https://graph.microsoft.com");
  EXPECT_EQ(origin_of("http://localhost:80"), "http://localhost");
  EXPECT_EQ(origin_of("http://127.0.0.1:8080/a"), "http://127.0.0.1:8080");
  EXPECT_EQ(origin_of("https://graph.microsoft.com@evil.example/"), "");
  EXPECT_EQ(origin_of("https://graph.microsoft.com\\@evil.example/"), "");
  EXPECT_EQ(origin_of("https:///path"), "");
  EXPECT_NE(origin_of("https://graph.microsoft.com.evil.example/"), "https://graph.microsoft.com");
  EXPECT_EQ(origin_of("ftp://graph.microsoft.com/"), "");
  EXPECT_EQ(origin_of("/relative"), "");
}

TEST(Endpoints, CloudsNameTheirHosts) {
  EXPECT_EQ(cloud_endpoints("global")->scope(), "https://graph.microsoft.com/.default");
  EXPECT_EQ(cloud_endpoints("china")->token_url("t"), "https://login.chinacloudapi.cn/t/oauth2/v2.0/token");
  EXPECT_FALSE(cloud_endpoints("moon"));
  for (const Cloud& cloud : clouds()) EXPECT_EQ(origin_of(cloud.graph_base), cloud.graph_base);
}

}  // namespace
}  // namespace ta::graph
