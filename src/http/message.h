// What a handler gets and gives: plain values, no sockets.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace ta::http {

enum class Method { get, head, post, put, patch, delete_, options, other };
std::string_view name(Method method);       // "DELETE"; empty for other
Method method_from(std::string_view name);  // case-sensitive, as HTTP wants; other for unknown names

// Header fields in order; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  // replaces every field of that name
  std::string_view get(std::string_view name) const;   // the first one, or empty
  bool has(std::string_view name) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Decoded name=value pairs of a query or a form, in order, repeats kept.
class Fields {
 public:
  // Reads application/x-www-form-urlencoded text ('+' and %20 are blanks). Bad percent signs stay as they are.
  static Fields parse(std::string_view text);
  void add(std::string name, std::string value) { items_.emplace_back(std::move(name), std::move(value)); }
  std::string get(std::string_view name, std::string_view fallback = {}) const;  // the first one
  std::vector<std::string> all(std::string_view name) const;
  bool has(std::string_view name) const;
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

struct Request {
  Method method = Method::get;
  std::string method_name;  // as sent, for methods we do not know
  std::string target;       // path and query as sent
  std::string path;         // decoded path
  Fields query;
  Headers headers;
  std::string body;
  std::string peer_address;  // without port
  bool secure = false;       // arrived over TLS
  std::string id;            // 16 hex digits, for logs, pages and audit
  // Filled by the router: {tenant} → "contoso", and the pattern that matched (empty: none), for metrics and logs.
  std::map<std::string, std::string, std::less<>> params;
  std::string route;

  std::string cookie(std::string_view name) const;  // empty when absent
  Fields form() const { return Fields::parse(body); }
};

// A stream of server-sent events. The server calls open() and drain() on threads of its handler pool, never two calls
// at once; drain() once after open() and then after each wake. The source is released when the client goes or the
// server stops.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // Called once, after the header of the answer has left. `wake` may be called from any thread, any number of times,
  // also after the stream has ended; each call makes the server call drain() soon.
  virtual void open(std::function<void()> wake) = 0;
  // The bytes to send now in text/event-stream format (may be empty). `done` = true ends the stream after them.
  virtual std::string drain(bool& done) = 0;
};

// How an answer leaves, for servers that imitate a bad network. Ordinary handlers leave it alone.
struct Delivery {
  std::chrono::milliseconds delay{0};          // wait this long before the first byte, without holding a thread
  std::optional<std::size_t> cut_after_bytes;  // close the connection after so many bytes of the body
  bool drop = false;                           // close the connection without any answer
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  std::shared_ptr<EventSource> events;  // when set, the body is this stream
  Delivery delivery;
};

Response text_response(int status, std::string body, std::string_view content_type = "text/plain; charset=utf-8");
Response json_response(int status, const json::value& body);
// RFC 9457 application/problem+json: {"type":"about:blank","title","status","detail","code",…extra}.
Response problem(int status, std::string_view code, std::string_view detail, json::object extra = {});
Response redirect(std::string location, int status = 303);
std::string_view reason(int status);

// Percent-encodes everything but RFC 3986 unreserved characters.
std::string url_encode(std::string_view text);
std::string url_decode(std::string_view text, bool plus_is_blank = false);

using Handler = std::function<Response(Request&)>;

}  // namespace ta::http
