// From method and path to a handler.
//
// Built once at the start by one thread; afterwards handle() may be called by any number of threads.
#pragma once
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace ta::http {

// Stands around every answer, also around 404 and 405; request.params and request.route are already filled.
using Middleware = std::function<Response(Request&, const Handler& next)>;

class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // `pattern`: "/t/{tenant}/operations/{id}"; a last segment "{name...}" takes the rest of the path, slashes included.
  // Parameters are never empty and arrive decoded. Literal segments beat parameters. GET also answers HEAD.
  // Throws std::logic_error for a pattern that is malformed or that is already taken for this method.
  void add(Method method, std::string_view pattern, Handler handler);
  // The first one added is the outermost.
  void wrap(Middleware middleware);
  // Answers paths that match nothing; without it a 404 problem. (405 with Allow when only the method is wrong; 308 to
  // the path without its last slash when that one is served.)
  void fallback(Handler handler);

  Response handle(Request& request) const;

 private:
  struct Node;
  struct Endpoint;
  struct Search;
  Response route(Request& request, const Handler* found, const std::string& allow) const;
  Response through_middleware(Request& request, std::size_t index, const Handler& last) const;

  std::unique_ptr<Node> root_;
  std::vector<Middleware> middleware_;
  Handler fallback_;
};

}  // namespace ta::http
