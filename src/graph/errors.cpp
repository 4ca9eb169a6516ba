#include "graph/errors.h"

#include <charconv>
#include <ctime>

#include "base/json.h"
#include "base/readable_json.h"
#include "base/secrets.h"

namespace ta::graph {
namespace {

using enum FailureCode;
using namespace std::chrono_literals;

constexpr std::size_t kMessageBytes = 500;
constexpr std::size_t kDetailBytes = 200;  // status, code, request id
constexpr std::int64_t kAssertionRefused = 700027;
constexpr std::chrono::seconds kSkewMax = 5min;  // what Entra tolerates in an assertion
constexpr JsonLimits kErrorLimits{.bytes_max = 256 << 10, .depth_max = 32};

json::value read_body(const http::ClientResponse& response) {
  auto parsed = parse_readable_json(response.body, kErrorLimits);
  return parsed ? std::move(*parsed) : json::value(json::object{});
}

// Intune's message is often a JSON text of its own, and that one's Message ends with ids and internal addresses.
std::string innermost(const std::string& message) {
  if (!message.starts_with('{')) return message;
  const auto parsed = parse_readable_json(message, kErrorLimits);
  const std::string inner = parsed ? json_string(*parsed, "Message") : std::string{};
  return inner.empty() ? message : inner.substr(0, inner.find(" - Operation ID"));
}

bool is_approval(const http::Headers& headers, const std::string& code, const std::string& message) {
  return headers.has("x-msft-approval-code") || code == "ApprovalRequired" ||
         message.find("x-msft-approval-justification") != message.npos;
}

FailureCode code_for(int status) {
  switch (status) {
    case 401: return graph_unauthorized;
    case 403: return graph_forbidden;
    case 404: return graph_not_found;
    case 409:
    case 412: return graph_conflict;
    case 429: return graph_throttled;
    default: return status >= 500 ? graph_unavailable : graph_bad_request;
  }
}

std::string request_id(const http::Headers& headers, const json::value& error) {
  if (const std::string_view sent = headers.get("request-id"); !sent.empty()) return std::string(sent);
  const json::value* const inner = json_find(error, "innerError");
  return inner ? json_string(*inner, "request-id") : std::string{};
}

// The number of "AADSTS7000215: …", also when only error_codes has it; 0 when there is none.
std::int64_t aadsts_number(const json::value& body, std::string_view description) {
  if (const json::value* const codes = json_find(body, "error_codes"); codes && codes->is_array())
    for (const json::value& code : codes->as_array())
      if (code.is_int64()) return code.as_int64();
  const auto at = description.find("AADSTS");
  if (at == description.npos) return 0;
  std::int64_t number = 0;
  std::from_chars(description.data() + at + 6, description.data() + description.size(), number);
  return number;
}

FailureCode code_for_aadsts(std::int64_t number, int status) {
  switch (number) {
    case 65001:   // consent missing
    case 700016:  // the application is not in this tenant: nobody consented yet
    case 650051:
    case 650052:
    case 650057: return provider_consent_missing;
    case 7000215:  // wrong secret
    case 7000216:  // neither secret nor assertion accepted
    case 700027:   // an assertion that no key of the app has signed
    case 700023:   // an assertion for somebody else
    case 7000218: return provider_credential_wrong;
    case 7000222:  // expired secret
    case 70003110: return auth_token_expired;
    case 700024: return provider_clock_wrong;  // an assertion from the future or the past
    case 90002:                                // unknown tenant
    case 900023:
    case 900381:  // a tenant of another cloud
    case 900382: return provider_tenant_wrong;
    case 50196:  // the sign-in service saw a loop
    case 90033:
    case 90055: return graph_throttled;
    default: return status == 400 || status == 401 ? graph_unauthorized : code_for(status);
  }
}

std::optional<Timestamp> http_date(std::string_view text) {
  const std::string value(text);
  std::tm parts{};
  const char* const end = value.empty() ? nullptr : ::strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (!end || *end != '\0') return std::nullopt;
  return Timestamp(std::chrono::seconds(::timegm(&parts)));
}

}  // namespace

Failure graph_failure(const http::ClientResponse& response, Timestamp now) {
  return graph_failure(response.status, response.headers, read_body(response), now);
}

Failure graph_failure(int status, const http::Headers& headers, const json::value& body, Timestamp now) {
  const json::value* const found = json_find(body, "error");
  const json::value error = found ? *found : json::value(json::object{});
  const std::string code = json_string(error, "code");
  const std::string message = innermost(json_string(error, "message"));
  std::string text = message.empty() ? std::string(http::reason(status)) : message;
  text = sanitise_message(text, kMessageBytes) + fmt::format(" (HTTP {}{}{}", status, code.empty() ? "" : ", ", code);
  if (const std::string_view approval = headers.get("x-msft-approval-code"); !approval.empty())
    text += fmt::format(", approval request {}", approval);
  if (const std::string id = request_id(headers, error); !id.empty()) text += ", request " + id;
  const FailureCode mapped = is_approval(headers, code, message) ? graph_approval_required : code_for(status);
  return {mapped, sanitise_message(text + ")", kMessageBytes + kDetailBytes), retry_after(headers, now)};
}

Failure token_failure(const http::ClientResponse& response, Timestamp now) {
  const json::value body = read_body(response);
  const std::string description = json_string(body, "error_description");
  std::string text = description.substr(0, std::min(description.find(" Trace ID:"), description.find_first_of("\r\n")));
  if (text.empty()) text = json_string(body, "error", http::reason(response.status));
  const std::int64_t number = aadsts_number(body, description);
  FailureCode code = code_for_aadsts(number, response.status);
  text = fmt::format("Sign-in was refused: {}", text);
  const auto skew = clock_skew(response.headers, now);
  const bool assertion = number == kAssertionRefused;  // only assertions depend on the time of day
  if (assertion && skew && std::chrono::abs(*skew) > kSkewMax) code = provider_clock_wrong;
  if (code == provider_clock_wrong && skew)
    text += fmt::format(" (this machine's clock is {} s {})", std::chrono::abs(*skew).count(),
                        *skew > 0s ? "ahead" : "behind");
  return {code, sanitise_message(text, kMessageBytes), retry_after(response.headers, now)};
}

std::optional<std::chrono::seconds> clock_skew(const http::Headers& headers, Timestamp now) {
  const auto date = http_date(headers.get("date"));
  if (!date) return std::nullopt;
  return std::chrono::round<std::chrono::seconds>(now - *date);
}

std::optional<std::chrono::milliseconds> retry_after(const http::Headers& headers, Timestamp now) {
  const std::string value(headers.get("retry-after"));
  std::int64_t seconds = -1;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc{} && end == value.data() + value.size() && seconds >= 0 && seconds <= 1'000'000)
    return std::chrono::seconds(seconds);
  const auto date = http_date(value);
  if (!date) return std::nullopt;
  const auto from = http_date(headers.get("date"));  // by the other side's clock, since ours may be wrong
  return std::max(std::chrono::milliseconds{0},
                  std::chrono::ceil<std::chrono::milliseconds>(*date - from.value_or(now)));
}

}  // namespace ta::graph
