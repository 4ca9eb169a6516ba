// One accepted connection: reads requests, has them answered on the pool, writes answers. Internal to the server.
#pragma once
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "base/random.h"
#include "http/server.h"
#include "http/wire.h"

namespace ta::http {

// What all connections of a server share; outlives them.
struct ServerShared {
  ServerShared(ServerOptions o, Handler h)
      : options(std::move(o)), handler(std::move(h)), pool(options.handler_threads) {}
  const ServerOptions options;
  const Handler handler;
  asio::thread_pool pool;
  SecureRandom random;
  std::atomic<bool> draining{false};  // answers now say "Connection: close"
  std::atomic<std::uint64_t> accepted{0}, open{0}, requests{0};
};

// The way from any thread to a stream that waits on its I/O thread.
class Bell : public std::enable_shared_from_this<Bell> {
 public:
  explicit Bell(asio::steady_timer& sleeper) : sleeper_(&sleeper) {}
  void ring();                                   // any thread
  bool take() { return rung_.exchange(false); }  // true once per (burst of) ring
  bool rung() const { return rung_; }
  void retire();  // I/O thread: later rings do nothing

 private:
  std::mutex mutex_;
  asio::steady_timer* sleeper_;  // null when retired
  std::atomic<bool> rung_{false};
};

// All functions on the connection's I/O thread.
class Connection {
 public:
  Connection(ServerShared& shared, std::unique_ptr<Wire> wire);
  Task<void> run();
  void retire();  // ends when idle, else after the answer in progress; event streams end now
  void abort();   // closes the socket; run() returns soon

 private:
  struct Incoming;
  struct Reader;
  Task<bool> serve_one();
  Task<Incoming> read_request();
  Task<ErrorCode> read_message(Reader& reader);
  Task<ErrorCode> read_more(std::size_t bytes);
  Task<Response> answer(Request& request);
  Task<bool> deliver(const Incoming& in, const Response& response);
  Task<bool> send(std::string_view header, std::string_view body);
  Task<void> stream_events(std::shared_ptr<EventSource> events, bool chunked);
  Task<bool> send_events(const std::string& bytes, bool chunked);
  Task<void> watch_for_end();
  Task<void> linger();
  Task<bool> pause(std::chrono::milliseconds time);

  ServerShared& shared_;
  std::unique_ptr<Wire> wire_;
  asio::steady_timer timer_;
  beast::flat_buffer buffer_;
  std::string peer_;
  std::shared_ptr<Bell> bell_;  // of the event stream
  bool idle_ = false;           // nothing of a request has arrived
  bool retired_ = false;
  bool gone_ = false;  // the peer closed, or abort()
  bool watching_ = false;
};

}  // namespace ta::http
