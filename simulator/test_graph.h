// For tests: a simulator spoken to without sockets.
#pragma once
#include <gtest/gtest.h>

#include "simulator/simulator.h"

namespace ta::simulator {

struct Answer {
  int status = 0;
  json::value body;  // null when it is no JSON
  http::Response response;

  std::string text(std::string_view key) const { return json_string(body, key); }
  const json::array& value() const { return body.at("value").as_array(); }
  std::string error_code() const { return json_string(body.at("error"), "code"); }
  std::string error_message() const { return json_string(body.at("error"), "message"); }
};

class TestGraph {
 public:
  explicit TestGraph(const Clock& clock, SimulatorOptions options = {})
      : simulator(with_clock(std::move(options), clock)) {}

  Answer send(http::Method method, const std::string& target, std::string body = {}, http::Headers headers = {}) {
    http::Request request;
    request.method = method;
    request.method_name = http::name(method);
    request.target = target;
    const std::size_t mark = target.find('?');
    request.path = http::url_decode(target.substr(0, mark));
    if (mark != std::string::npos) request.query = http::Fields::parse(target.substr(mark + 1));
    request.headers = std::move(headers);
    request.headers.set("Host", "graph.test:8443");
    request.secure = true;
    request.body = std::move(body);
    Answer answer{.response = simulator.handle(request)};
    answer.status = answer.response.status;
    boost::system::error_code error;
    answer.body = json::parse(answer.response.body, error);
    if (error) answer.body = nullptr;
    return answer;
  }

  const Tenant& tenant(std::size_t number = 0) { return simulator.world().tenants()[number]; }

  Answer sign_in(const Tenant& who, const App& app, std::string scope = "https://graph.microsoft.com/.default") {
    return send(http::Method::post, "/" + who.id + "/oauth2/v2.0/token",
                fmt::format("grant_type=client_credentials&client_id={}&client_secret={}&scope={}", app.client_id,
                            http::url_encode(app.client_secret), http::url_encode(scope)));
  }

  std::string token(std::string_view purpose = "full", std::size_t tenant_number = 0) {
    return sign_in(tenant(tenant_number), tenant(tenant_number).app(purpose)).text("access_token");
  }

  http::Headers bearer(std::string_view purpose = "full", std::size_t tenant_number = 0) {
    http::Headers headers;
    headers.set("Authorization", "Bearer " + token(purpose, tenant_number));
    return headers;
  }

  // A GET of the first tenant's full app; `target` is a path or a nextLink.
  Answer get(std::string target, http::Headers headers = {}) {
    const std::string root = "https://graph.test:8443";
    if (target.starts_with(root)) target.erase(0, root.size());
    if (token_.empty()) token_ = token();
    if (!headers.has("Authorization")) headers.set("Authorization", "Bearer " + token_);
    return send(http::Method::get, target, {}, std::move(headers));
  }

  // A write of the first tenant's app that may do everything.
  Answer write(http::Method method, const std::string& target, const json::value& body = nullptr,
               http::Headers headers = {}) {
    if (writer_token_.empty()) writer_token_ = token("writer");
    headers.set("Authorization", "Bearer " + writer_token_);
    headers.set("Content-Type", "application/json");
    return send(method, target, body.is_null() ? std::string() : json::serialize(body), std::move(headers));
  }
  Answer post(const std::string& target, const json::value& body = json::object{}) {
    return write(http::Method::post, target, body);
  }
  Answer patch(const std::string& target, const json::value& body) { return write(http::Method::patch, target, body); }
  Answer remove(const std::string& target) { return write(http::Method::delete_, target); }

  // Every member of a collection over all its pages.
  std::vector<json::value> all(const std::string& target, std::size_t* pages = nullptr) {
    std::vector<json::value> members;
    for (std::string next = target; !next.empty();) {
      const Answer page = get(next);
      EXPECT_EQ(page.status, 200) << next << " " << page.response.body;
      if (page.status != 200) break;
      if (pages) ++*pages;
      members.insert(members.end(), page.value().begin(), page.value().end());
      next = page.text("@odata.nextLink");
    }
    return members;
  }

  Answer admin(http::Method method, const std::string& path, const json::value& body = nullptr) {
    return send(method, path, body.is_null() ? std::string() : json::serialize(body));
  }

  // A URL that lists the set's objects for the full app, or empty when no app can: singletons, delegated permissions.
  static std::string list_url(const EntitySet& set, std::string_view options = "") {
    if (set.singleton || set.apps_cannot_read) return {};
    const bool beta = set.paths[0].in_beta;
    std::string url = fmt::format("{}/{}?{}", beta ? "/beta" : "/v1.0", set.path, options);
    if (!set.required_filter.empty()) url += "&$filter=scopeId%20eq%20'/'%20and%20scopeType%20eq%20'DirectoryRole'";
    return url;
  }

  Simulator simulator;

 private:
  static SimulatorOptions with_clock(SimulatorOptions options, const Clock& clock) {
    options.clock = &clock;
    return options;
  }

  std::string token_, writer_token_;
};

}  // namespace ta::simulator
