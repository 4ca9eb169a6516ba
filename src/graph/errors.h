// From what Graph or the sign-in service answered to the closed list of failures.
#pragma once
#include <chrono>
#include <optional>

#include "base/failure.h"
#include "base/time.h"
#include "http/client.h"

namespace ta::graph {

// For any status but 2xx. The message is Graph's innermost one (Intune wraps its own as JSON text), with Graph's code
// and request id, free of secrets and bounded.
Failure graph_failure(const http::ClientResponse& response, Timestamp now);
Failure graph_failure(int status, const http::Headers& headers, const json::value& body, Timestamp now);
// The same for the token endpoint, which answers with AADSTS codes.
Failure token_failure(const http::ClientResponse& response, Timestamp now);

// How far our clock is ahead of the other side's, by its Date header.
std::optional<std::chrono::seconds> clock_skew(const http::Headers& headers, Timestamp now);

// Retry-After as seconds or as a date; nullopt when it is absent or makes no sense.
std::optional<std::chrono::milliseconds> retry_after(const http::Headers& headers, Timestamp now);

}  // namespace ta::graph
