// What a page costs: how many transactions and statements, counted on the thread that answers, and that what it shows
// is of one moment.
#include "access/tenants.h"
#include "access/users.h"
#include "cli/pages_fixture.h"
#include "storage/usage.h"

namespace ta::cli {
namespace {

using access::Role;

class PageCostTest : public PagesTest {
 protected:
  struct Answer {
    http::Response response;
    storage::Usage usage;
  };
  // Asks the router on this thread.
  Answer ask_here(const std::string& target) {
    http::Request request;
    request.method = http::Method::get;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    if (const auto query = target.find('?'); query != target.npos)
      request.query = http::Fields::parse(target.substr(query + 1));
    if (target.starts_with("/api"))
      request.headers.set("Authorization", "Bearer " + person(Role::owner).api_token);
    else
      request.headers.set("Cookie", session_);
    const storage::Usage before = storage::usage_of_this_thread();
    Answer answer{process_->host().router.handle(request), {}};
    const storage::Usage after = storage::usage_of_this_thread();
    answer.usage = {after.calls - before.calls, after.transactions - before.transactions,
                    after.statements - before.statements};
    return answer;
  }
  void make_tenants(int count) {
    database_->write([&](storage::Transaction& tx) {
      const Timestamp now = SystemClock().now();
      const UserId owner = access::find_user_by_email(tx, person(Role::owner).email)->id;
      for (int i = 0; i < count; ++i) {
        const auto made = access::create_tenant(tx, {fmt::format("t{}", i), fmt::format("Tenant {:04}", i)}, now);
        ASSERT_TRUE(access::add_member(tx, made->id, owner, Role::operator_, now));
      }
    });
  }
  // "0" where there is none.
  static std::string count_behind(const std::string& page, std::string_view text) {
    const auto at = page.find(text);
    return at == page.npos ? "0" : page.substr(at + text.size(), page.find('<', at + text.size()) - at - text.size());
  }
  static std::size_t occurrences(const std::string& text, std::string_view of) {
    std::size_t count = 0;
    for (auto at = text.find(of); at != text.npos; at = text.find(of, at + of.size())) ++count;
    return count;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, PageCostTest, testing::engines(), testing::engine_name);

TEST_P(PageCostTest, APageIsOneReadTransaction) {
  sign_in(Role::owner);
  process_->start_worker();
  sync();
  for (const char* path : {"/tenants", "/t/contoso", "/t/contoso/operations", "/t/contoso/inventory", "/notifications",
                           "/t/contoso/connections", "/profile", "/system", "/t/contoso/operations/1",
                           "/t/contoso/live?once=1", "/api/v1/tenants/contoso/runs", "/api/v1/notifications"}) {
    ask_here(path);  // its session and token may be marked as used once a minute
    const Answer answer = ask_here(path);
    EXPECT_EQ(answer.usage.transactions, 1) << path << ", status " << answer.response.status;
    fmt::print("{}: {} transaction, {} reads, {} statements\n", path, answer.usage.transactions, answer.usage.calls,
               answer.usage.statements);
  }
}

TEST_P(PageCostTest, TheTenantsPageCostsTheSameWithAThousandTenants) {
  sign_in(Role::owner);
  const std::int64_t few = ask_here("/tenants").usage.statements;
  make_tenants(1'000);
  const Answer many = ask_here("/tenants");
  EXPECT_EQ(many.response.status, 200);
  EXPECT_EQ(many.usage.statements, few);
  EXPECT_LE(many.usage.statements, 15);
  EXPECT_GE(occurrences(many.response.body, "<tr role=\"row\">"), 1'002u) << "every one of them is there";
}

TEST_P(PageCostTest, TheSwitcherOffersAFewTenantsAndThePresentOne) {
  sign_in(Role::owner);
  make_tenants(100);
  const std::string page = ask_here("/t/t99/operations").response.body;
  const std::string menu =
      page.substr(page.find("id=\"ta-tenants\""), page.find("All tenants") - page.find("id=\"ta-tenants\""));
  EXPECT_EQ(occurrences(menu, "<a href=\"/t/"), 21u);
  EXPECT_NE(menu.find("href=\"/t/t99/operations\" aria-current=\"true\""), std::string::npos);
  EXPECT_NE(page.find("All tenants <span class=\"ta-secondary ms-auto\">more than 20</span>"), std::string::npos);
}

// Another thread ends runs while the page is read again and again: the tab's count is the list's length every time.
TEST_P(PageCostTest, TheCountsOfAPageAgreeWithItsListWhileRunsEnd) {
  sign_in(Role::owner);
  constexpr int kRuns = 40;
  std::vector<RunId> ids;
  for (int i = 0; i < kRuns; ++i) {
    const auto started = process_->host().runs.start(
        {contoso().tenant.id, "inventory.sync", json::object{{"connection", 1'000 + i}}, std::nullopt});
    ids.push_back(started.value().run.id);
  }
  std::atomic<int> ended = 0;
  std::jthread ending([&](std::stop_token stop) {
    for (const RunId id : ids) {
      if (stop.stop_requested()) return;
      process_->host().runs.fail_run(contoso().tenant.id, id, {FailureCode::internal_error, "ended by the test", {}});
      ++ended;
    }
  });
  int looked = 0;
  for (bool last = false; !last; ++looked) {
    last = ended == kRuns;
    const std::string page = ask_here("/t/contoso/operations?tab=active").response.body;
    const std::string shown = std::to_string(occurrences(page, "<tr role=\"row\" id=\"run-"));
    const std::string counted = count_behind(page, "Active<span class=\"ta-count\">");
    const std::string in_nav =
        count_behind(page, "id=\"ta-nav-operations\" class=\"ms-auto\"><span class=\"ta-count\">");
    EXPECT_EQ(counted, shown) << "look " << looked << ", ended " << ended;
    EXPECT_EQ(in_nav, shown) << "look " << looked;
  }
  EXPECT_GT(looked, 1);
}

}  // namespace
}  // namespace ta::cli
