#include <fstream>

#include "access/administrators.h"
#include "access/api_tokens.h"
#include "access/sign_in.h"
#include "access/tenants.h"
#include "access/users.h"
#include "cli/cli_fixture_test.h"
#include "testing/clock.h"
#include "testing/database.h"

namespace ta::cli {
namespace {

constexpr std::string_view kPassword = "correct horse battery";

class AccessCommandsTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  AccessCommandsTest() {
    terminal_.environment = {{"TENANTATLAS_DATABASE", database_.url()},
                             {"TENANTATLAS_PASSWORD", std::string(kPassword)}};
  }
  Said run(const std::vector<std::string>& words) { return terminal_.run(words); }
  Said must(const std::vector<std::string>& words) {
    Said said = run(words);
    EXPECT_EQ(said.code, kDone) << said.err;
    return said;
  }
  std::string refusal(const std::vector<std::string>& words) {
    const Said said = run(words);
    EXPECT_EQ(said.code, kFailed) << said.out;
    return said.err;
  }
  bool signs_in(std::string_view password) {
    SystemClock clock;
    SecureRandom random;
    const access::PasswordHasher hasher;
    return access::SignIn(*database_, clock, random, hasher).sign_in("alva@x.example", password, {}).has_value();
  }
  std::vector<std::string> audited() {
    std::vector<std::string> actions;
    database_->read([&](storage::Transaction& tx) {
      for (const storage::Row row : tx.run_text("look", "SELECT action FROM audit_log ORDER BY id"))
        actions.push_back(row.get<std::string>("action"));
    });
    return actions;
  }

  testing::TestDatabase database_{GetParam()};
  Terminal terminal_;
};
INSTANTIATE_TEST_SUITE_P(Engines, AccessCommandsTest, testing::engines(), testing::engine_name);

TEST_P(AccessCommandsTest, TenantsAreCreatedAndListed) {
  EXPECT_NE(must({"tenant", "create", "contoso", "--name", "Contoso Ltd", "--time-zone", "Europe/Berlin"})
                .out.find("Tenant contoso created"),
            std::string::npos);
  const auto made = must({"tenant", "create", "fabrikam", "--json"}).json();
  EXPECT_EQ(made.at("slug"), "fabrikam");
  EXPECT_EQ(made.at("time_zone"), "UTC");
  const auto tenants = must({"tenant", "list", "--json"}).json().at("tenants");
  ASSERT_EQ(tenants.as_array().size(), 2u);
  EXPECT_EQ(tenants.at(0).at("name"), "Contoso Ltd");
  EXPECT_NE(must({"tenant", "list"}).out.find("contoso   Contoso Ltd  Europe/Berlin  as the server says\n"),
            std::string::npos);
  EXPECT_NE(refusal({"tenant", "create", "contoso"}).find("exists already"), std::string::npos);
  EXPECT_NE(refusal({"tenant", "create", "Not A Slug"}).find("a-z, 0-9"), std::string::npos);
  EXPECT_NE(refusal({"tenant", "create", "other", "--time-zone", "Mars/Base"}).find("Mars/Base"), std::string::npos);
  EXPECT_EQ(audited(), (std::vector<std::string>{"tenant.created", "tenant.created"}));
}

TEST_P(AccessCommandsTest, ATenantKeepsItsRunsForItsOwnNumberOfDays) {
  must({"tenant", "create", "contoso"});
  EXPECT_EQ(must({"tenant", "edit", "contoso", "--keep-days", "30", "--json"}).json().at("keep_days"), 30);
  EXPECT_EQ(must({"tenant", "list", "--json"}).json().at("tenants").at(0).at("keep_days"), 30);
  for (const char* bad : {"0", "36501", "-3"})
    EXPECT_NE(refusal({"tenant", "edit", "contoso", "--keep-days", bad}).find("1 to 36500"), std::string::npos);
  for (const char* bad : {"x", "30d", ""})
    EXPECT_EQ(run({"tenant", "edit", "contoso", "--keep-days", bad}).code, kUsage) << bad;
  EXPECT_EQ(run({"tenant", "edit", "contoso"}).code, kUsage);
  EXPECT_EQ(must({"tenant", "edit", "contoso", "--keep-days", "default"}).out,
            "Tenant contoso keeps completed runs as the server says.\n");
  EXPECT_NE(refusal({"tenant", "edit", "nobody", "--keep-days", "3"}).find("no tenant nobody"), std::string::npos);
  EXPECT_EQ(audited(),
            (std::vector<std::string>{"tenant.created", "tenant.retention_changed", "tenant.retention_changed"}));
}

TEST_P(AccessCommandsTest, ATenantGetsAnotherNameAndZone) {
  must({"tenant", "create", "contoso", "--name", "Contoso"});
  EXPECT_NE(must({"tenant", "edit", "contoso", "--time-zone", "Asia/Tokyo"}).out.find("is in Asia/Tokyo now"),
            std::string::npos);
  const json::value changed = must({"tenant", "edit", "contoso", "--name", "Contoso Ltd", "--json"}).json();
  EXPECT_EQ(changed.at("name"), "Contoso Ltd");
  EXPECT_EQ(changed.at("time_zone"), "Asia/Tokyo");
  must({"tenant", "edit", "contoso", "--name", "Contoso Ltd"});  // nothing to write down
  EXPECT_NE(refusal({"tenant", "edit", "contoso", "--time-zone", "Mars/Base"}).find("no time zone Mars/Base"),
            std::string::npos);
  EXPECT_NE(refusal({"tenant", "edit", "contoso", "--name", " "}).find("1 to 200 characters"), std::string::npos);
  EXPECT_EQ(audited(), (std::vector<std::string>{"tenant.created", "tenant.changed", "tenant.changed"}));
}

TEST_P(AccessCommandsTest, AnAdministratorIsMadeAndUnmade) {
  must({"user", "create", "alva@x.example"});
  const auto is_one = [&] {
    return database_->read([](storage::Transaction& tx) {
      return access::is_administrator(tx, access::find_user_by_email(tx, "alva@x.example")->id);
    });
  };
  EXPECT_FALSE(is_one());
  EXPECT_EQ(must({"user", "promote", "alva@x.example"}).out,
            "alva@x.example is an administrator of this installation now.\n");
  EXPECT_TRUE(is_one());
  EXPECT_EQ(must({"user", "promote", "alva@x.example"}).out, "alva@x.example is one already.\n");
  must({"user", "disable", "alva@x.example"});
  EXPECT_FALSE(is_one()) << "a disabled user is nobody";
  must({"user", "demote", "alva@x.example"});
  must({"user", "enable", "alva@x.example"});
  EXPECT_FALSE(is_one());
  EXPECT_NE(refusal({"user", "promote", "nobody@x.example"}).find("no user"), std::string::npos);
}

TEST_P(AccessCommandsTest, AUserCanSignInWithTheGivenPassword) {
  must({"user", "create", "alva@x.example", "--name", "Alva"});
  EXPECT_TRUE(signs_in(kPassword));
  EXPECT_NE(refusal({"user", "create", "ALVA@x.example"}).find("exists already"), std::string::npos);
  EXPECT_NE(must({"user", "list"}).out.find("alva@x.example  Alva"), std::string::npos);
  EXPECT_EQ(must({"user", "list", "--json"}).json().at("users").at(0).at("name"), "Alva");
}

TEST_P(AccessCommandsTest, PasswordsComeFromFilesOrInputOrAreMade) {
  terminal_.environment.erase("TENANTATLAS_PASSWORD");
  const Said none = run({"user", "create", "alva@x.example"});
  EXPECT_EQ(none.code, kUsage);
  EXPECT_NE(none.err.find("--password-file"), std::string::npos);
  const auto made = must({"user", "create", "alva@x.example", "--generate-password", "--json"}).json();
  EXPECT_TRUE(signs_in(made.at("password").as_string()));
  terminal_.input = "from standard input\r\n";
  const Said changed = must({"user", "set-password", "alva@x.example", "--password-file", "-"});
  EXPECT_EQ(changed.out.find("from standard"), std::string::npos);
  EXPECT_TRUE(signs_in("from standard input"));
  terminal_.input = "short\n";
  EXPECT_NE(refusal({"user", "set-password", "alva@x.example", "--password-file", "-"}).find("12 characters"),
            std::string::npos);
  EXPECT_NE(refusal({"user", "set-password", "bo@x.example", "--generate-password"}).find("no user bo@x.example"),
            std::string::npos);
  EXPECT_NE(refusal({"user", "create", "bo@x.example", "--password-file", "/no/such/file"}).find("/no/such/file"),
            std::string::npos);
}

TEST_P(AccessCommandsTest, GrantingAddsAndChangesButKeepsAnOwner) {
  must({"tenant", "create", "contoso"});
  must({"user", "create", "alva@x.example"});
  EXPECT_NE(must({"user", "grant", "alva@x.example", "contoso", "owner"}).out.find("is Owner of contoso"),
            std::string::npos);
  EXPECT_NE(refusal({"user", "grant", "alva@x.example", "contoso", "readonly"}).find("at least one Owner"),
            std::string::npos);
  EXPECT_EQ(run({"user", "grant", "alva@x.example", "contoso", "king"}).code, kUsage);
  EXPECT_NE(refusal({"user", "grant", "alva@x.example", "nowhere", "owner"}).find("no tenant nowhere"),
            std::string::npos);
  EXPECT_NE(refusal({"user", "grant", "bo@x.example", "contoso", "owner"}).find("no user"), std::string::npos);
  EXPECT_NE(refusal({"user", "disable", "alva@x.example"}).find("at least one Owner"), std::string::npos);
  must({"user", "create", "bo@x.example"});
  must({"user", "grant", "bo@x.example", "contoso", "owner"});
  must({"user", "disable", "alva@x.example"});
  EXPECT_FALSE(signs_in(kPassword));
  must({"user", "enable", "alva@x.example"});
  EXPECT_TRUE(signs_in(kPassword));
}

TEST_P(AccessCommandsTest, RevokingTakesAMembershipAwayAndSaysWhatEnds) {
  must({"tenant", "create", "contoso"});
  for (const char* email : {"alva@x.example", "bo@x.example"}) must({"user", "create", email});
  must({"user", "grant", "alva@x.example", "contoso", "owner"});
  must({"user", "grant", "bo@x.example", "contoso", "operator"});
  const auto members = [&] {
    return database_->read([](storage::Transaction& tx) {
      return access::list_members(tx, access::find_tenant_by_slug(tx, "contoso")->id).size();
    });
  };
  EXPECT_NE(refusal({"user", "revoke", "alva@x.example", "--tenant", "contoso"}).find("the last Owner of contoso"),
            std::string::npos);
  EXPECT_EQ(run({"user", "revoke", "bo@x.example"}).code, kUsage);
  EXPECT_NE(refusal({"user", "revoke", "bo@x.example", "--tenant", "nowhere"}).find("no tenant nowhere"),
            std::string::npos);
  EXPECT_NE(refusal({"user", "revoke", "cy@x.example", "--tenant", "contoso"}).find("no user"), std::string::npos);
  EXPECT_EQ(members(), 2u);
  const std::string said = must({"user", "revoke", "bo@x.example", "--tenant", "contoso"}).out;
  EXPECT_TRUE(said.starts_with("bo@x.example is no longer a member of contoso; they were Operator.\n")) << said;
  EXPECT_NE(said.find("end within 5 seconds"), std::string::npos);
  EXPECT_NE(said.find("None of their operations waits."), std::string::npos);
  EXPECT_EQ(members(), 1u);
  EXPECT_EQ(audited().back(), "member.removed");
  EXPECT_NE(refusal({"user", "revoke", "bo@x.example", "--tenant", "contoso"}).find("bo@x.example is not a member"),
            std::string::npos);
  must({"user", "grant", "bo@x.example", "contoso", "owner"});
  const json::value json = must({"user", "revoke", "alva@x.example", "--tenant", "contoso", "--json"}).json();
  EXPECT_EQ(json,
            json::value({{"email", "alva@x.example"}, {"tenant", "contoso"}, {"role", "owner"}, {"waiting_runs", 0}}));
}

TEST_P(AccessCommandsTest, TokensWorkUntilTheyAreRevoked) {
  must({"user", "create", "alva@x.example"});
  const auto made = must({"token", "create", "alva@x.example", "--name", "CI", "--scope", "start", "--scope", "read",
                          "--expires-in-days", "30", "--json"})
                        .json();
  const std::string bearer = "Bearer " + std::string(made.at("token").as_string());
  const SystemClock clock;
  ASSERT_TRUE(access::bearer_principal(*database_, clock, bearer));
  const auto listed = must({"token", "list", "alva@x.example", "--json"});
  EXPECT_EQ(listed.out.find(bearer.substr(7)), std::string::npos) << "shown once only";
  EXPECT_EQ(listed.json().at("tokens").at(0).at("scopes").as_array().size(), 2u);
  const std::string id = std::to_string(made.at("id").as_int64());
  must({"token", "revoke", "alva@x.example", id});
  EXPECT_FALSE(access::bearer_principal(*database_, clock, bearer));
  EXPECT_NE(must({"token", "list", "alva@x.example"}).out.find("revoked"), std::string::npos);
  EXPECT_EQ(run({"token", "create", "alva@x.example", "--scope", "everything"}).code, kUsage);
  EXPECT_EQ(run({"token", "create", "alva@x.example", "--expires-in-days", "0"}).code, kUsage);
  EXPECT_NE(refusal({"token", "revoke", "alva@x.example", "999"}).find("does not exist"), std::string::npos);
}

TEST_P(AccessCommandsTest, ABareTokenIsAllThatIsOnStandardOutput) {
  must({"user", "create", "alva@x.example"});
  const Said said = must({"token", "create", "alva@x.example"});
  EXPECT_TRUE(said.out.starts_with("ta_"));
  EXPECT_EQ(said.out.size(), 47u);
}

}  // namespace
}  // namespace ta::cli
