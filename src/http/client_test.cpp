#include "http/client.h"

#include <gtest/gtest.h>

#include "http/server.h"
#include "http/tls.h"
#include "testing/eventually.h"

namespace ta::http {
namespace {

using namespace std::chrono_literals;

class ClientTest : public ::testing::Test {
 protected:
  void serve(Handler handler, ServerOptions options = {}) {
    server_ = *Server::start(std::move(options), std::move(handler));
  }
  std::string url(std::string_view path = "/") const { return server_->url() + std::string(path); }
  std::unique_ptr<Server> server_;
};

TEST_F(ClientTest, SendsEveryMethodItsHeadersAndBody) {
  serve([](Request& r) {
    Response out = text_response(201, r.method_name + " " + r.body + " " + std::string(r.headers.get("x-mine")));
    out.headers.add("X-Two", "1");
    out.headers.add("X-Two", "2");
    return out;
  });
  Client client;
  for (const Method method : {Method::post, Method::put, Method::patch, Method::delete_}) {
    ClientRequest request{.method = method, .url = url(), .body = "body"};
    request.headers.add("X-Mine", "yes");
    const auto out = client.send(std::move(request)).get();
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->status, 201);
    EXPECT_EQ(out->body, std::string(name(method)) + " body yes");
    EXPECT_EQ(std::count_if(out->headers.begin(), out->headers.end(), [](auto& h) { return h.first == "X-Two"; }), 2);
  }
  EXPECT_EQ(client.send({.method = Method::head, .url = url()}).get()->body, "");
  EXPECT_EQ(client.stats().requests, 5u);
  EXPECT_EQ(client.stats().connections_opened, 1u);
}

TEST_F(ClientTest, ManyRequestsShareFewConnections) {
  serve([](Request& r) {
    Response out = text_response(200, r.query.get("n"));
    out.delivery.delay = 5ms;
    return out;
  });
  Client client({.connections_per_host_max = 4});
  std::vector<std::future<Result<ClientResponse>>> answers;
  for (int i = 0; i < 200; ++i) answers.push_back(client.send({.url = url(fmt::format("/?n={}", i))}));
  for (int i = 0; i < 200; ++i) ASSERT_EQ(answers[i].get()->body, std::to_string(i));
  EXPECT_LE(server_->stats().connections_accepted, 4u);
}

TEST_F(ClientTest, SaysWhatHappenedAndKeepsTheQueryToItself) {
  serve([](Request& r) {
    Response out = text_response(200, std::string(5000, 'x'));
    if (r.path == "/cut") out.delivery.cut_after_bytes = 10;
    if (r.path == "/drop") out.delivery.drop = true;
    if (r.path == "/slow") out.delivery.delay = 1h;
    return out;
  });
  std::uint16_t closed_port = 0;
  {
    closed_port = (*Server::start({}, [](Request&) { return Response{}; }))->port();
  }
  Client client({.body_bytes_max = 1000});
  const std::pair<std::string, std::string> cases[] = {
      {url("/cut?token=s3cret"), "cut off"},
      {url("/drop?token=s3cret"), "without an answer"},
      {url("/slow?token=s3cret"), "deadline"},
      {url("/large?token=s3cret"), "larger than allowed"},
      {fmt::format("http://127.0.0.1:{}/?token=s3cret", closed_port), "refused"},
      {"http://name.invalid/?token=s3cret", "DNS"},
      {"http://user:s3cret@name.invalid/", "DNS"},
      {"file:///etc/passwd", "only http and https"},
  };
  for (const auto& [target, expected] : cases) {
    const auto out = client.send({.url = target, .deadline = 300ms}).get();
    ASSERT_FALSE(out) << target;
    const bool unreached = expected == "DNS" || expected == "refused";
    EXPECT_EQ(out.error().code, unreached ? FailureCode::graph_unreachable : FailureCode::graph_unavailable);
    EXPECT_TRUE(out.error().message.find(expected) != std::string::npos ||
                (expected == "DNS" && out.error().message.find("deadline") != std::string::npos))
        << out.error().message;
    EXPECT_EQ(out.error().message.find("s3cret"), std::string::npos) << out.error().message;
  }
}

TEST_F(ClientTest, ACallerMayGiveUp) {
  serve([](Request&) {
    Response out = text_response(200, "late");
    out.delivery.delay = 1h;
    return out;
  });
  Client client;
  std::stop_source stop;
  auto early = client.send({.url = url(), .stop = stop.get_token()});
  ASSERT_TRUE(ta::testing::eventually([&] { return server_->stats().requests == 1; }));
  stop.request_stop();
  EXPECT_EQ(early.get().error().code, FailureCode::worker_interrupted);
  EXPECT_EQ(client.send({.url = url(), .stop = stop.get_token()}).get().error().code, FailureCode::worker_interrupted);
}

TEST_F(ClientTest, EndingTheClientEndsItsRequestsAndTasks) {
  serve([](Request&) {
    Response out = text_response(200, "late");
    out.delivery.delay = 1h;
    return out;
  });
  std::future<Result<ClientResponse>> pending;
  std::atomic<int> tasks{0};
  {
    Client client;
    pending = client.send({.url = url()});
    client.after(1h, [&] {
      ++tasks;
      client.send({.url = url()}, [&](auto result) { tasks += result ? 0 : 1; });
    });
  }
  EXPECT_EQ(pending.get().error().code, FailureCode::worker_interrupted);
  EXPECT_EQ(tasks, 2) << "the task ran early, and the request it made was ended too";
}

TEST_F(ClientTest, TasksRunWhenDueAndInOrder) {
  Client client;
  std::promise<std::string> told;
  std::string order;
  const auto begin = std::chrono::steady_clock::now();
  client.after(40ms, [&] { told.set_value(order + "b"); });
  client.after(10ms, [&] { order += "a"; });
  EXPECT_EQ(told.get_future().get(), "ab");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 40ms);
}

TEST_F(ClientTest, ADoneMaySendAgain) {
  serve([](Request& r) { return text_response(200, r.path); });
  Client client;
  std::promise<std::string> second;
  client.send({.url = url("/1")}, [&](auto first) {
    client.send({.url = url(first->body + "2")}, [&](auto out) { second.set_value(out->body); });
  });
  EXPECT_EQ(second.get_future().get(), "/12");
}

TEST_F(ClientTest, RedirectsAreNotFollowed) {
  serve([](Request&) { return redirect("https://elsewhere.invalid/"); });
  Client client;
  EXPECT_EQ(client.send({.url = url()}).get()->status, 303);
}

TEST_F(ClientTest, ConnectsOnlyWhereItMay) {
  serve([](Request&) { return text_response(200, "inside"); });
  const std::string port = server_->url().substr(server_->url().rfind(':'));
  const auto ask = [&](Reach reach, const std::string& host, std::string proxy = {}) {
    Client client({.proxy = std::move(proxy), .proxy_from_environment = false, .reach = reach});
    return client.send({.url = "http://" + host + port + "/", .deadline = 5s}).get();
  };
  // localhost is a name: what it leads to is only known once it was looked up.
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    const auto refused = ask(Reach::internet, host);
    ASSERT_FALSE(refused) << host;
    EXPECT_EQ(refused.error().code, FailureCode::provider_endpoint_not_allowed) << host;
    EXPECT_NE(refused.error().message.find("this machine itself"), std::string::npos) << refused.error().message;
  }
  EXPECT_EQ(server_->stats().connections_accepted, 0u);
  for (const char* host : {"169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "100.100.100.200"})
    for (const Reach reach : {Reach::internet, Reach::all_but_link_local}) {
      const auto refused = ask(reach, host);
      ASSERT_FALSE(refused) << host;
      EXPECT_EQ(refused.error().code, FailureCode::provider_endpoint_not_allowed) << host;
    }
  for (const char* host : {"127.0.0.1", "localhost"}) {
    EXPECT_TRUE(ask(Reach::all_but_link_local, host)) << host;
    EXPECT_TRUE(ask(Reach::everywhere, host)) << host;
  }
}

TEST_F(ClientTest, AProxyIsReachedWhereverItIs) {
  serve([](Request& r) { return text_response(200, "through the proxy to " + std::string(r.headers.get("Host"))); });
  // The proxy's own answer: no name of the request's was looked up here.
  Client configured({.proxy = server_->url(), .reach = Reach::internet});
  const auto through = configured.send({.url = "http://graph.invalid/x"}).get();
  ASSERT_TRUE(through) << through.error().message;
  EXPECT_EQ(through->body, "through the proxy to graph.invalid");
  ::setenv("no_proxy", "graph.invalid", 1);
  EXPECT_TRUE(configured.send({.url = "http://graph.invalid/x"}).get()) << "nothing goes past a configured proxy";
  ::unsetenv("no_proxy");
  ::setenv("http_proxy", server_->url().c_str(), 1);
  Client from_environment({.reach = Reach::internet});
  EXPECT_TRUE(from_environment.send({.url = "http://graph.invalid/x"}).get());
  ::setenv("no_proxy", "127.0.0.1", 1);
  Server& inside = *server_;
  const auto second = *Server::start({}, [](Request&) { return text_response(200, "inside"); });
  const auto past = from_environment.send({.url = second->url()}).get();
  ::unsetenv("no_proxy");
  ::unsetenv("http_proxy");
  ASSERT_FALSE(past) << "another port of the proxy's machine is not the proxy";
  EXPECT_EQ(past.error().code, FailureCode::provider_endpoint_not_allowed);
  EXPECT_GE(inside.stats().connections_accepted, 2u);
}

}  // namespace
}  // namespace ta::http
