// A bare TCP server for tests: does what no decent server would, and counts what arrives.
#pragma once
#include <poll.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/test_socket.h"

namespace ta::http {

class TestListener {
 public:
  // The raw bytes to answer the nth request of a connection with (both from 1); empty: close without an answer.
  using Answer = std::function<std::string(int connection, int nth, const std::string& request)>;

  explicit TestListener(Answer answer) : answer_(std::move(answer)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(fd_, 16) != 0)
      throw std::runtime_error("cannot listen");
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~TestListener() {
    ending_ = true;
    acceptor_.join();
    for (std::thread& thread : talkers_) thread.join();
    ::close(fd_);
  }

  std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  int requests() const { return requests_; }
  int connections() const { return connections_; }

  static std::string ok(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

 private:
  bool readable(int fd) const {
    pollfd wanted{fd, POLLIN, 0};
    while (!ending_)
      if (::poll(&wanted, 1, 20) > 0) return true;
    return false;
  }

  void accept_all() {
    while (readable(fd_)) {
      const int client = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client >= 0) talkers_.emplace_back([this, client, number = ++connections_] { talk(client, number); });
    }
  }

  void talk(int client, int number) {
    for (int nth = 1;; ++nth) {
      const std::string request = read_request(client);
      if (request.empty()) break;
      ++requests_;
      const std::string answer = answer_(number, nth, request);
      if (answer.empty() || ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    }
    ::close(client);
  }

  std::string read_request(int client) const {
    std::string text;
    char buffer[4096];
    while (!whole(text) && readable(client)) {
      const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
      if (got <= 0) return {};
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }

  static bool whole(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    if (end == text.npos) return false;
    const auto length = text.find("Content-Length: ");
    return text.size() >= end + 4 + (length < end ? std::stoul(text.substr(length + 16)) : 0);
  }

  Answer answer_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<int> requests_{0}, connections_{0};
  std::vector<std::thread> talkers_;
  std::thread acceptor_;
};

}  // namespace ta::http
