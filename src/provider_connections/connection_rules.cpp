#include "provider_connections/connection_rules.h"

#include <algorithm>
#include <bitset>
#include <charconv>

#include "base/network_address.h"
#include "base/secrets.h"
#include "graph/endpoints.h"

namespace ta::provider_connections {
namespace {

bool consists_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == text.npos;
}

bool is_port(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number >= 1 && number <= 65'535;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         consists_of(label, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

// Resolvers read 127.1, 0x7f.1 and 2130706433 as addresses: a name does not end in a number.
bool is_host_name(std::string_view host) {
  if (host.size() > 253) return false;
  std::string_view last;
  for (std::string_view rest = host;;) {
    const std::size_t dot = rest.find('.');
    last = rest.substr(0, dot);
    if (!is_label(last)) return false;
    if (dot == rest.npos) break;
    rest.remove_prefix(dot + 1);
  }
  return !consists_of(last, "0123456789") && !last.starts_with("0x");
}

// "10.0.0.1" or "[::1]".
std::optional<AddressKind> kind_of_literal(std::string_view host) {
  if (!host.starts_with('[')) return host.find(':') == host.npos ? kind_of_address(host) : std::nullopt;
  if (!host.ends_with(']') || host.find(':') == host.npos) return std::nullopt;
  return kind_of_address(host.substr(1, host.size() - 2));
}

struct Authority {
  bool encrypted = false;
  std::string_view host;
};

std::optional<Authority> read_endpoint(std::string_view url) {
  Authority out{.encrypted = url.starts_with("https://")};
  if (!out.encrypted && !url.starts_with("http://")) return std::nullopt;
  out.host = url.substr(out.encrypted ? 8 : 7);
  const std::size_t colon = out.host.rfind(':');
  if (colon != out.host.npos && out.host.find(']', colon) == out.host.npos) {  // not a colon of an IPv6 address
    if (!is_port(out.host.substr(colon + 1))) return std::nullopt;
    out.host = out.host.substr(0, colon);
  }
  return out;
}

bool is_link_local(std::string_view url) {
  const auto authority = read_endpoint(url);
  return authority && kind_of_literal(authority->host) == AddressKind::link_local;
}

bool is_a_cloud(const Endpoints& endpoints) {
  return std::ranges::any_of(graph::clouds(), [&](const graph::Cloud& cloud) {
    return graph::origin_of(endpoints.login_base) == cloud.login_base &&
           graph::origin_of(endpoints.graph_base) == cloud.graph_base;
  });
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
  const auto authority = read_endpoint(url);
  if (!authority) return false;
  const auto literal = kind_of_literal(authority->host);
  if (!literal && !is_host_name(authority->host)) return false;
  return authority->encrypted || literal == AddressKind::this_machine || authority->host == "localhost";
}

std::optional<ConnectionRefusal> refusal_of(const Endpoints& endpoints, EndpointRule rule) {
  using enum ConnectionRefusal;
  if (!is_endpoint(endpoints.login_base) || !is_endpoint(endpoints.graph_base)) return endpoint_invalid;
  if (rule == EndpointRule::microsoft && !is_a_cloud(endpoints)) return endpoint_not_allowed;
  if (is_link_local(endpoints.login_base) || is_link_local(endpoints.graph_base)) return endpoint_invalid;
  return std::nullopt;
}

std::optional<ConnectionRefusal> refusal_of_client_secret(std::string_view text) {
  using enum ConnectionRefusal;
  constexpr std::size_t kSizeMin = 16, kDifferentMin = 8;
  std::bitset<256> different;
  bool letter = false, digit = false, blank = false;
  for (const char c : text) {
    different.set(static_cast<unsigned char>(c));
    letter |= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    digit |= c >= '0' && c <= '9';
    blank |= static_cast<unsigned char>(c) <= ' ';
  }
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (is_guid(lower)) return secret_is_an_id;
  if (text.size() < kSizeMin || different.count() < kDifferentMin || !letter || !digit || blank ||
      reads_like_words(text))
    return secret_weak;
  return std::nullopt;
}

}  // namespace ta::provider_connections
