// The other side of the Graph client's own tests: a real server on loopback that answers what a test tells it to. For
// behaviour on the wire only; what Graph means by its answers is the simulator's business.
#pragma once
#include <map>
#include <mutex>

#include "graph/graph_client.h"
#include "http/router.h"
#include "http/server.h"

namespace ta::graph {

class Peer {
 public:
  using Answer = std::function<http::Response(http::Request&, int nth)>;  // nth request of that path, from 1

  Peer() {
    server_ = std::move(
        *http::Server::start({.body_bytes_max = 4 << 20}, [this](http::Request& request) { return answer(request); }));
    on("/contoso/oauth2/v2.0/token",
       [](http::Request&, int nth) { return token(fmt::format("token-number-{}", nth)); });
  }

  void on(std::string path, Answer what) {
    const std::scoped_lock lock(mutex_);
    answers_[std::move(path)] = std::move(what);
  }

  Answer handler(const std::string& path) {
    const std::scoped_lock lock(mutex_);
    return answers_[path];
  }

  // Answers /beta/$batch part by part, as if each had been asked alone, the last part first. `spoil` may then change
  // the list of answers.
  void serve_batches(std::function<void(json::array&)> spoil = {}) {
    on("/beta/$batch", [this, spoil](http::Request& request, int) {
      json::array answers;
      const json::value batch = json::parse(request.body);
      {
        const std::scoped_lock lock(mutex_);
        batches.push_back(batch.at("requests").as_array());
      }
      for (const json::value& part : batch.at("requests").as_array())
        answers.insert(answers.begin(), answer_part(part));
      if (spoil) spoil(answers);
      return http::json_response(200, json::object{{"responses", answers}});
    });
  }
  std::vector<json::array> batches;  // read it when no request is on its way

  static http::Response token(std::string_view text, int lifetime_seconds = 3599) {
    return http::json_response(200,
                               {{"token_type", "Bearer"}, {"access_token", text}, {"expires_in", lifetime_seconds}});
  }

  int asked(const std::string& path) {
    const std::scoped_lock lock(mutex_);
    return asked_[path];
  }

  std::string url(std::string_view path = {}) const { return server_->url() + std::string(path); }
  GraphEndpoints endpoints() const { return {url(), url()}; }
  http::Server& server() { return *server_; }

 private:
  json::object answer_part(const json::value& part) {
    http::Request request{.method = http::method_from(json_string(part, "method"))};
    request.target = "/beta" + json_string(part, "url");
    request.path = http::url_decode(request.target.substr(0, request.target.find('?')));
    if (const auto mark = request.target.find('?'); mark != std::string::npos)
      request.query = http::Fields::parse(request.target.substr(mark + 1));
    if (const json::value* body = json_find(part, "body")) request.body = json::serialize(*body);
    const http::Response response = answer(request);
    json::object headers;
    for (const auto& [name, value] : response.headers) headers[name] = value;
    boost::system::error_code error;
    return {{"id", part.at("id")},
            {"status", response.status},
            {"headers", headers},
            {"body", json::parse(response.body, error)}};
  }

  http::Response answer(http::Request& request) {
    Answer what;
    int nth = 0;
    {
      const std::scoped_lock lock(mutex_);
      nth = ++asked_[request.path];
      const auto at = answers_.find(request.path);
      if (at == answers_.end()) return http::problem(404, "", "");
      what = at->second;
    }
    return what(request, nth);
  }

  std::mutex mutex_;
  std::map<std::string, Answer> answers_;
  std::map<std::string, int> asked_;
  std::unique_ptr<http::Server> server_;
};

// Does not wait; remembers how long it should have, and goes ahead by as much.
class ImpatientTimer : public Timer {
 public:
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    {
      const std::scoped_lock lock(mutex_);
      delays_.push_back(delay);
      ahead_ += delay;
    }
    task();
  }
  Time now() const override {
    const std::scoped_lock lock(mutex_);
    return std::chrono::steady_clock::now() + ahead_;
  }
  std::vector<std::chrono::milliseconds> delays() {
    const std::scoped_lock lock(mutex_);
    return delays_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::chrono::milliseconds> delays_;
  std::chrono::milliseconds ahead_{0};
};

}  // namespace ta::graph
