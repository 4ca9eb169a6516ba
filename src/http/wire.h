// The bytes of one accepted connection, plain or TLS. Internal to the server: includes Asio, so only its units read it.
#pragma once
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>
#include <string_view>

namespace ta::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;
template <class T>
using Task = asio::awaitable<T>;

// Used on the connection's own I/O thread only. Deadlines are set by the caller on socket().
class Wire {
 public:
  struct Read {
    ErrorCode error;
    std::size_t bytes = 0;
  };

  virtual ~Wire() = default;
  virtual Task<ErrorCode> open() = 0;  // the TLS handshake
  virtual Task<Read> read(asio::mutable_buffer into) = 0;
  virtual Task<ErrorCode> write(std::string_view first, std::string_view second) = 0;  // all of both
  virtual beast::tcp_stream& socket() = 0;
  virtual bool secure() const = 0;
};

// `tls` (may be null: plain) must outlive the wire.
std::unique_ptr<Wire> make_wire(beast::tcp_stream socket, asio::ssl::context* tls);

}  // namespace ta::http
