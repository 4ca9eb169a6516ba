// What inventory.sync says has changed: in its result, its notification, on pages and in the API; of one connection and
// of two. Through the engine, the Graph client and sockets, against the simulator, on both databases.
#include "cli/held_simulator.h"
#include "cli/pages_fixture.h"
#include "graph/contract_registry.h"
#include "inventory/inventory_store.h"

namespace ta::cli {
namespace {

constexpr const char* kFilters = "deviceManagement/assignmentFilters";

class InventoryChangesTest : public PagesTest {
 protected:
  void SetUp() override {
    PagesTest::SetUp();
    process_->start_worker();
  }
  std::vector<inventory::Item> items(const inventory::ItemFilter& filter = {}) {
    inventory::InventoryReader reader(process_->database());
    return reader.list(contoso().tenant.id, filter, inventory::ItemSort::name_asc, std::nullopt, 1'000).items;
  }
  std::vector<inventory::Coverage> coverage(const std::string& type) {
    std::vector<inventory::Coverage> of_type;
    for (const auto& one : inventory::InventoryReader(process_->database()).coverage(contoso().tenant.id))
      if (one.type == type) of_type.push_back(one);
    return of_type;
  }
  void remove(const std::string& id) {
    ASSERT_TRUE(simulator_->simulator().world().remove(contoso().entra_tenant_id, kFilters, id));
  }
  void rename(const std::string& id, std::string name) {
    ASSERT_TRUE(simulator_->simulator().world().change(contoso().entra_tenant_id, kFilters, id,
                                                       {.body = {{"displayName", std::move(name)}}, .parts = {}},
                                                       SystemClock().now()));
  }
  std::string add(const std::string& name) {
    return simulator_->simulator()
        .world()
        .add(contoso().entra_tenant_id, kFilters,
             {.body = {{"@odata.type", "#microsoft.graph.deviceAndAppManagementAssignmentFilter"},
                       {"id", "f00dfeed-0000-4000-8000-000000000001"},
                       {"displayName", name},
                       {"platform", "windows10AndLater"}},
              .parts = {}})
        .value();
  }
  static json::value changes(const runs::Run& run) { return run.context.at("changes"); }
  static json::value numbers(int appeared, int changed, int gone) {
    return json::object{{"new", appeared}, {"changed", changed}, {"gone", gone}};
  }
  std::string told() {
    return process_->host().reader.notifications(person(access::Role::owner).user.id, false, {}, 1).at(0).body;
  }
  // A second connection of the first tenant, to the second one's organisation.
  ConnectionId second_connection() {
    return process_->database().write([&](storage::Transaction& tx) {
      const simulator::Tenant& other = simulator_->simulator().world().tenants()[1];
      const auto& store = process_->connections();
      const Timestamp now = process_->host().clock.now();
      const auto made =
          store.create(tx, contoso().tenant.id, {other.id, "Branch", {simulator_->url(), simulator_->url()}}, now);
      const simulator::App& app = other.app("full");
      EXPECT_TRUE(store.set_credential(tx, contoso().tenant.id, made.value().id,
                                       {.client_id = app.client_id, .secret = app.client_secret}, now));
      return made->id;
    });
  }
  // From now on the first connection leads to `url`.
  void lead_to(const std::string& url) {
    process_->database().write([&](storage::Transaction& tx) {
      const simulator::App& app = simulator_->simulator().world().tenants()[0].app("full");
      const TenantId tenant = contoso().tenant.id;
      const Timestamp now = process_->host().clock.now();
      ASSERT_TRUE(
          provider_connections::update_connection(tx, tenant, contoso().connection, "Contoso", {url, url}, now));
      ASSERT_TRUE(process_->connections().set_credential(
          tx, tenant, contoso().connection, {.client_id = app.client_id, .secret = app.client_secret}, now));
    });
  }
  provider_connections::ProviderConnection connection() {
    return process_->database()
        .read([&](storage::Transaction& tx) {
          return provider_connections::find_connection(tx, contoso().tenant.id, contoso().connection);
        })
        .value();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, InventoryChangesTest, testing::engines(), testing::engine_name);

TEST_P(InventoryChangesTest, ADeletedObjectIsSaidEverywhereAndOnce) {
  const runs::Run first = sync();
  EXPECT_EQ(changes(first), numbers(static_cast<int>(contoso().objects), 0, 0));
  EXPECT_EQ(first.context.at("first_reading").at("objects"), json::value(contoso().objects));
  const inventory::Item lost = items({.type = "assignment_filter"}).at(0);
  remove(lost.external_id);
  const runs::Run run = sync();
  EXPECT_EQ(changes(run), numbers(0, 0, 1));
  EXPECT_FALSE(run.context.contains("first_reading"));
  EXPECT_EQ(told(), "1 gone.");
  sign_in(access::Role::readonly);
  const std::string list = fmt::format("/t/contoso/inventory?run={}", run.id);
  const Page dashboard = read("/t/contoso");
  EXPECT_TRUE(dashboard.has(fmt::format("<a href=\"{}&amp;change=gone\">1 gone</a>", list))) << dashboard.body;
  EXPECT_TRUE(read("/t/contoso/inventory").has(fmt::format("{}&amp;change=gone\">1 gone</a>", list)));
  for (const std::string& address : {list, list + "&change=gone"}) {
    const Page page = read(address);
    EXPECT_TRUE(page.has("Gone since ")) << address;
    EXPECT_TRUE(page.has(fmt::format("id=\"item-{}\"", lost.id)));
    EXPECT_EQ(page.body.find("id=\"item-"), page.body.rfind("id=\"item-")) << "and nothing else";
  }
  EXPECT_TRUE(read(list + "&change=new").has("No items match these filters."));
  EXPECT_TRUE(read(fmt::format("/t/contoso/operations/{}", run.id)).has("1 gone."));
  EXPECT_EQ(changes(sync({{"types", {"scope_tag"}}})), numbers(0, 0, 0));
  EXPECT_EQ(told(), "1 object, nothing has changed.");
  const runs::Run again = sync();
  EXPECT_EQ(changes(again), numbers(0, 0, 0));
  EXPECT_EQ(items({.state = inventory::ItemState::gone}).size(), 1u);
  EXPECT_TRUE(read("/t/contoso").has(fmt::format("{}&amp;change=gone", list))) << "it is still what changed lately";
}

TEST_P(InventoryChangesTest, NewAndChangedObjectsHaveTheirLists) {
  sync();
  const auto filters = items({.type = "assignment_filter"});
  rename(filters.at(0).external_id, "Renamed in the portal");
  rename(filters.at(1).external_id, "Renamed, too");
  add("Made in the portal");
  const runs::Run run = sync();
  EXPECT_EQ(changes(run), numbers(1, 2, 0));
  EXPECT_EQ(told(), "1 new, 2 changed.");
  sign_in(access::Role::owner);
  const std::string list = fmt::format("/t/contoso/inventory?run={}", run.id);
  EXPECT_TRUE(read(list + "&change=new").has("Made in the portal"));
  EXPECT_FALSE(read(list + "&change=new").has("Renamed"));
  const Page changed = read(list + "&change=changed");
  EXPECT_TRUE(changed.has("Renamed in the portal"));
  EXPECT_TRUE(changed.has(fmt::format("Changed in #{}", run.id)));
  EXPECT_TRUE(read(list + "&q=renamed").has("Renamed, too"));
}

TEST_P(InventoryChangesTest, AGoneObjectSaysSinceWhenAndWhoStillRefersToIt) {
  sync();
  const inventory::Item tag = items({.type = "scope_tag", .search = "Default"}).at(0);
  const auto filters = items({.type = "assignment_filter"});
  simulator::World& world = simulator_->simulator().world();
  ASSERT_TRUE(world.remove(contoso().entra_tenant_id, "deviceManagement/roleScopeTags", tag.external_id));
  remove(filters.at(0).external_id);
  sync();
  sign_in(access::Role::readonly);
  const Page page = read(fmt::format("/t/contoso/inventory/{}", tag.id));
  EXPECT_TRUE(page.has("Gone since "));
  EXPECT_TRUE(page.has("Still referred to by"));
  EXPECT_TRUE(page.has("Other objects still refer to it."));
  EXPECT_TRUE(page.has(fmt::format("/t/contoso/inventory/{}\"", filters.at(1).id)));
  EXPECT_FALSE(page.has(fmt::format("/t/contoso/inventory/{}\"", filters.at(0).id))) << "that is gone itself";
  EXPECT_TRUE(read(fmt::format("/t/contoso/inventory/{}", filters.at(1).id)).has("Scope tag · Gone"));
}

TEST_P(InventoryChangesTest, OfTwoConnectionsEverythingIsToldApart) {
  const ConnectionId branch = second_connection();
  sync();
  sign_in(access::Role::owner);
  EXPECT_TRUE(read("/t/contoso/inventory").has("Branch: Never read in full"));
  EXPECT_TRUE(read("/t/contoso").has("not of every connection"));
  const runs::Run run = sync({{"connection", branch.value}});
  EXPECT_EQ(run.outcome, runs::RunOutcome::succeeded);
  const auto both = items({.type = "scope_tag", .search = "Default"});
  ASSERT_EQ(both.size(), 2u) << "the same id in two organisations";
  EXPECT_EQ(both[0].external_id, both[1].external_id);
  EXPECT_NE(both[0].connection, both[1].connection);
  EXPECT_TRUE(items({.state = inventory::ItemState::gone}).empty());
  ASSERT_EQ(coverage("scope_tag").size(), 2u);
  const Page list = read("/t/contoso/inventory?type=scope_tag");
  EXPECT_TRUE(list.has("<td role=\"cell\">Branch</td>"));
  EXPECT_TRUE(list.has("Branch, Scope tag: Read "));
  const Page filtered = read(fmt::format("/t/contoso/inventory?connection={}", branch));
  EXPECT_FALSE(filtered.has(fmt::format("<td role=\"cell\">{}</td>", connection().display_name)));
  EXPECT_TRUE(filtered.has("Remove filter: Branch"));
  EXPECT_TRUE(read("/t/contoso/inventory?tab=coverage").has("<td role=\"cell\">Branch</td>"));
  EXPECT_TRUE(read(fmt::format("/t/contoso/inventory/{}", both[0].id)).has("<dt>Connection</dt>"));
  faults().add({.tenant = simulator_->simulator().world().tenants()[1].id,
                .path_contains = "/assignmentFilters",
                .status = 403});
  sync({{"connection", branch.value}});
  EXPECT_TRUE(read("/t/contoso/inventory").has("Branch: 1 type could not be read the last time."));
  EXPECT_TRUE(read("/t/contoso").has("Branch: Assignment filter could not be read the last time."));
  for (const auto& one : coverage("assignment_filter"))
    EXPECT_EQ(one.code, one.connection == branch ? "graph.forbidden" : "");
}

TEST_P(InventoryChangesTest, OneBadTypeMakesTheConnectionDegradedAndIsNamed) {
  faults().add({.tenant = contoso().entra_tenant_id, .path_contains = "/assignmentFilters", .status = 504});
  EXPECT_EQ(sync().outcome, runs::RunOutcome::partially_succeeded);
  EXPECT_EQ(connection().status, provider_connections::ConnectionStatus::connected);
  EXPECT_EQ(connection().health, provider_connections::ConnectionHealth::degraded);
  EXPECT_EQ(connection().last_error_code, "graph.unavailable");
  EXPECT_TRUE(connection().last_error_message.starts_with("Could not read Assignment filter."))
      << connection().last_error_message;
  faults().clear();
  sync();
  EXPECT_EQ(connection().health, provider_connections::ConnectionHealth::ok);
}

TEST_P(InventoryChangesTest, ATypeThatWasReadEmptyWasRead) {
  const runs::Run all = sync();
  json::array types{"assignment_filter"};
  for (const auto& [type, objects] : all.context.at("objects_by_type").as_object())
    if (objects == json::value(0) && types.size() < 6) types.push_back(json::value(type));
  ASSERT_EQ(types.size(), 6u);
  faults().add({.tenant = contoso().entra_tenant_id, .path_contains = "/assignmentFilters", .status = 429});
  const runs::Run run = sync({{"types", types}});
  EXPECT_EQ(run.outcome, runs::RunOutcome::partially_succeeded);
  ASSERT_EQ(run.failure_summary.size(), 1u);
  EXPECT_EQ(run.failure_summary[0].code, "graph.throttled");
  EXPECT_EQ(run.summary_counts.failed, 1);
}

// Takes the ids from the first `count` rows of a list, wherever in the answer it stands.
void take_ids(json::value& value, std::string_view set, std::size_t count) {
  if (value.is_array())
    for (json::value& item : value.get_array()) take_ids(item, set, count);
  if (!value.is_object()) return;
  const bool list = json_string(value, "@odata.context").find(set) != std::string::npos;
  for (auto& member : value.get_object()) {
    if (!list || member.key() != "value" || !member.value().is_array()) {
      take_ids(member.value(), set, count);
      continue;
    }
    for (std::size_t i = 0; i < std::min(count, member.value().get_array().size()); ++i)
      member.value().get_array()[i].as_object().erase("id");
  }
}

TEST_P(InventoryChangesTest, ObjectsWithoutAnIdAreCountedAndNeverMerged) {
  sync();
  const std::size_t filters = items({.type = "assignment_filter"}).size();
  const auto server = http::Server::start({.handler_threads = 16}, [&](http::Request& request) {
                        http::Response answer = simulator_->simulator().handle(request);
                        if (auto body = parse_json(answer.body, {64 << 20, 64})) {
                          take_ids(*body, "assignmentFilters", 2);
                          answer.body = json::serialize(*body);
                        }
                        return answer;
                      }).value();
  lead_to(server->url());
  const runs::Run run = sync();
  EXPECT_EQ(run.outcome, runs::RunOutcome::partially_succeeded);
  ASSERT_EQ(run.failure_summary.size(), 1u);
  EXPECT_TRUE(run.failure_summary[0].message.starts_with("Assignment filter: 2 objects came without an id"))
      << run.failure_summary[0].message;
  EXPECT_EQ(run.summary_counts.failed, 1);
  EXPECT_EQ(changes(run), numbers(0, 0, 0)) << "without all ids nothing is known to be gone";
  EXPECT_EQ(items({.type = "assignment_filter"}).size(), filters);
  for (const inventory::Item& item : items()) EXPECT_FALSE(item.external_id.empty());
  EXPECT_EQ(items({.state = inventory::ItemState::not_read}).size(), 2u);
  process_->stop();  // before its server goes
}

// The first worker waits for Graph's answer while an object is added and another run, begun later, reads it.
TEST_P(InventoryChangesTest, ARunThatBeganEarlierTakesNothingFromALaterOne) {
  sync();
  HeldSimulator door(simulator_->simulator());
  lead_to(door.url());
  sync({{"types", {"assignment_filter"}}});  // signed in from here on
  const auto begin = [&](const std::string& types) {
    const Answer answer = start(R"({"type":"inventory.sync","inputs":{"types":)" + types + "}}");
    return RunId{answer.json.at("run").at("id").as_int64()};
  };
  door.hold(1);
  const RunId early = begin(R"(["assignment_filter"])");
  ASSERT_TRUE(testing::eventually([&] { return door.holding(); }));
  const std::string made = add("Made meanwhile");
  const RunId late = begin(R"(["assignment_filter","scope_tag"])");
  const runs::Run later = wait_for_run(*process_, contoso().tenant.id, late);
  EXPECT_EQ(changes(later), numbers(1, 0, 0));
  door.release();
  const runs::Run earlier = wait_for_run(*process_, contoso().tenant.id, early);
  EXPECT_EQ(earlier.outcome, runs::RunOutcome::succeeded);
  EXPECT_EQ(changes(earlier), numbers(0, 0, 0));
  EXPECT_EQ(items({.search = "Made meanwhile"}).at(0).state, inventory::ItemState::seen);
  EXPECT_EQ(items({.search = "Made meanwhile"}).at(0).external_id, made);
  EXPECT_EQ(coverage("assignment_filter").at(0).listed_run, late);
  process_->stop();  // before the door goes
}

// Over a world with objects of every kind.
class PlatformTest : public ProductTest {
 protected:
  PlatformTest() {
    simulator_ = simulator::SimulatorServer::start({.simulator = {.world = {.objects_per_tenant = 1'600}}}).value();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, PlatformTest, ::testing::Values(storage::Engine::sqlite), testing::engine_name);

TEST_P(PlatformTest, OnlyWhatIsForSeveralPlatformsHasNone) {
  process_->start_worker();
  EXPECT_EQ(sync().outcome, runs::RunOutcome::succeeded);
  inventory::InventoryReader reader(process_->database());
  std::set<std::string> without;
  for (const inventory::Item& item :
       reader.list(contoso().tenant.id, {}, inventory::ItemSort::name_asc, std::nullopt, 10'000).items)
    if (item.platform.empty() && !graph::ContractRegistry::builtin().find(item.type)->platforms.empty())
      without.insert(fmt::format("{} {}", item.type, json_string(item.meta, "kind")));
  // For several platforms each: certificates and tokens for all of Apple's, apps and credentials for phones of any
  // make, links. Of the last three the lists do not tell it: the template does, the definition, or nobody before
  // enrollment.
  EXPECT_EQ(without, (std::set<std::string>{
                         "apns_certificate ", "apple_enrollment_token ", "vpp_token ", "app_config_managed_apps ",
                         "derived_credential ", "mobile_app #microsoft.graph.webApp", "endpoint_security_intent ",
                         "reusable_setting ", "corporate_device_identifier ",
                         "corporate_device_identifier #microsoft.graph.importedDeviceIdentityResult"}));
}

}  // namespace
}  // namespace ta::cli
