// Odd text from everywhere: from Microsoft it never ends a run, from people and clients it gets a clear answer.
#include "base/digest.h"
#include "base/utf8.h"
#include "cli/pages_fixture.h"
#include "inventory/inventory.h"

namespace ta::cli {
namespace {

constexpr std::string_view kMark = "\xEF\xBF\xBD";

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// The simulator, with marks in its answers replaced by bytes that it would never send itself.
class OddGraph {
 public:
  explicit OddGraph(simulator::Simulator& simulator) : simulator_(simulator) {}
  std::string url() const { return server_->url(); }

 private:
  http::Response answer(http::Request& request) {
    http::Response response = simulator_.handle(request);
    for (const auto& [mark, bytes] :
         {std::pair("@half@", "\\ud800"), std::pair("@nul@", "\\u0000"), std::pair("@latin1@", "\xFC"),
          std::pair("\"@huge@\"", "1e400"), std::pair("@escape@", "\\u001b[2J")})
      replace_all(response.body, mark, bytes);
    return response;
  }

  simulator::Simulator& simulator_;
  std::unique_ptr<http::Server> server_ =
      http::Server::start({.handler_threads = 8}, [this](http::Request& request) { return answer(request); }).value();
};

class OddTextTest : public PagesTest {
 protected:
  void SetUp() override {
    PagesTest::SetUp();
    process_->database().write([&](storage::Transaction& tx) {
      const simulator::App& app = simulator_->simulator().world().tenants()[0].app("full");
      const TenantId tenant = contoso().tenant.id;
      const Timestamp now = process_->host().clock.now();
      ASSERT_TRUE(provider_connections::update_connection(tx, tenant, contoso().connection, "Contoso",
                                                          {graph_.url(), graph_.url()}, rule_, now));
      ASSERT_TRUE(process_->connections().set_credential(
          tx, tenant, contoso().connection, {.client_id = app.client_id, .secret = app.client_secret}, now));
    });
    process_->start_worker();
  }
  void rename(const inventory::Item& item, json::object body) {
    ASSERT_TRUE(simulator_->simulator()
                    .world()
                    .change(contoso().entra_tenant_id, "groups", item.external_id,
                            {.body = std::move(body), .parts = {}}, SystemClock().now())
                    .has_value());
  }
  std::vector<inventory::Item> groups(std::string search = {}) {
    return inventory::InventoryReader(process_->database())
        .list(contoso().tenant.id, {.type = "group", .search = std::move(search)}, inventory::ItemSort::name_asc, {},
              500)
        .items;
  }
  std::string name_of(const std::string& external_id) {
    for (const inventory::Item& item : groups())
      if (item.external_id == external_id) return item.name;
    return "not there";
  }

  OddGraph graph_{simulator_->simulator()};
};
INSTANTIATE_TEST_SUITE_P(Engines, OddTextTest, testing::engines(), testing::engine_name);

TEST_P(OddTextTest, WhatMicrosoftSendsEndsNoRunAndIsKeptAsFarAsItCan) {
  sync({{"types", {"group"}}});
  const auto known = groups();
  ASSERT_GE(known.size(), 6u);
  std::string japanese;
  for (int i = 0; i < 150; ++i) japanese += "漢";
  const std::vector<std::pair<json::object, std::string>> cases{
      {{{"displayName", japanese}}, japanese.substr(0, 399)},
      {{{"displayName", "Ki@nul@osk"}}, fmt::format("Ki{}osk", kMark)},
      {{{"displayName", "Ki@half@osk"}}, fmt::format("Ki{}osk", kMark)},
      {{{"displayName", "B@latin1@ro"}}, fmt::format("B{}ro", kMark)},
      {{{"displayName", "Huge"}, {"description", "@huge@"}}, "Huge"},
      {{{"displayName", "a@escape@\u2028<b>"}, {"description", "x@nul@" + japanese}}, "a\x1b[2J\u2028<b>"}};
  for (std::size_t i = 0; i < cases.size(); ++i) rename(known[i], cases[i].first);
  const runs::Run run = sync();
  EXPECT_EQ(run.outcome, runs::RunOutcome::succeeded) << json::serialize(to_json(run));
  EXPECT_EQ(run.summary_counts.processed, contoso().objects) << "no other object is lost";
  EXPECT_EQ(run.summary_counts.updated, static_cast<std::int64_t>(cases.size()));
  for (std::size_t i = 0; i < cases.size(); ++i) EXPECT_EQ(name_of(known[i].external_id), cases[i].second);
  EXPECT_EQ(groups(japanese.substr(0, 201)).size(), 1u);
  sign_in(access::Role::owner);
  for (const inventory::Item& item : groups()) {
    const Page page = read(fmt::format("/t/contoso/inventory/{}", item.id));
    EXPECT_EQ(page.status, 200) << item.name;
    EXPECT_TRUE(is_utf8(page.body)) << item.name;
    EXPECT_FALSE(page.has("<b>")) << item.name;
  }
}

TEST_P(OddTextTest, EveryItemIsOnOnePageOfTheListWhateverItsName) {
  sync({{"types", {"group"}}});
  const auto known = groups();
  std::string japanese, quotes(400, '"');
  for (int i = 0; i < 150; ++i) japanese += "漢";
  rename(known[0], {{"displayName", japanese}});
  rename(known[1], {{"displayName", quotes}});
  rename(known[2], {{"displayName", "@nul@" + quotes}});
  sync();
  sign_in(access::Role::owner);
  std::set<std::string> seen;
  std::string path = "/t/contoso/inventory";
  for (int pages = 0; !path.empty() && pages < 30; ++pages) {
    const Page page = read(path);
    ASSERT_EQ(page.status, 200) << path;
    EXPECT_TRUE(is_utf8(page.body));
    constexpr std::string_view kRow = "role=\"rowheader\" class=\"ta-break\"><a href=\"";
    for (auto at = page.body.find(kRow); at != page.body.npos; at = page.body.find(kRow, at + 1)) {
      const auto from = at + kRow.size();
      EXPECT_TRUE(seen.insert(page.body.substr(from, page.body.find('"', from) - from)).second) << "an item twice";
    }
    const auto next = page.body.find("rel=\"next\"");
    const auto tag = page.body.rfind("<a ", next);
    const auto href = page.body.find("href=\"", tag) + 6;
    path = next == page.body.npos ? "" : page.body.substr(href, page.body.find('"', href) - href);
    replace_all(path, "&amp;", "&");
  }
  EXPECT_EQ(static_cast<std::int64_t>(seen.size()), count("inventory_items"));
}

TEST_P(OddTextTest, AnAddressThatIsNoTextGetsAClearAnswer) {
  sign_in(access::Role::owner);
  for (const char* bad : {"%FF", "%00", "%ED%A0%80", "%1B%5B2J", "%C2%9B"}) {
    for (const char* place : {"/t/contoso/inventory?q=", "/t/contoso/inventory?type=", "/t/contoso/inventory?platform=",
                              "/t/contoso/inventory?cursor=", "/t/contoso/operations?type=", "/t/contoso/inventory/",
                              "/t/", "/notifications?before="}) {
      const Page page = read(std::string(place) + bad);
      EXPECT_EQ(page.status, 422) << place << bad;
      EXPECT_TRUE(page.has("is not UTF-8") || page.has("holds the control character")) << page.body;
    }
    for (const char* place : {"/api/v1/tenants/contoso/runs?type=", "/api/v1/tenants/contoso/runs?cursor=",
                              "/api/v1/notifications?before=", "/api/v1/tenants/", "/api/v1/tenants/contoso/runs/"}) {
      const Answer answer = get(std::string(place) + bad);
      EXPECT_EQ(answer.status, 422) << place << bad << answer.body;
      EXPECT_EQ(json_string(answer.json, "code"), "request.invalid_text") << answer.body;
    }
    EXPECT_EQ(submit("/t/contoso/connections", std::string("&display_name=") + bad).status, 422) << bad;
    EXPECT_EQ(submit("/profile/preferences", std::string("&time_zone=") + bad).status, 422) << bad;
    EXPECT_EQ(ask(http::Method::post, "/login", "", std::string("email=a&password=") + bad).status, 422) << bad;
  }
  EXPECT_EQ(count("operation_runs"), 0);
}

TEST_P(OddTextTest, SearchesInEveryScriptAndOfEveryLengthAreAnswered) {
  sync({{"types", {"group"}}});
  sign_in(access::Role::owner);
  std::string japanese;
  for (int i = 0; i < 67; ++i) japanese += "漢";
  for (const std::string& search :
       {japanese, japanese + japanese + japanese, std::string("привіт"), std::string("%_\\")})
    EXPECT_EQ(read("/t/contoso/inventory?q=" + http::url_encode(search)).status, 200) << search;
  for (const char* forged : {R"([0,"a\u0000",1,false])", R"([2,"9223372036854775807",1,false])"})
    for (const char* sort : {"", "&sort=seen_asc"})
      EXPECT_EQ(read("/t/contoso/inventory?cursor=" + base64url(forged) + sort).status, 200) << forged;
  for (const char* forged : {"0.9223372036854775807.1.0", "0.-9223372036854775807.1.0"})
    EXPECT_EQ(get("/api/v1/tenants/contoso/runs?sort=-started&cursor=" + base64url(forged)).status, 422) << forged;
}

}  // namespace
}  // namespace ta::cli
