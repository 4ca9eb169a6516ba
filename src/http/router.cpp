#include "http/router.h"

#include <map>
#include <set>
#include <stdexcept>

namespace ta::http {
namespace {

// The raw segments of a path that begins with '/': "/a/b" → a, b; "/" → none; "/a/" → a and an empty one.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    out.push_back(segment);
  }
  if (out.size() == 1 && out[0].empty()) out.clear();
  return out;
}

std::string_view raw_path(const Request& request) {
  if (request.target.empty()) return request.path;
  return std::string_view(request.target).substr(0, request.target.find('?'));
}

bool is_parameter(std::string_view segment) { return segment.size() > 2 && segment[0] == '{' && segment.back() == '}'; }
bool is_rest(std::string_view segment) { return is_parameter(segment) && segment.ends_with("...}"); }

}  // namespace

struct Router::Endpoint {
  std::string pattern;
  std::vector<std::string> parameters;  // in the order of the path
  Handler handler;
};

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> rest;
  std::map<Method, Endpoint> endpoints;
};

// One look-up: the most specific path that knows the method wins; the methods of every matching path are kept for
// Allow.
struct Router::Search {
  Method method;
  const std::vector<std::string_view>& segments;
  std::vector<std::string> values;
  const Endpoint* found = nullptr;
  std::set<Method> allowed;

  bool accept(const Node& node) {
    for (const auto& [known, endpoint] : node.endpoints) allowed.insert(known);
    auto at = node.endpoints.find(method);
    if (at == node.endpoints.end() && method == Method::head) at = node.endpoints.find(Method::get);
    if (at != node.endpoints.end()) found = &at->second;
    return found != nullptr;
  }

  bool descend(const Node& node, std::size_t depth) {
    if (depth == segments.size()) return accept(node);
    const std::string segment = url_decode(segments[depth]);
    const auto literal = node.literals.find(segment);
    if (literal != node.literals.end() && descend(*literal->second, depth + 1)) return true;
    if (segment.empty()) return false;
    if (node.parameter && with_value(segment, *node.parameter, depth + 1)) return true;
    return node.rest && with_value(rest_from(depth), *node.rest, segments.size());
  }

  bool with_value(std::string value, const Node& node, std::size_t depth) {
    values.push_back(std::move(value));
    if (descend(node, depth)) return true;
    values.pop_back();
    return false;
  }

  std::string rest_from(std::size_t depth) const {
    const char* const first = segments[depth].data();
    return url_decode(std::string_view(first, segments.back().data() + segments.back().size() - first));
  }

  std::string allow() const {
    std::string out;
    const auto append = [&](Method m) { out += (out.empty() ? "" : ", ") + std::string(name(m)); };
    for (const Method m : allowed) append(m);
    if (allowed.contains(Method::get) && !allowed.contains(Method::head)) append(Method::head);
    return out;
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, std::string_view pattern, Handler handler) {
  if (pattern.empty() || pattern[0] != '/')
    throw std::logic_error("route must begin with '/': " + std::string(pattern));
  Node* node = root_.get();
  Endpoint endpoint{std::string(pattern), {}, std::move(handler)};
  bool ended = false;
  for (const std::string_view segment : segments_of(pattern)) {
    if (ended) throw std::logic_error("nothing may follow a rest parameter: " + std::string(pattern));
    ended = is_rest(segment);
    std::unique_ptr<Node>& next = is_rest(segment)        ? node->rest
                                  : is_parameter(segment) ? node->parameter
                                                          : node->literals[std::string(segment)];
    if (is_parameter(segment)) {
      const std::size_t dots = is_rest(segment) ? 3 : 0;
      endpoint.parameters.emplace_back(segment.substr(1, segment.size() - 2 - dots));
    }
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  if (!node->endpoints.emplace(method, std::move(endpoint)).second)
    throw std::logic_error(fmt::format("route added twice: {} {}", name(method), pattern));
}

void Router::wrap(Middleware middleware) { middleware_.push_back(std::move(middleware)); }

void Router::fallback(Handler handler) { fallback_ = std::move(handler); }

Response Router::handle(Request& request) const {
  const std::vector<std::string_view> segments = segments_of(raw_path(request));
  Search search{request.method, segments, {}, nullptr, {}};
  search.descend(*root_, 0);
  if (search.found) {
    request.route = search.found->pattern;
    for (std::size_t i = 0; i < search.values.size(); ++i)
      request.params[search.found->parameters[i]] = std::move(search.values[i]);
  }
  const Handler* const found = search.found ? &search.found->handler : nullptr;
  return through_middleware(request, 0, [&](Request& r) { return route(r, found, search.allow()); });
}

Response Router::through_middleware(Request& request, std::size_t index, const Handler& last) const {
  if (index == middleware_.size()) return last(request);
  return middleware_[index](request, [&](Request& r) { return through_middleware(r, index + 1, last); });
}

Response Router::route(Request& request, const Handler* found, const std::string& allow) const {
  if (found) return (*found)(request);
  if (!allow.empty()) {
    Response out = problem(405, "", fmt::format("This address answers {} only.", allow));
    out.headers.set("Allow", allow);
    return out;
  }
  if (const std::string_view path = raw_path(request); path.size() > 1 && path.back() == '/') {
    std::vector<std::string_view> segments = segments_of(path.substr(0, path.size() - 1));
    Search search{request.method, segments, {}, nullptr, {}};
    if (search.descend(*root_, 0))
      return redirect(std::string(path.substr(0, path.size() - 1)) + request.target.substr(path.size()), 308);
  }
  return fallback_ ? fallback_(request) : problem(404, "", "There is nothing at this address.");
}

}  // namespace ta::http
