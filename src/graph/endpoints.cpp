#include "graph/endpoints.h"

#include <algorithm>
#include <cctype>

#include "http/message.h"

namespace ta::graph {
namespace {

// graph.md section 8.
constexpr Cloud kClouds[] = {
    {"global", "Global", "https://login.microsoftonline.com", "https://graph.microsoft.com"},
    {"us_government", "US Government (L4)", "https://login.microsoftonline.us", "https://graph.microsoft.us"},
    {"us_defense", "US Government (DoD)", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"},
    {"china", "China (21Vianet)", "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"},
};

}  // namespace

std::string GraphEndpoints::token_url(std::string_view entra_tenant_id) const {
  return login_base + "/" + http::url_encode(entra_tenant_id) + "/oauth2/v2.0/token";
}

std::span<const Cloud> clouds() { return kClouds; }

std::optional<GraphEndpoints> cloud_endpoints(std::string_view name) {
  for (const Cloud& cloud : kClouds)
    if (cloud.name == name) return GraphEndpoints{std::string(cloud.login_base), std::string(cloud.graph_base)};
  return std::nullopt;
}

std::string origin_of(std::string_view url) {
  const auto slashes = url.find("://");
  if (slashes == url.npos) return {};
  std::string out(url.substr(0, url.find_first_of("/?#", slashes + 3)));
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool plain = out.starts_with("http://");
  if (!plain && !out.starts_with("https://")) return {};
  // Whoever reads the URL next must not see another host in it: user information, a backslash, a blank …
  const std::string_view host = std::string_view(out).substr(slashes + 3);
  if (host.empty() || host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-:[]") != host.npos) return {};
  const std::string_view own_port = plain ? ":80" : ":443";
  if (out.ends_with(own_port)) out.resize(out.size() - own_port.size());
  return out;
}

}  // namespace ta::graph
