#include "graph/errors.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <ctime>

#include "base/readable_json.h"
#include "base/secrets.h"

namespace ta::graph {
namespace {

using enum FailureCode;
using namespace std::chrono_literals;

// Whose tenant a failure is of, this module does not know: who stores it removes that tenant's secrets.
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

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

// Microsoft's services say it in several ways, with 403 and with 400.
bool is_unlicensed(int status, const std::string& code, const std::string& message) {
  if (status != 400 && status != 403) return false;
  for (const std::string_view sign : {"not licensed", "unlicensed", "NonPremiumTenant", "PremiumLicenseRequired",
                                      "have premium license", "Request not applicable to target tenant"})
    if (contains(code, sign) || contains(message, sign)) return true;
  return status == 403 && (contains(code, "licen") || contains(message, "licence") || contains(message, "license"));
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

// The three spellings of RFC 9110.
std::optional<Timestamp> http_date(std::string_view text) {
  const std::string value(text);
  for (const char* const form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm parts{};
    const char* const end = value.empty() ? nullptr : ::strptime(value.c_str(), form, &parts);
    if (end && *end == '\0') return Timestamp(std::chrono::seconds(::timegm(&parts)));
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == text.npos ? std::string_view() : text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// However much is asked for, the result can be added to a time.
std::optional<std::chrono::milliseconds> duration_of(std::string_view text, double milliseconds_each) {
  constexpr double kMost = 1e12;  // 32 years
  if (text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
  double number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const bool too_large = error == std::errc::result_out_of_range;
  if (too_large) number = kMost;
  if ((error != std::errc{} && !too_large) || end != text.data() + text.size() || !(number >= 0)) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(std::min(kMost, number * milliseconds_each))));
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
  text = sanitise_message(text, TenantId{}, kMessageBytes) +
         fmt::format(" (HTTP {}{}{}", status, code.empty() ? "" : ", ", code);
  if (const std::string_view approval = headers.get("x-msft-approval-code"); !approval.empty())
    text += fmt::format(", approval request {}", approval);
  if (const std::string id = request_id(headers, error); !id.empty()) text += ", request " + id;
  const FailureCode mapped = is_approval(headers, code, message)    ? graph_approval_required
                             : is_unlicensed(status, code, message) ? graph_not_licensed
                                                                    : code_for(status);
  return {mapped, sanitise_message(text + ")", TenantId{}, kMessageBytes + kDetailBytes), retry_after(headers, now)};
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
  return {code, sanitise_message(text, TenantId{}, kMessageBytes), retry_after(response.headers, now)};
}

std::optional<std::chrono::seconds> clock_skew(const http::Headers& headers, Timestamp now) {
  const auto date = http_date(headers.get("date"));
  if (!date) return std::nullopt;
  return std::chrono::round<std::chrono::seconds>(now - *date);
}

std::optional<std::chrono::milliseconds> retry_after(const http::Headers& headers, Timestamp now) {
  const std::string_view value = trimmed(headers.get("retry-after"));
  auto asked = duration_of(value, 1'000);
  if (const auto date = asked ? std::nullopt : http_date(value)) {
    const auto from = http_date(headers.get("date"));  // by the other side's clock, since ours may be wrong
    asked = std::max(std::chrono::milliseconds{0},
                     std::chrono::ceil<std::chrono::milliseconds>(*date - from.value_or(now)));
  }
  const auto exact = duration_of(trimmed(headers.get("x-ms-retry-after-ms")), 1);
  return asked && exact ? std::max(asked, exact) : asked ? asked : exact;
}

std::string wait_in_words(std::chrono::milliseconds wait) {
  const auto say = [](std::int64_t number, std::string_view unit) {
    return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
  };
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  if (seconds <= 90s) return say(seconds.count(), "second");
  if (seconds <= 90min) return say(std::chrono::ceil<std::chrono::minutes>(seconds).count(), "minute");
  if (seconds <= 48h) return say(std::chrono::ceil<std::chrono::hours>(seconds).count(), "hour");
  return say(std::chrono::ceil<std::chrono::days>(seconds).count(), "day");
}

bool is_error(const json::value& body) {
  const json::value* const error = json_find(body, "error");
  if (!error || !error->is_object() || json_find(body, "value")) return false;
  const json::object& members = body.get_object();
  return std::all_of(members.begin(), members.end(),
                     [](const auto& member) { return member.key() == "error" || member.key().starts_with('@'); });
}

std::string error_code(const json::value& body) {
  const json::value* const error = json_find(body, "error");
  return error ? json_string(*error, "code") : std::string();
}

bool is_cut_off(std::string_view text) {
  json::parse_options options;
  options.max_depth = kAnswerDepthMax;
  json::parser parser({}, options);
  json::error_code error;
  parser.write(readable_json(text), error);
  return error == json::error::incomplete;
}

}  // namespace ta::graph
