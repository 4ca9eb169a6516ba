// The HTTP server: asynchronous sockets at the edge, plain synchronous handlers on a bounded pool.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/failure.h"
#include "http/message.h"

namespace ta::http {

// A server's own certificate (with its chain) and private key, both as PEM text.
struct ServerCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // an IP address; "0.0.0.0" or "::" for all
  std::uint16_t port = 0;             // 0 = any free one
  std::optional<ServerCertificate> tls;
  int io_threads = 1;
  int handler_threads = 8;
  std::size_t body_bytes_max = 1 << 20;            // more → 413
  std::size_t header_bytes_max = 16 << 10;         // more → 431
  std::size_t connections_max = 10'000;            // more → 503 and closed
  std::chrono::milliseconds idle_timeout{75'000};  // between two requests of a connection
  std::chrono::milliseconds read_timeout{30'000};  // for one whole request, from its first byte; also the TLS handshake
  std::chrono::milliseconds write_timeout{30'000};  // without any progress of an answer
  std::chrono::milliseconds heartbeat{15'000};      // a comment line on quiet event streams
};

struct ServerStats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t requests = 0;  // whole requests read, answered or not
};

// All functions may be called from any thread. What the handler refers to must outlive the server.
class Server {
 public:
  // Listens when it returns. Fails (internal.error, with a sentence for the operator) when the address cannot be used,
  // for example because the port is busy, or when the certificate cannot be read.
  // A handler that throws is answered with 500 and logged once with the request's id.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler);
  ~Server();  // stop(0)

  std::uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:8080", without a last slash
  ServerStats stats() const;

  // Stops listening, ends event streams and idle connections, lets running requests finish for up to `grace`, then
  // closes what is left. Returns when every thread has ended; a handler that is still running is waited for.
  // Idempotent.
  void stop(std::chrono::milliseconds grace = std::chrono::milliseconds{0});

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ta::http
