// Outgoing HTTP: many requests in flight on one thread, over kept-alive connections.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <stop_token>
#include <string>

#include "base/failure.h"
#include "http/message.h"
#include "http/reach.h"

namespace ta::http {

struct ClientOptions {
  int connections_per_host_max = 8;
  std::chrono::milliseconds connect_timeout{10'000};
  std::size_t body_bytes_max = 64 << 20;  // of an answer; more is a failure
  std::string authority_pem;              // trust these instead of the system's authorities
  std::string authority_file;             // the same, as a file
  std::string proxy;                      // "http://proxy:3128"; empty: HTTPS_PROXY, NO_PROXY … of the environment
  bool proxy_from_environment = true;     // false and no `proxy`: none at all
  Reach reach = Reach::everywhere;        // of connections that no proxy makes for us; a `proxy` then makes all of them
  std::string user_agent = "TenantAtlas/" TA_VERSION;
};

struct ClientRequest {
  Method method = Method::get;
  std::string url;  // http or https
  Headers headers;
  std::string body;
  std::chrono::milliseconds deadline{60'000};  // for everything, waiting for a free connection included
  std::stop_token stop;                        // ends the request early with worker.interrupted
};

struct ClientResponse {
  int status = 0;
  Headers headers;  // of the final answer; names as sent
  std::string body;
};

struct ClientStats {
  std::uint64_t requests = 0;  // finished ones
  std::uint64_t connections_opened = 0;
};

// All functions may be called from any thread. Redirects are answers like any other: they are not followed.
//
// A request that gets no whole answer fails with a sentence that says what happened (name not found, refused, TLS,
// deadline, cut off, too large …) and where (scheme, host and port; never the path, query or headers). The code says
// whether the other side may have acted on it: graph.unreachable (no connection came about), graph.tls_failed and
// provider.clock_wrong (its certificate is not valid yet) and provider.endpoint_not_allowed (the name leads out of
// `reach`; which address it was is for the log alone) mean that no byte of the request has left; graph.unavailable
// means that it may have been carried out.
//
// Only GET and HEAD are sent again without the caller's knowledge, namely when a kept-alive connection turns out to be
// dead; any other method leaves this process at most once.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  // Requests in flight fail with worker.interrupted before it returns.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  using Done = std::function<void(Result<ClientResponse>)>;
  // `done` is called exactly once, on the client's own thread: it must be quick, must not throw, and may call send().
  void send(ClientRequest request, Done done);
  std::future<Result<ClientResponse>> send(ClientRequest request);

  // Calls `task` on the client's thread not before `delay` has passed, or when the client ends, whichever is first;
  // waiting holds no thread and no connection. Meant for retries.
  void after(std::chrono::milliseconds delay, std::function<void()> task);

  ClientStats stats() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace ta::http
