#include "http/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unordered_set>

#include "base/log.h"
#include "http/connection.h"

namespace ta::http {
namespace {

using asio::ip::tcp;
using namespace std::chrono_literals;

// A thread that runs the I/O of its share of the connections; nothing of a connection needs a lock.
struct IoThread {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::unordered_set<Connection*> connections;  // its own thread only
  std::thread thread;
};

Result<std::unique_ptr<asio::ssl::context>> make_tls(const ServerCertificate& own) {
  auto out = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  ErrorCode error;
  out->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                       asio::ssl::context::no_tlsv1_1 | asio::ssl::context::single_dh_use,
                   error);
  if (!error) out->use_certificate_chain(asio::buffer(own.certificate_pem), error);
  if (error) return fail(FailureCode::internal_error, "The TLS certificate cannot be read: " + error.message());
  out->use_private_key(asio::buffer(own.key_pem), asio::ssl::context::pem, error);
  if (error) return fail(FailureCode::internal_error, "The TLS private key cannot be read: " + error.message());
  return out;
}

std::string explain(const ErrorCode& error, const ServerOptions& options) {
  if (error == asio::error::address_in_use)
    return fmt::format("Port {} on {} is busy: another program already listens there.", options.port, options.address);
  return fmt::format("Cannot listen on {}:{}: {}.", options.address, options.port, error.message());
}

// Good enough for a client that is turned away: one attempt, nobody waits.
void turn_away(tcp::socket socket, bool plain) {
  static constexpr std::string_view kBusy =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  if (plain) socket.write_some(asio::buffer(kBusy), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Handler handler) : shared_(std::move(options), std::move(handler)) {
    for (int i = 0; i < std::max(1, shared_.options.io_threads); ++i) threads_.push_back(std::make_unique<IoThread>());
    acceptor_.emplace(threads_[0]->context);
  }

  std::optional<Failure> listen() {
    if (shared_.options.tls) {
      auto tls = make_tls(*shared_.options.tls);
      if (!tls) return tls.error();
      tls_ = std::move(*tls);
    }
    if (const ErrorCode error = bind())
      return Failure{FailureCode::internal_error, explain(error, shared_.options), {}};
    asio::co_spawn(threads_[0]->context, accept_all(), asio::detached);
    for (const auto& io : threads_) io->thread = std::thread([context = &io->context] { context->run(); });
    return std::nullopt;
  }

  void stop(std::chrono::milliseconds grace) {
    const std::scoped_lock once(stopping_);
    if (stopped_) return;
    stopped_ = true;
    shared_.draining = true;
    asio::post(threads_[0]->context, [this] { acceptor_->close(); });
    each_connection([](Connection& connection) { connection.retire(); });
    wait_until_closed(grace);
    each_connection([](Connection& connection) { connection.abort(); });
    wait_until_closed(std::nullopt);
    shared_.pool.join();
    for (const auto& io : threads_) {
      io->work.reset();
      if (io->thread.joinable()) io->thread.join();
    }
  }

  std::uint16_t port() const { return port_; }
  const ServerShared& shared() const { return shared_; }

 private:
  ErrorCode bind() {
    ErrorCode error;
    const tcp::endpoint at(asio::ip::make_address(shared_.options.address, error), shared_.options.port);
    if (!error) acceptor_->open(at.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(at, error);
    if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
    if (!error) port_ = acceptor_->local_endpoint(error).port();
    return error;
  }

  Task<void> accept_all() {
    asio::steady_timer pause(threads_[0]->context);
    for (std::size_t next = 0; acceptor_->is_open(); ++next) {
      IoThread& io = *threads_[next % threads_.size()];
      auto [error, socket] = co_await acceptor_->async_accept(io.context, asio::as_tuple(asio::use_awaitable));
      if (!error) {
        admit(std::move(socket), io);
      } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
        log::warn("http.accept_failed", {{"error", error.message()}});  // most likely out of file descriptors
        pause.expires_after(100ms);
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      }
    }
  }

  void admit(tcp::socket socket, IoThread& io) {
    ++shared_.accepted;
    if (shared_.open >= shared_.options.connections_max) return turn_away(std::move(socket), !tls_);
    ++shared_.open;
    asio::post(io.context, [this, &io, socket = std::move(socket)]() mutable {
      auto connection =
          std::make_unique<Connection>(shared_, make_wire(beast::tcp_stream(std::move(socket)), tls_.get()));
      Connection& running = *connection;
      io.connections.insert(&running);
      if (shared_.draining) running.abort();  // it came while stop() was closing the door
      asio::co_spawn(io.context, running.run(),
                     [this, &io, connection = std::move(connection)](std::exception_ptr e) mutable {
                       closed(io, std::move(connection), e);
                     });
    });
  }

  void closed(IoThread& io, std::unique_ptr<Connection> connection, std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const std::exception& e) {
      log::error("http.connection_failed", {{"error", e.what()}});
    }
    io.connections.erase(connection.get());
    connection.reset();
    const std::scoped_lock lock(mutex_);
    --shared_.open;
    all_closed_.notify_all();
  }

  template <class F>
  void each_connection(F visit) {
    for (const auto& io : threads_)
      asio::post(io->context, [&connections = io->connections, visit] {
        for (Connection* connection : connections) visit(*connection);
      });
  }

  void wait_until_closed(std::optional<std::chrono::milliseconds> limit) {
    std::unique_lock lock(mutex_);
    const auto none = [this] { return shared_.open == 0; };
    if (limit) {
      all_closed_.wait_for(lock, *limit, none);
    } else {
      all_closed_.wait(lock, none);
    }
  }

  ServerShared shared_;
  std::unique_ptr<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::optional<tcp::acceptor> acceptor_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable all_closed_;
  std::mutex stopping_;
  bool stopped_ = false;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Handler handler) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
  if (auto failure = impl->listen()) return tl::make_unexpected(std::move(*failure));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->port(); }

std::string Server::url() const {
  const ServerOptions& options = impl_->shared().options;
  const bool v6 = options.address.find(':') != std::string::npos;
  std::string host = v6 ? "[" + options.address + "]" : options.address;
  if (options.address == "0.0.0.0" || options.address == "::") host = "localhost";
  return fmt::format("{}://{}:{}", options.tls ? "https" : "http", host, port());
}

ServerStats Server::stats() const {
  const ServerShared& shared = impl_->shared();
  return {shared.accepted, shared.open, shared.requests};
}

void Server::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

}  // namespace ta::http
