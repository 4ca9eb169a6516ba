// A bare TCP client for tests: says exactly what a test wants to say, also what no HTTP client would.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace ta::http {

class TestSocket {
 public:
  explicit TestSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{20, 0};  // nothing in a test waits for longer
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("cannot connect");
  }
  TestSocket(TestSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), pending_(std::move(other.pending_)) {}
  ~TestSocket() {
    if (fd_ >= 0) ::close(fd_);
  }

  // False when the other side no longer takes it.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Everything up to and including `end`; what came before the connection ended when it never came.
  std::string read_until(std::string_view end) {
    std::size_t at = std::string::npos;
    while ((at = pending_.find(end)) == std::string::npos && read_some()) {
    }
    return take(at == std::string::npos ? pending_.size() : at + end.size());
  }

  std::string read(std::size_t bytes) {
    while (pending_.size() < bytes && read_some()) {
    }
    return take(std::min(bytes, pending_.size()));
  }

  // One answer with a Content-Length: its header and its body.
  std::pair<std::string, std::string> read_answer() {
    std::string header = read_until("\r\n\r\n");
    const auto at = header.find("Content-Length: ");
    return {header, at == std::string::npos ? std::string{} : read(std::stoul(header.substr(at + 16)))};
  }

  std::string read_to_end() {
    while (read_some()) {
    }
    return take(pending_.size());
  }

 private:
  bool read_some() {
    char buffer[16 << 10];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got > 0) pending_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  std::string take(std::size_t bytes) {
    std::string out = pending_.substr(0, bytes);
    pending_.erase(0, bytes);
    return out;
  }

  int fd_;
  std::string pending_;
};

}  // namespace ta::http
