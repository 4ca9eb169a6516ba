#include "http/wire.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace ta::http {
namespace {

constexpr std::size_t kRecordBytes = 16 << 10;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

template <class Stream>
Task<Wire::Read> read_from(Stream& stream, asio::mutable_buffer into) {
  const auto [error, bytes] = co_await stream.async_read_some(into, kAwait);
  co_return Wire::Read{error, bytes};
}

template <class Stream>
Task<ErrorCode> write_to(Stream& stream, std::string_view first, std::string_view second) {
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
  const auto [error, bytes] = co_await asio::async_write(stream, buffers, kAwait);
  co_return error;
}

class PlainWire : public Wire {
 public:
  explicit PlainWire(beast::tcp_stream socket) : socket_(std::move(socket)) {}
  Task<ErrorCode> open() override { co_return ErrorCode{}; }
  Task<Read> read(asio::mutable_buffer into) override { return read_from(socket_, into); }
  Task<ErrorCode> write(std::string_view a, std::string_view b) override { return write_to(socket_, a, b); }
  beast::tcp_stream& socket() override { return socket_; }
  bool secure() const override { return false; }

 private:
  beast::tcp_stream socket_;
};

class TlsWire : public Wire {
 public:
  TlsWire(beast::tcp_stream socket, asio::ssl::context& tls) : stream_(std::move(socket), tls) {}
  Task<ErrorCode> open() override {
    const auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::server, kAwait);
    co_return error;
  }
  Task<Read> read(asio::mutable_buffer into) override { return read_from(stream_, into); }
  Task<ErrorCode> write(std::string_view a, std::string_view b) override {
    if (b.empty() || a.size() + b.size() > kRecordBytes) co_return co_await write_to(stream_, a, b);
    const std::string whole = std::string(a) + std::string(b);  // one TLS record instead of two
    co_return co_await write_to(stream_, whole, {});
  }
  beast::tcp_stream& socket() override { return stream_.next_layer(); }
  bool secure() const override { return true; }

 private:
  // Not beast::ssl_stream: it never finishes writing a small buffer that a large one follows.
  asio::ssl::stream<beast::tcp_stream> stream_;
};

}  // namespace

std::unique_ptr<Wire> make_wire(beast::tcp_stream socket, asio::ssl::context* tls) {
  if (tls) return std::make_unique<TlsWire>(std::move(socket), *tls);
  return std::make_unique<PlainWire>(std::move(socket));
}

}  // namespace ta::http
