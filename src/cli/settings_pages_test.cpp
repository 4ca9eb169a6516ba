// A tenant's Settings page, over sockets: who may, what is kept, what is said when it is not accepted.
#include "access/tenants.h"
#include "cli/pages_fixture.h"

namespace ta::cli {
namespace {

using access::Role;

class SettingsPagesTest : public PagesTest {
 protected:
  Page save(const std::string& days) { return submit(home_, "&keep_days=" + http::url_encode(days)); }
  // "30", or "none".
  std::string kept(const DemoTenant& tenant) {
    return database_->read([&](storage::Transaction& tx) {
      const auto days = access::find_tenant(tx, tenant.tenant.id)->keep_days;
      return days ? fmt::to_string(*days) : std::string("none");
    });
  }
  std::vector<access::AuditRecord> audited() {
    return database_->read([&](storage::Transaction& tx) {
      return access::list_audit(tx, contoso().tenant.id, {.action = "tenant.retention_changed"}, 10);
    });
  }
  std::string home_ = "/t/contoso/settings";
};
INSTANTIATE_TEST_SUITE_P(Engines, SettingsPagesTest, testing::engines(), testing::engine_name);

TEST_P(SettingsPagesTest, AnOwnerChangesHowLongOperationsAreKept) {
  sign_in(Role::owner);
  const Page page = read(home_);
  EXPECT_TRUE(page.has("href=\"/t/contoso/settings\" aria-current=\"page\""));
  EXPECT_TRUE(page.has("name=\"keep_days\" value=\"\"")) << "no number of its own";
  EXPECT_TRUE(page.has("as long as this server keeps them, which is 90 days"));
  const Page saved = save(" 30 ");
  EXPECT_EQ(saved.status, 303) << saved.body;
  const Page after = follow(saved);
  EXPECT_TRUE(after.has("Settings saved."));
  EXPECT_TRUE(after.has("name=\"keep_days\" value=\"30\""));
  EXPECT_EQ(kept(contoso()), "30");
  EXPECT_EQ(kept(data_.tenants[1]), "none") << "of another tenant";
  save("");
  EXPECT_EQ(kept(contoso()), "none") << "as the server says again";
}

TEST_P(SettingsPagesTest, EveryChangeIsAuditedAndNothingElse) {
  sign_in(Role::owner);
  save("30");
  save("30");
  save("0");
  const auto entries = audited();
  ASSERT_EQ(entries.size(), 1u);
  const access::AuditEntry& entry = entries[0].entry;
  EXPECT_EQ(entry.actor, "Alva Lindqvist");
  EXPECT_EQ(entry.target_type, "tenant");
  EXPECT_EQ(entry.target_id, fmt::to_string(contoso().tenant.id.value));
  EXPECT_EQ(entry.target_name, contoso().tenant.name);
  EXPECT_EQ(entry.detail, (json::object{{"before", "as the server says"}, {"after", "30 days"}}));
  EXPECT_FALSE(entry.request_id.empty());
}

TEST_P(SettingsPagesTest, WhatIsNotAcceptedIsSaidAtTheFieldAndStays) {
  sign_in(Role::owner);
  const std::string number = "Enter a whole number of days, or leave it empty.";
  const std::string range = "Completed operations can be kept for 1 to 36500 days.";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"x", number}, {"30d", number}, {"1.5", number},  {"<b>", number},
      {"0", range},  {"-3", range},   {"36501", range}, {"99999999999999999999", range}};
  for (const auto& [typed, said] : cases) {
    const Page page = save(typed);
    EXPECT_EQ(page.status, 422) << typed;
    EXPECT_TRUE(page.has("role=\"alert\"") && page.has("<a href=\"#keep_days\">" + said)) << typed;
    EXPECT_TRUE(page.has("id=\"e-keep_days\">" + said)) << typed;
    EXPECT_TRUE(page.has("aria-describedby=\"e-keep_days h-keep_days\"")) << typed;
    EXPECT_TRUE(page.has(typed == "<b>" ? "value=\"&lt;b&gt;\"" : "value=\"" + typed + "\"")) << typed;
  }
  EXPECT_EQ(kept(contoso()), "none");
}

TEST_P(SettingsPagesTest, OnlyThoseWhoMayManageTheTenantSeeOrChangeIt) {
  for (const Role role : {Role::readonly, Role::operator_, Role::manager}) {
    sign_in(role);
    EXPECT_EQ(read(home_).status, 403);
    EXPECT_EQ(save("30").status, 403);
    EXPECT_FALSE(read("/t/contoso/connections").has("href=\"/t/contoso/settings\"")) << "no way to what is refused";
  }
  EXPECT_EQ(read("/t/no-such/settings").status, 404);
  sign_in(Role::owner);
  csrf_ = "wrong";
  EXPECT_EQ(save("30").status, 403) << "a form of somebody else's";
  EXPECT_EQ(kept(contoso()), "none");
}

}  // namespace
}  // namespace ta::cli
