#include "http/server.h"

#include <gtest/gtest.h>

#include "http/client.h"
#include "http/test_socket.h"
#include "http/tls.h"
#include "testing/eventually.h"

namespace ta::http {
namespace {

using namespace std::chrono_literals;
using ta::testing::eventually;

Response echo(Request& request) {
  json::object out{{"method", request.method_name}, {"path", request.path},     {"body", request.body},
                   {"peer", request.peer_address},  {"secure", request.secure}, {"q", request.query.get("q")}};
  return json_response(200, out);
}

std::unique_ptr<Server> start(ServerOptions options = {}, Handler handler = echo) {
  auto server = Server::start(std::move(options), std::move(handler));
  if (!server) throw std::runtime_error(server.error().message);
  return std::move(*server);
}

Result<ClientResponse> get(Client& client, const std::string& url) { return client.send({.url = url}).get(); }

TEST(Server, AnswersOnAKeptConnection) {
  const auto server = start();
  TestSocket socket(server->port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(socket.send("POST /a%20b?q=1+2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"));
    const auto [header, body] = socket.read_answer();
    EXPECT_TRUE(header.starts_with("HTTP/1.1 200 OK\r\n")) << header;
    EXPECT_EQ(json::parse(body), (json::value{{"method", "POST"},
                                              {"path", "/a b"},
                                              {"body", "hi"},
                                              {"peer", "127.0.0.1"},
                                              {"secure", false},
                                              {"q", "1 2"}}));
  }
  EXPECT_EQ(server->stats().connections_accepted, 1u);
  EXPECT_EQ(server->stats().requests, 3u);
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  const auto server = start();
  TestSocket socket(server->port());
  std::string all;
  for (int i = 0; i < 20; ++i) all += fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", i);
  ASSERT_TRUE(socket.send(all));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(json_string(json::parse(socket.read_answer().second), "path"), fmt::format("/{}", i));
}

TEST(Server, AChunkedBodyIsReadWhole) {
  const auto server = start();
  TestSocket socket(server->port());
  socket.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  socket.send("4\r\ndefg\r\n0\r\n\r\n");
  EXPECT_EQ(json_string(json::parse(socket.read_answer().second), "body"), "abcdefg");
}

TEST(Server, HeadHasTheLengthButNoBody) {
  const auto server = start({}, [](Request&) {
    Response out = text_response(200, "hello");
    out.headers.add("ETag", "\"v1\"");
    return out;
  });
  TestSocket socket(server->port());
  socket.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string head = socket.read_until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 5\r\n"), head.npos);
  EXPECT_NE(head.find("ETag: \"v1\"\r\n"), head.npos);
  const std::string rest = socket.read_to_end();
  EXPECT_TRUE(rest.starts_with("HTTP/1.1 200 OK\r\n")) << rest;
  EXPECT_TRUE(rest.ends_with("\r\n\r\nhello"));
  EXPECT_NE(rest.find("Connection: close\r\n"), rest.npos);
}

TEST(Server, Http10ClosesUnlessAskedToKeep) {
  const auto server = start();
  TestSocket socket(server->port());
  socket.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(socket.read_answer().first.find("Connection: keep-alive\r\n"), std::string::npos);
  socket.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(socket.read_to_end().find("Connection: close\r\n"), std::string::npos);
}

TEST(Server, ContinueIsSaidWhenExpected) {
  const auto server = start();
  TestSocket socket(server->port());
  socket.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("abc");
  EXPECT_EQ(json_string(json::parse(socket.read_answer().second), "body"), "abc");
}

TEST(Server, RefusesWhatIsTooLargeOrMalformed) {
  const auto server = start({.body_bytes_max = 1000, .header_bytes_max = 2000});
  const std::string big(200'000, 'x');
  const std::pair<std::string, int> cases[] = {
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + big, 413},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + big + "\r\n0\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + big + "\r\n\r\n", 431},
      {"GET /" + big + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
      {"GET /\r\n\r\n", 400},
      {"\x16\x03\x01 this is not HTTP\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : cases) {
    TestSocket socket(server->port());
    socket.send(bytes);
    const auto [header, body] = socket.read_answer();
    EXPECT_TRUE(header.starts_with(fmt::format("HTTP/1.1 {} ", status))) << bytes.substr(0, 80) << "\n" << header;
    EXPECT_NE(header.find("application/problem+json"), header.npos);
    EXPECT_EQ(socket.read_to_end(), "") << "and the connection ends";
  }
  EXPECT_EQ(server->stats().requests, 0u) << "no handler saw them";
}

TEST(Server, ASlowClientLosesItsConnection) {
  const auto server = start({.idle_timeout = 100ms, .read_timeout = 100ms});
  TestSocket idle(server->port());
  TestSocket dripping(server->port());
  dripping.send("GET / HTTP/1.1\r\nHost:");
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_EQ(dripping.read_to_end(), "");
  EXPECT_TRUE(eventually([&] { return server->stats().connections_open == 0; }));
}

TEST(Server, AClientThatDoesNotReadLosesItsConnection) {
  const auto server =
      start({.write_timeout = 100ms}, [](Request&) { return text_response(200, std::string(64 << 20, 'x')); });
  TestSocket deaf(server->port());
  deaf.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return server->stats().requests == 1 && server->stats().connections_open == 0; }));
}

TEST(Server, AnExceptionIsA500WithTheRequestsId) {
  const auto server = start({}, [](Request& request) -> Response {
    if (request.path == "/db") throw FailureError(FailureCode::storage_unavailable, "gone");
    throw std::runtime_error("secret detail");
  });
  Client client;
  const auto broken = get(client, server->url() + "/");
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->status, 500);
  EXPECT_EQ(broken->body.find("secret detail"), std::string::npos);
  EXPECT_EQ(json_string(json::parse(broken->body), "request_id"), broken->headers.get("x-request-id"));
  EXPECT_EQ(broken->headers.get("x-request-id").size(), 16u);
  EXPECT_EQ(get(client, server->url() + "/db")->status, 503);
}

TEST(Server, ValuesCannotSmuggleHeaderLines) {
  const auto server = start({}, [](Request&) { return redirect("/a\r\nSet-Cookie: evil=1"); });
  Client client;
  const auto out = get(client, server->url());
  EXPECT_EQ(out->headers.get("Location"), "/a  Set-Cookie: evil=1");
  EXPECT_FALSE(out->headers.has("Set-Cookie"));
}

TEST(Server, ABusyPortIsAClearSentence) {
  const auto first = start();
  const auto second = Server::start({.port = first->port()}, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            fmt::format("Port {} on 127.0.0.1 is busy: another program already listens there.", first->port()));
  EXPECT_FALSE(Server::start({.address = "not an address"}, echo));
  EXPECT_FALSE(Server::start({.tls = ServerCertificate{"no", "pem"}}, echo));
}

TEST(Server, TurnsAwayConnectionsOverTheLimit) {
  const auto server = start({.connections_max = 1});
  TestSocket first(server->port());
  first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.read_answer().first.substr(0, 12), "HTTP/1.1 200");
  TestSocket second(server->port());
  EXPECT_EQ(second.read_to_end().substr(0, 12), "HTTP/1.1 503");
}

TEST(Server, AThousandKeptConnectionsAreAllAnswered) {
  const auto server = start();
  std::vector<TestSocket> sockets;
  for (int i = 0; i < 1000; ++i) sockets.emplace_back(server->port());
  for (int round = 0; round < 3; ++round) {
    for (TestSocket& socket : sockets) ASSERT_TRUE(socket.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n"));
    for (TestSocket& socket : sockets) ASSERT_EQ(socket.read_answer().first.substr(0, 12), "HTTP/1.1 200");
  }
  EXPECT_EQ(server->stats().connections_open, 1000u);
  EXPECT_EQ(server->stats().requests, 3000u);
}

TEST(Server, SpeaksTls) {
  const TestCertificates certificates = make_test_certificates();
  const auto server = start({.tls = certificates.server});
  EXPECT_TRUE(server->url().starts_with("https://127.0.0.1:"));
  Client trusting({.authority_pem = certificates.authority_pem});
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const auto out = get(trusting, fmt::format("https://{}:{}/", host, server->port()));
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_TRUE(json_bool(json::parse(out->body), "secure"));
  }
  Client strict;
  const auto refused = get(strict, server->url());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("certificate is not trusted"), std::string::npos) << refused.error().message;
}

TEST(Server, BodiesOfEverySizeArriveWhole) {
  const TestCertificates certificates = make_test_certificates();
  const auto answer = [](Request& r) { return text_response(200, std::string(std::stoul(r.query.get("n")), 'x')); };
  const auto plain = start({}, answer);
  const auto tls = start({.tls = certificates.server}, answer);
  Client client({.authority_pem = certificates.authority_pem});
  for (const Server* server : {plain.get(), tls.get()})
    for (const int size : {0, 1, 16'000, 16'383, 16'384, 16'385, 65'536, 262'144, 262'145, 3'000'000}) {
      const auto out = get(client, fmt::format("{}/?n={}", server->url(), size));
      ASSERT_TRUE(out) << out.error().message << " " << size;
      EXPECT_EQ(out->body.size(), static_cast<std::size_t>(size));
    }
}

TEST(Server, DeliveryImitatesABadNetwork) {
  const auto server = start({.handler_threads = 1}, [](Request& request) {
    Response out = text_response(200, "0123456789");
    if (request.path == "/slow") out.delivery.delay = 150ms;
    if (request.path == "/cut") out.delivery.cut_after_bytes = 4;
    if (request.path == "/drop") out.delivery.drop = true;
    return out;
  });
  TestSocket cut(server->port());
  cut.send("GET /cut HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(cut.read_to_end().ends_with("\r\n\r\n0123"));
  TestSocket drop(server->port());
  drop.send("GET /drop HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(drop.read_to_end(), "");
  const auto begin = std::chrono::steady_clock::now();
  std::vector<TestSocket> slow;
  for (int i = 0; i < 50; ++i) slow.emplace_back(server->port());
  for (TestSocket& socket : slow) socket.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  for (TestSocket& socket : slow) EXPECT_EQ(socket.read_answer().second, "0123456789");
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, 150ms);
  EXPECT_LT(took, 3s) << "one handler thread, and waiting does not hold it";
}

TEST(Server, AGracefulStopLetsRunningRequestsFinish) {
  std::promise<void> entered, release;
  auto released = release.get_future().share();
  auto server = start({}, [&](Request&) {
    entered.set_value();
    released.wait();
    return text_response(200, "done");
  });
  TestSocket idle(server->port());
  TestSocket busy(server->port());
  busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  std::thread stopping([&] { server->stop(20s); });
  EXPECT_EQ(idle.read_to_end(), "") << "idle connections end at once";
  EXPECT_TRUE(eventually([&] {
    try {
      TestSocket late(server->port());
      return late.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") && late.read_to_end().empty();
    } catch (const std::runtime_error&) {
      return true;
    }
  })) << "nobody new gets in";
  release.set_value();
  const std::string answer = busy.read_to_end();
  EXPECT_TRUE(answer.ends_with("done")) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos);
  stopping.join();
  EXPECT_EQ(server->stats().connections_open, 0u);
}

TEST(Server, AStopWithoutGraceCutsWhatIsLeft) {
  auto server = start({}, [](Request&) {
    Response out = text_response(200, "late");
    out.delivery.delay = 1h;
    return out;
  });
  TestSocket waiting(server->port());
  waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->stats().requests == 1; }));
  server->stop();
  EXPECT_EQ(waiting.read_to_end(), "");
}

}  // namespace
}  // namespace ta::http
