// GET /api/v1/tenants/{tenant}/inventory over real sockets.
#include "cli/product_fixture.h"

namespace ta::cli {
namespace {

using access::Role;

constexpr const char* kInventory = "/api/v1/tenants/contoso/inventory";

class InventoryApiTest : public ProductTest {
 protected:
  void SetUp() override {
    ProductTest::SetUp();
    process_->start_worker();
  }
  json::array list(const std::string& query) {
    const Answer answer = get(std::string(kInventory) + query);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json.at("items").as_array();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, InventoryApiTest, testing::engines(), testing::engine_name);

TEST_P(InventoryApiTest, ItemsHaveTheirDescribedShape) {
  EXPECT_EQ(get(kInventory).json, json::value(json::object{{"items", json::array{}}, {"next_cursor", nullptr}}));
  sync();
  const json::array tags = list("?type=scope_tag&q=DEFAULT");
  ASSERT_EQ(tags.size(), 1u);
  const json::object& tag = tags[0].as_object();
  std::vector<std::string> members;
  for (const auto& member : tag) members.emplace_back(member.key());
  EXPECT_EQ(members, (std::vector<std::string>{"id", "connection", "type", "external_id", "name", "platform", "state",
                                               "last_seen_at", "gone_since"}));
  EXPECT_EQ(tag.at("connection"), json::value(contoso().connection.value));
  EXPECT_EQ(tag.at("external_id"), json::value("0"));
  EXPECT_EQ(tag.at("state"), json::value("seen"));
  EXPECT_TRUE(tag.at("gone_since").is_null());
  EXPECT_TRUE(parse_rfc3339(tag.at("last_seen_at").as_string()));
}

TEST_P(InventoryApiTest, PagesAreWholeAndWithoutRepetition) {
  sync();
  std::set<std::int64_t> seen;
  std::string cursor, last_name;
  int pages = 0;
  do {
    const Answer page = get(fmt::format("{}?limit=37&cursor={}", kInventory, cursor));
    ASSERT_EQ(page.status, 200) << page.body;
    for (const json::value& item : page.json.at("items").as_array())
      EXPECT_TRUE(seen.insert(item.at("id").as_int64()).second);
    cursor = page.json.at("next_cursor").is_null() ? "" : std::string(page.json.at("next_cursor").as_string());
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(seen.size(), contoso().objects);
  EXPECT_EQ(pages, static_cast<int>((contoso().objects + 36) / 37));
}

TEST_P(InventoryApiTest, FiltersNarrow) {
  sync();
  const json::array filters = list("?type=assignment_filter");
  const std::string id(filters[0].at("external_id").as_string());
  ASSERT_TRUE(
      simulator_->simulator().world().remove(contoso().entra_tenant_id, "deviceManagement/assignmentFilters", id));
  const runs::Run run = sync();
  const json::array gone = list("?state=gone");
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].at("external_id"), json::value(id));
  EXPECT_TRUE(parse_rfc3339(gone[0].at("gone_since").as_string()));
  EXPECT_EQ(list(fmt::format("?run={}&change=gone", run.id)), gone);
  EXPECT_TRUE(list(fmt::format("?run={}&change=new", run.id)).empty());
  EXPECT_EQ(list("?q=" + id), gone) << "found by the id that Microsoft gave it";
  EXPECT_EQ(list("?type=assignment_filter&state=seen").size(), filters.size() - 1);
  EXPECT_TRUE(list("?state=not_read").empty());
  EXPECT_FALSE(list("?platform=windows&limit=1").empty());
  EXPECT_EQ(list(fmt::format("?limit=1&connection={}", contoso().connection)).size(), 1u);
  EXPECT_TRUE(list(fmt::format("?connection={}", data_.tenants[1].connection)).empty()) << "another tenant's";
}

TEST_P(InventoryApiTest, WhoMayNotReadItAndWhatMakesNoSense) {
  EXPECT_EQ(send(http::Method::get, kInventory, "", "").status, 401);
  EXPECT_EQ(get("/api/v1/tenants/nowhere/inventory").status, 404);
  EXPECT_EQ(get("/api/v1/tenants/fabrikam/inventory", Role::readonly).status, 404) << "not a member there";
  EXPECT_EQ(get(kInventory, Role::readonly).status, 200);
  for (const char* query :
       {"?colour=red", "?state=missing", "?connection=x", "?connection=-1", "?limit=0", "?limit=201", "?limit=2x",
        "?cursor=nonsense", "?run=0", "?change=gone", "?run=1&change=deleted", "?limit=1&limit=2"}) {
    const Answer answer = get(std::string(kInventory) + query);
    EXPECT_EQ(answer.status, 422) << query;
    EXPECT_EQ(answer.json.at("code"), json::value("request.invalid_parameter")) << query;
  }
  for (const char* query : {"?q=%FF", "?q=%00", "?type=%00"})
    EXPECT_EQ(get(std::string(kInventory) + query).json.at("code"), json::value("request.invalid_text")) << query;
}

}  // namespace
}  // namespace ta::cli
