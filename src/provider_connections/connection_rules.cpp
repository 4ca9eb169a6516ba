#include "provider_connections/connection_rules.h"

#include <algorithm>

namespace ta::provider_connections {
namespace {

bool consists_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == text.npos;
}

bool is_port(std::string_view text) { return !text.empty() && text.size() <= 5 && consists_of(text, "0123456789"); }

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && consists_of(host, "0123456789."));
}

bool is_host(std::string_view host) {
  return host == "[::1]" || (!host.empty() && host.size() <= 253 && host.front() != '-' && host.front() != '.' &&
                             consists_of(host, "abcdefghijklmnopqrstuvwxyz0123456789.-"));
}

}  // namespace

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !consists_of(text.substr(i, 1), "0123456789abcdef")) return false;
  }
  return true;
}

bool is_endpoint(std::string_view url) {
  const bool encrypted = url.starts_with("https://");
  if (!encrypted && !url.starts_with("http://")) return false;
  std::string_view host = url.substr(encrypted ? 8 : 7);
  const std::size_t colon = host.rfind(':');
  if (colon != host.npos && host.find(']', colon) == host.npos) {  // not a colon of an IPv6 address
    if (!is_port(host.substr(colon + 1))) return false;
    host = host.substr(0, colon);
  }
  return is_host(host) && (encrypted || is_this_machine(host));
}

}  // namespace ta::provider_connections
