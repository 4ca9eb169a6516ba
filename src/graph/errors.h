// From what Graph or the sign-in service answered to the closed list of failures.
#pragma once
#include <chrono>
#include <optional>

#include "base/failure.h"
#include "base/json.h"
#include "base/time.h"
#include "http/client.h"

namespace ta::graph {

inline constexpr std::size_t kAnswerDepthMax = 128;

// For any status but 2xx, and for a 2xx whose body is an error. The message is Graph's innermost one (Intune wraps its
// own as JSON text), with Graph's code and request id, free of secrets and bounded.
Failure graph_failure(const http::ClientResponse& response, Timestamp now);
Failure graph_failure(int status, const http::Headers& headers, const json::value& body, Timestamp now);
// The same for the token endpoint, which answers with AADSTS codes.
Failure token_failure(const http::ClientResponse& response, Timestamp now);

// How far our clock is ahead of the other side's, by its Date header.
std::optional<std::chrono::seconds> clock_skew(const http::Headers& headers, Timestamp now);

// How long Graph asks to wait: Retry-After as seconds, whole or with decimals, or as a date, and x-ms-retry-after-ms;
// the longer one of both. nullopt when both are absent or make no sense.
std::optional<std::chrono::milliseconds> retry_after(const http::Headers& headers, Timestamp now);
// "8 seconds", "5 minutes", "23 days"; rounded up.
std::string wait_in_words(std::chrono::milliseconds wait);

// Whether `body` is {"error":{…}} and nothing else.
bool is_error(const json::value& body);
// Graph's own word, "Directory_ExpiredPageToken"; empty when there is none.
std::string error_code(const json::value& body);
// Whether `text` is the beginning of JSON.
bool is_cut_off(std::string_view text);

}  // namespace ta::graph
