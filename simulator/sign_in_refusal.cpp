#include "simulator/sign_in_refusal.h"

#include <algorithm>
#include <charconv>

#include "base/utf8.h"

namespace ta::simulator {
namespace {

struct Known {
  int code, status;
  std::string_view error, text;
};
// Numbers and words from Microsoft's table of sign-in errors and from answers in public issues.
constexpr Known kKnown[] = {
    {50011, 400, "invalid_request",
     "The redirect URI '{}' specified in the request does not match the redirect URIs configured for the application "
     "'{}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal."},
    {50027, 400, "invalid_request", "JWT token is invalid or malformed."},
    {50034, 400, "invalid_grant",
     "The user account {} does not exist in the {} directory. To sign into this application, the account must be added "
     "to the directory."},
    {50058, 400, "login_required",
     "A silent sign-in request was sent but no user is signed in. The cookies used to represent the user's session "
     "were not sent in the request."},
    {50076, 400, "interaction_required",
     "Due to a configuration change made by your administrator, or because you moved to a new location, you must use "
     "multi-factor authentication to access '00000003-0000-0000-c000-000000000000'."},
    {53003, 400, "interaction_required",
     "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
    {54005, 400, "invalid_grant",
     "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh "
     "token."},
    {65001, 400, "invalid_grant",
     "The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an interactive "
     "authorization request for this user and resource."},
    {65004, 400, "access_denied", "User declined to consent to access the app."},
    {70000, 400, "invalid_grant", "Provided grant is invalid or malformed."},
    {70003, 400, "unsupported_grant_type", "The app requested an unsupported grant type '{}'."},
    {70005, 400, "unsupported_response_type",
     "The app returned an unsupported response type '{}': the response type is not enabled for the app."},
    {70008, 400, "invalid_grant",
     "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
     "authorization request for this user and resource."},
    {70011, 400, "invalid_scope",
     "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' "
     "is not valid. The scope {} is not valid."},
    {70016, 400, "authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."},
    // Microsoft documents the word only; the number is not published.
    {70017, 400, "authorization_declined", "The end user denied the authorization request."},
    {70018, 400, "bad_verification_code", "The device code that was sent was not recognized."},
    {70020, 400, "expired_token",
     "The provided value for the input parameter 'device_code' is not valid. This device code has expired."},
    {90002, 400, "invalid_request",
     "Tenant '{}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "
     "Check with your subscription administrator, this may happen if there are no active subscriptions for the "
     "tenant."},
    {90033, 503, "temporarily_unavailable", "A transient error has occurred. Please try again."},
    {500011, 400, "invalid_resource", "The resource principal named {} was not found in the tenant named {}."},
    {500112, 400, "invalid_grant",
     "The reply address '{}' does not match the reply address '{}' provided when requesting Authorization code."},
    {501481, 400, "invalid_grant",
     "The Code_Verifier does not match the code_challenge supplied in the authorization request."},
    {650053, 400, "invalid_client",
     "The application '{}' asked for scope '{}' that doesn't exist on the resource "
     "'00000003-0000-0000-c000-000000000000'. Contact the app vendor."},
    {700016, 400, "unauthorized_client",
     "Application with identifier '{}' was not found in the directory '{}'. This can happen if the application has not "
     "been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent "
     "your authentication request to the wrong tenant."},
    {700021, 401, "invalid_client", "Client assertion application identifier doesn't match 'client_id' parameter."},
    {700023, 401, "invalid_client", "Client assertion audience claim does not match Realm issuer."},
    {700024, 401, "invalid_client", "Client assertion is not within its valid time range."},
    {700027, 401, "invalid_client",
     "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - "
     "The key was not found., Thumbprint of key used by client: '{}']"},
    {700082, 400, "invalid_grant",
     "The refresh token has expired due to inactivity. The token was issued on {} and was inactive for "
     "90.00:00:00."},
    {900144, 400, "invalid_request", "The request body must contain the following parameter: '{}'."},
    {900561, 400, "invalid_request", "The endpoint only accepts POST requests. Received a {} request."},
    {1002012, 400, "invalid_scope",
     "The provided value for scope {} is not valid. Client credential flows must have a scope value with /.default "
     "suffixed to the resource identifier (application ID URI)."},
    {7000215, 401, "invalid_client",
     "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the "
     "client secret ID, for a secret added to app '{}'."},
    {7000216, 401, "invalid_client",
     "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."},
    {7000218, 401, "invalid_client",
     "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
    {7000222, 401, "invalid_client",
     "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your "
     "app."},
    {9002313, 400, "invalid_grant", "Invalid request. Request is malformed or invalid."},
};

const Known& known(int code) {
  const auto find = [](int wanted) {
    return std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& one) { return one.code == wanted; });
  };
  const auto* const found = find(code);
  return found == std::end(kKnown) ? *find(90033) : *found;
}

// "2026-11-20 08:41:07Z", the service's own spelling.
std::string refusal_time(Timestamp time) {
  std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
  text[10] = ' ';
  return text;
}

}  // namespace

SignInRefusal SignInRefusal::of(int code, std::initializer_list<std::string_view> details) {
  const Known& words = known(code);
  SignInRefusal refusal{words.code, std::string(words.error), {}, words.status};
  std::string_view pattern = words.text;
  const auto* detail = details.begin();
  for (std::size_t mark = pattern.find("{}"); mark != pattern.npos; mark = pattern.find("{}")) {
    refusal.text += pattern.substr(0, mark);
    if (detail != details.end()) refusal.text += *detail++;
    pattern.remove_prefix(mark + 2);
  }
  refusal.text += pattern;
  return refusal;
}

int SignInRefusal::code_in(std::string_view text) {
  constexpr std::string_view kPrefix = "AADSTS";
  int code = 0;
  if (!text.starts_with(kPrefix)) return 0;
  const auto [end, error] = std::from_chars(text.data() + kPrefix.size(), text.data() + text.size(), code);
  return error == std::errc{} && end == text.data() + text.size() ? code : 0;
}

http::Response refusal_answer(const SignInRefusal& refusal, const http::Request& request, Random& random,
                              Timestamp now) {
  const std::string trace = random.uuid();
  std::string correlation(request.headers.get("client-request-id"));
  if (correlation.empty() || !is_utf8(correlation)) correlation = random.uuid();
  const std::string time = refusal_time(now);
  return http::json_response(
      refusal.status,
      json::object{{"error", refusal.error},
                   {"error_description", fmt::format("{} Trace ID: {} Correlation ID: {} Timestamp: {}",
                                                     valid_utf8(refusal.sentence()), trace, correlation, time)},
                   {"error_codes", json::array{refusal.code}},
                   {"timestamp", time},
                   {"trace_id", trace},
                   {"correlation_id", correlation},
                   {"error_uri", fmt::format("https://login.microsoftonline.com/error?code={}", refusal.code)}});
}

}  // namespace ta::simulator
