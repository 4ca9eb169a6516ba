#include <filesystem>
#include <fstream>

#include "access/tenants.h"
#include "cli/cli_fixture_test.h"
#include "provider_connections/master_key.h"
#include "provider_connections/provider_connections.h"
#include "testing/database.h"

namespace ta::cli {
namespace {

constexpr const char* kEntra = "6f0c2d3e-1111-2222-3333-444455556666";

class ConnectionCommandsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ConnectionCommandsTest() {
    terminal_.environment = {{"TENANTATLAS_DATABASE", database_.url()},
                             {"TENANTATLAS_MASTER_KEY_FILE", folder_.file("master.key")},
                             {"TENANTATLAS_CLIENT_SECRET", "the~client.secret"}};
    EXPECT_EQ(terminal_.run({"tenant", "create", "contoso", "--name", "Contoso Ltd"}).code, kDone);
  }
  Said create(std::vector<std::string> more = {}, const std::string& entra = kEntra) {
    std::vector<std::string> words{"connection", "create",      "contoso", "--entra-tenant-id",
                                   entra,        "--client-id", "app-1",   "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return terminal_.run(words);
  }
  // What a run would open.
  std::string stored_secret(const json::value& connection) {
    using namespace provider_connections;
    const MasterKey key = MasterKey::from_file(folder_.file("master.key")).value();
    SecureRandom random;
    const ConnectionStore store(key, random);
    return database_->read([&](storage::Transaction& tx) {
      const TenantId tenant = access::find_tenant_by_slug(tx, "contoso")->id;
      return store.usable(tx, tenant, ConnectionId{connection.at("id").as_int64()}).value().credential.secret;
    });
  }

  testing::TestDatabase database_{GetParam()};
  testing::TempDir folder_;
  Terminal terminal_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ConnectionCommandsTest, testing::engines(), testing::engine_name);

TEST_P(ConnectionCommandsTest, AConnectionIsMadeWithItsKeyAndCredential) {
  const Said said = create({"--graph-base", "http://127.0.0.1:8099", "--login-base", "http://127.0.0.1:8099"});
  ASSERT_EQ(said.code, kDone) << said.err;
  EXPECT_EQ(said.json().at("display_name"), "Contoso Ltd");
  EXPECT_EQ(said.json().at("graph_base"), "http://127.0.0.1:8099");
  EXPECT_EQ(said.json().at("is_default"), true);
  EXPECT_EQ((said.out + said.err).find("client.secret"), std::string::npos);
  EXPECT_EQ(stored_secret(said.json()), "the~client.secret");
  const Said listed = terminal_.run({"connection", "list", "contoso"});
  EXPECT_NE(listed.out.find("not checked"), std::string::npos) << listed.out;
  EXPECT_EQ(terminal_.run({"connection", "list", "contoso", "--json"}).json().at("connections").as_array().size(), 1u);
}

TEST_P(ConnectionCommandsTest, TheSecretMayComeFromAFileOrTheInput) {
  terminal_.environment.erase("TENANTATLAS_CLIENT_SECRET");
  EXPECT_EQ(create().code, kUsage);
  std::ofstream(folder_.file("secret")) << "from a file\r\n";
  EXPECT_EQ(stored_secret(create({"--secret-file", folder_.file("secret")}).json()), "from a file");
  terminal_.input = "from the input\n";
  const Said said = create({"--secret-file", "-"}, "6f0c2d3e-1111-2222-3333-444455557777");
  EXPECT_EQ(stored_secret(said.json()), "from the input");
  EXPECT_EQ(create({"--secret-file", folder_.file("none")}).code, kFailed);
}

TEST_P(ConnectionCommandsTest, ARefusedFormLeavesNothingBehind) {
  const auto refused = [&](const Said& said, std::string_view words) {
    EXPECT_EQ(said.code, kFailed);
    EXPECT_NE(said.err.find(words), std::string::npos) << said.err;
  };
  refused(create({}, "contoso.onmicrosoft.com"), "Entra tenant id");
  refused(create({"--graph-base", "http://evil.example"}), "address such as");
  refused(terminal_.run({"connection", "list", "nowhere"}), "no tenant nowhere");
  EXPECT_TRUE(terminal_.run({"connection", "list", "contoso", "--json"}).json().at("connections").as_array().empty());
  ASSERT_EQ(create().code, kDone);
  refused(create(), "connected already");
}

}  // namespace
}  // namespace ta::cli
