// The pages over a real ledger, asked through the router, on both engines.
#include <gtest/gtest.h>

#include "access/administrators.h"
#include "access/tenants.h"
#include "access/users.h"
#include "monitoring/monitoring.h"
#include "runs/engine_fixture.h"
#include "web/security.h"

namespace ta::monitoring {
namespace {

using namespace std::chrono_literals;

class MonitoringPagesTest : public runs::EngineTest {
 protected:
  MonitoringPagesTest()
      : site_(router_, *database_, clock_, live_, guard_, [this](const http::Request&) { return me(); }) {
    web::register_web(router_, clock_);
    register_monitoring(site_, reader_, waits_, catalog_);
    database_->write([&](storage::Transaction& tx) {
      (void)access::add_member(tx, TenantId(1), UserId(1), access::Role::operator_, clock_.now());
    });
  }

  access::Principal me() {
    access::Principal principal;
    principal.user = database_->read([](storage::Transaction& tx) { return *access::find_user(tx, UserId(1)); });
    principal.session = access::SessionId(1);
    principal.csrf_token = "token";
    return principal;
  }

  void promote() {
    database_->write([&](storage::Transaction& tx) { access::make_administrator(tx, UserId(1), clock_.now()); });
  }

  http::Response get(const std::string& target, bool part = false) {
    http::Request request;
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    if (const auto query = target.find('?'); query != std::string::npos)
      request.query = http::Fields::parse(target.substr(query + 1));
    if (part) request.headers.set("HX-Request", "true");
    if (part) request.headers.set("HX-Request-Type", "partial");
    return router_.handle(request);
  }
  std::string page(const std::string& target) {
    const auto response = get(target);
    EXPECT_EQ(response.status, 200) << target;
    return response.body;
  }
  static std::size_t rows(const std::string& html) {
    std::size_t count = 0;
    for (auto at = html.find("<tr role=\"row\" id=\"run-"); at != std::string::npos;
         at = html.find("<tr role=\"row\" id=\"run-", at + 1))
      ++count;
    return count;
  }

  void end(const Run& run, runs::RunOutcome outcome, std::vector<runs::FailureEntry> failures = {}) {
    database_->write([&](storage::Transaction& tx) {
      service_.mark_running(tx, {{run.tenant_id, run.id}});
      service_.complete(tx, run.tenant_id, run.id, {.outcome = outcome, .failures = std::move(failures)});
    });
  }

  runs::WaitReasons waits_{*database_, clock_, queue_.limits()};
  http::Router router_;
  web::LiveHub live_;
  web::StreamGuard guard_{[this](std::span<const access::Proof> proofs) {
    return database_->read(
        [&](storage::Transaction& tx) { return access::lapses(tx, proofs, clock_.now(), std::chrono::hours{12}); });
  }};
  web::Site site_;
};

bool has(const std::string& html, std::string_view text) { return html.find(text) != std::string::npos; }

TEST_P(MonitoringPagesTest, TheListShowsARunWithItsBadgeAndItsStarter) {
  const Run run = start(request()).run;
  const std::string html = page("/t/contoso/operations");
  EXPECT_EQ(rows(html), 1u);
  EXPECT_TRUE(has(html, fmt::format("id=\"run-{}\" data-status=\"queued\" data-outcome=\"pending\"", run.id)));
  EXPECT_TRUE(has(html, ">Probe</a>"));
  EXPECT_TRUE(has(html, "Queued</span>"));
  EXPECT_TRUE(has(html, "Alva"));
}

TEST_P(MonitoringPagesTest, TabsFilterAndCount) {
  end(start(request({"a"})).run, runs::RunOutcome::succeeded);
  end(start(request({"b"})).run, runs::RunOutcome::failed, {{"graph.throttled", "", 1}});
  start(request({"c"}));
  EXPECT_EQ(rows(page("/t/contoso/operations")), 3u);
  for (const char* tab : {"active", "succeeded", "failed"})
    EXPECT_EQ(rows(page(fmt::format("/t/contoso/operations?tab={}", tab))), 1u) << tab;
  EXPECT_EQ(rows(page("/t/contoso/operations?tab=partially_succeeded")), 0u);
  EXPECT_TRUE(has(page("/t/contoso/operations"), "All<span class=\"ta-count\">3</span>"));
}

TEST_P(MonitoringPagesTest, FiltersAreChipsAndTheAddressIsCanonical) {
  start(request());
  const auto part = get("/t/contoso/operations?tab=&type=test.probe&initiator=&range=30d", true);
  EXPECT_EQ(part.headers.get("HX-Push-Url"), "/t/contoso/operations?type=test.probe");
  EXPECT_TRUE(has(part.body, "Remove filter: Probe"));
  EXPECT_FALSE(has(part.body, "<html"));
  EXPECT_EQ(rows(page("/t/contoso/operations?initiator=system")), 0u);
  EXPECT_EQ(rows(page("/t/contoso/operations?initiator=me")), 1u);
}

TEST_P(MonitoringPagesTest, EveryKindOfNothingHasItsOwnWords) {
  EXPECT_TRUE(has(page("/t/contoso/operations"), "No operations yet."));
  EXPECT_TRUE(has(page("/t/contoso/operations?tab=active"), "Nothing is running."));
  EXPECT_TRUE(has(page("/t/contoso/operations?type=test.other"), "No operations match these filters."));
  end(start(request()).run, runs::RunOutcome::succeeded);
  clock_.advance(40 * 24h);
  EXPECT_TRUE(has(page("/t/contoso/operations"), "No operations in the last 30 days."));
  EXPECT_EQ(rows(page("/t/contoso/operations?range=90d")), 1u);
}

TEST_P(MonitoringPagesTest, ALateRunIsPointedOutAboveTheList) {
  start(request());
  EXPECT_FALSE(has(page("/t/contoso/operations"), "taking longer than expected"));
  clock_.advance(2min);
  EXPECT_TRUE(has(page("/t/contoso/operations?tab=failed"), "1 operation is taking longer than expected."));
}

TEST_P(MonitoringPagesTest, AnUnknownTypeIsSaidWithItsName) {
  const Run run = start(request()).run;
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("rename", "UPDATE operation_runs SET type = 'gone.away' WHERE id = :id", {{"id", run.id}});
  });
  const std::string html = page("/t/contoso/operations");
  EXPECT_TRUE(has(html, "Unknown operation"));
  EXPECT_TRUE(has(html, "gone.away"));
  page(fmt::format("/t/contoso/operations/{}", run.id));
}

TEST_P(MonitoringPagesTest, FiftyRowsStayWithinTheBudgetAndPageOn) {
  for (int i = 0; i < 60; ++i) {
    start(request({fmt::format("type-{}", i)}, 100 + i));
    clock_.advance(1s);
  }
  const std::string first = page("/t/contoso/operations");
  EXPECT_EQ(rows(first), 50u);
  EXPECT_LE(first.size(), 70u * 1024);
  const auto at = first.find("rel=\"next\" href=\"") + 17;
  const std::string next = first.substr(at, first.find('"', at) - at);
  EXPECT_EQ(rows(page(next)), 10u);
}

TEST_P(MonitoringPagesTest, TheDetailLeadsWithFailuresAndTheirNextStep) {
  const Run run = start(request()).run;
  end(run, runs::RunOutcome::partially_succeeded, {{"graph.forbidden", "Scripts: <b>no</b>", 2}});
  const std::string html = page(fmt::format("/t/contoso/operations/{}", run.id));
  EXPECT_TRUE(has(html, "Partially succeeded."));
  EXPECT_TRUE(has(html, "What succeeded is kept."));
  EXPECT_TRUE(has(html, "A permission is missing."));
  EXPECT_TRUE(has(html, "graph.forbidden"));
  EXPECT_TRUE(has(html, "Scripts: &lt;b&gt;no&lt;/b&gt;"));
  EXPECT_LT(html.find("h-failures"), html.find("h-timeline"));
}

TEST_P(MonitoringPagesTest, TheDetailFlagsAHandlerThatDoesNotStop) {
  const Run run = start(request()).run;
  const auto job = queue_.claim("w1", 1).at(0);
  queue_.abandon(job, FailureCode::run_timeout, {});
  const std::string html = page(fmt::format("/t/contoso/operations/{}", run.id));
  EXPECT_TRUE(has(html, "Does not stop: attempt 1 on w1"));
  EXPECT_TRUE(has(html, "Its handler does not stop."));
}

TEST_P(MonitoringPagesTest, ARunOfAnotherTenantDoesNotExist) {
  runs::StartRequest foreign = request();
  foreign.tenant = TenantId(2);
  const Run run = start(foreign).run;
  EXPECT_EQ(get(fmt::format("/t/contoso/operations/{}", run.id)).status, 404);
  EXPECT_EQ(get("/t/contoso/operations/999999").status, 404);
  EXPECT_EQ(get("/t/contoso/operations/17x").status, 404);
  EXPECT_EQ(get("/t/fabrikam/operations").status, 404);
  EXPECT_EQ(rows(page("/t/contoso/operations")), 0u);
}

TEST_P(MonitoringPagesTest, TheStreamOfARunEndsWithIt) {
  const Run run = start(request()).run;
  const auto response = get(fmt::format("/t/contoso/operations/{}/live", run.id));
  ASSERT_TRUE(response.events);
  bool done = false;
  EXPECT_TRUE(has(response.events->drain(done), "Waiting for a worker."));
  EXPECT_FALSE(done);
  end(run, runs::RunOutcome::succeeded);
  const std::string last = response.events->drain(done);
  EXPECT_TRUE(has(last, "Succeeded"));
  EXPECT_TRUE(has(last, "event: end"));
  EXPECT_TRUE(done);
}

TEST_P(MonitoringPagesTest, TheListsStreamChangesRowsAndAnnouncesNewOnes) {
  const Run run = start(request()).run;
  clock_.advance(1s);
  const auto response = get(
      fmt::format("/t/contoso/operations/live?ids={}&after={}", run.id, http::url_encode(to_rfc3339(clock_.now()))));
  bool done = false;
  response.events->drain(done);
  end(run, runs::RunOutcome::succeeded);
  clock_.advance(1s);
  start(request({"another"}, 8));
  const std::string news = response.events->drain(done);
  EXPECT_TRUE(has(news, fmt::format("hx-target=\"#run-{}\"", run.id)));
  EXPECT_TRUE(has(news, "data-outcome=\"succeeded\""));
  EXPECT_TRUE(has(news, "1 new operation. Show it"));
  EXPECT_EQ(rows(news), 1u);
}

TEST_P(MonitoringPagesTest, TheFrameHasTheWidgetAndTheBell) {
  const Run run = start(request()).run;
  const std::string html = page("/t/contoso/operations");
  EXPECT_TRUE(has(html, "1<span class=\"ta-wide\"> active</span>"));
  EXPECT_TRUE(has(html, "Notifications, 1 unread"));
  EXPECT_TRUE(has(html, "Probe queued"));
  end(run, runs::RunOutcome::succeeded);
  const std::string after = page("/t/contoso/operations");
  EXPECT_FALSE(has(after, "ta-widget-menu"));
  EXPECT_TRUE(has(after, "Notifications, 1 unread"));
  EXPECT_TRUE(has(after, "Probe succeeded"));
}

TEST_P(MonitoringPagesTest, EveryPageSaysWhenWorkWaitsAndNoWorkerIsConnected) {
  const std::string one = "1 operation waits and no worker is connected.";
  start(request());
  EXPECT_FALSE(has(page("/t/contoso/operations"), one));  // a worker may be about to take it
  clock_.advance(6s);
  EXPECT_TRUE(has(page("/t/contoso/operations"), one));
  EXPECT_TRUE(has(page("/notifications"), one));
  start(request({"b"}, 8));
  clock_.advance(3s);
  const auto live = get("/t/contoso/live");
  ASSERT_TRUE(live.events);
  bool done = false;
  EXPECT_TRUE(has(live.events->drain(done), "2 operations wait and no worker is connected."));
  queue_.worker_seen("w", 4);
  clock_.advance(3s);
  const std::string news = live.events->drain(done);
  EXPECT_TRUE(has(news, "hx-target=\"#attention\""));
  EXPECT_FALSE(has(news, "no worker is connected"));
  EXPECT_FALSE(has(page("/notifications"), "no worker is connected"));
}

TEST_P(MonitoringPagesTest, AWaitingRunSaysWhatItWaitsForInTheListAndOnItsPage) {
  runs::StartRequest single = request();
  single.type = "test.single";
  start(single);
  queue_.claim("w", 1);
  single.inputs = request({"another"}).inputs;
  const Run waiting = start(single).run;
  clock_.advance(12s);
  queue_.worker_seen("w", 4);
  const std::string said = "1 of 1 run of this operation in this tenant is active.";
  EXPECT_TRUE(has(page("/t/contoso/operations"), said));
  EXPECT_TRUE(has(page(fmt::format("/t/contoso/operations/{}", waiting.id)), said));
}

TEST_P(MonitoringPagesTest, TheSystemPageIsForAdministratorsAndDoesNotExistForOthers) {
  for (const char* path : {"/system", "/system/live"}) {
    EXPECT_EQ(get(path).status, 404) << path;
    EXPECT_EQ(get(path).body, get("/no-such-page").body) << path;
  }
  EXPECT_FALSE(has(page("/notifications"), "href=\"/system\""));
  promote();
  EXPECT_TRUE(has(page("/notifications"), "href=\"/system\""));
  const std::string html = page("/system");
  EXPECT_TRUE(has(html, "No worker is connected: operations stay queued."));
  EXPECT_TRUE(has(html, "No worker has been here."));
  EXPECT_TRUE(has(html, "No process has led yet."));
  EXPECT_TRUE(has(html, "None yet. It runs once a day in the leading process."));
}

TEST_P(MonitoringPagesTest, TheSystemPageShowsWorkersTheQueueAndWhatIsStuck) {
  promote();
  queue_.worker_seen("anna", 4);
  queue_.worker_seen("bo", 2, 1);
  start(request({"a"}));
  queue_.claim("anna", 1);
  start(request({"b"}, 8));
  clock_.advance(7s);
  const std::string html = page("/system");
  EXPECT_TRUE(has(html, "2 workers are connected, 1 of 6 slots busy, 1 operation waiting. A handler does not stop."));
  EXPECT_TRUE(has(html, "1 of 4 busy"));
  EXPECT_TRUE(has(html, "1 handler does not stop."));
  EXPECT_TRUE(has(html, "1 Probe"));
  EXPECT_TRUE(has(html, ">7 s<"));
  const std::string content =
      html.substr(html.find("id=\"system\""), html.find("</main>") - html.find("id=\"system\""));
  EXPECT_FALSE(has(content, "ontoso")) << "names no tenant";
}

TEST_P(MonitoringPagesTest, TheSystemStreamHearsOfAllTenantsAndEndsWithTheRight) {
  promote();
  const auto response = get("/system/live");
  ASSERT_TRUE(response.events);
  bool done = false;
  EXPECT_TRUE(has(response.events->drain(done), "No worker has been here."));
  queue_.worker_seen("anna", 4);
  EXPECT_TRUE(has(response.events->drain(done), "anna"));
  EXPECT_FALSE(done);
  database_->write([](storage::Transaction& tx) { access::remove_administrator(tx, UserId(1)); });
  EXPECT_FALSE(has(response.events->drain(done), "hx-target=\"#system\""));
  EXPECT_TRUE(done);
}

TEST_P(MonitoringPagesTest, NotificationsAreListedAndMarkedRead) {
  EXPECT_TRUE(has(page("/notifications"), "Nothing new."));
  end(start(request()).run, runs::RunOutcome::succeeded);
  EXPECT_TRUE(has(page("/notifications?tab=unread"), "Probe succeeded"));
  http::Request request;
  request.method = http::Method::post;
  request.path = request.target = "/notifications/read-all";
  request.body = "_csrf=token";
  EXPECT_EQ(router_.handle(request).status, 303);
  EXPECT_TRUE(has(page("/notifications?tab=unread"), "Nothing new."));
  EXPECT_TRUE(has(page("/notifications"), "Probe succeeded"));
}

INSTANTIATE_TEST_SUITE_P(Engines, MonitoringPagesTest, testing::engines(), testing::engine_name);

}  // namespace
}  // namespace ta::monitoring
