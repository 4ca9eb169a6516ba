#include "web/shell.h"

#include <gtest/gtest.h>

namespace ta::web {
namespace {

const Timestamp kNow = *parse_rfc3339("2026-11-21T07:45:00Z");

access::TenantAccess tenant(int id, std::string slug, std::string name) {
  access::TenantAccess access;
  access.tenant.id = TenantId(id);
  access.tenant.slug = std::move(slug);
  access.tenant.name = std::move(name);
  access.role = access::Role::operator_;
  return access;
}

Viewer viewer() {
  Viewer v{{}, tenant(1, "contoso", "Contoso <Ltd>"), {}, TimeZone("UTC"), kNow};
  v.principal.user.name = "Alva & Lindqvist";
  v.principal.csrf_token = "token-of-this-session";
  return v;
}

std::string shell(const Viewer& v, const ShellData& data = {}, std::vector<Toast> toasts = {}) {
  const Page page{"Operations", "operations", "<p id=\"page\">page</p>", "/t/contoso/operations/live"};
  const std::vector<NavEntry> nav = {{"", "", "Dashboard", "home", "d"},
                                     {"Monitor", "operations", "Operations", "list-details", "o"}};
  const std::vector<access::TenantAccess> tenants = {tenant(1, "contoso", "Contoso <Ltd>"),
                                                     tenant(2, "fabrikam", "Fabrikam")};
  return render_shell({v, page, data, nav, tenants, std::move(toasts), "/t/contoso/operations?tab=active"});
}

bool has(const std::string& html, std::string_view text) { return html.find(text) != std::string::npos; }

TEST(Shell, PutsThePageIntoItsFrame) {
  const std::string html = shell(viewer());
  EXPECT_TRUE(has(html, "<p id=\"page\">page</p>"));
  EXPECT_TRUE(has(html, "<title>Operations · TenantAtlas</title>"));
  EXPECT_TRUE(has(html, "Contoso &lt;Ltd&gt;"));
  EXPECT_TRUE(has(html, "Alva &amp; Lindqvist"));
  EXPECT_FALSE(has(html, "Contoso <Ltd>"));
}

TEST(Shell, MarksWhereOneIs) {
  const std::string html = shell(viewer());
  EXPECT_TRUE(has(html, "href=\"/t/contoso/operations\" aria-current=\"page\""));
  EXPECT_FALSE(has(html, "href=\"/t/contoso\" aria-current"));
}

TEST(Shell, AnEntryIsForThoseWhoMayOpenIt) {
  const auto nav = [](access::Role role) {
    Viewer v = viewer();
    v.tenant->role = role;
    const Page page{"Operations", "operations", ""};
    return render_shell({v,
                         page,
                         {},
                         {{"Administer", "settings", "Settings", "settings", "", access::Capability::settings_manage}},
                         {},
                         {},
                         ""});
  };
  EXPECT_TRUE(has(nav(access::Role::owner), "href=\"/t/contoso/settings\""));
  EXPECT_FALSE(has(nav(access::Role::manager), "href=\"/t/contoso/settings\""));
}

TEST(Shell, TheSwitcherKeepsTheSectionAndDropsTheRest) {
  EXPECT_TRUE(has(shell(viewer()), "href=\"/t/fabrikam/operations\""));
}

TEST(Shell, TheAutomaticThemeWritesNothing) {
  Viewer v = viewer();
  EXPECT_TRUE(has(shell(v), "<html lang=\"en\">"));
  v.preferences.theme = "dark";
  EXPECT_TRUE(has(shell(v), "<html lang=\"en\" data-bs-theme=\"dark\">"));
}

TEST(Shell, TheWidgetIsAbsentAtZero) {
  EXPECT_FALSE(has(shell(viewer()), "ta-widget-menu"));
  ShellData data;
  data.widget = {{{7, "/t/contoso/operations/7", "Inventory sync", "Running", "", "12 s", 40}},
                 7,
                 6,
                 "/t/contoso/operations?tab=active"};
  const std::string html = shell(viewer(), data);
  EXPECT_TRUE(has(html, "7<span class=\"ta-wide\"> active</span>"));
  EXPECT_TRUE(has(html, "40 %"));
  EXPECT_TRUE(has(html, "+6 more"));
}

TEST(Shell, CountsOfTheFrameEndAtTenThousand) {
  ShellData data;
  data.widget = {{{7, "/x", "Inventory sync", "Running", "", "12 s", std::nullopt}}, 10'001, 9'996, "/x"};
  data.unread = 10'001;
  const std::string html = shell(viewer(), data);
  EXPECT_TRUE(has(html, "10,000+<span class=\"ta-wide\"> active</span>"));
  EXPECT_FALSE(has(html, "10,001"));
}

TEST(Shell, TheSwitcherListsAFewTenantsAndThePresentOne) {
  std::vector<access::TenantAccess> tenants;
  for (int i = 0; i <= kSwitcherTenants; ++i)
    tenants.push_back(tenant(100 + i, fmt::format("t{}", i), fmt::format("Tenant {}", i)));
  const std::string html = render_shell({viewer(), {"Operations", "operations", ""}, {}, {}, tenants, {}, "/"});
  EXPECT_TRUE(has(html, "<a href=\"/t/contoso/operations\" aria-current=\"true\">"));
  EXPECT_TRUE(has(html, "/t/t19/operations"));
  EXPECT_FALSE(has(html, "/t/t20/operations"));
  EXPECT_TRUE(has(html, "more than 20"));
  EXPECT_FALSE(has(shell(viewer()), "more than 20"));
}

TEST(Shell, APercentageIsShownOnlyWhenThereIsOne) {
  ShellData data;
  data.widget = {{{7, "/x", "Inventory sync", "Running", "", "12 s", std::nullopt}}, 1, 0, ""};
  EXPECT_FALSE(has(shell(viewer(), data), "<progress"));
}

TEST(Shell, HasTwoLiveRegionsASkipLinkAndOneStream) {
  const std::string html = shell(viewer());
  EXPECT_TRUE(has(html, "id=\"ta-status\" role=\"status\""));
  EXPECT_TRUE(has(html, "id=\"ta-alert\" role=\"alert\""));
  EXPECT_TRUE(has(html, "href=\"#main\""));
  EXPECT_TRUE(has(html, "hx-sse:connect=\"/t/contoso/operations/live\""));
}

TEST(Shell, EveryFormCarriesTheToken) {
  const std::string html = shell(viewer());
  std::size_t forms = 0, tokens = 0;
  for (auto at = html.find("<form"); at != std::string::npos; at = html.find("<form", at + 1)) ++forms;
  for (auto at = html.find("token-of-this-session"); at != std::string::npos;
       at = html.find("token-of-this-session", at + 1))
    ++tokens;
  EXPECT_GT(forms, 0u);
  EXPECT_EQ(forms, tokens);
}

TEST(Shell, WaitingToastsAreShown) {
  const std::string html =
      shell(viewer(), {}, {{"danger", "Inventory sync did not start.", "The queue is full.", "", ""}});
  EXPECT_TRUE(has(html, "data-level=\"danger\""));
  EXPECT_TRUE(has(html, "Inventory sync did not start."));
}

}  // namespace
}  // namespace ta::web
