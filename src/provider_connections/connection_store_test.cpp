#include <thread>

#include "base/digest.h"
#include "base/secrets.h"
#include "provider_connections/master_key.h"
#include "provider_connections/provider_connections.h"
#include "testing/app_certificate.h"
#include "testing/database.h"
#include "testing/people.h"

namespace ta::provider_connections {
namespace {

using testing::kTestNow;

constexpr const char* kEntra = "6f0c2d3e-1111-2222-3333-444455556666";
constexpr const char* kOtherEntra = "6f0c2d3e-1111-2222-3333-444455557777";
const Credential kCredential{.client_id = "app-1", .secret = "Zx8Q~the.client-secret_0aB3cD4eF5gH6iJ"};

class ConnectionStoreTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  ConnectionStoreTest() {
    database_->write([&](auto& tx) {
      contoso_ = testing::make_tenant(tx, "contoso").id;
      fabrikam_ = testing::make_tenant(tx, "fabrikam").id;
    });
  }
  ConnectionOutcome<ProviderConnection> create(TenantId tenant, NewConnection wanted) {
    return database_->write([&](auto& tx) { return store_.create(tx, tenant, wanted, kTestNow); });
  }
  ConnectionOutcome<void> set_credential(TenantId tenant, ConnectionId id, const Credential& credential) {
    return database_->write([&](auto& tx) { return store_.set_credential(tx, tenant, id, credential, kTestNow); });
  }
  Result<UsableConnection> usable(TenantId tenant, ConnectionId id) {
    return database_->read([&](auto& tx) { return store_.usable(tx, tenant, id); });
  }
  std::optional<ProviderConnection> find(TenantId tenant, ConnectionId id) {
    return database_->read([&](auto& tx) { return find_connection(tx, tenant, id); });
  }
  ConnectionOutcome<void> check(ConnectionId id, const ConnectionCheck& found) {
    return database_->write([&](auto& tx) { return record_check(tx, contoso_, id, found, kTestNow); });
  }
  static MasterKey key_of(char fill) { return MasterKey::parse(hex(std::string(32, fill))).value(); }

  testing::TestDatabase database_{GetParam()};
  SecureRandom random_;
  MasterKey key_ = key_of('k');
  ConnectionStore store_{key_, random_};
  TenantId contoso_, fabrikam_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ConnectionStoreTest, testing::engines(), testing::engine_name);

TEST_P(ConnectionStoreTest, ANewConnectionWaitsForItsFirstCheck) {
  const auto made = create(contoso_, {" 6F0C2D3E-1111-2222-3333-444455556666 ", " Contoso "}).value();
  EXPECT_EQ(made.entra_tenant_id, kEntra);
  EXPECT_EQ(made.display_name, "Contoso");
  EXPECT_EQ(made.provider, "microsoft");
  EXPECT_TRUE(made.is_default);
  EXPECT_EQ(made.status, ConnectionStatus::needs_consent);
  EXPECT_FALSE(made.health || made.last_checked_at);
  EXPECT_TRUE(made.granted_scopes.empty() && made.last_error_code.empty());
  EXPECT_EQ(made.endpoints.login_base, "https://login.microsoftonline.com");
  EXPECT_EQ(made.endpoints.graph_base, "https://graph.microsoft.com");
  EXPECT_EQ(made.created_at, kTestNow);
}

TEST_P(ConnectionStoreTest, OtherAddressesThanMicrosoftsAreForInstallationsThatAllowThem) {
  const NewConnection simulated{kEntra, "Simulated", {"http://127.0.0.1:8099", "http://127.0.0.1:8099"}};
  EXPECT_EQ(create(contoso_, simulated).error(), ConnectionRefusal::endpoint_not_allowed);
  const ConnectionStore open_minded(key_, random_, EndpointRule::custom);
  const auto made =
      database_->write([&](auto& tx) { return open_minded.create(tx, contoso_, simulated, kTestNow); }).value();
  EXPECT_EQ(find(contoso_, made.id)->endpoints.graph_base, "http://127.0.0.1:8099");
  database_->write(
      [&](auto& tx) { EXPECT_TRUE(open_minded.set_credential(tx, contoso_, made.id, kCredential, kTestNow)); });
  EXPECT_TRUE(database_->read([&](auto& tx) { return open_minded.usable(tx, contoso_, made.id); }));
  const auto closed = usable(contoso_, made.id);
  ASSERT_FALSE(closed) << "stored while it was allowed";
  EXPECT_EQ(closed.error().code, FailureCode::provider_endpoint_not_allowed);
  EXPECT_NE(closed.error().message.find("http://127.0.0.1:8099"), std::string::npos) << closed.error().message;
}

TEST_P(ConnectionStoreTest, AConnectionMovesOnlyToAddressesThatAreAllowed) {
  const auto made = create(contoso_, {kEntra, "Contoso"}).value();
  const auto update = [&](std::string name, const Endpoints& to, EndpointRule rule) {
    return database_->write(
        [&](auto& tx) { return update_connection(tx, contoso_, made.id, name, to, rule, kTestNow); });
  };
  const Endpoints simulator{"http://127.0.0.1:8099", "http://127.0.0.1:8099"};
  EXPECT_EQ(update("x", simulator, EndpointRule::microsoft).error(), ConnectionRefusal::endpoint_not_allowed);
  EXPECT_EQ(find(contoso_, made.id)->display_name, "Contoso") << "nothing was changed";
  EXPECT_TRUE(update("x", simulator, EndpointRule::custom));
  EXPECT_TRUE(update("Renamed", simulator, EndpointRule::microsoft)) << "it does not move";
  EXPECT_EQ(find(contoso_, made.id)->display_name, "Renamed");
}

TEST_P(ConnectionStoreTest, BadFormsAreRefused) {
  const auto why = [&](NewConnection wanted) { return create(contoso_, std::move(wanted)).error(); };
  EXPECT_EQ(why({"contoso.onmicrosoft.com", "Contoso"}), ConnectionRefusal::entra_tenant_id_invalid);
  EXPECT_EQ(why({kEntra, "  "}), ConnectionRefusal::display_name_invalid);
  EXPECT_EQ(why({kEntra, "Contoso", {"http://evil.example", "https://graph.microsoft.com"}}),
            ConnectionRefusal::endpoint_invalid);
  EXPECT_EQ(create(TenantId{999}, {kEntra, "Contoso"}).error(), ConnectionRefusal::not_found);
  ASSERT_TRUE(create(contoso_, {kEntra, "Contoso"}));
  EXPECT_EQ(why({kEntra, "Contoso again"}), ConnectionRefusal::already_connected);
  EXPECT_TRUE(create(fabrikam_, {kEntra, "The same directory in another tenant"}));
}

TEST_P(ConnectionStoreTest, ExactlyOneIsTheDefault) {
  const auto first = create(contoso_, {kEntra, "First"}).value();
  const auto second = create(contoso_, {kOtherEntra, "Second"}).value();
  EXPECT_FALSE(second.is_default);
  database_->write([&](auto& tx) {
    EXPECT_TRUE(set_default(tx, contoso_, second.id, kTestNow));
    EXPECT_EQ(find_default_connection(tx, contoso_)->id, second.id);
    EXPECT_FALSE(find_connection(tx, contoso_, first.id)->is_default);
    EXPECT_EQ(set_default(tx, fabrikam_, first.id, kTestNow).error(), ConnectionRefusal::not_found);
    EXPECT_TRUE(set_default(tx, contoso_, second.id, kTestNow)) << "twice is fine";
    const auto list = list_connections(tx, contoso_);
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0].id, second.id) << "the default comes first";
  });
}

TEST_P(ConnectionStoreTest, TwoFirstConnectionsAtOnceMakeOneDefault) {
  {
    const std::jthread one([&] { EXPECT_TRUE(create(contoso_, {kEntra, "One"})); });
    const std::jthread other([&] { EXPECT_TRUE(create(contoso_, {kOtherEntra, "Other"})); });
  }
  const auto list = database_->read([&](auto& tx) { return list_connections(tx, contoso_); });
  ASSERT_EQ(list.size(), 2u);
  EXPECT_TRUE(list[0].is_default);
  EXPECT_FALSE(list[1].is_default);
}

TEST_P(ConnectionStoreTest, ARunOpensTheCredentialAndNobodyElseSeesIt) {
  const auto made = create(contoso_, {kEntra, "Contoso"}).value();
  ASSERT_TRUE(set_credential(contoso_, made.id, kCredential));
  const auto opened = usable(contoso_, made.id);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->credential.secret, kCredential.secret);
  EXPECT_EQ(opened->credential.client_id, "app-1");
  EXPECT_EQ(opened->connection.id, made.id);
  const auto info = database_->read([&](auto& tx) { return find_credential_info(tx, contoso_, made.id); });
  EXPECT_EQ(info->client_id, "app-1");
  EXPECT_EQ(info->key_id, key_.id());
  const auto sealed =
      database_->read([](auto& tx) { return tx.run_text("look", "SELECT sealed FROM provider_credentials"); });
  const std::string raw = sealed[0].template get<std::string>("sealed");
  EXPECT_EQ(raw.find(kCredential.secret), std::string::npos);
  EXPECT_EQ(base64_decode(raw)->find(kCredential.secret), std::string::npos);
}

TEST_P(ConnectionStoreTest, RotatingReplacesTheCredential) {
  const auto made = create(contoso_, {kEntra, "Contoso"}).value();
  ASSERT_TRUE(set_credential(contoso_, made.id, kCredential));
  const testing::AppCertificate certificate;
  Credential wanted{.kind = CredentialKind::certificate, .client_id = "app-2", .secret = certificate.text()};
  wanted.expires_at = kTestNow;  // what the certificate itself says counts
  ASSERT_TRUE(set_credential(contoso_, made.id, wanted));
  const auto opened = usable(contoso_, made.id).value();
  EXPECT_EQ(opened.credential.secret, certificate.text());
  EXPECT_EQ(opened.credential.kind, CredentialKind::certificate);
  EXPECT_EQ(opened.credential.expires_at->time_since_epoch() / std::chrono::seconds{1},
            (kTestNow + std::chrono::hours{24 * 365}).time_since_epoch() / std::chrono::seconds{1});
  wanted.secret = certificate.text(true, false);
  EXPECT_EQ(set_credential(contoso_, made.id, wanted).error(), ConnectionRefusal::certificate_invalid);
  EXPECT_EQ(set_credential(contoso_, made.id, {.client_id = "", .secret = "x"}).error(),
            ConnectionRefusal::client_id_invalid);
  EXPECT_EQ(set_credential(contoso_, made.id, {.client_id = "a", .secret = ""}).error(),
            ConnectionRefusal::secret_invalid);
  EXPECT_EQ(set_credential(contoso_, made.id, {.client_id = "a", .secret = "Insufficient privileges"}).error(),
            ConnectionRefusal::secret_weak);
  EXPECT_EQ(set_credential(contoso_, made.id, {.client_id = "a", .secret = kEntra}).error(),
            ConnectionRefusal::secret_is_an_id);
  EXPECT_EQ(set_credential(fabrikam_, made.id, kCredential).error(), ConnectionRefusal::not_found);
}

TEST_P(ConnectionStoreTest, KeysAreCountedByWhatTheyOpen) {
  const auto made = create(contoso_, {kEntra, "Contoso"}).value();
  const auto count = [&] { return database_->read([](auto& tx) { return count_credentials(tx); }); };
  const auto foreign = [&](const MasterKey& key) {
    return database_->read([&](auto& tx) { return count_credentials_of_other_keys(tx, key); });
  };
  EXPECT_EQ(count(), 0);
  ASSERT_TRUE(set_credential(contoso_, made.id, kCredential));
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(foreign(key_), 0);
  EXPECT_EQ(foreign(key_of('j')), 1);
  const MasterKey rotating = MasterKey::parse(hex(std::string(32, 'j')) + " " + hex(std::string(32, 'k'))).value();
  EXPECT_EQ(foreign(rotating), 0) << "the key before still opens it";
}

TEST_P(ConnectionStoreTest, ASecretIsRedactedInItsTenantOnly) {
  const auto made = create(contoso_, {kEntra, "Contoso"}).value();
  const std::string secret = "Rk7Q~tenants.own-secret_1bC4dE5fG6hI7jK";
  ASSERT_TRUE(set_credential(contoso_, made.id, {.client_id = "a", .secret = secret}));
  EXPECT_EQ(redact("x " + secret.substr(5), fabrikam_), "x " + secret.substr(5)) << "by its look alone it is none";
  EXPECT_EQ(redact("x '" + secret + "'", contoso_), "x '[redacted]'");
}

TEST_P(ConnectionStoreTest, WhatIsMissingHasItsCode) {
  const auto made = create(contoso_, {kEntra, "Contoso"}).value();
  EXPECT_EQ(usable(contoso_, ConnectionId{999}).error().code, FailureCode::provider_connection_missing);
  EXPECT_EQ(usable(fabrikam_, made.id).error().code, FailureCode::provider_connection_missing);
  EXPECT_EQ(usable(contoso_, made.id).error().code, FailureCode::provider_credential_missing);
  ASSERT_TRUE(set_credential(contoso_, made.id, kCredential));
  const MasterKey other = key_of('j');
  const ConnectionStore stranger(other, random_);
  const auto failed = database_->read([&](auto& tx) { return stranger.usable(tx, contoso_, made.id); });
  EXPECT_EQ(failed.error().code, FailureCode::provider_credential_missing);
  EXPECT_NE(failed.error().message.find(other.id()), std::string::npos);
  database_->write([&](auto& tx) { EXPECT_TRUE(set_enabled(tx, contoso_, made.id, false, kTestNow)); });
  EXPECT_EQ(usable(contoso_, made.id).error().code, FailureCode::provider_disabled);
}

// A row copied by hand to another connection does not open there.
TEST_P(ConnectionStoreTest, ACredentialIsBoundToItsConnection) {
  const auto first = create(contoso_, {kEntra, "First"}).value();
  const auto second = create(contoso_, {kOtherEntra, "Second"}).value();
  ASSERT_TRUE(set_credential(contoso_, first.id, kCredential));
  database_->write([&](auto& tx) {
    tx.run_text("move", "UPDATE provider_credentials SET provider_connection_id = :id", {{"id", second.id}});
  });
  EXPECT_EQ(usable(contoso_, second.id).error().code, FailureCode::provider_credential_missing);
}

TEST_P(ConnectionStoreTest, AForeignTenantSeesNothing) {
  const auto made = create(contoso_, {kEntra, "Contoso"}).value();
  ASSERT_TRUE(set_credential(contoso_, made.id, kCredential));
  EXPECT_FALSE(find(fabrikam_, made.id));
  database_->write([&](auto& tx) {
    EXPECT_TRUE(list_connections(tx, fabrikam_).empty());
    EXPECT_FALSE(find_default_connection(tx, fabrikam_));
    EXPECT_FALSE(find_credential_info(tx, fabrikam_, made.id));
    EXPECT_EQ(set_enabled(tx, fabrikam_, made.id, false, kTestNow).error(), ConnectionRefusal::not_found);
    EXPECT_EQ(record_check(tx, fabrikam_, made.id, {}, kTestNow).error(), ConnectionRefusal::not_found);
  });
}

TEST_P(ConnectionStoreTest, ChecksAreWrittenDown) {
  const auto made = create(contoso_, {kEntra, "Contoso"}).value();
  ASSERT_TRUE(check(made.id, {.granted_scopes = std::vector<std::string>{"Group.Read.All"}}));
  auto now = find(contoso_, made.id).value();
  EXPECT_EQ(now.status, ConnectionStatus::connected);
  EXPECT_EQ(now.health, ConnectionHealth::ok);
  EXPECT_EQ(now.last_checked_at, kTestNow);
  const Failure failure{FailureCode::graph_unauthorized, "invalid client_secret=abc~" + std::string(900, 'x'), {}};
  ASSERT_TRUE(check(made.id, {ConnectionStatus::error, ConnectionHealth::down, std::nullopt, failure}));
  now = find(contoso_, made.id).value();
  EXPECT_EQ(now.status, ConnectionStatus::error);
  EXPECT_EQ(now.last_error_code, "graph.unauthorized");
  EXPECT_EQ(now.last_error_message.find("abc~"), std::string::npos);
  EXPECT_LE(now.last_error_message.size(), 300u);
  EXPECT_EQ(now.granted_scopes, std::vector<std::string>{"Group.Read.All"}) << "not learned, so kept";
  ASSERT_TRUE(check(made.id, {}));
  EXPECT_TRUE(find(contoso_, made.id)->last_error_code.empty());
}

TEST_P(ConnectionStoreTest, DisabledStaysDisabledUntilSomeoneEnablesIt) {
  const auto made = create(contoso_, {kEntra, "Contoso"}).value();
  const auto enable = [&](bool enabled) {
    database_->write([&](auto& tx) { EXPECT_TRUE(set_enabled(tx, contoso_, made.id, enabled, kTestNow)); });
    return find(contoso_, made.id)->status;
  };
  ASSERT_TRUE(check(made.id, {}));
  EXPECT_EQ(enable(true), ConnectionStatus::connected) << "enabling what is enabled changes nothing";
  EXPECT_EQ(enable(false), ConnectionStatus::disabled);
  ASSERT_TRUE(check(made.id, {}));
  EXPECT_EQ(find(contoso_, made.id)->status, ConnectionStatus::disabled) << "a late check does not enable it";
  EXPECT_EQ(enable(true), ConnectionStatus::needs_consent);
}

}  // namespace
}  // namespace ta::provider_connections
