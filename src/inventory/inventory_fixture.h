// For this module's tests: a tenant with two connections, runs that nothing executes, and listings by hand.
#pragma once
#include <gtest/gtest.h>

#include "inventory/inventory_store.h"
#include "inventory/inventory_sync_operation.h"
#include "inventory/item_links.h"
#include "inventory/listing_store.h"
#include "inventory/sync_runs.h"
#include "runs/metrics.h"
#include "runs/run_service.h"
#include "testing/database.h"
#include "testing/people.h"

namespace ta::inventory {

// As inventory.sync is started and recorded, without its work.
struct RecordedSync {
  static constexpr std::string_view kType = "inventory.sync";
  using Inputs = InventorySyncInputs;
  runs::Report run(const Inputs&, runs::RunContext&) { return runs::Report::done(); }
};

class InventoryTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  using Items = std::vector<ObservedItem>;

  InventoryTest() {
    runs::add_operation<RecordedSync>(
        catalog_, {.label = "Inventory sync", .capability = "inventory.sync", .domain = sync_runs_adapter()},
        [] { return RecordedSync{}; });
    database_->write([&](storage::Transaction& tx) {
      tenant_ = testing::make_tenant(tx, "contoso").id;
      other_tenant_ = testing::make_tenant(tx, "fabrikam").id;
    });
    here_ = make_connection("11111111-1111-2222-3333-444455556666");
    there_ = make_connection("22222222-1111-2222-3333-444455556666");
  }

  ConnectionId make_connection(const std::string& entra_tenant) {
    return database_->write([&](storage::Transaction& tx) {
      return ConnectionId{tx.run_text("connection",
                                      "INSERT INTO provider_connections (tenant_id, provider, entra_tenant_id, "
                                      "display_name, is_default, status, metadata, created_at, updated_at) VALUES "
                                      "(:tenant, 'microsoft', :entra, :entra, :first, 'connected', :metadata, :now, "
                                      ":now) RETURNING id",
                                      {{"tenant", tenant_},
                                       {"entra", entra_tenant},
                                       {"first", !here_.value},
                                       {"metadata", json::object{}},
                                       {"now", clock_.now()}})[0]
                              .get<std::int64_t>("id")};
    });
  }

  // Each has a selection of its own, so that none joins another.
  RunId start_run(ConnectionId connection) {
    static constexpr const char* kTypes[] = {"scope_tag", "assignment_filter", "group", "mobile_app", "policy_set"};
    json::array types{kTypes[runs_ % 5]};
    if (runs_ >= 5) types.push_back("ebook");
    if (runs_ >= 10) types.push_back("vpp_token");
    ++runs_;
    return service_
        .start(
            {tenant_, "inventory.sync", json::object{{"connection", connection.value}, {"types", types}}, std::nullopt})
        .value()
        .run.id;
  }
  Listing begin(ConnectionId connection) { return begin(connection, start_run(connection)); }
  Listing begin(ConnectionId connection, RunId run) {
    return database_->write([&](storage::Transaction& tx) { return begin_listing(tx, tenant_, connection, run); });
  }
  StepCounts step(const Listing& listing, const Items& items, std::string_view type = "scope_tag") {
    clock_.advance(std::chrono::seconds{1});
    return database_->write(
        [&](storage::Transaction& tx) { return record_objects(tx, listing, type, items, clock_.now()); });
  }
  // What is gone now.
  std::int64_t end(const Listing& listing, std::int64_t count, std::string_view type = "scope_tag") {
    clock_.advance(std::chrono::seconds{1});
    return database_->write([&](storage::Transaction& tx) -> std::int64_t {
      const auto unseen = unseen_objects(tx, listing, type, "", 1'000);
      if (!record_listed(tx, listing, type, count, clock_.now())) return -1;
      return record_gone(tx, listing, type, unseen, clock_.now());
    });
  }
  void fail(const Listing& listing, std::string_view code, std::string_view type = "scope_tag") {
    clock_.advance(std::chrono::seconds{1});
    database_->write([&](storage::Transaction& tx) { record_unlisted(tx, listing, type, code, clock_.now()); });
  }
  // A whole listing of one type.
  std::int64_t list(ConnectionId connection, const Items& items, std::string_view type = "scope_tag") {
    const Listing listing = begin(connection);
    step(listing, items, type);
    return end(listing, static_cast<std::int64_t>(items.size()), type);
  }

  static ObservedItem item(std::string id, std::string name, std::set<graph::ReferenceValue> links = {}) {
    return {std::move(id), std::move(name), "", {}, std::move(links)};
  }
  std::vector<Item> items(const ItemFilter& filter = {}) {
    return reader_.list(tenant_, filter, ItemSort::name_asc, std::nullopt, 1'000).items;
  }
  // "a: name, state", sorted by name.
  std::vector<std::string> told(const ItemFilter& filter = {}) {
    std::vector<std::string> lines;
    for (const Item& one : items(filter))
      lines.push_back(fmt::format("{}: {}, {}", one.external_id, one.name, name(one.state)));
    return lines;
  }
  std::map<std::string, SyncChanges> noted(RunId run) {
    return database_->read([&](storage::Transaction& tx) { return noted_changes(tx, tenant_, run); });
  }
  Coverage coverage(ConnectionId connection, std::string_view type = "scope_tag") {
    for (const Coverage& one : reader_.coverage(tenant_))
      if (one.connection == connection && one.type == type) return one;
    ADD_FAILURE() << "no coverage of " << type;
    return {};
  }

  testing::TestDatabase database_{GetParam()};
  testing::FixedClock clock_;
  runs::Catalog catalog_;
  runs::ChangeFeed feed_{*database_};
  runs::Metrics metrics_;
  runs::RunService service_{*database_, catalog_, clock_, feed_, metrics_};
  InventoryReader reader_{*database_};
  TenantId tenant_, other_tenant_;
  ConnectionId here_, there_;
  int runs_ = 0;
};

}  // namespace ta::inventory
