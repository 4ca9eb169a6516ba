#include "cli/api_client.h"

#include <fstream>
#include <sstream>

#include "base/secrets.h"

namespace ta::cli {
namespace {

std::string trimmed(std::string text) {
  const auto end = text.find_last_not_of(" \r\n\t");
  text.erase(end == text.npos ? 0 : end + 1);
  return text;
}

std::string token_of(const Invocation& call) {
  if (const auto token = call.environment("TENANTATLAS_TOKEN")) return trimmed(*token);
  std::ifstream file(call.text("--token-file"));
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || trimmed(text.str()).empty())
    throw CommandFailure("An API token is needed: set TENANTATLAS_TOKEN, or name its file with --token-file.");
  return trimmed(text.str());
}

// The server's own words.
[[noreturn]] void raise(const http::ClientResponse& response) {
  const auto problem = parse_json(response.body);
  const std::string detail = problem ? json_string(*problem, "detail") : "";
  throw CommandFailure(detail.empty() ? fmt::format("The server answered {}.", response.status) : detail);
}

}  // namespace

std::vector<Option> api_client_options() {
  return {{.name = "--server", .help = "Where the server is", .fallback = "http://127.0.0.1:8080", .setting = true},
          {.name = "--token-file", .help = "File with an API token (or TENANTATLAS_TOKEN)", .setting = true}};
}

ApiClient::ApiClient(const Invocation& call)
    : server_(call.text("--server")), token_(token_of(call)), client_(std::make_unique<http::Client>()) {
  remember_secret(token_);
  while (server_.ends_with('/')) server_.pop_back();
}

ApiClient::~ApiClient() = default;

json::value ApiClient::get(const std::string& path) const { return send(http::Method::get, path, ""); }

json::value ApiClient::post(const std::string& path, const json::value& body) const {
  return send(http::Method::post, path, json::serialize(body));
}

json::value ApiClient::send(http::Method method, const std::string& path, std::string body) const {
  http::ClientRequest request{.method = method, .url = server_ + path, .headers = {}, .body = std::move(body)};
  request.headers.set("Authorization", "Bearer " + token_);
  request.headers.set("Content-Type", "application/json");
  const auto response = client_->send(std::move(request)).get();
  if (!response)
    throw CommandFailure(fmt::format("The server at {} did not answer: {}", server_, response.error().message));
  if (response->status / 100 != 2) raise(*response);
  auto parsed = parse_json(response->body, {64 << 20, 32});
  if (!parsed) throw CommandFailure("The server's answer is not JSON: " + parsed.error().message);
  return std::move(*parsed);
}

}  // namespace ta::cli
