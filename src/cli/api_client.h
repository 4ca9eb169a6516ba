// A TenantAtlas server's JSON API, for commands.
#pragma once
#include <memory>

#include "cli/command.h"
#include "http/client.h"

namespace ta::cli {

// --server; the token comes from TENANTATLAS_TOKEN or --token-file, never from the command line itself.
std::vector<Option> api_client_options();

// Every call throws CommandFailure with the server's own sentence when it does not succeed.
class ApiClient {
 public:
  explicit ApiClient(const Invocation& call);
  ~ApiClient();

  json::value get(const std::string& path) const;
  json::value post(const std::string& path, const json::value& body) const;

 private:
  json::value send(http::Method method, const std::string& path, std::string body) const;

  std::string server_, token_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace ta::cli
