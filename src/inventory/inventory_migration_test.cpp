// What an installation had observed before objects were told by their connection stays, and reads the same.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "inventory/inventory_store.h"
#include "inventory/listing_store.h"
#include "storage/migrations.h"
#include "testing/clock.h"
#include "testing/database.h"

namespace ta::inventory {
namespace {

namespace fs = std::filesystem;

constexpr int kVersion = 14;

class InventoryMigrationTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  // The schema as it was; tests run where the sources are.
  void migrate_up_to(int version) {
    const char* folder =
        GetParam() == storage::Engine::sqlite ? "src/storage/migrations/sqlite" : "src/storage/migrations/postgres";
    std::set<fs::path> files;
    for (const auto& file : fs::directory_iterator(folder)) files.insert(file.path());
    for (const fs::path& file : files) {
      const int number = std::stoi(file.filename().string().substr(0, 4));
      if (number >= version) continue;
      std::ifstream in(file);
      const std::string sql{std::istreambuf_iterator<char>(in), {}};
      database_->write([&](storage::Transaction& tx) {
        tx.run_script("CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL)");
        tx.run_script(sql);
        tx.run_text("done", "INSERT INTO schema_migrations (version, name) VALUES (:version, :name)",
                    {{"version", number}, {"name", file.stem().string().substr(5)}});
      });
    }
  }
  void run(const char* sql) {
    storage::Params times{{"t2", clock_.now() + std::chrono::hours{1}}};
    if (std::string_view(sql).find(":t1") != std::string_view::npos) times.push_back({"t1", clock_.now()});
    database_->write([&](storage::Transaction& tx) { tx.run_text("legacy", sql, times); });
  }
  void insert_legacy_rows() {
    run("INSERT INTO tenants (id, slug, name, time_zone, created_at, updated_at) "
        "VALUES (1, 'contoso', 'Contoso', 'UTC', :t1, :t2)");
    run("INSERT INTO provider_connections (id, tenant_id, provider, entra_tenant_id, display_name, is_default, status, "
        "metadata, created_at, updated_at) VALUES (7, 1, 'microsoft', '6f0c2d3e-1111-2222-3333-444455556666', 'C', "
        "true, 'connected', '{}', :t1, :t2)");
    run("INSERT INTO inventory_items (tenant_id, connection_id, type, external_id, name, platform, meta, "
        "first_seen_at, last_seen_at) VALUES "
        "(1, 7, 'scope_tag', 'there', 'There', '', '{}', :t1, :t2), "
        "(1, 7, 'scope_tag', 'lost', 'Lost', '', '{}', :t1, :t1), "
        "(1, 7, 'group', 'failed', 'Failed', '', '{}', :t1, :t2), "
        "(1, 7, 'ebook', 'uncovered', 'Uncovered', '', '{}', :t1, :t2)");
    run("INSERT INTO inventory_coverage (tenant_id, connection_id, type, attempted_at, code, listed_at, listed_count) "
        "VALUES (1, 7, 'scope_tag', :t2, '', :t2, 1), (1, 7, 'group', :t2, 'graph.forbidden', NULL, 0)");
  }

  testing::TestDatabase database_{GetParam(), testing::TestDatabase::Schema::empty};
  testing::FixedClock clock_;
};
INSTANTIATE_TEST_SUITE_P(Engines, InventoryMigrationTest, testing::engines(), testing::engine_name);

TEST_P(InventoryMigrationTest, WhatWasObservedStaysAndReadsTheSame) {
  migrate_up_to(kVersion);
  insert_legacy_rows();
  ASSERT_TRUE(storage::migrate(*database_).has_value());
  const TenantId tenant{1};
  InventoryReader reader(*database_);
  std::map<std::string, Item> items;
  for (const Item& item : reader.list(tenant, {}, ItemSort::name_asc, {}, 10).items)
    items.emplace(item.external_id, item);
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items.at("there").state, ItemState::seen);
  EXPECT_EQ(items.at("lost").state, ItemState::gone);
  EXPECT_EQ(items.at("lost").gone_since, clock_.now() + std::chrono::hours{1});
  EXPECT_EQ(items.at("failed").state, ItemState::seen);
  EXPECT_EQ(items.at("uncovered").state, ItemState::seen);
  // The next listing finds what is gone by now, and not once more what was gone already.
  database_->write([&](storage::Transaction& tx) {
    const Listing listing = begin_listing(tx, tenant, ConnectionId{7}, RunId{});
    EXPECT_EQ(listing.number, 2);
    EXPECT_EQ(unseen_objects(tx, listing, "scope_tag", "", 10), std::vector<std::string>{"there"});
  });
}

}  // namespace
}  // namespace ta::inventory
