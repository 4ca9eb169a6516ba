#include "http/reach.h"

#include <curl/curl.h>
#include <netdb.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace ta::http {
namespace {

constexpr std::chrono::seconds kKnownFor{30};

struct Deleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

std::string part_of(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, Deleter> owned(text);
  return text;
}

bool same(const sockaddr& a, const sockaddr& b) {
  if (a.sa_family != b.sa_family) return false;
  if (a.sa_family == AF_INET) {
    const auto &x = reinterpret_cast<const sockaddr_in&>(a), &y = reinterpret_cast<const sockaddr_in&>(b);
    return x.sin_port == y.sin_port && std::memcmp(&x.sin_addr, &y.sin_addr, sizeof x.sin_addr) == 0;
  }
  if (a.sa_family != AF_INET6) return false;
  const auto &x = reinterpret_cast<const sockaddr_in6&>(a), &y = reinterpret_cast<const sockaddr_in6&>(b);
  return x.sin6_port == y.sin6_port && std::memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
}

}  // namespace

bool may_reach(Reach reach, AddressKind kind) {
  switch (reach) {
    case Reach::everywhere: return true;
    case Reach::all_but_link_local: return kind != AddressKind::link_local;
    case Reach::internet: return kind == AddressKind::internet;
  }
  return false;
}

EnvironmentProxies::EnvironmentProxies() {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* const value = std::getenv(name);
    if (!value || !*value) continue;
    const std::unique_ptr<CURLU, Deleter> url(curl_url());
    if (curl_url_set(url.get(), CURLUPART_URL, value, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
      continue;
    std::string host = part_of(url.get(), CURLUPART_HOST, 0), port = part_of(url.get(), CURLUPART_PORT, 0);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    // curl's own default for a proxy without a port.
    const bool encrypted = part_of(url.get(), CURLUPART_SCHEME, 0) == "https";
    if (port.empty()) port = encrypted ? "443" : "1080";
    proxies_.push_back({std::move(host), std::move(port)});
  }
}

bool EnvironmentProxies::contains(const sockaddr& address) {
  if (proxies_.empty()) return false;
  const auto now = std::chrono::steady_clock::now();
  if (looked_up_ == std::chrono::steady_clock::time_point{} || now - looked_up_ > kKnownFor) {
    look_up();
    looked_up_ = now;
  }
  for (const sockaddr_storage& known : addresses_)
    if (same(reinterpret_cast<const sockaddr&>(known), address)) return true;
  return false;
}

void EnvironmentProxies::look_up() {
  addresses_.clear();
  for (const Proxy& proxy : proxies_) {
    addrinfo wanted{}, *found = nullptr;
    wanted.ai_socktype = SOCK_STREAM;
    if (::getaddrinfo(proxy.host.c_str(), proxy.port.c_str(), &wanted, &found) != 0) continue;
    for (const addrinfo* one = found; one; one = one->ai_next) {
      sockaddr_storage& stored = addresses_.emplace_back();
      std::memcpy(&stored, one->ai_addr, std::min<std::size_t>(one->ai_addrlen, sizeof stored));
    }
    ::freeaddrinfo(found);
  }
}

}  // namespace ta::http
