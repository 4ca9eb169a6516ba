#include "simulator/graph_error.h"

#include "base/utf8.h"

namespace ta::simulator {
namespace {

std::string roles_text(const std::vector<std::string>& roles) {
  std::string text;
  for (const std::string_view role : roles) text += (text.empty() ? "" : ", ") + std::string(role);
  return text;
}

// What Intune puts into `message`: its own error as JSON text.
std::string intune_message(std::string_view message, const AnswerIds& ids) {
  const json::object inner{
      {"_version", 3},
      {"Message",
       fmt::format("{} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity "
                   "ID: {} - Url: https://fef.msub06.manage.microsoft.com/StatelessService",
                   message, ids.request_id)},
      {"CustomApiErrorPhrase", ""},
      {"RetryAfter", nullptr},
      {"ErrorSourceService", ""},
      {"HttpHeaders", "{}"}};
  return json::serialize(inner);
}

struct StatusWords {
  int status;
  std::string_view code, message;
};
constexpr std::array<StatusWords, 12> kWords{{
    {400, "BadRequest", "The request is not valid."},
    {401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid."},
    {403, "Forbidden", "Application is not authorized to perform this operation."},
    {404, "ResourceNotFound", "The requested resource was not found."},
    {409, "Conflict", "The object was changed meanwhile."},
    {410, "Gone", "The resource is no longer available."},
    {412, "PreconditionFailed", "A precondition of the request does not hold."},
    {429, "TooManyRequests", "Too many requests."},
    {500, "InternalServerError", "An internal server error has occurred."},
    {502, "BadGateway", "Failed to execute backend request."},
    {503, "ServiceUnavailable", "The service is temporarily unavailable."},
    {504, "GatewayTimeout", "The server did not answer in time."},
}};

}  // namespace

GraphError GraphError::unknown_segment(std::string_view segment) {
  return bad_request(fmt::format("Resource not found for the segment '{}'.", segment));
}

GraphError GraphError::not_found(Area area, std::string_view id) {
  if (area == Area::directory)
    return {404, "Request_ResourceNotFound",
            fmt::format(
                "Resource '{}' does not exist or one of its queried reference-property objects are not present.", id)};
  if (area == Area::identity) return {404, "NotFound", fmt::format("{} was not found in the directory.", id)};
  return {404, "ResourceNotFound", "The requested resource was not found"};
}

GraphError GraphError::forbidden(const EntitySet& set, bool writing) {
  if (set.area == Area::directory)
    return {403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."};
  if (set.area == Area::identity)
    return {403, "AccessDenied",
            "You cannot perform the requested operation, required scopes are missing in the token."};
  return {403, "Forbidden",
          fmt::format("Application is not authorized to perform this operation. Application must have one of the "
                      "following scopes: {}",
                      roles_text(writing ? set.write_roles : set.read_roles))};
}

GraphError GraphError::throttled(std::optional<int> retry_after_seconds) {
  GraphError error = of_status(429);
  error.retry_after_seconds = retry_after_seconds;
  return error;
}

GraphError GraphError::of_status(int status) {
  for (const StatusWords& words : kWords)
    if (words.status == status) return {status, std::string(words.code), std::string(words.message)};
  return {status, "UnknownError", ""};
}

std::string http_date(Timestamp time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", std::chrono::floor<std::chrono::seconds>(time));
}

AnswerIds answer_ids(const http::Request& request, Random& random, Timestamp now) {
  AnswerIds ids{.request_id = random.uuid(), .client_request_id = {}, .date = now};
  const std::string_view sent = request.headers.get("client-request-id");
  ids.client_request_id = sent.empty() || !is_utf8(sent) ? ids.request_id : std::string(sent);
  return ids;
}

void add_graph_headers(http::Response& response, const AnswerIds& ids) {
  response.headers.set("request-id", ids.request_id);
  response.headers.set("client-request-id", ids.client_request_id);
  response.headers.set("x-ms-ags-diagnostic",
                       R"({"ServerInfo":{"DataCenter":"Local","Slice":"E","Ring":"5","ScaleUnit":"000"}})");
  response.headers.set("Date", http_date(ids.date));
  response.headers.set("Cache-Control", "no-cache");
}

http::Response error_response(const GraphError& error, bool wrapped, const AnswerIds& ids) {
  const std::string message = wrapped ? intune_message(error.message, ids) : error.message;
  const json::object inner{{"date", to_rfc3339(std::chrono::floor<std::chrono::seconds>(ids.date)).substr(0, 19)},
                           {"request-id", ids.request_id},
                           {"client-request-id", ids.client_request_id}};
  auto response = http::json_response(
      error.status,
      json::object{{"error", json::object{{"code", error.code}, {"message", message}, {"innerError", inner}}}});
  add_graph_headers(response, ids);
  for (const auto& [name, value] : error.headers) response.headers.set(name, value);
  if (error.retry_after_seconds) response.headers.set("Retry-After", std::to_string(*error.retry_after_seconds));
  if (error.status == 401)
    response.headers.set(
        "WWW-Authenticate",
        R"(Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize")");
  return response;
}

}  // namespace ta::simulator
