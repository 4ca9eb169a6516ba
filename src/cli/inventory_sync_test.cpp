// inventory.sync for real: through the engine, the Graph client and sockets, against the simulator, on both databases.
#include <fstream>

#include "cli/product_fixture.h"
#include "graph/contract_registry.h"
#include "inventory/item_links.h"
#include "inventory/sync_runs.h"

namespace ta::cli {
namespace {

class InventorySyncTest : public ProductTest {
 protected:
  void SetUp() override {
    ProductTest::SetUp();
    process_->start_worker();
  }
  std::vector<inventory::Item> items(const inventory::ItemFilter& filter = {}) {
    inventory::InventoryReader reader(process_->database());
    return reader.list(contoso().tenant.id, filter, inventory::ItemSort::name_asc, std::nullopt, 1'000).items;
  }
  // Everything that is stored, as text.
  std::string dump() {
    std::string out;
    for (const char* table : {"operation_runs", "run_jobs", "run_attempts", "notifications", "inventory_items",
                              "inventory_coverage", "audit_log", "provider_connections", "inventory_sync_runs",
                              "inventory_sync_types", "inventory_links", "inventory_changes"})
      database_->read([&](storage::Transaction& tx) {
        const bool sqlite = tx.engine() == storage::Engine::sqlite;
        const std::string row = sqlite ? "t.*" : "row_to_json(t) AS row";
        if (!sqlite)
          for (const storage::Row& line : tx.run_text("dump", fmt::format("SELECT {} FROM {} t", row, table)))
            out += line.get<std::string>("row") + "\n";
      });
    if (GetParam() == storage::Engine::sqlite) out = read_sqlite_file();
    return out;
  }
  std::string read_sqlite_file() {
    const std::string file = database_.url().substr(std::string_view("sqlite:").size());
    std::string out;
    for (const std::string& part : {file, file + "-wal"}) {
      std::ifstream in(part, std::ios::binary);
      out.append(std::istreambuf_iterator<char>(in), {});
    }
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, InventorySyncTest, testing::engines(), testing::engine_name);

TEST_P(InventorySyncTest, BringsEveryObjectOnce) {
  const runs::Run first = sync();
  EXPECT_EQ(first.outcome, runs::RunOutcome::succeeded);
  EXPECT_EQ(first.summary_counts.processed, contoso().objects);
  EXPECT_EQ(first.summary_counts.created, contoso().objects);
  EXPECT_EQ(first.summary_counts.total, contoso().objects);
  EXPECT_EQ(items().size(), contoso().objects);
  for (const inventory::Item& item : items()) {
    EXPECT_EQ(item.state, inventory::ItemState::seen);
    EXPECT_FALSE(item.name.empty());
    EXPECT_EQ(item.last_seen_run, first.id);
  }
  const auto bell = process_->host().reader.notifications(person(access::Role::owner).user.id, false, std::nullopt, 10);
  ASSERT_EQ(bell.size(), 2u);
  EXPECT_EQ(bell[0].title, "Inventory sync succeeded");
  EXPECT_EQ(bell[0].body, fmt::format("First reading: {} objects.", contoso().objects));
  const runs::Run second = sync();
  EXPECT_EQ(second.summary_counts.unchanged, contoso().objects);
  EXPECT_EQ(second.summary_counts.created.value_or(0), 0);
  EXPECT_EQ(items().size(), contoso().objects);
}

TEST_P(InventorySyncTest, SeesWhatChangedAndWhatIsGone) {
  sync();
  simulator::World& world = simulator_->simulator().world();
  const auto filters = items({.type = "assignment_filter"});
  ASSERT_GE(filters.size(), 2u);
  const std::string set = "deviceManagement/assignmentFilters";
  ASSERT_TRUE(world.remove(contoso().entra_tenant_id, set, filters[0].external_id).has_value());
  ASSERT_TRUE(world
                  .change(contoso().entra_tenant_id, set, filters[1].external_id,
                          {.body = {{"displayName", "Renamed"}}, .parts = {}}, SystemClock().now())
                  .has_value());
  const runs::Run run = sync();
  EXPECT_EQ(run.summary_counts.updated, 1);
  EXPECT_EQ(items({.search = "renamed"}).size(), 1u);
  const auto gone = items({.state = inventory::ItemState::gone});
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].external_id, filters[0].external_id);
  EXPECT_GE(gone[0].gone_since, gone[0].last_seen_at);
}

TEST_P(InventorySyncTest, OneForbiddenTypeLeavesTheOthersAndSaysWhich) {
  sync();
  faults().add({.tenant = contoso().entra_tenant_id, .path_contains = "/assignmentFilters", .status = 403});
  const runs::Run run = sync();
  EXPECT_EQ(run.outcome, runs::RunOutcome::partially_succeeded);
  ASSERT_EQ(run.failure_summary.size(), 1u);
  EXPECT_EQ(run.failure_summary[0].code, "graph.forbidden");
  EXPECT_NE(run.failure_summary[0].message.find("ilter"), std::string::npos) << run.failure_summary[0].message;
  EXPECT_EQ(run.summary_counts.failed, 1);
  EXPECT_EQ(items().size(), contoso().objects) << "nothing is deleted";
  EXPECT_TRUE(items({.state = inventory::ItemState::gone}).empty());
  EXPECT_EQ(items({.state = inventory::ItemState::not_read}).size(), items({.type = "assignment_filter"}).size());
  inventory::InventoryReader reader(process_->database());
  for (const inventory::Coverage& coverage : reader.coverage(contoso().tenant.id))
    EXPECT_EQ(coverage.code, coverage.type == "assignment_filter" ? "graph.forbidden" : "") << coverage.type;
}

TEST_P(InventorySyncTest, EverySyncHasItsRowAndItsResultPerType) {
  const runs::Run first = sync();
  faults().add({.tenant = contoso().entra_tenant_id, .path_contains = "/assignmentFilters", .status = 403});
  const runs::Run second = sync();
  const runs::RegisteredType& type = *process_->host().catalog.find("inventory.sync");
  for (const runs::Run& run : {first, second}) {
    const std::int64_t row = run.context.at("inventory_sync_run_id").as_int64();
    EXPECT_EQ(count(fmt::format("inventory_sync_runs WHERE id = {} AND operation_run_id = {} AND status = 'completed' "
                                "AND outcome = '{}' AND connection_id = {}",
                                row, run.id, name(run.outcome), contoso().connection)),
              1);
    std::int64_t objects = 0;
    for (const runs::RunPart& part : process_->host().reader.parts(type, run.tenant_id, run.id))
      objects += part.count.value_or(0);
    EXPECT_EQ(objects, run.summary_counts.processed);
  }
  EXPECT_EQ(count("inventory_sync_types WHERE code <> ''"), 1);
  const auto parts = process_->host().reader.parts(type, second.tenant_id, second.id);
  EXPECT_EQ(parts.size(), graph::ContractRegistry::builtin().synced_by_default().size());
  EXPECT_EQ(parts.front().code, "graph.forbidden") << "what failed comes first";
  EXPECT_EQ(parts.front().state, "failed");
  EXPECT_TRUE(process_->host().reader.parts(type, data_.tenants[1].tenant.id, second.id).empty());
}

TEST_P(InventorySyncTest, TheLatestSyncOfEverythingIsToldFromSelections) {
  const auto latest = [&] {
    return database_->read([&](storage::Transaction& tx) {
      return inventory::latest_full_sync(tx, contoso().tenant.id, contoso().connection);
    });
  };
  EXPECT_FALSE(latest().has_value());
  const runs::Run full = sync();
  sync({{"types", {"scope_tag"}}});
  const auto found = latest();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->run, full.id);
  EXPECT_EQ(found->types, static_cast<std::int64_t>(graph::ContractRegistry::builtin().synced_by_default().size()));
  EXPECT_EQ(found->failed, 0);
}

TEST_P(InventorySyncTest, EveryTypeThatAnAppMayReadIsListed) {
  sync();
  inventory::InventoryReader reader(process_->database());
  std::set<std::string> covered;
  for (const inventory::Coverage& coverage : reader.coverage(contoso().tenant.id)) covered.insert(coverage.type);
  const std::set<std::string> only_when_named{"intune_audit_event", "managed_app_policy",
                                              "conditional_access_template"};
  for (const graph::Contract& contract : graph::ContractRegistry::builtin().all())
    EXPECT_EQ(covered.contains(contract.id), contract.can_be_listed() && !only_when_named.contains(contract.id))
        << contract.id;
}

TEST_P(InventorySyncTest, LinksFollowWhatTheObjectsReferTo) {
  sync();
  const inventory::Item policy = items({.type = "compliance_policy"}).at(0);
  const inventory::Item tag = items({.type = "scope_tag"}).at(0);
  const auto links = [&](const inventory::Item& item) {
    return process_->database().read(
        [&](storage::Transaction& tx) { return inventory::links_of(tx, contoso().tenant.id, item, 100); });
  };
  const auto named = [](const std::vector<inventory::ItemLink>& all, const inventory::Item& item) {
    return std::count_if(all.begin(), all.end(), [&](const auto& link) { return link.item == item.id; });
  };
  const auto change = [&](json::object body) {
    ASSERT_TRUE(simulator_->simulator().world().change(contoso().entra_tenant_id,
                                                       "deviceManagement/deviceCompliancePolicies", policy.external_id,
                                                       {.body = std::move(body), .parts = {}}, SystemClock().now()));
  };
  change({{"roleScopeTagIds", json::array{"987654"}}});
  EXPECT_EQ(sync().summary_counts.updated, 1);
  EXPECT_EQ(named(links(policy).uses, tag), 0);
  EXPECT_EQ(named(links(tag).used_by, policy), 0);
  const auto uses = links(policy).uses;
  EXPECT_TRUE(std::any_of(uses.begin(), uses.end(), [](const inventory::ItemLink& link) {
    return link.target_id == "987654" && !link.item;
  })) << "a link may lead to what is not in the inventory";
  change({{"roleScopeTagIds", json::array{tag.external_id}}});
  sync();
  EXPECT_EQ(named(links(policy).uses, tag), 1);
  EXPECT_EQ(named(links(tag).used_by, policy), 1);
}

TEST_P(InventorySyncTest, LinksOfATenantAreItsOwnAndAreCutOff) {
  sync();
  const auto other = data_.tenants[1];
  const Answer started = send(http::Method::post, "/api/v1/tenants/" + other.tenant.slug + "/runs",
                              R"({"type": "inventory.sync"})", person(access::Role::owner).api_token);
  ASSERT_EQ(started.status, 201) << started.body;
  wait_for_run(*process_, other.tenant.id, RunId{started.json.at("run").at("id").as_int64()});
  const auto tags = items({.type = "scope_tag"});
  const auto standard = std::find_if(tags.begin(), tags.end(), [](const auto& tag) { return tag.external_id == "0"; });
  ASSERT_NE(standard, tags.end());
  const auto read = [&](TenantId tenant, int limit) {
    return process_->database().read(
        [&](storage::Transaction& tx) { return inventory::links_of(tx, tenant, *standard, limit); });
  };
  const inventory::ItemLinks all = read(contoso().tenant.id, 1'000);
  EXPECT_GT(all.used_by.size(), 10u);
  EXPECT_FALSE(all.more_used_by);
  inventory::InventoryReader reader(process_->database());
  for (const inventory::ItemLink& link : all.used_by) EXPECT_TRUE(reader.find(contoso().tenant.id, *link.item));
  const inventory::ItemLinks few = read(contoso().tenant.id, 3);
  EXPECT_EQ(few.used_by.size(), 3u);
  EXPECT_TRUE(few.more_used_by);
}

TEST_P(InventorySyncTest, AResultThatComesAfterTheEndIsNotWritten) {
  const runs::Run run = sync();
  const std::string all = "inventory_sync_types";
  const std::int64_t before = count(all);
  database_->write([&](storage::Transaction& tx) {
    inventory::record_type(tx, run.tenant_id, run.id, {"late_type", 3, "", SystemClock().now()});
  });
  EXPECT_EQ(count(all), before);
}

TEST_P(InventorySyncTest, ThrottlingWithoutRetryAfterLosesNothing) {
  faults().add({.path_contains = "/device", .status = 429, .probability = 0.3});
  faults().add({.path_contains = "/groups", .status = 503, .count = 2});
  const runs::Run run = sync();
  EXPECT_EQ(run.outcome, runs::RunOutcome::succeeded) << "a request is refused many times before it is given up";
  EXPECT_EQ(run.summary_counts.processed, static_cast<std::int64_t>(items().size()));
  EXPECT_EQ(items().size(), contoso().objects);
  const json::object log = simulator_->simulator().log().to_json(0);
  EXPECT_GT(json_int(log.at("by_status"), "429"), 0) << "nothing was refused";
}

TEST_P(InventorySyncTest, ASelectionIsItsOwnRunAndReadsOnlyThat) {
  const runs::Run run = sync({{"types", {"scope_tag", "assignment_filter", "scope_tag"}}});
  EXPECT_EQ(run.outcome, runs::RunOutcome::succeeded);
  for (const inventory::Item& item : items()) EXPECT_TRUE(item.type == "scope_tag" || item.type == "assignment_filter");
  EXPECT_EQ(run.summary_counts.processed, static_cast<std::int64_t>(items().size()));
}

TEST_P(InventorySyncTest, WithoutAConnectionOrACredentialItSaysSo) {
  const runs::Run foreign = sync({{"connection", data_.tenants[1].connection.value}});
  EXPECT_EQ(foreign.failure_summary.at(0).code, "provider.connection_missing");
  database_->write([](storage::Transaction& tx) { tx.run_text("drop", "DELETE FROM provider_credentials"); });
  EXPECT_EQ(sync().failure_summary.at(0).code, "provider.credential_missing");
  database_->write([](storage::Transaction& tx) { tx.run_text("drop", "DELETE FROM provider_connections"); });
  EXPECT_EQ(sync().failure_summary.at(0).code, "provider.connection_missing");
}

TEST_P(InventorySyncTest, ARefusedSecretEndsTheRunOnceAndMarksTheConnection) {
  process_->database().write([&](storage::Transaction& tx) {
    const std::string client_id = simulator_->simulator().world().tenants()[0].app("full").client_id;
    ASSERT_TRUE(process_->connections()
                    .set_credential(tx, contoso().tenant.id, contoso().connection,
                                    {.client_id = client_id, .secret = "not-the-secret-7f3a9c"}, SystemClock().now())
                    .has_value());
  });
  const runs::Run run = sync();
  EXPECT_EQ(run.outcome, runs::RunOutcome::failed);
  ASSERT_EQ(run.failure_summary.size(), 1u);
  EXPECT_EQ(run.failure_summary[0].code, "provider.credential_wrong");
  const auto connection = process_->database().read([&](storage::Transaction& tx) {
    return provider_connections::find_connection(tx, contoso().tenant.id, contoso().connection);
  });
  EXPECT_EQ(connection->status, provider_connections::ConnectionStatus::error);
  EXPECT_EQ(connection->last_error_code, "provider.credential_wrong");
}

TEST_P(InventorySyncTest, ASecretInAnErrorReachesNoRow) {
  const std::string secret = simulator_->simulator().world().tenants()[0].app("full").client_secret;
  const std::string planted = "Pa55w0rd-planted-9f3a21c0";
  faults().add({.path_contains = "/assignmentFilters",
                .status = 400,
                .message = "Bad request: client_secret=" + secret + " password=" + planted + " Authorization: Bearer " +
                           planted});
  const runs::Run run = sync();
  EXPECT_EQ(run.failure_summary.at(0).code, "graph.bad_request");
  const std::string stored = dump();
  EXPECT_FALSE(stored.empty());
  EXPECT_EQ(stored.find(planted), std::string::npos);
  EXPECT_EQ(stored.find(secret), std::string::npos);
}

}  // namespace
}  // namespace ta::cli
