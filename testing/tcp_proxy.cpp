#include "testing/tcp_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ta::testing {
namespace {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    if (fd < 0) throw std::runtime_error("TcpProxy: no socket");
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

Socket listen_on_free_port() {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(socket.fd(), 64) != 0)
    throw std::runtime_error("TcpProxy: cannot listen on 127.0.0.1");
  return socket;
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// -1 when the server is away.
int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

bool write_all(int fd, const char* data, ssize_t size) {
  while (size > 0) {
    const ssize_t written = send(fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (written <= 0) return false;
    data += written;
    size -= written;
  }
  return true;
}

// What came in on one side goes out on the other; false when one of them has gone.
bool forward(int from, int to) {
  char buffer[1 << 16];
  const ssize_t count = read(from, buffer, sizeof buffer);
  return count > 0 && write_all(to, buffer, count);
}

}  // namespace

class TcpProxy::Impl {
 public:
  explicit Impl(const std::string& upstream)
      : server_(upstream.substr(upstream.find("host=") + 5) + "/.s.PGSQL.5432"), listener_(listen_on_free_port()) {
    const std::size_t slash = upstream.find("@/") + 2;
    url_ = fmt::format("postgresql://postgres@127.0.0.1:{}/{}", port_of(listener_),
                       upstream.substr(slash, upstream.find('?') - slash));
    if (pipe2(wake_, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("TcpProxy: no pipe");
    thread_ = std::thread([this] { loop(); });
  }
  ~Impl() {
    stopping_ = true;
    wake();
    thread_.join();
    close(wake_[0]);
    close(wake_[1]);
  }

  const std::string& url() const { return url_; }
  void set_stalled(bool stalled) {
    const std::lock_guard lock(mutex_);
    stalled_ = stalled;
    wake();
  }
  void freeze() {
    const std::lock_guard lock(mutex_);
    frozen_.splice(frozen_.end(), pairs_);
    wake();
  }

 private:
  struct Pair {
    Socket client, server;
  };

  void wake() { std::ignore = write(wake_[1], "x", 1); }

  void loop() {
    while (!stopping_) {
      std::vector<pollfd> fds{{wake_[0], POLLIN, 0}};
      {
        const std::lock_guard lock(mutex_);
        if (!stalled_) {
          fds.push_back({listener_.fd(), POLLIN, 0});
          for (const Pair& pair : pairs_) {
            fds.push_back({pair.client.fd(), POLLIN, 0});
            fds.push_back({pair.server.fd(), POLLIN, 0});
          }
        }
      }
      poll(fds.data(), fds.size(), -1);
      char drained[256];
      if (fds[0].revents) std::ignore = read(wake_[0], drained, sizeof drained);
      const std::lock_guard lock(mutex_);
      if (!stalled_) serve();
    }
  }

  // Asks each socket anew: stall or freeze may have come while the thread waited.
  void serve() {
    if (readable(listener_.fd())) accept_one();
    std::erase_if(pairs_, [](const Pair& pair) {
      return (readable(pair.client.fd()) && !forward(pair.client.fd(), pair.server.fd())) ||
             (readable(pair.server.fd()) && !forward(pair.server.fd(), pair.client.fd()));
    });
  }

  static bool readable(int fd) {
    pollfd one{fd, POLLIN, 0};
    return poll(&one, 1, 0) > 0;
  }

  void accept_one() {
    Socket client(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    const int server = connect_to(server_);
    if (server >= 0) pairs_.push_back({std::move(client), Socket(server)});
  }

  const std::string server_;
  Socket listener_;
  std::string url_;
  int wake_[2] = {-1, -1};
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  bool stalled_ = false;
  std::list<Pair> pairs_, frozen_;
  std::thread thread_;
};

TcpProxy::TcpProxy(const std::string& upstream) : impl_(std::make_unique<Impl>(upstream)) {}
TcpProxy::~TcpProxy() = default;

std::string TcpProxy::url() const { return impl_->url(); }
void TcpProxy::stall() { impl_->set_stalled(true); }
void TcpProxy::resume() { impl_->set_stalled(false); }
void TcpProxy::freeze() { impl_->freeze(); }

}  // namespace ta::testing
