// What the client's library may do on its own: nothing that a write could suffer from.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "http/client.h"
#include "http/server.h"
#include "http/test_listener.h"
#include "http/tls.h"

namespace ta::http {
namespace {

using namespace std::chrono_literals;

// Answers the first request of a connection, and closes after it has read the second one.
std::string once_then_close(int, int nth, const std::string&) { return nth == 1 ? TestListener::ok("yes") : ""; }

TEST(ClientRepeat, AWriteOnAConnectionThatDiesLeavesOnce) {
  for (const Method method : {Method::post, Method::patch, Method::put, Method::delete_}) {
    TestListener peer(once_then_close);
    Client client({.connections_per_host_max = 1});
    ASSERT_EQ(client.send({.url = peer.url()}).get()->body, "yes");
    const auto out = client.send({.method = method, .url = peer.url("/create"), .body = "{}"}).get();
    ASSERT_FALSE(out) << name(method);
    EXPECT_EQ(out.error().code, FailureCode::graph_unavailable) << "it may have been carried out";
    EXPECT_NE(out.error().message.find("without an answer"), std::string::npos) << out.error().message;
    EXPECT_EQ(peer.requests(), 2) << name(method) << ": the first answer, and the write once";
  }
}

TEST(ClientRepeat, AReadOnAConnectionThatDiesIsRepeated) {
  TestListener peer(once_then_close);
  Client client({.connections_per_host_max = 1});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.send({.url = peer.url()}).get()->body, "yes");
  EXPECT_EQ(peer.requests(), 5) << "two of them twice";
  EXPECT_EQ(peer.connections(), 3);
}

TEST(ClientRepeat, TheCodeTellsWhetherARequestMayHaveArrived) {
  const TestListener peer([](int, int, const std::string&) { return std::string(); });
  std::string closed;
  {
    closed = (*Server::start({}, [](Request&) { return Response{}; }))->url();
  }
  Client client;
  const auto code = [&](const std::string& url) {
    return client.send({.method = Method::post, .url = url, .body = "x", .deadline = 2s}).get().error().code;
  };
  EXPECT_EQ(code(peer.url()), FailureCode::graph_unavailable);
  EXPECT_EQ(code(closed), FailureCode::graph_unreachable);
  EXPECT_EQ(code("http://name.invalid/"), FailureCode::graph_unreachable);
}

TEST(ClientRepeat, AnUntrustedCertificateIsItsOwnFailure) {
  const auto certificates = make_test_certificates();
  const auto server = *Server::start({.tls = certificates.server}, [](Request&) { return text_response(200, "x"); });
  Client stranger;
  const auto refused = stranger.send({.method = Method::post, .url = server->url(), .body = "secret"}).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FailureCode::graph_tls_failed);
  EXPECT_NE(refused.error().message.find("not trusted"), std::string::npos) << refused.error().message;
  EXPECT_EQ(server->stats().requests, 0u);
  const auto plain = *Server::start({}, [](Request&) { return text_response(200, "x"); });
  const std::string no_tls = "https" + plain->url().substr(4);
  EXPECT_EQ(stranger.send({.url = no_tls}).get().error().code, FailureCode::graph_tls_failed);
  Client friendly({.authority_pem = certificates.authority_pem});
  EXPECT_EQ(friendly.send({.url = server->url()}).get()->body, "x");
}

TEST(ClientRepeat, AProxyIsAskedWhenOneIsSet) {
  std::string target, host, credentials;
  const auto proxy = *Server::start({}, [&](Request& r) {
    target = r.target;
    host = r.headers.get("Host");
    credentials = r.headers.get("Proxy-Authorization");
    return text_response(200, "by proxy");
  });
  Client client({.proxy = "http://user:word@127.0.0.1:" + std::to_string(proxy->port())});
  const auto out = client.send({.url = "http://graph.invalid/v1.0/x"}).get();
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->body, "by proxy");
  EXPECT_EQ(target, "/v1.0/x");
  EXPECT_EQ(host, "graph.invalid");
  EXPECT_EQ(credentials, "Basic dXNlcjp3b3Jk");
}

TEST(ClientRepeat, TheEnvironmentsProxyIsUsedUnlessSwitchedOff) {
  const auto proxy = *Server::start({}, [](Request&) { return text_response(200, "by proxy"); });
  ::setenv("http_proxy", proxy->url().c_str(), 1);
  const auto with = Client().send({.url = "http://graph.invalid/"}).get();
  const auto without = Client({.proxy_from_environment = false}).send({.url = "http://graph.invalid/"}).get();
  ::unsetenv("http_proxy");
  EXPECT_TRUE(with && with->body == "by proxy");
  EXPECT_FALSE(without);
}

}  // namespace
}  // namespace ta::http
