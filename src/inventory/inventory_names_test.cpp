// Names as they come from Microsoft and from before: kept whole, found and sorted alike on both databases, and never in
// the way of a list's next page.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/digest.h"
#include "base/folded_order.h"
#include "base/utf8.h"
#include "graph/contract_registry.h"
#include "inventory/inventory_store.h"
#include "inventory/listing_store.h"
#include "inventory/name_folding.h"
#include "inventory/observed_item.h"
#include "testing/database.h"
#include "testing/people.h"

namespace ta::inventory {
namespace {

class InventoryNamesTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  InventoryNamesTest() {
    database_->write([&](storage::Transaction& tx) {
      tenant_ = testing::make_tenant(tx, "contoso").id;
      tx.run_text(
          "connection",
          R"(INSERT INTO provider_connections (id, tenant_id, provider, entra_tenant_id, display_name, is_default,
                                                       status, created_at, updated_at)
                     VALUES (7, :tenant, 'microsoft', '11111111-2222-3333-4444-555555555555', 'Contoso', :yes,
                             'connected', :now, :now))",
          {{"tenant", tenant_}, {"yes", true}, {"now", testing::kTestNow}});
      tx.run_text(
          "run",
          R"(INSERT INTO operation_runs (id, tenant_id, initiator_name, type, status, outcome, run_identity_hash,
                                                 created_at, updated_at)
                     VALUES (9, :tenant, 'Alva', 'inventory.sync', 'queued', 'pending', :hash, :now, :now))",
          {{"tenant", tenant_}, {"hash", std::string(64, 'a')}, {"now", testing::kTestNow}});
    });
  }

  // Lists groups as Graph would send them.
  StepCounts observe(const std::vector<json::object>& objects) {
    std::vector<ObservedItem> items;
    for (const json::object& object : objects) items.push_back(observed_item(contract_, object, tenant_));
    return database_->write([&](storage::Transaction& tx) {
      const Listing listing = begin_listing(tx, tenant_, ConnectionId{7}, RunId{9});
      const StepCounts counts = record_objects(tx, listing, contract_.id, items, testing::kTestNow);
      record_listed(tx, listing, contract_.id, counts.kept(), testing::kTestNow);
      return counts;
    });
  }
  StepCounts observe_names(const std::vector<std::string>& names) {
    std::vector<json::object> objects;
    for (const std::string& name : names)
      objects.push_back({{"id", fmt::format("g{}", objects.size())}, {"displayName", name}});
    return observe(objects);
  }
  std::vector<std::string> found(std::string_view search) {
    std::vector<std::string> names;
    for (const Item& item : reader_.list(tenant_, {.search = std::string(search)}, ItemSort::name_asc, {}, 100).items)
      names.push_back(item.name);
    return names;
  }
  // The list's names, read in pages of `size` through the cursors as addresses carry them.
  std::vector<std::string> paged(ItemSort sort, int size) {
    std::vector<std::string> names;
    std::optional<ItemCursor> cursor;
    do {
      const ItemPage page = reader_.list(tenant_, {}, sort, cursor, size);
      for (const Item& item : page.items) names.push_back(item.name);
      cursor = page.next ? item_cursor_from(to_text(*page.next, sort), sort) : std::nullopt;
      EXPECT_EQ(cursor.has_value(), page.next.has_value()) << "the next page would be the first one again";
    } while (cursor && names.size() < 1'000);
    return names;
  }
  void execute(std::string_view sql, storage::Params params = {}) {
    database_->write([&](storage::Transaction& tx) { tx.run_text("test", sql, params); });
  }

  testing::TestDatabase database_{GetParam()};
  const graph::Contract& contract_ = *graph::ContractRegistry::builtin().find("group");
  InventoryReader reader_{*database_};
  TenantId tenant_;
};
INSTANTIATE_TEST_SUITE_P(Engines, InventoryNamesTest, testing::engines(), testing::engine_name);

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST_P(InventoryNamesTest, ALongNameKeepsAWholeLastCharacter) {
  observe_names({repeated("漢", 150), std::string(399, 'a') + "é", repeated("é", 210)});
  EXPECT_EQ(paged(ItemSort::name_asc, 10),
            (std::vector<std::string>{std::string(399, 'a'), repeated("é", 200), repeated("漢", 133)}));
}

TEST_P(InventoryNamesTest, NulInAnyTextOfAnObjectIsReplaced) {
  const std::string nul(1, '\0');
  const json::object odd{{"id", "g" + nul + "1"},
                         {"displayName", "Ki" + nul + "osk"},
                         {"description", "a" + nul + "b " + repeated("漢", 300)}};
  EXPECT_EQ(observe({odd, {{"id", "g2"}, {"displayName", "Labs"}}}).created, 2);
  EXPECT_EQ(observe({odd, {{"id", "g2"}, {"displayName", "Labs"}}}).unchanged, 2) << "it is the same object again";
  const auto items = reader_.list(tenant_, {}, ItemSort::name_asc, {}, 10).items;
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].name, "Ki\xEF\xBF\xBDosk");
  EXPECT_EQ(items[0].external_id,
            "g\xEF\xBF\xBD"
            "1");
  EXPECT_TRUE(is_utf8(json::serialize(items[0].meta)));
}

TEST_P(InventoryNamesTest, AnIdOfAnyLengthIsAnObjectOfItsOwn) {
  const std::string long_id(5'000, 'x');
  const std::vector<json::object> objects{{{"id", long_id + "1"}, {"displayName", "One"}},
                                          {{"id", long_id + "2"}, {"displayName", "Two"}}};
  EXPECT_EQ(observe(objects).created, 2);
  EXPECT_EQ(observe(objects).unchanged, 2);
}

TEST_P(InventoryNamesTest, SpellingsOfOneNameFindEachOther) {
  const std::vector<std::string> names{"Übung A", "ПРИВІТ",        "Große Räume", "GRÖSSE XL", "Windows 11",
                                       "日本",    "100 % _sicher", "ΣΊΣΥΦΟΣ",     "İstanbul"};
  observe_names(names);
  for (const auto& [search, name] : std::map<std::string, std::string>{{"übung", "Übung A"},
                                                                       {"ÜBUNG", "Übung A"},
                                                                       {"u\u0308bung", "Übung A"},
                                                                       {"привіт", "ПРИВІТ"},
                                                                       {"GROSSE", "Große Räume"},
                                                                       {"größe", "GRÖSSE XL"},
                                                                       {"wINDOWS", "Windows 11"},
                                                                       {"本", "日本"},
                                                                       {"% _S", "100 % _sicher"},
                                                                       {"σίσυφος", "ΣΊΣΥΦΟΣ"},
                                                                       {"i\u0307STAN", "İstanbul"}})
    EXPECT_EQ(found(search), std::vector<std::string>{name}) << search;
  EXPECT_TRUE(found("ubung").empty()) << "other letters are other letters";
  EXPECT_TRUE(found("\\").empty());
}

TEST_P(InventoryNamesTest, TheOrderIsThatOfFoldedBytesAndPagesMeetNoNameTwice) {
  std::vector<std::string> names{"b",
                                 "A",
                                 "a",
                                 "-",
                                 "Ä",
                                 "ä",
                                 "z",
                                 "Z 1",
                                 "_x",
                                 "ß",
                                 "ss",
                                 "é",
                                 "日本",
                                 "привіт",
                                 "ПРИВІТ",
                                 "\"\\",
                                 "a\x01\x02",
                                 "\u2028x",
                                 "🦊",
                                 "😀",
                                 repeated("\x01", 400),
                                 repeated("漢", 150),
                                 repeated("ΐ", 200),
                                 repeated("\"", 400)};
  observe_names(names);
  for (std::string& name : names) name = cut_utf8(name, 400);
  sort_by_name(names, [](const std::string& name) { return name; });
  for (const int size : {1, 7, 100}) {
    EXPECT_EQ(paged(ItemSort::name_asc, size), names) << size;
    std::vector<std::string> reversed(names.rbegin(), names.rend());
    EXPECT_EQ(paged(ItemSort::name_desc, size), reversed) << size;
  }
}

TEST_P(InventoryNamesTest, ACursorThatNobodyMadeIsNone) {
  observe_names({"a"});
  for (const char* text : {R"([0,"a\u0000",1,false])", R"([2,"999999999999999999",1,false])", R"([2,"-1",1,false])",
                           R"([2,"x",1,false])", R"([0,"\ud800",1,false])", "[]", "\xFF"})
    for (const ItemSort sort : {ItemSort::name_asc, ItemSort::seen_asc})
      EXPECT_FALSE(item_cursor_from(base64url(text), sort)) << text;
}

// As a program before version 13 left them.
TEST_P(InventoryNamesTest, NamesFromBeforeAreFoldedInSteps) {
  std::vector<std::string> names;
  for (int i = 0; i < 25; ++i) names.push_back(fmt::format("ÜBUNG {:02}", i));
  names.push_back("without a name");
  observe_names(names);
  execute("UPDATE inventory_items SET name = '' WHERE name = 'without a name'");
  execute("UPDATE inventory_items SET name_folded = ''");
  if (GetParam() == storage::Engine::sqlite)  // PostgreSQL never took such a name
    execute("UPDATE inventory_items SET name = CAST(X'C39C42554E4720E6BC' AS TEXT) WHERE name = 'ÜBUNG 00'");
  EXPECT_TRUE(found("übung").empty());
  EXPECT_EQ(fold_some_names(*database_, 10), 10u);
  EXPECT_EQ(found("übung").size(), 10u);
  EXPECT_EQ(fold_some_names(*database_, 10), 10u);
  EXPECT_EQ(fold_some_names(*database_, 10), 5u);
  EXPECT_EQ(fold_some_names(*database_, 10), 0u) << "an empty name has nothing to fold";
  EXPECT_EQ(found("übung").size(), 25u);
  for (const std::string& name : found("")) EXPECT_TRUE(is_utf8(name));
}

// Whatever locale the database was made with, the column compares bytes.
TEST_P(InventoryNamesTest, TheColumnHasNoLocaleOfItsOwn) {
  if (GetParam() == storage::Engine::sqlite) return;
  const std::string collation = database_->read([](storage::Transaction& tx) {
    return tx
        .run_text("collation", R"(SELECT collation_name::text AS name FROM information_schema.columns
                                   WHERE table_name = 'inventory_items' AND column_name = 'name_folded')")[0]
        .get<std::string>("name");
  });
  EXPECT_EQ(collation, "C");
}

}  // namespace
}  // namespace ta::inventory
