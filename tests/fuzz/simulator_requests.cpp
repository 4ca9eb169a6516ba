#include "fuzz/simulator_requests.h"

#include <set>
#include <stdexcept>

#include "simulator/odata_options.h"
#include "simulator/simulator.h"

namespace ta::fuzz {
namespace {

using namespace simulator;

constexpr std::string_view kHost = "graph.test";

void require(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error(what);
}

class StillClock : public Clock {
 public:
  Timestamp now() const override { return from_unix_micros(1'795'250'467'000'000); }
};

http::Request request_of(std::string_view method, std::string target, std::string body) {
  http::Request request;
  request.method = http::method_from(method);
  request.method_name = method;
  const std::size_t mark = target.find('?');
  request.path = http::url_decode(target.substr(0, mark));
  if (!request.path.starts_with('/')) request.path.insert(0, "/");
  if (mark != std::string::npos) request.query = http::Fields::parse(target.substr(mark + 1));
  request.target = std::move(target);
  request.headers.set("Host", std::string(kHost));
  request.body = std::move(body);
  return request;
}

// A simulator with a token that may do everything; a new one now and then, because inputs change it.
class Bench {
 public:
  static Bench& current() {
    static std::unique_ptr<Bench> bench;
    static int uses = 0;
    if (!bench || ++uses % 1000 == 0) bench = std::make_unique<Bench>();
    return *bench;
  }

  Bench() {
    const Tenant& tenant = simulator_.world().tenants()[0];
    const App& app = tenant.app("writer");
    token_ = simulator_.tokens().mint().app_token(tenant, app, "https://graph.microsoft.com");
    simulator_.throttle().set_limits(tenant.id, {.enabled = false});
  }

  http::Response send(http::Request request, bool with_token = true) {
    if (with_token) request.headers.set("Authorization", "Bearer " + token_);
    http::Response response = simulator_.handle(request);
    require(response.status >= 200 && response.status < 500, fmt::format("status {}", response.status));
    return response;
  }

  // "{id}" → the id of the first object of the set that the path names.
  std::string with_id(std::string target) {
    const std::size_t at = target.find("{id}");
    const auto path = at == std::string::npos ? std::nullopt : parse_graph_path(target.substr(0, at));
    if (!path || !path->set) return target;
    const auto objects = simulator_.world().collection(simulator_.world().tenants()[0], *path->set);
    return objects->items.empty() ? target : target.replace(at, 4, objects->items.front()->id);
  }

  const Tenant& tenant() { return simulator_.world().tenants()[0]; }

 private:
  const StillClock clock_;
  Simulator simulator_{{.world = {.tenants = 1, .objects_per_tenant = 250}, .clock = &clock_}};
  std::string token_;
};

void check_list(const json::value& body) {
  const std::string next = json_string(body, "@odata.nextLink");
  require(next.empty() || next.starts_with(fmt::format("http://{}/", kHost)), "a nextLink is absolute: " + next);
  const json::value* value = json_find(body, "value");
  require(next.empty() || (value && value->is_array()), "a nextLink comes with a list");
}

void check_answer(const http::Response& response) {
  if (response.headers.get("Content-Type").find("json") == std::string_view::npos) return;
  json::error_code error;
  const json::value body = json::parse(response.body, error);
  require(!error, "the answer is JSON");
  if (response.status < 400) return check_list(body);
  const json::value* failure = json_find(body, "error");
  const bool coded = failure && (failure->is_string() || !json_string(*failure, "code").empty());
  require(coded || !json_string(body, "code").empty() || !json_string(body, "title").empty(), "an error has a code");
}

void filter(std::string_view text) {
  const auto parsed = parse_filter(text);
  if (!parsed) return require(!parsed.error().message.empty(), "a refusal says why");
  const FilterContext context{"microsoft.graph.mobileApp", text.size() % 2 == 0};
  const json::object object{
      {"displayName", "Win"}, {"version", 3}, {"id", nullptr}, {"rules", {json::object{{"kind", "b"}}}}};
  const bool holds = matches(*parsed, object, context);
  require(holds == matches(*parsed, object, context), "a filter says the same twice");
}

void options(std::string_view text) {
  for (const bool beta : {false, true}) try {
      std::ignore = parse_options(http::Fields::parse(text), beta);
    } catch (const GraphError& refusal) {
      require(refusal.status == 400, "options are refused with 400");
    }
}

void path(std::string_view text) {
  const auto parsed = parse_graph_path(text);
  if (!parsed) return;
  if (!parsed->set) std::ignore = unknown_segment(*parsed);
  for (const char* method : {"GET", "POST", "DELETE"})
    check_answer(Bench::current().send(request_of(method, std::string(text), "")));
}

std::multiset<std::string> asked_ids(const json::value& body) {
  std::multiset<std::string> ids;
  for (const json::value& one : body.at("requests").as_array()) {
    const json::value& id = one.at("id");
    ids.insert(id.is_string() ? std::string(id.get_string()) : std::to_string(id.as_int64()));
  }
  return ids;
}

void batch(std::string_view text) {
  http::Request request = request_of("POST", "/beta/$batch", std::string(text));
  request.headers.set("Content-Type", "application/json");
  const http::Response response = Bench::current().send(std::move(request));
  check_answer(response);
  if (response.status != 200) return;
  std::multiset<std::string> answered;
  const json::value answers = json::parse(response.body);
  for (const json::value& one : answers.at("responses").as_array()) answered.insert(json_string(one, "id"));
  require(answered == asked_ids(json::parse(text)), "every part is answered once");
}

void token(std::string_view text) {
  Bench& bench = Bench::current();
  http::Request request = request_of("POST", "/" + bench.tenant().id + "/oauth2/v2.0/token", std::string(text));
  check_answer(bench.send(std::move(request), false));
}

void whole_request(std::string_view text) {
  const std::size_t head_end = std::min(text.find("\n\n"), text.size());
  std::string_view head = text.substr(0, head_end);
  const std::size_t line_end = std::min(head.find('\n'), head.size()), blank = head.substr(0, line_end).find(' ');
  if (blank == head.npos) return;
  // Servers let no other methods through.
  if (head.substr(0, blank).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != head.npos) return;
  const std::string target(head.substr(blank + 1, line_end - blank - 1));
  if (target.starts_with("/_sim/")) return;
  http::Request request = request_of(head.substr(0, blank), Bench::current().with_id(target),
                                     std::string(text.substr(std::min(text.size(), head_end + 2))));
  for (head.remove_prefix(line_end); !head.empty();) {
    head.remove_prefix(1);
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(line.size());
    if (const std::size_t colon = line.find(": "); colon != line.npos)
      request.headers.set(line.substr(0, colon), std::string(line.substr(colon + 2)));
  }
  check_answer(Bench::current().send(std::move(request)));
}

void admin(std::string_view text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string target(text.substr(0, end));
  if (!target.starts_with("/_sim/")) return;
  const bool faults = target.starts_with("/_sim/faults") || target.starts_with("/_sim/latency");
  Bench& bench = Bench::current();
  check_answer(bench.send(request_of("POST", target, std::string(text.substr(std::min(text.size(), end + 1)))), false));
  if (faults) bench.send(request_of("DELETE", "/_sim/faults", ""), false);
}

}  // namespace

void read_as_simulator(std::string_view input) {
  if (input.empty()) return;
  const std::string_view rest = input.substr(1);
  switch (input.front()) {
    case 'F': return filter(rest);
    case 'O': return options(rest);
    case 'P': return path(rest);
    case 'B': return batch(rest);
    case 'T': return token(rest);
    case 'R': return whole_request(rest);
    case 'A': return admin(rest);
    default: return;
  }
}

}  // namespace ta::fuzz
