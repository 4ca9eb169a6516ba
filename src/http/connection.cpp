#include "http/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/digest.h"
#include "base/log.h"
#include "base/time.h"

namespace ta::http {
namespace {

namespace bhttp = beast::http;
using namespace std::chrono_literals;

constexpr std::size_t kWriteStep = 256 << 10;   // the write timeout is for each step
constexpr std::size_t kLingerBytes = 32 << 20;  // of a refused request, read and thrown away

bool is_owned_by_server(std::string_view name) {
  return beast::iequals(name, "content-length") || beast::iequals(name, "transfer-encoding") ||
         beast::iequals(name, "connection");
}

// A field must not be able to end its line and start another.
std::string one_line(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') c = ' ';
  return out;
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string header_text(const Response& response, bool keep_alive, bool chunked) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
  if (!response.headers.has("Date")) {
    const std::time_t now = std::chrono::system_clock::to_time_t(SystemClock().now());
    out += fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(now));
  }
  for (const auto& [name, value] : response.headers)
    if (!is_owned_by_server(name)) out += one_line(name) + ": " + one_line(value) + "\r\n";
  if (chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (!response.events && has_body(response.status)) {
    out += fmt::format("Content-Length: {}\r\n", response.body.size());
  }
  return out + (keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

Response refusal(int status, std::string_view why) { return problem(status, "", why); }

Response answer_to_exception(const Request& request, const std::exception& error) {
  const auto* const failure = dynamic_cast<const FailureError*>(&error);
  log::error(
      "http.handler_failed",
      {{"request_id", request.id}, {"method", request.method_name}, {"route", request.route}, {"error", error.what()}});
  if (failure && failure->failure().code == FailureCode::storage_unavailable)
    return problem(503, name(FailureCode::storage_unavailable), "The database cannot be reached.",
                   {{"request_id", request.id}});
  return problem(500, name(FailureCode::internal_error), "Something went wrong on our side.",
                 {{"request_id", request.id}});
}

Response call(const Handler& handler, Request& request) {
  try {
    return handler(request);
  } catch (const std::exception& error) {
    return answer_to_exception(request, error);
  }
}

bool open_events(EventSource& events, const std::shared_ptr<Bell>& bell) {
  try {
    events.open([bell] { bell->ring(); });
    return true;
  } catch (const std::exception& error) {
    log::error("http.event_stream_failed", {{"error", error.what()}});
    return false;
  }
}

std::string drain_events(EventSource& events, bool& done) {
  try {
    return events.drain(done);
  } catch (const std::exception& error) {
    log::error("http.event_stream_failed", {{"error", error.what()}});
    done = true;
    return {};
  }
}

// Runs `work` on the pool; the coroutine goes on, on its own I/O thread, with what it returned.
template <class F>
Task<std::invoke_result_t<F>> on_pool(asio::thread_pool& pool, F work) {
  using Outcome = std::invoke_result_t<F>;
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Outcome)>(
      [&pool](auto completion, F job) {
        auto home = asio::make_work_guard(completion);
        asio::post(pool, [completion = std::move(completion), home = std::move(home), job = std::move(job)]() mutable {
          asio::post(home.get_executor(), [completion = std::move(completion), outcome = job()]() mutable {
            std::move(completion)(std::move(outcome));
          });
        });
      },
      asio::use_awaitable, std::move(work));
}

// The path and query of what was asked: absolute-form loses its scheme and host. Empty when it is no path.
std::string origin_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const auto slash = target.find('/', scheme.size());
    return slash == target.npos ? "/" : std::string(target.substr(slash));
  }
  return target.starts_with('/') ? std::string(target) : std::string{};
}

}  // namespace

void Bell::ring() {
  if (rung_.exchange(true)) return;
  const std::scoped_lock lock(mutex_);
  if (!sleeper_) return;
  // The timer may be gone when the posted call runs; the stream retires the bell before that, on the same thread.
  asio::post(sleeper_->get_executor(), [bell = shared_from_this()] {
    const std::scoped_lock inner(bell->mutex_);
    if (bell->sleeper_) bell->sleeper_->cancel();
  });
}

void Bell::retire() {
  const std::scoped_lock lock(mutex_);
  sleeper_ = nullptr;
}

struct Connection::Incoming {
  Request request;
  bool ended = false;  // the peer closed or was too slow: nothing to answer
  int refused = 0;     // a status: no handler sees the request
  std::string_view why;
  bool keep_alive = false;
  bool http11 = true;
};

struct Connection::Reader {
  bhttp::request_parser<bhttp::string_body> parser;
  bool continued = false;  // "100 Continue" was sent

  explicit Reader(const ServerOptions& options) {
    parser.header_limit(static_cast<std::uint32_t>(options.header_bytes_max));
    parser.body_limit(options.body_bytes_max);
  }

  bool wants_continue() {
    return parser.is_header_done() && !parser.is_done() && !continued &&
           beast::iequals(parser.get()[bhttp::field::expect], "100-continue");
  }

  // Moves what was read into `in`.
  void take(Incoming& in) {
    auto message = parser.release();
    in.keep_alive = message.keep_alive();
    in.http11 = message.version() >= 11;
    Request& request = in.request;
    request.method_name = std::string(message.method_string());
    request.method = method_from(request.method_name);
    request.target = origin_form(std::string_view(message.target().data(), message.target().size()));
    for (const auto& field : message) request.headers.add(std::string(field.name_string()), std::string(field.value()));
    request.body = std::move(message.body());
    const std::string_view target = request.target;
    const auto question = target.find('?');
    request.path = url_decode(target.substr(0, question));
    if (question != target.npos) request.query = Fields::parse(target.substr(question + 1));
  }
};

Connection::Connection(ServerShared& shared, std::unique_ptr<Wire> wire)
    : shared_(shared), wire_(std::move(wire)), timer_(wire_->socket().get_executor()) {
  ErrorCode error;
  wire_->socket().socket().set_option(asio::ip::tcp::no_delay(true), error);
  const auto peer = wire_->socket().socket().remote_endpoint(error);
  if (!error) peer_ = peer.address().to_string();
}

void Connection::retire() {
  retired_ = true;
  if (idle_) return abort();
  if (bell_) bell_->ring();
}

void Connection::abort() {
  gone_ = true;
  wire_->socket().close();
  timer_.cancel();
}

Task<void> Connection::run() {
  wire_->socket().expires_after(shared_.options.read_timeout);
  if (co_await wire_->open()) co_return;
  while (!gone_ && co_await serve_one()) {
  }
  ErrorCode ignored;
  wire_->socket().socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
}

Task<bool> Connection::serve_one() {
  Incoming in = co_await read_request();
  if (in.ended) co_return false;
  if (in.refused) {
    co_await deliver(in, refusal(in.refused, in.why));
    co_await linger();
    co_return false;
  }
  ++shared_.requests;
  Response response = co_await answer(in.request);
  if (response.delivery.delay > 0ms) co_await pause(response.delivery.delay);
  if (response.delivery.drop || gone_) co_return false;
  const bool again = co_await deliver(in, response);
  if (response.events && again && in.request.method != Method::head)
    co_await stream_events(std::move(response.events), in.http11);
  co_return again&& in.keep_alive && !response.events;
}

Task<Connection::Incoming> Connection::read_request() {
  Reader reader(shared_.options);
  Incoming in;
  idle_ = buffer_.size() == 0;
  if (idle_ && retired_) gone_ = true;
  const ErrorCode error = gone_ ? asio::error::operation_aborted : co_await read_message(reader);
  idle_ = false;
  if (error == bhttp::error::header_limit) {
    in = {.refused = 431, .why = "The request's header is too large."};
  } else if (error == bhttp::error::body_limit) {
    in = {.refused = 413, .why = "The request's body is too large."};
  } else if (error.category() == bhttp::make_error_code(bhttp::error::bad_method).category()) {
    in = {.refused = 400, .why = "This is not a well-formed HTTP request."};
  } else if (error) {
    in.ended = true;
  } else {
    reader.take(in);
    Request& request = in.request;
    request.peer_address = peer_;
    request.secure = wire_->secure();
    request.id = hex(shared_.random.bytes(8));
    if (request.target.empty())
      in = {.refused = 400, .why = "The request's target is not a path."};
    else if (in.http11 && !request.headers.has("host"))
      in = {.refused = 400, .why = "The request has no Host field."};
  }
  co_return in;
}

// Reads until the parser has a whole message. What follows it (a pipelined request) stays in the buffer.
Task<ErrorCode> Connection::read_message(Reader& reader) {
  wire_->socket().expires_after(idle_ ? shared_.options.idle_timeout : shared_.options.read_timeout);
  while (!reader.parser.is_done()) {
    ErrorCode error = bhttp::error::need_more;
    if (buffer_.size() > 0) buffer_.consume(reader.parser.put(buffer_.data(), error));
    if (error && error != bhttp::error::need_more) co_return error;
    if (reader.wants_continue()) {
      reader.continued = true;
      if (ErrorCode failed = co_await wire_->write("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return failed;
    }
    if (!error && (reader.parser.is_done() || buffer_.size() > 0)) continue;
    if (ErrorCode failed = co_await read_more(reader.parser.is_header_done() ? 64 << 10 : 4 << 10)) co_return failed;
  }
  co_return ErrorCode{};
}

Task<ErrorCode> Connection::read_more(std::size_t bytes) {
  const Wire::Read read = co_await wire_->read(buffer_.prepare(bytes));
  buffer_.commit(read.bytes);
  if (idle_ && !read.error) {
    idle_ = false;
    wire_->socket().expires_after(shared_.options.read_timeout);
  }
  co_return read.error;
}

Task<Response> Connection::answer(Request& request) {
  return on_pool(shared_.pool, [this, &request] {
    Response out = call(shared_.handler, request);
    if (!out.headers.has("x-request-id")) out.headers.add("X-Request-Id", request.id);
    if (out.events && !out.headers.has("content-type")) out.headers.add("Content-Type", "text/event-stream");
    if (out.events && !out.headers.has("cache-control")) out.headers.add("Cache-Control", "no-store");
    return out;
  });
}

// False when the connection is of no more use. For an event stream only the header leaves.
Task<bool> Connection::deliver(const Incoming& in, const Response& response) {
  const bool keep_alive =
      in.keep_alive && !response.events && !retired_ && response.headers.get("connection") != "close";
  const bool head = in.request.method == Method::head;
  std::string header = header_text(response, keep_alive, response.events && in.http11);
  if (keep_alive && !in.http11) header.insert(header.size() - 2, "Connection: keep-alive\r\n");
  std::string_view body = head || response.events || !has_body(response.status) ? std::string_view{} : response.body;
  const auto cut = response.delivery.cut_after_bytes;
  if (cut) body = body.substr(0, *cut);
  const bool sent = co_await send(header, body);
  co_return sent && !cut && (keep_alive || response.events);
}

Task<bool> Connection::send(std::string_view header, std::string_view body) {
  do {
    const std::string_view step = body.substr(0, kWriteStep);
    wire_->socket().expires_after(shared_.options.write_timeout);
    if (co_await wire_->write(header, step)) co_return false;
    header = {};
    body.remove_prefix(step.size());
  } while (!body.empty());
  co_return true;
}

Task<void> Connection::stream_events(std::shared_ptr<EventSource> events, bool chunked) {
  buffer_ = beast::flat_buffer();  // thousands of streams wait; they need no memory for that
  const auto bell = bell_ = std::make_shared<Bell>(timer_);
  wire_->socket().expires_never();
  watching_ = true;
  asio::co_spawn(timer_.get_executor(), watch_for_end(), asio::detached);
  bell->ring();
  bool done = !co_await on_pool(shared_.pool, [&] { return open_events(*events, bell); });
  while (!done && !gone_ && !retired_) {
    const bool quiet = !bell->rung() && co_await pause(shared_.options.heartbeat);
    if (gone_ || retired_) break;
    std::string bytes = quiet ? ": still here\n\n" : "";
    if (bell->take()) bytes += co_await on_pool(shared_.pool, [&] { return drain_events(*events, done); });
    if (!bytes.empty() && !co_await send_events(bytes, chunked)) break;
  }
  if (!gone_ && chunked) co_await send("0\r\n\r\n", {});
  bell->retire();
  abort();
  while (watching_) {  // the watcher refers to this connection; it cancels the timer when it ends
    timer_.expires_after(1s);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

Task<bool> Connection::send_events(const std::string& bytes, bool chunked) {
  if (!chunked) co_return co_await send(bytes, {});
  co_return co_await send(fmt::format("{:x}\r\n", bytes.size()) + bytes, "\r\n");
}

// A client of an event stream sends nothing more; that a read ends is how we learn that it went.
Task<void> Connection::watch_for_end() {
  std::array<char, 64> ignored;
  while (!(co_await wire_->read(asio::buffer(ignored))).error) {
  }
  watching_ = false;
  gone_ = true;
  timer_.cancel();
}

// The peer is still sending what we refused. Closing now would make its system throw our answer away.
Task<void> Connection::linger() {
  ErrorCode ignored;
  wire_->socket().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  wire_->socket().expires_after(std::min<std::chrono::milliseconds>(2s, shared_.options.read_timeout));
  for (std::size_t total = 0; total < kLingerBytes;) {
    buffer_.clear();
    const Wire::Read read = co_await wire_->read(buffer_.prepare(64 << 10));
    if (read.error) break;
    total += read.bytes;
  }
}

// True when the whole time has passed; ends early when the bell rings or the connection ends.
Task<bool> Connection::pause(std::chrono::milliseconds time) {
  if (gone_) co_return false;
  timer_.expires_after(time);
  const auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !error;
}

}  // namespace ta::http
