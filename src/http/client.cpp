#include "http/client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <list>
#include <queue>

#include "base/log.h"

namespace ta::http {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Global {
  Global() { curl_global_init(CURL_GLOBAL_DEFAULT); }
};

// Scheme, host and port: what may be told about a URL that can hold secrets in its path or query.
std::string origin_of(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == url.npos) return "the server";
  const auto end = url.find_first_of("/?#", scheme + 3);
  const auto at = url.rfind('@', end);
  const std::string host = url.substr(0, end);
  return at != url.npos && at > scheme ? host.substr(0, scheme + 3) + host.substr(at + 1) : host;
}

std::string what_happened(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return "the name cannot be found (DNS)";
    case CURLE_COULDNT_RESOLVE_PROXY: return "the proxy's name cannot be found (DNS)";
    case CURLE_COULDNT_CONNECT: return "the connection was refused or the host cannot be reached";
    case CURLE_PROXY: return "the proxy refused to connect";
    case CURLE_OPERATION_TIMEDOUT: return "no whole answer before the deadline";
    case CURLE_SSL_CONNECT_ERROR: return "TLS: the handshake failed";
    case CURLE_SSL_CACERT_BADFILE: return "TLS: the file of trusted authorities cannot be read";
    case CURLE_GOT_NOTHING: return "the connection was closed without an answer";
    case CURLE_ABORTED_BY_CALLBACK: return "the connection was closed without an answer, and the request not repeated";
    case CURLE_PARTIAL_FILE: return "the answer was cut off";
    case CURLE_RECV_ERROR: return "the connection broke while receiving";
    case CURLE_SEND_ERROR: return "the connection broke while sending";
    case CURLE_WRITE_ERROR: return "the answer is larger than allowed";
    case CURLE_URL_MALFORMAT: return "the address is malformed";
    case CURLE_UNSUPPORTED_PROTOCOL: return "only http and https are supported";
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return "the HTTP/2 connection broke";
    default: return curl_easy_strerror(code);
  }
}

// One request in flight. Lives on the loop's thread from start to finish.
struct Transfer {
  ClientRequest request;
  Client::Done done;
  std::size_t body_bytes_max = 0;
  ClientResponse response;
  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
  int times_sent = 0;
  Reach reach = Reach::everywhere;
  EnvironmentProxies* proxies = nullptr;
  std::optional<AddressKind> refused;  // where it would have gone

  ~Transfer() {
    if (handle) curl_easy_cleanup(handle);
    curl_slist_free_all(headers);
  }
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  if (transfer.response.body.size() + size > transfer.body_bytes_max) return 0;  // ends the transfer: CURLE_WRITE_ERROR
  transfer.response.body.append(data, size);
  return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    transfer.response.headers = {};  // what came before was 100 Continue or a proxy's answer
  } else if (const auto colon = line.find(':'); colon != line.npos) {
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    transfer.response.headers.add(std::string(line.substr(0, colon)), std::string(value));
  }
  return size;
}

// Called whenever curl is about to send the request: also when it wants to send it again, because a kept connection
// died before any answer. What arrived on the dead one nobody knows.
int on_send(void* user, char*, char*, int, int) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  const Method method = transfer.request.method;
  const bool repeatable = method == Method::get || method == Method::head;
  return transfer.times_sent++ == 0 || repeatable ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

std::string to_text(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.sa_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  else if (address.sa_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  return text;
}

// Called with each address that curl is about to connect to.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* to) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  const AddressKind kind = kind_of_address(to->addr).value_or(AddressKind::internal);
  if (may_reach(transfer.reach, kind) || transfer.proxies->contains(to->addr))
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  transfer.refused = kind;
  log::warn("http.address_refused",
            {{"origin", origin_of(transfer.request.url)}, {"address", to_text(to->addr)}, {"kind", name(kind)}});
  return CURL_SOCKET_BAD;
}

Failure certificate_failure(CURL* handle, const std::string& where) {
  long verdict = 0;
  curl_easy_getinfo(handle, CURLINFO_SSL_VERIFYRESULT, &verdict);
  const auto tls = [&](std::string_view what) {
    return Failure{FailureCode::graph_tls_failed, fmt::format("{}: TLS: {}.", where, what), {}};
  };
  if (verdict == X509_V_ERR_CERT_NOT_YET_VALID)
    return {
        FailureCode::provider_clock_wrong, where + ": TLS: by this machine's clock its certificate begins later.", {}};
  if (verdict == X509_V_ERR_CERT_HAS_EXPIRED)
    return tls("its certificate has expired, if this machine's clock is right");
  if (verdict == X509_V_OK) return tls("its certificate is for another name");
  return tls("its certificate is not trusted");
}

// Did a connection come about, over which the request may have gone?
bool was_connected(CURL* handle) {
  curl_off_t micros = 0;
  curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &micros);
  return micros > 0;
}

Failure failure_of(const Transfer& transfer, CURLcode code) {
  const std::string where = origin_of(transfer.request.url);
  if (code == CURLE_COULDNT_CONNECT && transfer.refused)
    return {FailureCode::provider_endpoint_not_allowed,
            fmt::format("{}: its name leads to {}, and this server does not connect there.", where,
                        name(*transfer.refused)),
            {}};
  if (code == CURLE_PEER_FAILED_VERIFICATION) return certificate_failure(transfer.handle, where);
  const bool tls = code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CACERT_BADFILE;
  const bool address = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
  const bool may_have_arrived = transfer.times_sent > 0 || was_connected(transfer.handle);
  const FailureCode failure = tls                           ? FailureCode::graph_tls_failed
                              : may_have_arrived || address ? FailureCode::graph_unavailable
                                                            : FailureCode::graph_unreachable;
  return {failure, fmt::format("{}: {}.", where, what_happened(code)), {}};
}

bool has_line_break(std::string_view text) { return text.find_first_of("\r\n") != text.npos; }

void set_headers(Transfer& transfer) {
  const auto append = [&](const std::string& line) {
    transfer.headers = curl_slist_append(transfer.headers, line.c_str());
  };
  for (const auto& [name, value] : transfer.request.headers)
    if (!has_line_break(name) && !has_line_break(value)) append(value.empty() ? name + ";" : name + ": " + value);
  append("Expect:");  // one round trip less for large bodies
  curl_easy_setopt(transfer.handle, CURLOPT_HTTPHEADER, transfer.headers);
}

void set_method(Transfer& transfer) {
  CURL* const handle = transfer.handle;
  const ClientRequest& request = transfer.request;
  if (request.method == Method::head) curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  if (request.method == Method::get || request.method == Method::head) return;
  curl_easy_setopt(handle, CURLOPT_POST, 1L);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, std::string(name(request.method)).c_str());
}

void set_trust(CURL* handle, const ClientOptions& options) {
  if (!options.authority_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, options.authority_file.c_str());
  if (options.authority_pem.empty()) return;
  curl_blob blob{const_cast<char*>(options.authority_pem.data()), options.authority_pem.size(), CURL_BLOB_NOCOPY};
  curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
}

void set_route(Transfer& transfer, const ClientOptions& options, EnvironmentProxies& proxies) {
  CURL* const handle = transfer.handle;
  if (!options.proxy.empty() || !options.proxy_from_environment)
    curl_easy_setopt(handle, CURLOPT_PROXY, options.proxy.c_str());
  if (options.reach == Reach::everywhere) return;
  if (!options.proxy.empty()) {
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "");  // NO_PROXY would let requests past the proxy, unchecked
    return;
  }
  transfer.reach = options.reach;
  transfer.proxies = &proxies;
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &transfer);
}

void prepare(Transfer& transfer, const ClientOptions& options, EnvironmentProxies& proxies) {
  CURL* const handle = transfer.handle = curl_easy_init();
  curl_easy_setopt(handle, CURLOPT_URL, transfer.request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(handle, CURLOPT_PIPEWAIT, 1L);  // rather share an HTTP/2 connection than open another
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(handle, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  const long deadline = std::max<long>(1, transfer.request.deadline.count());
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, deadline);
  set_route(transfer, options, proxies);
  curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, on_send);
  curl_easy_setopt(handle, CURLOPT_PREREQDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  set_trust(handle, options);
  set_method(transfer);
  set_headers(transfer);
}

}  // namespace

class Client::Loop {
 public:
  explicit Loop(ClientOptions options) : options_(std::move(options)) {
    static const Global global;
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options_.connections_per_host_max));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 4L * options_.connections_per_host_max);
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    ending_ = true;
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void send(ClientRequest request, Done done) {
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    transfer->body_bytes_max = options_.body_bytes_max;
    enqueue([&] { arrived_.push_back(std::move(transfer)); });
  }

  void after(std::chrono::milliseconds delay, std::function<void()> task) {
    const SteadyTime due = std::chrono::steady_clock::now() + delay;
    enqueue([&] { planned_.emplace(due, std::move(task)); });
  }

  ClientStats stats() const { return {requests_, connections_}; }

 private:
  struct Flight {
    Flight(std::unique_ptr<Transfer> t, const std::stop_token& stop, std::function<void()> wake)
        : transfer(std::move(t)), on_stop(stop, std::move(wake)) {}
    std::unique_ptr<Transfer> transfer;
    std::stop_callback<std::function<void()>> on_stop;  // the caller gives up
  };

  template <class F>
  void enqueue(F change) {
    {
      const std::scoped_lock lock(mutex_);
      change();
    }
    curl_multi_wakeup(multi_);
  }

  void run() {
    while (!ending_) {
      start_arrived();
      int running = 0;
      curl_multi_perform(multi_, &running);
      const bool finished = finish_completed();
      abandon_stopped();
      const bool ran = run_due_tasks();
      if (!finished && !ran) curl_multi_poll(multi_, nullptr, 0, wait_ms(), nullptr);
    }
    end_everything();
  }

  void start_arrived() {
    std::vector<std::unique_ptr<Transfer>> fresh;
    {
      const std::scoped_lock lock(mutex_);
      fresh.swap(arrived_);
    }
    for (auto& transfer : fresh) start(std::move(transfer));
  }

  void start(std::unique_ptr<Transfer> transfer) {
    prepare(*transfer, options_, proxies_);
    CURL* const handle = transfer->handle;
    const std::stop_token stop = transfer->request.stop;
    flights_.try_emplace(handle, std::move(transfer), stop, [this] { note_stop(); });
    curl_multi_add_handle(multi_, handle);
  }

  void note_stop() {
    some_stopped_ = true;
    curl_multi_wakeup(multi_);
  }

  bool finish_completed() {
    bool any = false;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      finish(message->easy_handle, message->data.result);
      any = true;
    }
    return any;
  }

  // Takes the transfer out of curl's hands before anybody is told: `done` may send again.
  std::unique_ptr<Transfer> take(CURL* handle) {
    curl_multi_remove_handle(multi_, handle);
    const auto at = flights_.find(handle);
    std::unique_ptr<Transfer> transfer = std::move(at->second.transfer);
    flights_.erase(at);
    ++requests_;
    return transfer;
  }

  void finish(CURL* handle, CURLcode code) {
    long opened = 0, status = 0;
    curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &opened);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    connections_ += static_cast<std::uint64_t>(opened);
    const auto transfer = take(handle);
    transfer->response.status = static_cast<int>(status);
    if (code == CURLE_OK) return transfer->done(std::move(transfer->response));
    transfer->done(tl::make_unexpected(failure_of(*transfer, code)));
  }

  void interrupt(CURL* handle) {
    const auto transfer = take(handle);
    transfer->done(fail(FailureCode::worker_interrupted, "The request was given up before its answer came."));
  }

  void abandon_stopped() {
    if (!some_stopped_.exchange(false)) return;
    std::vector<CURL*> stopped;
    for (const auto& [handle, flight] : flights_)
      if (flight.transfer->request.stop.stop_requested()) stopped.push_back(handle);
    for (CURL* handle : stopped) interrupt(handle);
  }

  bool run_due_tasks() {
    std::vector<std::function<void()>> due;
    {
      const std::scoped_lock lock(mutex_);
      const auto end = planned_.upper_bound(std::chrono::steady_clock::now());
      for (auto at = planned_.begin(); at != end; at = planned_.erase(at)) due.push_back(std::move(at->second));
    }
    for (const auto& task : due) task();
    return !due.empty();
  }

  int wait_ms() {
    const std::scoped_lock lock(mutex_);
    if (!arrived_.empty() || some_stopped_) return 0;
    if (planned_.empty()) return 60'000;
    const auto left = planned_.begin()->first - std::chrono::steady_clock::now();
    return static_cast<int>(
        std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0, 60'000));
  }

  // Tasks and `done`s may send and plan again; those are ended too.
  void end_everything() {
    for (;;) {
      start_arrived();
      while (!flights_.empty()) interrupt(flights_.begin()->first);
      std::multimap<SteadyTime, std::function<void()>> planned;
      {
        const std::scoped_lock lock(mutex_);
        if (arrived_.empty() && planned_.empty()) return;
        planned.swap(planned_);
      }
      for (const auto& [due, task] : planned) task();
    }
  }

  const ClientOptions options_;
  EnvironmentProxies proxies_;
  CURLM* multi_ = nullptr;
  std::map<CURL*, Flight> flights_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Transfer>> arrived_;
  std::multimap<SteadyTime, std::function<void()>> planned_;
  std::atomic<bool> ending_{false}, some_stopped_{false};
  std::atomic<std::uint64_t> requests_{0}, connections_{0};
  std::thread thread_;
};

Client::Client(ClientOptions options) : loop_(std::make_unique<Loop>(std::move(options))) {}
Client::~Client() = default;

void Client::send(ClientRequest request, Done done) { loop_->send(std::move(request), std::move(done)); }

std::future<Result<ClientResponse>> Client::send(ClientRequest request) {
  auto promise = std::make_shared<std::promise<Result<ClientResponse>>>();
  auto future = promise->get_future();
  send(std::move(request), [promise](Result<ClientResponse> result) { promise->set_value(std::move(result)); });
  return future;
}

void Client::after(std::chrono::milliseconds delay, std::function<void()> task) {
  loop_->after(delay, std::move(task));
}

ClientStats Client::stats() const { return loop_->stats(); }

}  // namespace ta::http
