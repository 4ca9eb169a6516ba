// One request to Graph and its answer, as the rest of the product sees them.
#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "http/message.h"

namespace ta::graph {

struct GraphRequest {
  http::Method method = http::Method::get;
  std::string target;     // path and query from the version on: "/beta/deviceManagement/…"
  http::Headers headers;  // If-Match, ConsistencyLevel, x-msft-approval-code …; never Authorization
  std::optional<json::value> body;
  // For a POST: sending it twice does what sending it once does, as with …/assign, which replaces the whole list, or
  // with getByIds, which only reads. A POST that creates leaves this false.
  bool repeatable = false;
  // In send_many(): the places of earlier requests that must succeed first.
  std::vector<std::size_t> depends_on;

  // Whether it may be sent again when nobody knows what became of it.
  bool may_repeat() const {
    using enum http::Method;
    if (repeatable || method == get || method == head) return true;
    // With If-Match, a second attempt would take our own first one for somebody else's change.
    return (method == put || method == patch || method == delete_) && !headers.has("If-Match");
  }
};

struct GraphAnswer {
  int status = 0;  // 200, 201, 204 …
  http::Headers headers;
  json::value body = json::object{};  // an empty object when there was none

  std::string etag() const {
    const std::string_view header = headers.get("ETag");
    return header.empty() ? json_string(body, "@odata.etag") : std::string(header);
  }
};

}  // namespace ta::graph
