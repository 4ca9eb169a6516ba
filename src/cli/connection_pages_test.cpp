// The pages of provider connections, over sockets, against a simulated Microsoft Graph.
#include "cli/pages_fixture.h"

namespace ta::cli {
namespace {

using access::Role;

class ConnectionPagesTest : public PagesTest {
 protected:
  std::string home_ = "/t/contoso/connections";
  std::string connection() const { return fmt::format("{}/{}", home_, contoso().connection); }
  // The fields of a connection to the simulator.
  std::string addresses() const {
    return fmt::format("&cloud=other&login_base={0}&graph_base={0}", http::url_encode(simulator_->url()));
  }
  const simulator::App& app(std::string_view purpose) const {
    return simulator_->simulator().world().find_tenant(contoso().entra_tenant_id)->app(purpose);
  }
  Page rotate(const std::string& client_id, const std::string& secret) {
    return submit(connection() + "/credential",
                  "&kind=client_secret&client_id=" + client_id + "&secret=" + http::url_encode(secret));
  }
  runs::Run check() {
    EXPECT_EQ(submit(connection() + "/check").status, 303);
    const auto active = process_->host().reader.active(contoso().tenant.id, 1);
    EXPECT_EQ(active.size(), 1u);
    process_->start_worker();
    return wait_for_run(*process_, contoso().tenant.id, active.at(0).id);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ConnectionPagesTest, testing::engines(), testing::engine_name);

TEST_P(ConnectionPagesTest, TheListSaysHowEachDoesAndOffersWhatOneMayDo) {
  sign_in(Role::owner);
  const Page list = read(home_);
  EXPECT_TRUE(list.has(">Contoso</a>"));
  EXPECT_TRUE(list.has("Never")) << "not checked yet";
  for (const char* action : {"Check connection", "Inventory sync", "Edit", "Rotate credential", "Disable"})
    EXPECT_TRUE(list.has(action)) << action;
  sign_in(Role::readonly);
  const Page read_only = read(home_);
  EXPECT_TRUE(read_only.has("Insufficient permission. Ask a tenant Owner."));
  EXPECT_FALSE(read_only.has("action=\"" + connection())) << "no form that would be refused";
  EXPECT_EQ(submit(connection() + "/check").status, 403);
  EXPECT_EQ(submit(connection() + "/disable").status, 403);
  EXPECT_EQ(read(home_ + "/new").status, 403);
}

TEST_P(ConnectionPagesTest, ACheckTellsThatItWorksAndWhatWasGranted) {
  sign_in(Role::operator_);
  EXPECT_TRUE(read(connection()).has("Not checked yet"));
  const runs::Run run = check();
  EXPECT_EQ(run.outcome, runs::RunOutcome::succeeded);
  EXPECT_EQ(run.type, "provider.connection.check");
  const Page page = read(connection());
  EXPECT_TRUE(page.has("Connected</span>"));
  EXPECT_TRUE(page.has("OK</span>"));
  EXPECT_TRUE(page.has("<code>DeviceManagementConfiguration.Read.All</code>"));
  EXPECT_TRUE(page.has("The inventory can read "));
  EXPECT_TRUE(page.has("Works</span>"));
}

TEST_P(ConnectionPagesTest, ACheckNamesThePermissionsThatAreMissing) {
  sign_in(Role::owner);
  rotate(app("limited").client_id, app("limited").client_secret);
  EXPECT_EQ(check().outcome, runs::RunOutcome::succeeded);
  const Page page = read(connection());
  EXPECT_TRUE(page.has("Will not work</span>"));
  EXPECT_TRUE(page.has("to restore: DeviceManagementConfiguration.ReadWrite.All"));
}

TEST_P(ConnectionPagesTest, AWrongSecretIsSaidWithWhatToDo) {
  sign_in(Role::owner);
  const Page saved = rotate(app("full").client_id, "not-the-secret-7f3a9c");
  EXPECT_EQ(saved.status, 303);
  EXPECT_TRUE(follow(saved).has("Credential saved."));
  EXPECT_EQ(check().outcome, runs::RunOutcome::failed);
  const Page page = read(connection());
  EXPECT_TRUE(page.has("Microsoft does not accept the connection"));
  EXPECT_TRUE(page.has("Rotate the credential, and check that the client id"));
  EXPECT_TRUE(page.has("provider.credential_wrong"));
  EXPECT_TRUE(page.has("Down</span>"));
  EXPECT_FALSE(page.has("not-the-secret-7f3a9c"));
  EXPECT_EQ(count("provider_connections WHERE last_error_message LIKE '%not-the-secret%'"), 0);
}

TEST_P(ConnectionPagesTest, AnAppWithoutPermissionsNeedsConsent) {
  sign_in(Role::owner);
  rotate(app("no_consent").client_id, app("no_consent").client_secret);
  const runs::Run run = check();
  EXPECT_EQ(run.failure_summary.at(0).code, "provider.consent_missing");
  EXPECT_TRUE(read(connection()).has("Needs consent</span>"));
  EXPECT_TRUE(read(connection()).has("Admin consent is missing"));
}

TEST_P(ConnectionPagesTest, ANewConnectionIsKeptWithItsCredentialOrNotAtAll) {
  sign_in(Role::owner);
  const std::string guid = "&entra_tenant_id=0f0e0d0c-1111-2222-3333-444455556666";
  const Page wrong =
      submit(home_, "&display_name=&entra_tenant_id=nonsense&client_id=app&kind=client_secret&secret=s3" + addresses());
  EXPECT_EQ(wrong.status, 422);
  EXPECT_TRUE(wrong.has("There is a problem."));
  EXPECT_TRUE(wrong.has("href=\"#entra_tenant_id\""));
  EXPECT_TRUE(wrong.has("value=\"nonsense\"")) << "what was typed stays";
  const Page without =
      submit(home_, "&display_name=Second" + guid + "&client_id=app&kind=client_secret&secret=" + addresses());
  EXPECT_EQ(without.status, 422);
  EXPECT_TRUE(without.has("Enter the client secret or the certificate."));
  EXPECT_EQ(count("provider_connections WHERE display_name = 'Second'"), 0) << "half a connection must not stay";
  const Page made = submit(
      home_, "&display_name=Second" + guid +
                 "&client_id=app&kind=client_secret&secret=planted-9d1f7b-Q8z2kV&expires_on=2026-01-31" + addresses());
  EXPECT_EQ(made.status, 303) << made.body;
  const Page page = follow(made);
  EXPECT_TRUE(page.has("Connection Second added."));
  EXPECT_TRUE(page.has("It has expired. Rotate it now."));
  EXPECT_FALSE(page.has("planted-9d1f7b-Q8z2kV"));
  EXPECT_FALSE(read(std::string(made.headers.get("Location")) + "/credential").has("planted-9d1f7b-Q8z2kV"));
  EXPECT_EQ(count("audit_log WHERE action = 'connection.created' AND target_name = 'Second'"), 1);
  EXPECT_EQ(
      submit(home_, "&display_name=Third" + guid + "&client_id=a&kind=client_secret&secret=b" + addresses()).status,
      422)
      << "the same Entra tenant twice";
}

TEST_P(ConnectionPagesTest, ASecretIsForItsAddressesOnly) {
  sign_in(Role::owner);
  EXPECT_TRUE(read(connection() + "/edit").has("readonly"));
  const Page renamed = submit(connection() + "/edit", "&display_name=Renamed" + addresses());
  EXPECT_TRUE(follow(renamed).has("Connection saved."));
  EXPECT_TRUE(follow(renamed).has("Client secret")) << "the credential stayed";
  const Page moved = submit(connection() + "/edit", "&display_name=Renamed&cloud=china");
  EXPECT_TRUE(follow(moved).has("the stored credential was forgotten"));
  EXPECT_EQ(count("provider_credentials c JOIN provider_connections p ON p.id = c.provider_connection_id "
                  "WHERE p.display_name = 'Renamed'"),
            0);
  EXPECT_EQ(submit(connection() + "/edit", "&display_name=R&cloud=other&login_base=ftp%3A%2F%2Fx&graph_base=x").status,
            422);
}

TEST_P(ConnectionPagesTest, DisablingAsksFirstAndStopsWhatWouldRun) {
  sign_in(Role::owner);
  const Page asked = read(connection() + "/disable");
  EXPECT_TRUE(asked.has("Disable Contoso?"));
  EXPECT_TRUE(asked.has("Keep it enabled"));
  EXPECT_TRUE(follow(submit(connection() + "/disable")).has("is disabled. Nothing runs through it."));
  EXPECT_EQ(check().failure_summary.at(0).code, "provider.disabled");
  EXPECT_TRUE(read(home_).has("Disabled</span>"));
  EXPECT_TRUE(follow(submit(connection() + "/enable")).has("is enabled."));
  EXPECT_TRUE(read(home_).has("Needs consent</span>")) << "only a check knows";
}

TEST_P(ConnectionPagesTest, WhatIsNoSecretIsRefusedWithTheReason) {
  sign_in(Role::owner);
  const Page words = rotate("app", "Insufficient privileges");
  EXPECT_EQ(words.status, 422);
  EXPECT_TRUE(words.has("This is not a client secret"));
  const Page id = rotate("app", "6f0c2d3e-1111-2222-3333-444455556666");
  EXPECT_EQ(id.status, 422);
  EXPECT_TRUE(id.has("not its Secret ID"));
  EXPECT_EQ(count("audit_log WHERE action = 'credential.rotated'"), 0);
}

TEST_P(ConnectionPagesTest, OtherAddressesThanMicrosoftsAreRefusedWithoutTheOption) {
  rule_ = provider_connections::EndpointRule::microsoft;
  restart({});
  sign_in(Role::owner);
  EXPECT_FALSE(read(home_ + "/new").has("Other addresses")) << "not on offer";
  const auto create = [&](const std::string& address) {
    return submit(home_,
                  "&display_name=Second&entra_tenant_id=0f0e0d0c-1111-2222-3333-444455556666&client_id=app"
                  "&kind=client_secret&secret=Zx8Q-1TqN.v_0aB3cD4eF5gH6&cloud=other&login_base=" +
                      address + "&graph_base=" + address);
  };
  for (const char* address : {"http://127.0.0.1", "https://169.254.169.254", "https://metadata.google.internal"}) {
    const Page refused = create(http::url_encode(address));
    EXPECT_EQ(refused.status, 422) << address;
    EXPECT_TRUE(refused.has("accepts only the addresses of Microsoft")) << address;
    EXPECT_TRUE(refused.has("--allow-custom-endpoints")) << address;
  }
  EXPECT_EQ(create(http::url_encode("https://x:99999")).status, 422);
  EXPECT_EQ(count("provider_connections WHERE display_name = 'Second'"), 0);
  EXPECT_EQ(submit(connection() + "/edit", "&display_name=Renamed" + addresses() + "1").status, 422);
  EXPECT_EQ(submit(connection() + "/edit", "&display_name=Renamed" + addresses()).status, 303) << "it does not move";
}

TEST_P(ConnectionPagesTest, AConnectionThatWasStoredWithOtherAddressesFailsClosed) {
  rule_ = provider_connections::EndpointRule::microsoft;
  restart({});
  sign_in(Role::owner);
  const runs::Run run = check();
  EXPECT_EQ(run.outcome, runs::RunOutcome::failed);
  EXPECT_EQ(run.failure_summary.at(0).code, "provider.endpoint_not_allowed");
  EXPECT_EQ(simulator_->request_count(), 0u) << "nothing was sent";
  const Page page = read(connection());
  EXPECT_TRUE(page.has("This server does not connect to the connection"));
  EXPECT_TRUE(page.has("--allow-custom-endpoints"));
  EXPECT_TRUE(page.has("Down</span>"));
  EXPECT_TRUE(follow(read(connection() + "/consent")).has("There is no consent page to go to."));
}

// The rule of the form is about what is written there; where a name leads to is looked at when a request is made.
TEST_P(ConnectionPagesTest, ANameThatLeadsToAPrivateAddressIsRefusedAtTheConnection) {
  const auto port = simulator_->url().substr(simulator_->url().rfind(':'));
  process_->database().write([&](storage::Transaction& tx) {
    const std::string localhost = "http://localhost" + port;
    const simulator::App& full = app("full");
    ASSERT_TRUE(provider_connections::update_connection(tx, contoso().tenant.id, contoso().connection, "Contoso",
                                                        {localhost, localhost}, rule_, SystemClock().now()));
    ASSERT_TRUE(process_->connections().set_credential(tx, contoso().tenant.id, contoso().connection,
                                                       {.client_id = full.client_id, .secret = full.client_secret},
                                                       SystemClock().now()));
  });
  reach_ = http::Reach::internet;
  restart({});
  sign_in(Role::owner);
  EXPECT_EQ(check().failure_summary.at(0).code, "provider.endpoint_not_allowed");
  EXPECT_TRUE(read(connection()).has("its name leads to this machine itself"));
}

TEST_P(ConnectionPagesTest, ADefaultIsOneAndChangesHands) {
  sign_in(Role::owner);
  const Page made = submit(home_,
                           "&display_name=Second&entra_tenant_id=0f0e0d0c-1111-2222-3333-444455556666&client_id=app&"
                           "kind=client_secret&secret=Zx8Q-1TqN.v_0aB3cD4eF5gH6" +
                               addresses());
  const std::string second(made.headers.get("Location"));
  EXPECT_FALSE(read(second).has(">Default</span>"));
  EXPECT_TRUE(follow(submit(second + "/default")).has("is the default connection now."));
  EXPECT_EQ(count(fmt::format("provider_connections WHERE is_default AND tenant_id = {}", contoso().tenant.id)), 1);
}

TEST_P(ConnectionPagesTest, ConsentGoesToMicrosoftAndComesBackToThisSessionOnly) {
  sign_in(Role::owner);
  const Page away = read(connection() + "/consent");
  ASSERT_EQ(away.status, 303);
  const std::string to{away.headers.get("Location")};
  EXPECT_TRUE(to.starts_with(simulator_->url() + "/" + contoso().entra_tenant_id + "/adminconsent?client_id=")) << to;
  const auto at = to.find("state=") + 6;
  const std::string state = to.substr(at, to.find('&', at) - at);
  const Page back = read("/consent?admin_consent=True&tenant=x&state=" + state);
  EXPECT_EQ(back.headers.get("Location"), connection());
  EXPECT_TRUE(follow(back).has("Admin consent was granted."));
  EXPECT_TRUE(follow(read("/consent?error=access_denied&state=" + state)).has("Admin consent was not granted."));
  EXPECT_EQ(read("/consent?admin_consent=True&state=" + state + "0").status, 404);
  EXPECT_EQ(read("/consent?admin_consent=True").status, 404);
  sign_in(Role::operator_);
  EXPECT_EQ(read("/consent?admin_consent=True&state=" + state).status, 404) << "another session's state";
}

TEST_P(ConnectionPagesTest, AForeignConnectionDoesNotExist) {
  sign_in(Role::owner);
  const std::string foreign = fmt::format("{}/{}", home_, data_.tenants[1].connection);
  for (const char* page : {"", "/edit", "/credential", "/disable", "/consent", "/live"})
    EXPECT_EQ(read(foreign + page).status, 404) << page;
  for (const char* action : {"/check", "/sync", "/edit", "/credential", "/disable", "/enable", "/default"})
    EXPECT_EQ(submit(foreign + action, "&display_name=x&kind=client_secret&client_id=a&secret=b").status, 404)
        << action;
  EXPECT_EQ(read(home_ + "/999999").status, 404);
  EXPECT_EQ(read(home_ + "/nonsense").status, 404);
  EXPECT_EQ(count("operation_runs"), 0);
}

}  // namespace
}  // namespace ta::cli
