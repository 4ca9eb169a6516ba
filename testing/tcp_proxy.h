// A TCP connection to a test's PostgreSQL that can go wrong as real networks do: silent without a goodbye.
//
//   TcpProxy proxy(database.url());
//   auto db = open_database(proxy.url());
//   proxy.stall();  // as a cable that was pulled out
//
// Forwards from a thread of its own, from 127.0.0.1 and a free port to the server's socket. Thread-safe.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

namespace ta::testing {

class TcpProxy {
 public:
  // `upstream`: a URL as PostgresCluster::url() makes it.
  explicit TcpProxy(const std::string& upstream);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  // The same database through this proxy.
  std::string url() const;

  // Nothing is forwarded and nothing closed, until resume(). New connections are taken, and get no answer.
  void stall();
  void resume();
  // Today's connections are half-open from now on: this side forwards nothing more and says nothing. New ones work.
  void freeze();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ta::testing
