// What was allowed when it began and is no longer: open streams, queued runs, notifications, over real sockets.
// Whatever ends something here does it through another connection to the database, as another process would.
#include "access/api_tokens.h"
#include "access/tenants.h"
#include "access/users.h"
#include "cli/pages_fixture.h"

namespace ta::cli {
namespace {

using namespace std::chrono_literals;
using access::Role;
using http::Method;

constexpr const char* kSync = R"({"type":"inventory.sync","inputs":{}})";

class AccessOverTimeTest : public PagesTest {
 protected:
  using Stream = std::future<Result<http::ClientResponse>>;

  // Reads a stream until the server ends it.
  Stream open(const std::string& path, std::string_view header, const std::string& value) {
    const auto before = process_->host().site.open_streams();
    http::ClientRequest request{.url = process_->url() + path};
    request.headers.set(header, value);
    Stream stream = client_.send(std::move(request));
    EXPECT_TRUE(testing::eventually([&] { return process_->host().site.open_streams() > before; })) << path;
    return stream;
  }
  Stream open_page(const std::string& path) { return open(path, "Cookie", session_); }
  Stream open_api(const std::string& path, Role role) {
    return open(path, "Authorization", "Bearer " + person(role).api_token);
  }
  // What it sent, once it has ended; at most 5 s may pass.
  static std::string rest(Stream& stream) {
    EXPECT_EQ(stream.wait_for(5s), std::future_status::ready);
    const auto answer = stream.get();
    return answer ? answer->body : answer.error().message;
  }
  void change(const std::function<void(storage::Transaction&)>& what) { database_->write(what); }
  UserId user(Role role) {
    return database_->read([&](auto& tx) { return access::find_user_by_email(tx, person(role).email)->id; });
  }
  void leave(Role role) {
    change([&](auto& tx) { ASSERT_TRUE(access::remove_member(tx, contoso().tenant.id, user(role))); });
  }
  void become(Role role, Role wanted) {
    change([&](auto& tx) { (void)access::add_member(tx, contoso().tenant.id, user(role), wanted, Timestamp()); });
  }
  void revoke_tokens(Role role) {
    change([&](auto& tx) {
      for (const access::ApiToken& token : access::list_api_tokens(tx, user(role)))
        ASSERT_TRUE(access::revoke_api_token(tx, user(role), token.id, SystemClock().now()));
    });
  }
  std::int64_t start_run(Role role) { return start(kSync, role).json.at("run").at("id").as_int64(); }
  static std::string message_of(const json::value& run) {
    return json_string(run.at("failure_summary").at(0), "message");
  }
  static std::string events_of(std::int64_t run) { return fmt::format("/api/v1/tenants/contoso/runs/{}/events", run); }
  // The run once a worker has had it.
  json::value ended(std::int64_t run) {
    process_->start_worker();
    json::value shown;
    EXPECT_TRUE(testing::eventually([&] {
      shown = get(fmt::format("/api/v1/tenants/contoso/runs/{}", run), Role::owner).json.at("run");
      return shown.at("status") == "completed";
    }));
    return shown;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, AccessOverTimeTest, testing::engines(), testing::engine_name);

constexpr std::string_view kSignedOut = "event: over\ndata: signed_out\n\nevent: end\ndata: end\n\n";
constexpr std::string_view kNoAccess = "event: over\ndata: no_access\n\nevent: end\ndata: end\n\n";

TEST_P(AccessOverTimeTest, PageStreamsEndWhenTheirSessionIsSignedOutHere) {
  sign_in(Role::operator_);
  Stream list = open_page("/t/contoso/operations/live"), frame = open_page("/t/contoso/live");
  ASSERT_EQ(submit("/logout").status, 303);
  for (Stream* stream : {&list, &frame}) EXPECT_TRUE(rest(*stream).ends_with(kSignedOut));
  EXPECT_EQ(ask(Method::get, "/t/contoso/live", session_).status, 303) << "and there is no way back";
}

TEST_P(AccessOverTimeTest, SigningOutEverywhereEndsTheStreamsOfOtherBrowsers) {
  sign_in(Role::operator_);
  Stream elsewhere = open_page("/t/contoso/operations/live");
  sign_in(Role::operator_);
  ASSERT_EQ(submit("/profile/sign-out-everywhere").status, 303);
  EXPECT_TRUE(rest(elsewhere).ends_with(kSignedOut));
}

TEST_P(AccessOverTimeTest, EveryPagesStreamEndsWithWhatEndedElsewhere) {
  const auto ends_with = [&](std::string_view farewell, const std::function<void()>& what) {
    sign_in(Role::operator_);
    Stream stream = open_page("/t/contoso/live");
    what();
    const std::string text = rest(stream);
    EXPECT_TRUE(text.ends_with(farewell)) << text;
  };
  ends_with(kSignedOut, [&] {
    change([&](auto& tx) {
      ASSERT_TRUE(access::set_password(tx, user(Role::operator_),
                                       process_->hasher().hash(person(Role::operator_).password).value(),
                                       SystemClock().now()));
    });
  });
  ends_with(kSignedOut, [&] {  // as if 12 hours had passed
    change([](auto& tx) {
      tx.run_text("age", "UPDATE sessions SET last_seen_at = created_at, expires_at = :soon",
                  {{"soon", SystemClock().now() + 500ms}});
    });
  });
  ends_with(kNoAccess, [&] { leave(Role::operator_); });
  become(Role::operator_, Role::operator_);
  ends_with(kSignedOut, [&] {
    change([&](auto& tx) { ASSERT_TRUE(access::disable_user(tx, user(Role::operator_), SystemClock().now())); });
  });
}

TEST_P(AccessOverTimeTest, AStreamOfTheApiEndsWithItsTokenItsMembershipAndItsAccount) {
  const std::int64_t run = start_run(Role::owner);
  const auto told = [](Stream& stream) {
    const std::string text = rest(stream);
    EXPECT_EQ(text.find("event: end"), std::string::npos) << "the run has not ended";
    const std::string before = "event: refused\ndata: ";
    const auto at = text.find(before);
    if (at == text.npos) return text;
    return json_string(parse_json(text.substr(at + before.size())).value_or(nullptr), "code");
  };
  Stream token = open_api(events_of(run), Role::operator_), member = open_api(events_of(run), Role::readonly),
         account = open_api(events_of(run), Role::manager), other = open_api(events_of(run), Role::owner);
  revoke_tokens(Role::operator_);
  EXPECT_EQ(told(token), "auth.required");
  leave(Role::readonly);
  EXPECT_EQ(told(member), "not_found");
  change([&](auto& tx) { ASSERT_TRUE(access::disable_user(tx, user(Role::manager), SystemClock().now())); });
  EXPECT_EQ(told(account), "auth.required");
  EXPECT_EQ(other.wait_for(0s), std::future_status::timeout) << "another's goes on";
  process_->start_worker();
  EXPECT_TRUE(rest(other).ends_with("event: end\ndata: {}\n\n"));
}

TEST_P(AccessOverTimeTest, NotificationsOfATenantThatOneHasLeftAreNowhere) {
  start_run(Role::operator_);
  sign_in(Role::operator_);
  const std::string title = "Inventory sync queued";
  ASSERT_TRUE(read("/notifications").has(title));
  leave(Role::operator_);
  EXPECT_FALSE(read("/notifications").has(title));
  EXPECT_FALSE(read("/profile").has(title)) << "the bell";
  const json::value none = get("/api/v1/notifications", Role::operator_).json;
  EXPECT_TRUE(none.at("notifications").as_array().empty());
  EXPECT_EQ(none.at("unread"), json::value(0));
  submit("/notifications/read-all");
  become(Role::operator_, Role::readonly);
  EXPECT_TRUE(read("/notifications").has(title));
  EXPECT_EQ(get("/api/v1/notifications", Role::operator_).json.at("unread"), json::value(1));
}

TEST_P(AccessOverTimeTest, ARevokedTokensQueuedRunDoesNotRunAndSaysWhy) {
  const std::int64_t run = start_run(Role::operator_);
  revoke_tokens(Role::operator_);
  const json::value shown = ended(run);
  EXPECT_EQ(shown.at("outcome"), "failed");
  EXPECT_EQ(shown.at("failure_summary").at(0).at("code"), "run.not_allowed");
  const std::string name(shown.at("context").at("api_token").at("name").as_string());
  EXPECT_EQ(message_of(shown), fmt::format("Its API token \"{}\" was revoked.", name));
  sign_in(Role::owner);
  const Page page = read(fmt::format("/t/contoso/operations/{}", run));
  EXPECT_TRUE(page.has(fmt::format("from API with the token &quot;{}&quot;", name))) << page.body;
  EXPECT_TRUE(page.has("was revoked."));
}

TEST_P(AccessOverTimeTest, ADeletedPersonsQueuedRunDoesNotRunAsTheSystems) {
  const std::int64_t run = start_run(Role::operator_);
  change([&](auto& tx) { tx.run_text("gone", "DELETE FROM users WHERE id = :id", {{"id", user(Role::operator_)}}); });
  const json::value shown = ended(run);
  EXPECT_EQ(shown.at("failure_summary").at(0).at("code"), "run.not_allowed");
  EXPECT_EQ(shown.at("user_id"), json::value(nullptr));
  const std::string name(shown.at("initiator_name").as_string());
  EXPECT_EQ(message_of(shown), fmt::format("The account of {} was deleted.", name));
}

TEST_P(AccessOverTimeTest, AnswersOfTheApiAreNotStored) {
  for (const char* path : {"/api/v1/tenants", "/api/v1/nowhere", "/api/openapi.json"}) {
    const Page answer = ask(Method::get, path, "");
    EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store") << path;
    EXPECT_EQ(answer.headers.get("X-Content-Type-Options"), "nosniff") << path;
  }
}

}  // namespace
}  // namespace ta::cli
