#include "access/roles.h"

#include <gtest/gtest.h>

namespace ta::access {
namespace {

// product.md section 3, written out; the role map must say the same.
TEST(Roles, MapIsTheOneInTheContract) {
  const auto what_may = [](Role role) {
    std::set<std::string> names;
    for (const Capability capability : all_capabilities())
      if (allows(role, capability)) names.emplace(name(capability));
    return names;
  };
  const std::set<std::string> readonly{"audit.view", "runs.view"};
  std::set<std::string> expected = readonly;
  EXPECT_EQ(what_may(Role::readonly), expected);
  expected.insert({"runs.start", "inventory.sync", "providers.run", "drift.acknowledge"});
  EXPECT_EQ(what_may(Role::operator_), expected);
  expected.insert({"providers.manage", "backups.manage", "restore.execute"});
  EXPECT_EQ(what_may(Role::manager), expected);
  expected.insert({"members.manage", "settings.manage", "rbac.setup"});
  EXPECT_EQ(what_may(Role::owner), expected);
  EXPECT_EQ(expected.size(), all_capabilities().size());
}

TEST(Roles, EveryNameIsUniqueAndReadsBack) {
  std::set<std::string_view> names;
  for (const Capability capability : all_capabilities()) {
    EXPECT_EQ(capability_from(name(capability)), capability);
    EXPECT_TRUE(names.insert(name(capability)).second) << name(capability);
  }
  for (const Role role : all_roles()) {
    EXPECT_EQ(role_from(name(role)), role);
    EXPECT_FALSE(label(role).empty());
  }
  for (const TokenScope scope : all_token_scopes()) EXPECT_EQ(token_scope_from(name(scope)), scope);
}

TEST(Roles, UnknownNamesAreNothing) {
  for (const std::string_view wrong : {"", "Owner", "admin", "owner "}) EXPECT_FALSE(role_from(wrong)) << wrong;
  EXPECT_FALSE(capability_from("runs.stop"));
  EXPECT_FALSE(token_scope_from("write"));
}

TEST(Roles, ReadTokensStartNothing) {
  for (const Capability capability : all_capabilities()) {
    const bool reads = capability == Capability::runs_view || capability == Capability::audit_view;
    EXPECT_EQ(allows(TokenScope::read, capability), reads) << name(capability);
    EXPECT_TRUE(allows(TokenScope::admin, capability)) << name(capability);
  }
  EXPECT_TRUE(allows(TokenScope::start, Capability::inventory_sync));
  EXPECT_FALSE(allows(TokenScope::start, Capability::providers_manage));
}

}  // namespace
}  // namespace ta::access
