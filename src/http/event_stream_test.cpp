#include <gtest/gtest.h>

#include "http/server.h"
#include "http/test_socket.h"
#include "testing/eventually.h"

namespace ta::http {
namespace {

using namespace std::chrono_literals;
using ta::testing::eventually;

// Tells every stream the same lines.
class Broadcast {
 public:
  class Stream : public EventSource {
   public:
    explicit Stream(Broadcast& all) : all_(all) { ++all_.alive; }
    ~Stream() override { --all_.alive; }
    void open(std::function<void()> wake) override {
      const std::scoped_lock lock(all_.mutex_);
      all_.wakes_.push_back(std::move(wake));
    }
    std::string drain(bool& done) override {
      EXPECT_FALSE(draining_.exchange(true)) << "two calls at once";
      const std::scoped_lock lock(all_.mutex_);
      const std::string out = all_.lines_.substr(seen_);
      seen_ = all_.lines_.size();
      done = all_.ended_;
      draining_ = false;
      return out;
    }

   private:
    Broadcast& all_;
    std::size_t seen_ = 0;
    std::atomic<bool> draining_{false};
  };

  void tell(const std::string& line, bool end = false) {
    std::vector<std::function<void()>> wakes;
    {
      const std::scoped_lock lock(mutex_);
      lines_ += "data: " + line + "\n\n";
      ended_ = end;
      wakes = wakes_;
    }
    for (const auto& wake : wakes) wake();
  }

  Handler handler() {
    return [this](Request&) {
      Response out;
      out.events = std::make_shared<Stream>(*this);
      return out;
    };
  }

  std::atomic<int> alive{0};

 private:
  std::mutex mutex_;
  std::string lines_;
  bool ended_ = false;
  std::vector<std::function<void()>> wakes_;
};

TestSocket listen_to(const Server& server, std::string_view version = "1.1") {
  TestSocket socket(server.port());
  socket.send(fmt::format("GET /events HTTP/{}\r\nHost: x\r\n\r\n", version));
  return socket;
}

class EventStream : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) { server_ = *Server::start(std::move(options), broadcast_.handler()); }
  Broadcast broadcast_;
  std::unique_ptr<Server> server_;
};

TEST_F(EventStream, TwoHundredClientsHearEverythingWhileTwoThreadsServe) {
  start({.handler_threads = 2});
  std::vector<TestSocket> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(listen_to(*server_));
  for (TestSocket& client : clients) {
    const std::string header = client.read_until("\r\n\r\n");
    EXPECT_NE(header.find("Content-Type: text/event-stream\r\n"), header.npos);
    EXPECT_NE(header.find("Transfer-Encoding: chunked\r\n"), header.npos);
  }
  for (int i = 0; i < 3; ++i) {
    broadcast_.tell(fmt::format("line {}", i));
    for (TestSocket& client : clients)
      ASSERT_NE(client.read_until("\n\n").find(fmt::format("data: line {}\n\n", i)), std::string::npos);
  }
  clients.clear();
  EXPECT_TRUE(eventually([&] { return broadcast_.alive == 0 && server_->stats().connections_open == 0; }));
  broadcast_.tell("to nobody");
}

TEST_F(EventStream, EndsWhenItsSourceIsDone) {
  start();
  TestSocket chunked = listen_to(*server_);
  TestSocket plain = listen_to(*server_, "1.0");
  chunked.read_until("\r\n\r\n");
  plain.read_until("\r\n\r\n");
  broadcast_.tell("last", true);
  EXPECT_EQ(chunked.read_to_end(), "c\r\ndata: last\n\n\r\n0\r\n\r\n");
  EXPECT_EQ(plain.read_to_end(), "data: last\n\n");
  EXPECT_TRUE(eventually([&] { return broadcast_.alive == 0; }));
}

TEST_F(EventStream, AQuietStreamHasAHeartbeat) {
  start({.heartbeat = 20ms});
  TestSocket client = listen_to(*server_);
  client.read_until("\r\n\r\n");
  for (int i = 0; i < 3; ++i) EXPECT_NE(client.read_until("\n\n").find(": still here"), std::string::npos);
}

TEST_F(EventStream, StoppingTheServerEndsStreams) {
  start();
  TestSocket client = listen_to(*server_);
  client.read_until("\r\n\r\n");
  server_->stop(20s);
  EXPECT_EQ(client.read_to_end(), "0\r\n\r\n");
  EXPECT_EQ(broadcast_.alive, 0);
  broadcast_.tell("after the end");
}

TEST_F(EventStream, WakingFromManyThreadsLosesNothing) {
  start();
  TestSocket client = listen_to(*server_);
  client.read_until("\r\n\r\n");
  std::vector<std::thread> tellers;
  for (int i = 0; i < 4; ++i)
    tellers.emplace_back([&] {
      for (int line = 0; line < 200; ++line) broadcast_.tell("x");
    });
  for (std::thread& teller : tellers) teller.join();
  broadcast_.tell("end", true);
  const std::string all = client.read_to_end();
  std::size_t count = 0;
  for (std::size_t at = all.find("data: x\n"); at != all.npos; at = all.find("data: x\n", at + 1)) ++count;
  EXPECT_EQ(count, 800u);
  EXPECT_NE(all.find("data: end"), all.npos);
}

TEST_F(EventStream, ASourceThatThrowsEndsItsStreamOnly) {
  class Broken : public EventSource {
    void open(std::function<void()>) override {}
    std::string drain(bool&) override { throw std::runtime_error("broken"); }
  };
  server_ = *Server::start({}, [](Request&) {
    Response out;
    out.events = std::make_shared<Broken>();
    return out;
  });
  for (int i = 0; i < 2; ++i) {
    TestSocket client = listen_to(*server_);
    EXPECT_TRUE(client.read_to_end().ends_with("\r\n\r\n0\r\n\r\n"));
  }
}

}  // namespace
}  // namespace ta::http
