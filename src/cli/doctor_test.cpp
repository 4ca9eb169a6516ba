#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "cli/cli_fixture_test.h"
#include "provider_connections/master_key.h"
#include "provider_connections/provider_connections.h"
#include "storage/migrations.h"
#include "testing/database.h"
#include "testing/people.h"

namespace ta::cli {
namespace {

using Schema = testing::TestDatabase::Schema;

class DoctorTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  Said run(std::vector<std::string> words, const testing::TestDatabase& database) {
    words.insert(words.end(), {"--json", "--database", database.url()});
    return terminal_.run(words);
  }
  Said doctor(const testing::TestDatabase& database) {
    return terminal_.run({"doctor", "--json", "--database", database.url(), "--master-key-file", folder_.file("key")});
  }
  // "ok", "warning", "failed", or "" when there is no such check.
  static std::string health(const Said& said, std::string_view check) {
    const json::value answer = said.json();
    for (const json::value& item : answer.at("checks").as_array())
      if (item.at("check").as_string() == check) return std::string(item.at("health").as_string());
    return {};
  }

  testing::TempDir folder_;
  SecureRandom random_;
  Terminal terminal_;
};
INSTANTIATE_TEST_SUITE_P(Engines, DoctorTest, testing::engines(), testing::engine_name);

TEST_P(DoctorTest, AFreshDatabaseIsMigratedOnceAndThenUpToDate) {
  const testing::TestDatabase database(GetParam(), Schema::empty);
  EXPECT_EQ(health(doctor(database), "schema"), "failed");
  const Said refused = terminal_.run({"tenant", "list", "--database", database.url()});
  EXPECT_EQ(refused.code, kFailed);
  EXPECT_NE(refused.err.find("tenantatlas migrate"), std::string::npos);
  const json::value first = run({"migrate"}, database).json();
  EXPECT_EQ(first.at("from_version"), 0);
  const json::value second = run({"migrate"}, database).json();
  EXPECT_EQ(second.at("from_version"), first.at("to_version"));
  EXPECT_EQ(health(doctor(database), "schema"), "ok");
}

TEST_P(DoctorTest, ANewerSchemaIsLeftAlone) {
  const testing::TestDatabase database(GetParam());
  database->write([](storage::Transaction& tx) {
    tx.run_text("newer", "INSERT INTO schema_migrations (version, name) VALUES (9999, 'from_the_future')");
  });
  for (const std::vector<std::string>& words : {std::vector<std::string>{"migrate"}, {"tenant", "list"}}) {
    const Said said = run(words, database);
    EXPECT_EQ(said.code, kFailed);
    EXPECT_NE(said.err.find("9999"), std::string::npos) << said.err;
  }
  EXPECT_EQ(health(doctor(database), "schema"), "failed");
}

TEST_P(DoctorTest, AHealthySystem) {
  const testing::TestDatabase database(GetParam());
  ASSERT_TRUE(provider_connections::MasterKey::create_file(folder_.file("key"), random_));
  const Said said = doctor(database);
  EXPECT_EQ(said.code, kDone) << said.out;
  EXPECT_EQ(said.json().at("healthy"), true);
  for (const char* check : {"database", "schema", "clock", "master key", "domain runs"})
    EXPECT_EQ(health(said, check), "ok") << said.out;
  EXPECT_EQ(health(said, "workers"), "warning") << "none runs here";
}

TEST_P(DoctorTest, ADomainRowThatDisagreesWithItsRunIsNamed) {
  const testing::TestDatabase database(GetParam());
  database->write([&](storage::Transaction& tx) {
    const TenantId tenant = testing::make_tenant(tx, "contoso").id;
    tx.run_text(
        "plant", R"(INSERT INTO inventory_sync_runs (tenant_id, selection, selection_key, status, outcome,
                            created_at, updated_at)
                            VALUES (:tenant, :all, :key, 'running', 'pending', :now, :now))",
        {{"tenant", tenant}, {"all", json::value("all")}, {"key", std::string(64, 'a')}, {"now", testing::kTestNow}});
  });
  const Said said = doctor(database);
  EXPECT_EQ(said.code, kFailed);
  EXPECT_EQ(health(said, "domain runs"), "failed");
  EXPECT_NE(said.out.find("inventory.sync, run 0, row 1 (run_missing)"), std::string::npos) << said.out;
}

TEST_P(DoctorTest, AKeyThatOthersMayReadIsAWarning) {
  const testing::TestDatabase database(GetParam());
  ASSERT_TRUE(provider_connections::MasterKey::create_file(folder_.file("key"), random_));
  std::filesystem::permissions(folder_.file("key"), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_EQ(health(doctor(database), "master key"), "warning");
}

TEST_P(DoctorTest, AMissingKeyIsAWarningUntilACredentialNeedsIt) {
  using namespace provider_connections;
  const testing::TestDatabase database(GetParam());
  EXPECT_EQ(health(doctor(database), "master key"), "warning");
  const MasterKey key = MasterKey::parse(hex(std::string(32, 'k'))).value();
  const ConnectionStore store(key, random_);
  database->write([&](storage::Transaction& tx) {
    const TenantId tenant = testing::make_tenant(tx, "contoso").id;
    const auto made =
        store.create(tx, tenant, {"6f0c2d3e-1111-2222-3333-444455556666", "Contoso", {}}, testing::kTestNow).value();
    ASSERT_TRUE(store.set_credential(tx, tenant, made.id, {.client_id = "app", .secret = "Zx8Q~1TqN.v_0aB3cD4eF5gH6"},
                                     testing::kTestNow));
  });
  EXPECT_EQ(health(doctor(database), "master key"), "failed");
  EXPECT_EQ(doctor(database).code, kFailed);
  terminal_.environment["TENANTATLAS_MASTER_KEY"] = hex(std::string(32, 'k'));
  EXPECT_EQ(health(doctor(database), "master key"), "ok");
  terminal_.environment["TENANTATLAS_MASTER_KEY"] = hex(std::string(32, 'j'));
  EXPECT_EQ(health(doctor(database), "master key"), "failed") << "sealed with another key";
}

TEST(DoctorWithoutDatabase, SaysWhatIsWrongWithoutThePassword) {
  const Said said = Terminal{}.run(
      {"doctor", "--database", "postgresql://user:hunter2hunter2@127.0.0.1:1/none", "--master-key-file", "/no/key"});
  EXPECT_EQ(said.code, kFailed);
  EXPECT_NE(said.out.find("failed"), std::string::npos);
  EXPECT_EQ((said.out + said.err).find("hunter2"), std::string::npos);
  EXPECT_EQ(Terminal{}.run({"tenant", "list", "--database", "mysql://x"}).code, kFailed);
}

TEST(Version, IsPrinted) {
  EXPECT_EQ(Terminal{}.run({"version"}).out, fmt::format("tenantatlas {}\n", TA_VERSION));
  EXPECT_EQ(Terminal{}.run({"version", "--json"}).json().at("version"), TA_VERSION);
}

}  // namespace
}  // namespace ta::cli
