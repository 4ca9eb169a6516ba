#include <filesystem>
#include <fstream>

#include "access/audit.h"
#include "access/tenants.h"
#include "base/digest.h"
#include "cli/cli_fixture_test.h"
#include "provider_connections/master_key.h"
#include "provider_connections/provider_connections.h"
#include "testing/app_certificate.h"
#include "testing/database.h"

namespace ta::cli {
namespace {

constexpr const char* kSecret = "Zx8Q~the.client-secret_0aB3cD4eF5gH6iJ";
constexpr const char* kEntra = "6f0c2d3e-1111-2222-3333-444455556666";

class ConnectionCommandsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ConnectionCommandsTest() {
    terminal_.environment = {{"TENANTATLAS_DATABASE", database_.url()},
                             {"TENANTATLAS_MASTER_KEY_FILE", folder_.file("master.key")},
                             {"TENANTATLAS_ALLOW_CUSTOM_ENDPOINTS", "true"},
                             {"TENANTATLAS_CLIENT_SECRET", kSecret}};
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
    const ConnectionStore store(key, random, EndpointRule::custom);
    return database_->read([&](storage::Transaction& tx) {
      const TenantId tenant = access::find_tenant_by_slug(tx, "contoso")->id;
      return store.usable(tx, tenant, ConnectionId{connection.at("id").as_int64()}).value().credential.secret;
    });
  }

  json::value listed(std::size_t place) {
    return terminal_.run({"connection", "list", "contoso", "--json"}).json().at("connections").at(place);
  }
  // What the audit log says of connections, in order.
  std::string actions() {
    std::string out;
    database_->read([&](storage::Transaction& tx) {
      const TenantId tenant = access::find_tenant_by_slug(tx, "contoso")->id;
      for (const access::AuditRecord& record : access::list_audit(tx, tenant, {}, 50))
        if (record.entry.target_type == "provider_connection")
          out = record.entry.action + (out.empty() ? "" : " ") + out;
    });
    return out;
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
  EXPECT_EQ((said.out + said.err).find("client-secret"), std::string::npos);
  EXPECT_EQ(stored_secret(said.json()), kSecret);
  const Said listed = terminal_.run({"connection", "list", "contoso"});
  EXPECT_NE(listed.out.find("not checked"), std::string::npos) << listed.out;
  EXPECT_EQ(terminal_.run({"connection", "list", "contoso", "--json"}).json().at("connections").as_array().size(), 1u);
}

TEST_P(ConnectionCommandsTest, TheSecretMayComeFromAFileOrTheInput) {
  terminal_.environment.erase("TENANTATLAS_CLIENT_SECRET");
  EXPECT_EQ(create().code, kUsage);
  std::ofstream(folder_.file("secret")) << "from-a-file-Zx8Q~1TqN.v_0aB3\r\n";
  EXPECT_EQ(stored_secret(create({"--secret-file", folder_.file("secret")}).json()), "from-a-file-Zx8Q~1TqN.v_0aB3");
  terminal_.input = "from-the-input-Zx8Q~1TqN.v_0\n";
  const Said said = create({"--secret-file", "-"}, "6f0c2d3e-1111-2222-3333-444455557777");
  EXPECT_EQ(stored_secret(said.json()), "from-the-input-Zx8Q~1TqN.v_0");
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

TEST_P(ConnectionCommandsTest, OtherAddressesNeedTheOption) {
  const auto refused = [&](const Said& said, std::string_view words) {
    EXPECT_EQ(said.code, kFailed) << said.out;
    EXPECT_NE(said.err.find(words), std::string::npos) << said.err;
  };
  const std::vector<std::string> simulator{"--graph-base", "http://127.0.0.1", "--login-base", "http://127.0.0.1"};
  terminal_.environment.erase("TENANTATLAS_ALLOW_CUSTOM_ENDPOINTS");
  refused(create(simulator), "--allow-custom-endpoints");
  refused(create({"--graph-base", "https://169.254.169.254"}), "--allow-custom-endpoints");
  refused(create({"--graph-base", "https://169.254.169.254", "--allow-custom-endpoints"}), "metadata addresses");
  ASSERT_EQ(create().code, kDone);
  refused(terminal_.run({"connection", "edit", "contoso", kEntra, "--graph-base", "http://127.0.0.1"}),
          "--allow-custom-endpoints");
  EXPECT_EQ(listed(0).at("graph_base"), "https://graph.microsoft.com");
  EXPECT_EQ(terminal_
                .run({"connection", "edit", "contoso", kEntra, "--graph-base", "http://127.0.0.1",
                      "--allow-custom-endpoints"})
                .code,
            kDone);
}

TEST_P(ConnectionCommandsTest, AMissingKeyFileIsMadeOnlyWhereNoCredentialNeedsTheOldOne) {
  const std::string path = folder_.file("master.key");
  ::testing::internal::CaptureStderr();
  ASSERT_EQ(create().code, kDone);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("master_key.created file=" + path), std::string::npos);
  std::filesystem::remove(path);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"serve", "--port", "0"}, {"worker"}, {"connection", "rotate", "contoso", kEntra}}) {
    const Said said = terminal_.run(words);
    EXPECT_EQ(said.code, kFailed) << words[0];
    EXPECT_NE(said.err.find("is missing, and the database holds 1 credentials"), std::string::npos) << said.err;
    EXPECT_FALSE(std::filesystem::exists(path)) << words[0];
  }
}

TEST_P(ConnectionCommandsTest, ACloudIsAPropertyOfTheConnection) {
  EXPECT_EQ(create({"--cloud", "moon"}).code, kUsage);
  const Said said = create({"--cloud", "china"});
  ASSERT_EQ(said.code, kDone) << said.err;
  EXPECT_EQ(said.json().at("login_base"), "https://login.chinacloudapi.cn");
  EXPECT_EQ(said.json().at("graph_base"), "https://microsoftgraph.chinacloudapi.cn");
  const Said edited =
      terminal_.run({"connection", "edit", "contoso", kEntra, "--cloud", "us_defense", "--name", "DoD"});
  ASSERT_EQ(edited.code, kDone) << edited.err;
  EXPECT_NE(edited.out.find("forgotten"), std::string::npos) << "a secret goes to no other address: " << edited.out;
  EXPECT_EQ(listed(0).at("graph_base"), "https://dod-graph.microsoft.us");
  EXPECT_EQ(terminal_.run({"connection", "rotate", "contoso", "DoD"}).code, kUsage) << "the client id is gone as well";
  EXPECT_EQ(terminal_.run({"connection", "rotate", "contoso", "DoD", "--client-id", "app-2"}).code, kDone);
  EXPECT_EQ(actions(), "connection.created connection.changed credential.rotated");
}

TEST_P(ConnectionCommandsTest, ACertificateIsACredential) {
  const testing::AppCertificate certificate;
  std::ofstream(folder_.file("app.pem")) << certificate.text();
  const Said said = create({"--certificate-file", folder_.file("app.pem")});
  ASSERT_EQ(said.code, kDone) << said.err;
  EXPECT_EQ(stored_secret(said.json()), certificate.text());
  std::ofstream(folder_.file("half.pem")) << certificate.text(true, false);
  const Said half =
      terminal_.run({"connection", "rotate", "contoso", "Contoso Ltd", "--certificate-file", folder_.file("half.pem")});
  EXPECT_EQ(half.code, kFailed);
  EXPECT_NE(half.err.find("RSA key"), std::string::npos) << half.err;
}

TEST_P(ConnectionCommandsTest, ConnectionsAreSwitchedAndDeletedWithAnAuditEntryEach) {
  const std::string other = "6f0c2d3e-1111-2222-3333-444455557777";
  ASSERT_EQ(create().code, kDone);
  ASSERT_EQ(create({"--name", "Second"}, other).code, kDone);
  for (const char* verb : {"disable", "enable", "set-default"})
    EXPECT_EQ(terminal_.run({"connection", verb, "contoso", "Second"}).code, kDone) << verb;
  EXPECT_EQ(listed(0).at("display_name"), "Second");
  EXPECT_EQ(terminal_.run({"connection", "delete", "contoso", other}).code, kDone);
  EXPECT_EQ(listed(0).at("display_name"), "Contoso Ltd");
  EXPECT_EQ(listed(0).at("is_default"), true) << "the one that is left";
  EXPECT_EQ(terminal_.run({"connection", "disable", "contoso", "Second"}).code, kFailed);
  EXPECT_EQ(actions(),
            "connection.created connection.created connection.disabled connection.enabled connection.made_default "
            "connection.deleted");
}

TEST_P(ConnectionCommandsTest, TheMasterKeyIsRotatedAndACrashOnTheWayDoesNotMatter) {
  using provider_connections::MasterKey;
  const Said one = create(), two = create({"--name", "Second"}, "6f0c2d3e-1111-2222-3333-444455557777");
  const std::string path = folder_.file("master.key"), old_id = MasterKey::from_file(path)->id();
  SecureRandom random;
  ASSERT_TRUE(MasterKey::begin_rotation(path, random));  // and here the first attempt ended
  EXPECT_EQ(stored_secret(one.json()), kSecret) << "both keys are there";
  const Said said = terminal_.run({"connection", "rotate-key", "--json"});
  ASSERT_EQ(said.code, kDone) << said.err;
  EXPECT_EQ(said.json().at("credentials"), 2);
  const MasterKey now = MasterKey::from_file(path).value();
  EXPECT_FALSE(now.has_previous());
  EXPECT_NE(now.id(), old_id);
  EXPECT_EQ(said.json().at("key_id"), json::value(now.id()));
  EXPECT_EQ(stored_secret(one.json()), kSecret);
  EXPECT_EQ(stored_secret(two.json()), kSecret);
  const Said again = terminal_.run({"connection", "rotate-key", "--json"});
  EXPECT_EQ(again.json().at("credentials"), 2) << "a second rotation makes a third key";
}

TEST_P(ConnectionCommandsTest, ARotationThatCannotOpenACredentialKeepsTheOldKey) {
  const Said said = create();
  database_->write(
      [](storage::Transaction& tx) { tx.run_text("spoil", "UPDATE provider_credentials SET sealed = 'broken'"); });
  const Said refused = terminal_.run({"connection", "rotate-key"});
  EXPECT_EQ(refused.code, kFailed);
  EXPECT_NE(refused.err.find("Nothing is lost"), std::string::npos) << refused.err;
  EXPECT_TRUE(provider_connections::MasterKey::from_file(folder_.file("master.key"))->has_previous());
  EXPECT_EQ(terminal_.run({"connection", "rotate", "contoso", "Contoso Ltd"}).code, kDone);
  EXPECT_EQ(terminal_.run({"connection", "rotate-key"}).code, kDone);
  EXPECT_EQ(stored_secret(said.json()), kSecret);
}

TEST_P(ConnectionCommandsTest, AKeyFromTheEnvironmentIsRotatedWithBothInIt) {
  const std::string old_key = hex(std::string(32, 'o')), new_key = hex(std::string(32, 'n'));
  terminal_.environment["TENANTATLAS_MASTER_KEY"] = old_key;
  ASSERT_EQ(create().code, kDone);
  EXPECT_NE(terminal_.run({"connection", "rotate-key"}).err.find("put a new one before it"), std::string::npos);
  terminal_.environment["TENANTATLAS_MASTER_KEY"] = new_key + " " + old_key;
  EXPECT_EQ(terminal_.run({"connection", "rotate-key", "--json"}).json().at("credentials"), 1);
  EXPECT_EQ(terminal_.run({"connection", "rotate-key", "--json"}).json().at("credentials"), 0);
}

}  // namespace
}  // namespace ta::cli
