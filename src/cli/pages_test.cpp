// The pages of the whole product over sockets: signing in by its form, then reading what a real sync brought.
#include "cli/pages_fixture.h"
#include "runs/schedule_store.h"

namespace ta::cli {
namespace {

INSTANTIATE_TEST_SUITE_P(Engines, PagesTest, testing::engines(), testing::engine_name);

TEST_P(PagesTest, SigningInNeedsTheFormAndTheRightPassword) {
  const DemoUser& owner = person(access::Role::owner);
  EXPECT_EQ(ask(http::Method::post, "/login", "", "email=a&password=b").status, 403);
  const Page wrong = login(owner.email, "not the password");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_TRUE(wrong.has("Email or password is wrong."));
  EXPECT_EQ(wrong.cookie("ta_session"), "");
  EXPECT_EQ(login("nobody@example.com", "not the password").body.find("no such"), std::string::npos);
  EXPECT_EQ(login(owner.email, owner.password, "/t/contoso/inventory").headers.get("Location"), "/t/contoso/inventory");
  EXPECT_EQ(login(owner.email, owner.password, "https://elsewhere.example/").headers.get("Location"), "/tenants");
}

TEST_P(PagesTest, TooManyAttemptsAreSaidWithATime) {
  Page answer;
  for (int i = 0; i < 6; ++i) answer = login("somebody@example.com", "wrong password");
  EXPECT_EQ(answer.status, 429);
  EXPECT_TRUE(answer.has("Too many attempts. Try again in"));
  EXPECT_FALSE(answer.headers.get("Retry-After").empty());
}

TEST_P(PagesTest, SigningOutEndsTheSession) {
  sign_in(access::Role::owner);
  EXPECT_EQ(read("/t/contoso").status, 200);
  EXPECT_EQ(submit("/logout").status, 303);
  EXPECT_EQ(read("/t/contoso").headers.get("Location"), "/login?next=%2Ft%2Fcontoso");
}

TEST_P(PagesTest, SyncNowAnswersAtOnceAndTheInventoryFollows) {
  sign_in(access::Role::operator_);
  EXPECT_TRUE(read("/t/contoso/inventory").has("Nothing observed yet."));
  const Page started = submit("/t/contoso/inventory/sync");
  EXPECT_EQ(started.status, 303);
  EXPECT_FALSE(started.cookie("ta_flash").empty());
  const Page joined = ask(http::Method::get, "/t/contoso/inventory", session_ + "; " + started.cookie("ta_flash"));
  EXPECT_TRUE(joined.has("Inventory sync queued"));
  EXPECT_TRUE(joined.has("View run"));
  process_->start_worker();
  const auto run = process_->host().reader.active(contoso().tenant.id, 1);
  ASSERT_FALSE(run.empty());
  EXPECT_EQ(wait_for_run(*process_, contoso().tenant.id, run[0].id).outcome, runs::RunOutcome::succeeded);
  const Page items = read("/t/contoso/inventory");
  EXPECT_TRUE(items.has(fmt::format("by <a href=\"/t/contoso/operations/{}\"", run[0].id)));
  EXPECT_TRUE(items.has("rel=\"next\""));
  const Page coverage = read("/t/contoso/inventory?tab=coverage");
  EXPECT_TRUE(coverage.has("Can be restored"));
  EXPECT_TRUE(coverage.has("Only a signed-in user may read it; an app may not."));
  EXPECT_TRUE(coverage.has("Read only when a sync names it."));
  EXPECT_TRUE(coverage.has("The last full sync, "));
  EXPECT_TRUE(read(fmt::format("/t/contoso/operations/{}", run[0].id)).has("Results in detail"));
}

TEST_P(PagesTest, FiltersNarrowAndAnItemTellsWhatIsKnown) {
  process_->start_worker();
  sync();
  sign_in(access::Role::readonly);
  const Page some = read("/t/contoso/inventory?type=assignment_filter");
  EXPECT_TRUE(some.has("Remove filter: Assignment filter"));
  EXPECT_FALSE(some.has("<td role=\"cell\">App</td>"));
  EXPECT_TRUE(read("/t/contoso/inventory?q=%25nothing%20has%20this").has("No items match these filters."));
  const std::string href = some.between("role=\"rowheader\" class=\"ta-break\"><a href=\"", "\"");
  const Page item = read(href);
  EXPECT_EQ(item.status, 200) << href;
  EXPECT_TRUE(item.has("What was observed"));
  EXPECT_TRUE(item.has("Used by"));
  EXPECT_TRUE(item.has(">Scope tag</div>")) << "an assignment filter has a tag";
  EXPECT_EQ(read("/t/contoso/inventory/999999").status, 404);
}

TEST_P(PagesTest, AReaderSeesTheButtonOffAndCannotUseIt) {
  sign_in(access::Role::readonly);
  const Page page = read("/t/contoso/inventory");
  EXPECT_TRUE(page.has("aria-disabled=\"true\""));
  EXPECT_TRUE(page.has("Insufficient permission. Ask a tenant Owner."));
  EXPECT_EQ(submit("/t/contoso/inventory/sync").status, 403);
  EXPECT_EQ(count("operation_runs"), 0);
}

TEST_P(PagesTest, TheDashboardCountsAndTheChooserSortsByNeed) {
  process_->start_worker();
  sync();
  sign_in(access::Role::owner);
  const Page dashboard = read("/t/contoso");
  EXPECT_TRUE(dashboard.has(">Objects<"));
  EXPECT_TRUE(dashboard.has("last full sync"));
  EXPECT_TRUE(dashboard.has(fmt::format(">{}</span>", contoso().objects)));
  EXPECT_TRUE(dashboard.has("1 operation ended: 0 failed, 0 succeeded only in part."));
  EXPECT_TRUE(dashboard.has("Inventory sync</a>"));
  const Page tenants = read("/tenants");
  EXPECT_TRUE(tenants.has("href=\"/t/contoso\""));
  EXPECT_TRUE(tenants.has("Never"));  // the other tenant was not synced
}

// A zone's file is gone, and one schedule's zone with it: every page answers, and says what is wrong.
TEST_P(PagesTest, AZoneThatCannotBeReadHurtsNoPageAndIsSaid) {
  database_->write([&](storage::Transaction& tx) {
    ASSERT_TRUE(runs::create_schedule(tx, process_->host().catalog,
                                      {.tenant = contoso().tenant.id,
                                       .name = "Nightly",
                                       .type = "inventory.sync",
                                       .inputs = json::object{},
                                       .spec = "daily 02:00",
                                       .time_zone = "Europe/Berlin"},
                                      SystemClock().now()));
    tx.run_text("zone", "UPDATE tenants SET time_zone = 'Atlantis/Harbour'");
    tx.run_text("zone", "UPDATE run_schedules SET time_zone = 'Atlantis/Harbour', trouble = 'No Atlantis/Harbour.'");
  });
  sign_in(access::Role::owner);
  for (const char* page : {"", "/operations", "/inventory", "/connections", "/settings"})
    EXPECT_EQ(read("/t/contoso" + std::string(page)).status, 200) << page;
  const Page dashboard = read("/t/contoso");
  EXPECT_TRUE(dashboard.has("Times are shown in UTC. There is no time zone Atlantis/Harbour."));
  EXPECT_TRUE(dashboard.has("The schedule Nightly starts nothing. No Atlantis/Harbour."));
}

TEST_P(PagesTest, TheProfileIsKeptAndShown) {
  sign_in(access::Role::owner);
  const Page saved = submit("/profile", "&theme=dark&time_zone=Asia%2FTokyo");
  EXPECT_EQ(saved.status, 303);
  EXPECT_EQ(saved.cookie("ta_theme"), "ta_theme=dark");
  const Page page = ask(http::Method::get, "/t/contoso", session_ + "; ta_theme=dark");
  EXPECT_TRUE(page.has("<html lang=\"en\" data-bs-theme=\"dark\">"));
  EXPECT_TRUE(page.has("Times in Asia/Tokyo"));
  EXPECT_TRUE(page.has("data-keys=\"off\""));
}

TEST_P(PagesTest, TheWayFromDispatchFailureToANewStart) {
  restart([](storage::Transaction&, const runs::DispatchRequest&) { throw std::runtime_error("no room"); });
  sign_in(access::Role::operator_);
  const Page failed = submit("/t/contoso/inventory/sync");
  const Page page = ask(http::Method::get, "/t/contoso/inventory", session_ + "; " + failed.cookie("ta_flash"));
  EXPECT_TRUE(page.has("Inventory sync did not start"));
  const std::string href = page.between("data-level=\"danger\"", "View run");
  EXPECT_NE(href.find("/t/contoso/operations/"), std::string::npos);
  const std::string run = page.between("<a href=\"/t/contoso/operations/", "\">View run");
  EXPECT_TRUE(read("/t/contoso/operations?tab=failed").has("Failed</span>")) << run;
  restart({});
  sign_in(access::Role::operator_);
  const Page again = submit("/t/contoso/inventory/sync");
  EXPECT_TRUE(ask(http::Method::get, "/t/contoso/inventory", session_ + "; " + again.cookie("ta_flash"))
                  .has("Inventory sync queued"));
}

}  // namespace
}  // namespace ta::cli
