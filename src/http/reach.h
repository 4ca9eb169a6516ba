// Where this process may connect to. Looked at when a socket is opened, at the very address that the name led to: what
// the name said a moment earlier, or says next, does not count.
#pragma once
#include <netinet/in.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/network_address.h"

namespace ta::http {

enum class Reach {
  everywhere,
  all_but_link_local,  // private networks and this machine, but no link-local or metadata address
  internet,
};

bool may_reach(Reach reach, AddressKind kind);

// The proxies that HTTPS_PROXY, HTTP_PROXY and ALL_PROXY name: their operator chose them, wherever they are. For one
// thread.
class EnvironmentProxies {
 public:
  EnvironmentProxies();  // reads the environment
  // Looks the names up when what it knows is older than half a minute; that waits for the resolver.
  bool contains(const sockaddr& address);

 private:
  struct Proxy {
    std::string host, port;
  };
  void look_up();

  std::vector<Proxy> proxies_;
  std::vector<sockaddr_storage> addresses_;
  std::chrono::steady_clock::time_point looked_up_{};
};

}  // namespace ta::http
