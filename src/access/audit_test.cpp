#include "access/audit.h"

#include "testing/database.h"
#include "testing/people.h"

namespace ta::access {
namespace {

using testing::kTestNow;

class AuditTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  void note(AuditEntry entry, Timestamp at = kTestNow) {
    database_->write([&](auto& tx) { record(tx, entry, at); });
  }
  std::vector<AuditRecord> list(TenantId tenant, const AuditFilter& filter = {}, int limit = 100) {
    return database_->read([&](auto& tx) { return list_audit(tx, tenant, filter, limit); });
  }
  // Whether the database itself refuses the statement.
  bool refused(const std::string& statement) {
    try {
      database_->write([&](auto& tx) { tx.run_text("tamper", statement); });
    } catch (const storage::StorageError&) {
      return true;
    }
    return false;
  }

  testing::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Engines, AuditTest, testing::engines(), testing::engine_name);

TEST_P(AuditTest, AnEntryReadsBackWhole) {
  note({.tenant = TenantId{1},
        .user = UserId{7},
        .actor = "Alva Lindqvist",
        .action = "member.added",
        .target_type = "user",
        .target_id = "8",
        .target_name = "Bo Ek",
        .result = AuditEntry::Result::refused,
        .detail = {{"role", "owner"}, {"count", 3}},
        .request_id = "0123456789abcdef",
        .address = "127.0.0.1"});
  const auto records = list(TenantId{1});
  ASSERT_EQ(records.size(), 1u);
  const AuditEntry& entry = records[0].entry;
  EXPECT_EQ(records[0].at, kTestNow);
  EXPECT_EQ(entry.user, UserId{7});
  EXPECT_EQ(entry.actor, "Alva Lindqvist");
  EXPECT_EQ(entry.action, "member.added");
  EXPECT_EQ(entry.target_name, "Bo Ek");
  EXPECT_EQ(entry.result, AuditEntry::Result::refused);
  EXPECT_EQ(entry.detail.at("role"), "owner");
  EXPECT_EQ(entry.detail.at("count"), 3);
  EXPECT_EQ(entry.request_id, "0123456789abcdef");
}

TEST_P(AuditTest, NothingCanBeChangedOrTakenAway) {
  note({.tenant = TenantId{1}, .actor = "Alva", .action = "member.added"});
  EXPECT_TRUE(refused("UPDATE audit_log SET actor = 'Someone else'"));
  EXPECT_TRUE(refused("DELETE FROM audit_log"));
  if (GetParam() == storage::Engine::postgres) {
    EXPECT_TRUE(refused("TRUNCATE audit_log"));
  } else {
    EXPECT_TRUE(
        refused("INSERT OR REPLACE INTO audit_log (id, actor, action, result, created_at)"
                " SELECT id, 'Someone else', action, result, created_at FROM audit_log"));
  }
  ASSERT_EQ(list(TenantId{1}).size(), 1u);
  EXPECT_EQ(list(TenantId{1})[0].entry.actor, "Alva");
}

TEST_P(AuditTest, TheEntryGoesWithItsAction) {
  EXPECT_THROW(database_->write([](auto& tx) {
    record(tx, {.tenant = TenantId{1}, .actor = "Alva", .action = "member.added"}, kTestNow);
    throw std::runtime_error("the action failed");
  }),
               std::runtime_error);
  EXPECT_TRUE(list(TenantId{1}).empty());
}

TEST_P(AuditTest, SecretsDoNotReachIt) {
  const std::string secret = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
  note({.tenant = TenantId{1},
        .actor = "Alva " + secret,
        .action = "credential.rotated",
        .target_name = "Bearer " + secret,
        .detail = {{"nested", json::array{json::object{{"note", "client_secret=" + secret}}}}}});
  const auto rows = database_->read([](auto& tx) {
    return tx.run_text("dump", "SELECT actor, target_name, CAST(detail AS text) AS detail FROM audit_log");
  });
  for (const char* column : {"actor", "target_name", "detail"})
    EXPECT_EQ(rows[0].get<std::string>(column).find(secret), std::string::npos) << column;
}

TEST_P(AuditTest, FiltersAndPagesStayInTheirTenant) {
  for (int i = 0; i < 10; ++i)
    note({.tenant = TenantId{1 + i % 2},
          .user = UserId{i},
          .actor = "Alva",
          .action = i < 5 ? "member.added" : "member.removed",
          .result = i == 4 ? AuditEntry::Result::failed : AuditEntry::Result::done},
         kTestNow + std::chrono::seconds{i});
  EXPECT_EQ(list(TenantId{1}).size(), 5u);
  EXPECT_TRUE(list(TenantId{3}).empty());
  EXPECT_EQ(list(TenantId{1}, {.action = "member.added"}).size(), 3u);
  EXPECT_EQ(list(TenantId{1}, {.user = UserId{2}}).size(), 1u);
  EXPECT_EQ(list(TenantId{2}, {.user = UserId{2}}).size(), 0u);
  EXPECT_EQ(list(TenantId{1}, {.result = AuditEntry::Result::failed}).size(), 1u);
  EXPECT_EQ(list(TenantId{1}, {.from = kTestNow + std::chrono::seconds{2}, .until = kTestNow + std::chrono::seconds{6}})
                .size(),
            2u);
  const auto first = list(TenantId{1}, {}, 2);
  const auto next = list(TenantId{1}, {.before_id = first.back().id}, 100);
  EXPECT_EQ(first[0].entry.user, UserId{8});
  ASSERT_EQ(next.size(), 3u);
  EXPECT_EQ(next[0].entry.user, UserId{4});
}

}  // namespace
}  // namespace ta::access
