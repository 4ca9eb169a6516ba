// Where a cloud of Microsoft's signs in and where its Graph is.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ta::graph {

struct GraphEndpoints {
  std::string login_base;  // "https://login.microsoftonline.com"
  std::string graph_base;  // "https://graph.microsoft.com"

  std::string token_url(std::string_view entra_tenant_id) const;
  std::string scope() const { return graph_base + "/.default"; }
};

struct Cloud {
  std::string_view name;  // "global", "us_government", "us_defense", "china"
  std::string_view label;
  std::string_view login_base;
  std::string_view graph_base;
};

std::span<const Cloud> clouds();
std::optional<GraphEndpoints> cloud_endpoints(std::string_view name);

// "https://host:port" in lower case with the scheme's own port left out; empty when `url` is not http or https, or
// carries user information.
std::string origin_of(std::string_view url);

}  // namespace ta::graph
