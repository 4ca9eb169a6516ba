#include "web/site.h"

#include <gtest/gtest.h>

#include "testing/clock.h"
#include "testing/database.h"
#include "testing/people.h"
#include "web/security.h"

namespace ta::web {
namespace {

using access::Capability;
using access::Role;

constexpr std::string_view kToken = "the-token-of-this-session";

// A site with one page to read and one form, and a viewer chosen by the test instead of a cookie.
class SiteTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  SiteTest() : site_(router_, *database_, clock_, live_, guard_, [this](const http::Request&) { return principal_; }) {
    register_web(router_, clock_);
    router_.wrap(failure_middleware(clock_));
    site_.page(http::Method::get, "/t/{tenant}/things", Capability::runs_view, [this](auto& r, const Viewer& v) {
      return site_.show(r, v, {.title = "Things", .content = "<p>the things</p>", .fragment = "<p>a part</p>"});
    });
    site_.page(http::Method::post, "/t/{tenant}/things", Capability::inventory_sync, [this](auto& r, const Viewer& v) {
      ++posts_;
      return site_.toast(r, {"success", "Done", "", "", ""}, v.path("/things"));
    });
    site_.page(http::Method::get, "/t/{tenant}/broken", Capability::runs_view,
               [](auto&, const Viewer&) -> http::Response {
                 throw storage::StorageError(storage::StorageError::Kind::deadline, "statement timeout at 10.0.0.7");
               });
    const auto role = [](const Viewer& reader) {
      return LiveUpdate{.parts = {{"#role", std::string(name(reader.tenant->role))}}};
    };
    site_.page(http::Method::get, "/t/{tenant}/things/live", Capability::runs_view,
               [this, role](auto& r, const Viewer& v) { return site_.live(r, v, role); });
    site_.page(http::Method::get, "/t/{tenant}/secrets/live", Capability::inventory_sync,
               [this, role](auto& r, const Viewer& v) { return site_.live(r, v, role); });
    site_.personal_page(http::Method::get, "/mine/live",
                        [this](auto& r, const Viewer& v) { return site_.live(r, v, {}); });
    database_->write([&](storage::Transaction& tx) {
      const auto contoso = testing::make_tenant(tx, "contoso");
      contoso_ = contoso.id;
      testing::make_tenant(tx, "foreign", "Another Ltd");
      operator_ = testing::make_member(tx, contoso, Role::operator_, "operator@example.com");
      reader_ = testing::make_member(tx, contoso, Role::readonly, "reader@example.com");
    });
    sign_in(operator_);
  }

  void sign_in(const access::User& user) {
    access::Principal principal;
    principal.user = user;
    principal.session = access::SessionId(1);
    principal.csrf_token = kToken;
    principal_ = principal;
  }

  http::Response ask(http::Method method, std::string path, std::string body = "", bool htmx = false) {
    http::Request request;
    request.method = method;
    request.path = request.target = std::move(path);
    request.body = std::move(body);
    request.id = "0123456789abcdef";
    if (htmx) request.headers.set("HX-Request", "true");
    if (htmx) request.headers.set("HX-Request-Type", "partial");
    return router_.handle(request);
  }
  http::Response get(std::string path, bool htmx = false) { return ask(http::Method::get, std::move(path), "", htmx); }
  http::Response post(std::string path, std::string body, bool htmx = false) {
    return ask(http::Method::post, std::move(path), std::move(body), htmx);
  }
  static bool has(const http::Response& response, std::string_view text) {
    return response.body.find(text) != std::string::npos;
  }
  static std::string form() { return "_csrf=" + std::string(kToken); }

  testing::TestDatabase database_{GetParam()};
  testing::FixedClock clock_;
  http::Router router_;
  LiveHub live_;
  StreamGuard guard_{[this](std::span<const access::Proof> proofs) {
    return database_->read(
        [&](storage::Transaction& tx) { return access::lapses(tx, proofs, clock_.now(), std::chrono::hours{12}); });
  }};
  std::optional<access::Principal> principal_;
  Site site_;
  access::User operator_, reader_;
  TenantId contoso_;
  int posts_ = 0;
};

TEST_P(SiteTest, AMemberSeesThePageInItsFrame) {
  const auto response = get("/t/contoso/things");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(has(response, "<p>the things</p>"));
  EXPECT_TRUE(has(response, "Contoso Ltd"));
  EXPECT_TRUE(has(response, "Times in Europe/Berlin"));
  EXPECT_EQ(response.headers.get("Content-Security-Policy"), kContentSecurityPolicy);
}

TEST_P(SiteTest, HtmxGetsThePartAndItsStream) {
  const auto response = get("/t/contoso/things", true);
  EXPECT_TRUE(has(response, "<p>a part</p>"));
  EXPECT_FALSE(has(response, "<html"));
  EXPECT_TRUE(has(response, "hx-sse:connect=\"/t/contoso/live\""));
}

TEST_P(SiteTest, SignedOutGoesToTheLoginAndComesBack) {
  principal_.reset();
  const auto page = get("/t/contoso/things");
  EXPECT_EQ(page.status, 303);
  EXPECT_EQ(page.headers.get("Location"), "/login?next=%2Ft%2Fcontoso%2Fthings");
  const auto part = get("/t/contoso/things", true);
  EXPECT_EQ(part.status, 401);
  EXPECT_EQ(part.headers.get("HX-Redirect"), "/login");
}

TEST_P(SiteTest, AForeignTenantIsExactlyLikeOneThatDoesNotExist) {
  const auto foreign = get("/t/foreign/things"), missing = get("/t/missing/things");
  EXPECT_EQ(foreign.status, 404);
  EXPECT_EQ(missing.status, 404);
  EXPECT_FALSE(has(foreign, "Another Ltd"));
  EXPECT_TRUE(has(missing, "It does not exist, or you have no access to it."));
}

TEST_P(SiteTest, WithoutTheCapabilityNothingIsDone) {
  sign_in(reader_);
  EXPECT_EQ(get("/t/contoso/things").status, 200);
  const auto refused = post("/t/contoso/things", form());
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(has(refused, "Insufficient permission. Ask a tenant Owner."));
  EXPECT_EQ(posts_, 0);
  EXPECT_TRUE(has(post("/t/contoso/things", form(), true), "data-level=\"danger\""));
}

TEST_P(SiteTest, AFormWithoutItsTokenIsRefused) {
  for (const char* body : {"", "_csrf=", "_csrf=another-token"}) EXPECT_EQ(post("/t/contoso/things", body).status, 403);
  EXPECT_EQ(posts_, 0);
  EXPECT_EQ(post("/t/contoso/things", form()).status, 303);
  EXPECT_EQ(posts_, 1);
}

TEST_P(SiteTest, TheToastIsAPartForHtmxAndWaitsForTheRedirectOtherwise) {
  const auto part = post("/t/contoso/things", form(), true);
  EXPECT_EQ(part.status, 200);
  EXPECT_TRUE(has(part, "class=\"toast"));
  const auto redirect = post("/t/contoso/things", form());
  EXPECT_EQ(redirect.headers.get("Location"), "/t/contoso/things");
  EXPECT_TRUE(redirect.headers.get("Set-Cookie").starts_with("ta_flash="));
}

TEST_P(SiteTest, AFailedQueryIsAFailureWithItsRequestIdAndWithoutDetails) {
  const auto response = get("/t/contoso/broken");
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(has(response, "The database did not answer in time; nothing is lost."));
  EXPECT_TRUE(has(response, "0123456789abcdef"));
  EXPECT_FALSE(has(response, "10.0.0.7"));
}

TEST_P(SiteTest, AddressesThatDoNotExistArePagesForPeopleAndProblemsForPrograms) {
  const auto page = get("/nowhere"), api = get("/api/v1/nowhere");
  EXPECT_EQ(page.status, 404);
  EXPECT_TRUE(page.headers.get("Content-Type").starts_with("text/html"));
  EXPECT_EQ(api.status, 404);
  EXPECT_TRUE(api.headers.get("Content-Type").starts_with("application/problem+json"));
}

constexpr std::string_view kNoAccess = "event: over\ndata: no_access\n\nevent: end\ndata: end\n\n";
constexpr std::string_view kSignedOut = "event: over\ndata: signed_out\n\nevent: end\ndata: end\n\n";

// A page's stream that was opened with a request, and what it sends next.
struct Opened {
  std::shared_ptr<http::EventSource> events;
  bool done = false;
  std::string drain() { return events->drain(done); }
};

TEST_P(SiteTest, AStreamEndsWhenItsReaderIsNoMemberAnyMore) {
  Opened stream{get("/t/contoso/things/live").events};
  ASSERT_TRUE(stream.events);
  stream.events->open([] {});
  EXPECT_NE(stream.drain().find("hx-partial"), std::string::npos);
  EXPECT_FALSE(stream.done);
  database_->write([&](storage::Transaction& tx) { testing::must(access::remove_member(tx, contoso_, operator_.id)); });
  EXPECT_EQ(stream.drain(), kNoAccess);
  EXPECT_TRUE(stream.done);
}

TEST_P(SiteTest, AStreamEndsWithItsSession) {
  principal_->session_hash = std::string(64, 'a');
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("session",
                "INSERT INTO sessions (user_id, secret_hash, address, user_agent, created_at, last_seen_at, "
                "expires_at) VALUES (:user, :hash, '', '', :now, :now, :expires)",
                {{"user", operator_.id},
                 {"hash", principal_->session_hash},
                 {"now", clock_.now()},
                 {"expires", clock_.now() + std::chrono::hours{1}}});
  });
  Opened of_tenant{get("/t/contoso/things/live").events}, of_person{get("/mine/live").events};
  for (Opened* stream : {&of_tenant, &of_person}) {
    stream->drain();
    EXPECT_FALSE(stream->done);
  }
  clock_.advance(std::chrono::hours{1});
  for (Opened* stream : {&of_tenant, &of_person}) {
    EXPECT_EQ(stream->drain(), kSignedOut);
    EXPECT_TRUE(stream->done);
  }
}

TEST_P(SiteTest, AStreamEndsWithTheCapabilityOfItsPage) {
  Opened stream{get("/t/contoso/secrets/live").events};
  stream.drain();
  EXPECT_FALSE(stream.done);
  const auto become = [&](Role role) {
    database_->write([&](storage::Transaction& tx) {
      testing::must(access::change_role(tx, contoso_, operator_.id, role, clock_.now()));
    });
  };
  become(Role::manager);
  EXPECT_EQ(stream.drain().find("no_access"), std::string::npos);
  become(Role::readonly);
  EXPECT_EQ(stream.drain(), kNoAccess);
}

TEST_P(SiteTest, AStreamShowsItsReaderInTheirPresentRole) {
  Opened stream{get("/t/contoso/things/live").events};
  EXPECT_NE(stream.drain().find("operator"), std::string::npos);
  database_->write([&](storage::Transaction& tx) {
    testing::must(access::change_role(tx, contoso_, operator_.id, Role::readonly, clock_.now()));
  });
  EXPECT_NE(stream.drain().find("readonly"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Engines, SiteTest, testing::engines(), testing::engine_name);

}  // namespace
}  // namespace ta::web
