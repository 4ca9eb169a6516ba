#include "http/router.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace ta::http {
namespace {

Handler says(std::string text) {
  return [text = std::move(text)](Request&) { return text_response(200, text); };
}

Response ask(const Router& router, Method method, std::string target, Request* kept = nullptr) {
  Request request;
  request.method = method;
  request.target = std::move(target);
  Response out = router.handle(request);
  if (kept) *kept = request;
  return out;
}

TEST(Router, LiteralsBeatParametersAndParametersBeatTheRest) {
  Router router;
  router.add(Method::get, "/", says("root"));
  router.add(Method::get, "/t/{tenant}/runs/{id}", says("run"));
  router.add(Method::get, "/t/{tenant}/runs/new", says("new"));
  router.add(Method::get, "/t/{tenant}/{rest...}", says("rest"));
  EXPECT_EQ(ask(router, Method::get, "/").body, "root");
  EXPECT_EQ(ask(router, Method::get, "/t/contoso/runs/new").body, "new");
  EXPECT_EQ(ask(router, Method::get, "/t/contoso/runs/12?tab=a/b").body, "run");
  Request request;
  EXPECT_EQ(ask(router, Method::get, "/t/contoso/runs/12/events", &request).body, "rest");
  EXPECT_EQ(request.params.find("rest")->second, "runs/12/events");
  EXPECT_EQ(request.route, "/t/{tenant}/{rest...}");
  EXPECT_EQ(ask(router, Method::get, "/t").status, 404);
}

TEST(Router, ParametersArriveDecodedAndNeverEmpty) {
  Router router;
  router.add(Method::get, "/t/{tenant}/items/{id}", says("item"));
  Request request;
  EXPECT_EQ(ask(router, Method::get, "/t/a%20b/items/x%2Fy", &request).status, 200);
  EXPECT_EQ(request.params.find("tenant")->second, "a b");
  EXPECT_EQ(request.params.find("id")->second, "x/y");
  EXPECT_EQ(ask(router, Method::get, "/t//items/x").status, 404);
}

TEST(Router, HeadIsServedByGet) {
  Router router;
  router.add(Method::get, "/a", says("a"));
  Request request;
  EXPECT_EQ(ask(router, Method::head, "/a", &request).body, "a");
  EXPECT_EQ(request.method, Method::head);
}

TEST(Router, AWrongMethodIs405WithAllow) {
  Router router;
  router.add(Method::post, "/a/new", says("post"));
  router.add(Method::delete_, "/a/{id}", says("delete"));
  router.add(Method::get, "/a/{id}", says("get"));
  const Response out = ask(router, Method::put, "/a/new");
  EXPECT_EQ(out.status, 405);
  EXPECT_EQ(out.headers.get("Allow"), "GET, POST, DELETE, HEAD");
  EXPECT_EQ(ask(router, Method::get, "/a/new").body, "get") << "the less specific path knows the method";
  EXPECT_EQ(ask(router, Method::other, "/a/x").status, 405);
}

TEST(Router, ALastSlashIsRedirectedOnlyToWhatExists) {
  Router router;
  router.add(Method::get, "/a/{id}", says("a"));
  const Response out = ask(router, Method::get, "/a/1/?x=1");
  EXPECT_EQ(out.status, 308);
  EXPECT_EQ(out.headers.get("Location"), "/a/1?x=1");
  EXPECT_EQ(ask(router, Method::get, "/b/").status, 404);
  EXPECT_EQ(ask(router, Method::get, "//a.example/").status, 404);
}

TEST(Router, MiddlewareStandsAroundEveryAnswerInOrder) {
  Router router;
  std::string trace;
  const auto traced = [&trace](std::string name) {
    return [&trace, name](Request& request, const Handler& next) {
      trace += name + "(" + request.route + " ";
      Response out = next(request);
      trace += ")" + name;
      return out;
    };
  };
  router.add(Method::get, "/a", says("a"));
  router.wrap(traced("outer"));
  router.wrap(traced("inner"));
  EXPECT_EQ(ask(router, Method::get, "/a").body, "a");
  EXPECT_EQ(trace, "outer(/a inner(/a )inner)outer");
  trace.clear();
  EXPECT_EQ(ask(router, Method::get, "/b").status, 404);
  EXPECT_EQ(trace, "outer( inner( )inner)outer");
}

TEST(Router, AMiddlewareMayAnswerItself) {
  Router router;
  router.add(Method::get, "/a", [](Request&) -> Response { throw std::runtime_error("not reached"); });
  router.wrap([](Request&, const Handler&) { return problem(403, "", ""); });
  EXPECT_EQ(ask(router, Method::get, "/a").status, 403);
}

TEST(Router, TheFallbackAnswersUnknownPaths) {
  Router router;
  router.fallback(says("lost"));
  EXPECT_EQ(ask(router, Method::get, "/x/y").body, "lost");
}

TEST(Router, MistakesInPatternsAreFoundAtTheStart) {
  Router router;
  router.add(Method::get, "/a/{id}", says("a"));
  EXPECT_THROW(router.add(Method::get, "/a/{other}", says("b")), std::logic_error);
  EXPECT_THROW(router.add(Method::get, "b", says("b")), std::logic_error);
  EXPECT_THROW(router.add(Method::get, "/b/{rest...}/c", says("b")), std::logic_error);
  EXPECT_NO_THROW(router.add(Method::post, "/a/{other}", says("b")));
}

// A pattern that matches by its own, slow definition.
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  return pattern.size() == path.size() &&
         std::equal(pattern.begin(), pattern.end(), path.begin(),
                    [](const auto& want, const auto& have) { return want[0] == '{' || want == have; });
}

std::string joined(const std::vector<std::string>& segments) {
  std::string out;
  for (const std::string& segment : segments) out += "/" + segment;
  return out;
}

std::vector<std::string> random_segments(Random& random, bool pattern) {
  std::vector<std::string> out;
  for (std::uint64_t i = 1 + random.below(4); i > 0; --i) {
    if (pattern && random.below(3) == 0) {
      out.push_back(fmt::format("{{p{}}}", out.size()));
    } else {
      out.push_back(std::string(1, static_cast<char>('a' + random.below(3))));
    }
  }
  return out;
}

// Literal before parameter, segment by segment from the left: the smallest in this order must win.
std::string specificity(const std::vector<std::string>& pattern) {
  std::string out;
  for (const std::string& segment : pattern) out += segment[0] == '{' ? '1' : '0';
  return out;
}

TEST(Router, AgreesWithItsDefinitionOnRandomTables) {
  const auto random = seeded_random(7);
  for (int table = 0; table < 60; ++table) {
    Router router;
    std::map<std::string, std::vector<std::string>> patterns;
    for (int i = 0; i < 12; ++i) {
      const auto segments = random_segments(*random, true);
      if (patterns.emplace(joined(segments), segments).second)
        router.add(Method::get, joined(segments), says(joined(segments)));
    }
    for (int i = 0; i < 60; ++i) {
      const auto path = random_segments(*random, false);
      const std::vector<std::string>* best = nullptr;
      for (const auto& [text, pattern] : patterns)
        if (matches(pattern, path) && (!best || specificity(pattern) < specificity(*best))) best = &pattern;
      const Response out = ask(router, Method::get, joined(path));
      ASSERT_EQ(out.status, best ? 200 : 404) << joined(path);
      if (best) ASSERT_EQ(out.body, joined(*best)) << joined(path);
    }
  }
}

}  // namespace
}  // namespace ta::http
