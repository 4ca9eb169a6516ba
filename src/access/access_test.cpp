#include "access/access.h"

#include <thread>

#include "testing/database.h"
#include "testing/people.h"

namespace ta::access {
namespace {

using testing::kTestNow, testing::make_member, testing::make_tenant, testing::make_user, testing::must;

class AccessTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  template <class F>
  auto write(F&& body) {
    return database_->write(std::forward<F>(body));
  }
  std::optional<Role> role_in(const Tenant& tenant, const User& user) {
    return database_->read([&](auto& tx) -> std::optional<Role> {
      const auto found = find_tenant_for(tx, user.id, tenant.slug);
      return found ? std::optional(found->role) : std::nullopt;
    });
  }

  testing::TestDatabase database_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Engines, AccessTest, testing::engines(), testing::engine_name);

TEST_P(AccessTest, UsersAreFoundByIdAndByEmailInAnyCase) {
  const User user = write([](auto& tx) { return make_user(tx, "Alva@Contoso.example", "  Alva Lindqvist "); });
  EXPECT_EQ(user.email, "alva@contoso.example");
  EXPECT_EQ(user.name, "Alva Lindqvist");
  EXPECT_EQ(user.created_at, kTestNow);
  EXPECT_FALSE(user.last_sign_in_at || user.disabled_at);
  database_->read([&](auto& tx) {
    EXPECT_EQ(find_user(tx, user.id)->email, user.email);
    EXPECT_EQ(find_user_by_email(tx, "ALVA@contoso.EXAMPLE")->id, user.id);
    EXPECT_FALSE(find_user_by_email(tx, "noone@contoso.example"));
    EXPECT_FALSE(find_user_by_email(tx, "'; DROP TABLE users; --"));
    EXPECT_FALSE(find_user(tx, UserId{user.id.value + 1}));
  });
}

TEST_P(AccessTest, AnEmailBelongsToOneUser) {
  write([](auto& tx) { make_user(tx, "alva@contoso.example"); });
  write([](auto& tx) {
    const auto second = create_user(tx, {"ALVA@contoso.example", "Another", "none"}, kTestNow);
    EXPECT_EQ(second.error().reason, Refusal::Reason::email_taken);
    EXPECT_EQ(create_user(tx, {"alva", "Alva", "none"}, kTestNow).error().reason, Refusal::Reason::email_invalid);
    EXPECT_EQ(create_user(tx, {"b@x.example", "  ", "none"}, kTestNow).error().reason, Refusal::Reason::name_invalid);
    EXPECT_EQ(list_users(tx).size(), 1u);
  });
}

TEST_P(AccessTest, PreferencesAreKeptWhole) {
  const User user = write([](auto& tx) { return make_user(tx, "alva@contoso.example"); });
  EXPECT_EQ(user.preferences, json::value(json::object{}));
  const json::object wanted{{"theme", "dark"}, {"shortcuts", false}};
  write([&](auto& tx) { set_preferences(tx, user.id, wanted, kTestNow); });
  EXPECT_EQ(database_->read([&](auto& tx) { return find_user(tx, user.id)->preferences; }), json::value(wanted));
}

TEST_P(AccessTest, TenantsHaveOneSlugEach) {
  write([](auto& tx) {
    const Tenant tenant = make_tenant(tx, "contoso");
    EXPECT_EQ(tenant.time_zone, "Europe/Berlin");
    const auto reason = [&](NewTenant wanted) { return create_tenant(tx, wanted, kTestNow).error().reason; };
    EXPECT_EQ(reason({"contoso", "Contoso Again"}), Refusal::Reason::slug_taken);
    EXPECT_EQ(reason({"Contoso", "Contoso"}), Refusal::Reason::slug_invalid);
    EXPECT_EQ(reason({"other", ""}), Refusal::Reason::name_invalid);
    EXPECT_EQ(reason({"other", "Other", "Berlin, Germany"}), Refusal::Reason::time_zone_invalid);
    EXPECT_EQ(find_tenant_by_slug(tx, "contoso")->id, tenant.id);
    EXPECT_EQ(find_tenant(tx, tenant.id)->slug, "contoso");
    EXPECT_FALSE(find_tenant_by_slug(tx, "other"));
    EXPECT_EQ(list_tenants(tx).size(), 1u);
  });
}

TEST_P(AccessTest, AForeignTenantIsLikeNone) {
  write([](auto& tx) {
    const Tenant ours = make_tenant(tx, "contoso");
    const Tenant theirs = make_tenant(tx, "fabrikam");
    const User user = make_member(tx, ours, Role::manager, "alva@contoso.example");
    EXPECT_EQ(find_tenant_for(tx, user.id, "contoso")->role, Role::manager);
    EXPECT_FALSE(find_tenant_for(tx, user.id, "fabrikam"));
    EXPECT_FALSE(find_tenant_for(tx, user.id, "nowhere"));
    EXPECT_FALSE(find_tenant_for(tx, user.id, "Not A Slug"));
    EXPECT_EQ(list_tenants_of(tx, user.id).size(), 1u);
    EXPECT_EQ(authorize(tx, user.id, theirs.id, Capability::runs_view), Decision::not_found);
    EXPECT_EQ(authorize(tx, user.id, TenantId{999}, Capability::runs_view), Decision::not_found);
  });
}

TEST_P(AccessTest, EveryRoleMayWhatTheMapSaysAndNothingElse) {
  write([](auto& tx) {
    const Tenant tenant = make_tenant(tx, "contoso");
    for (const Role role : all_roles()) {
      const User user = make_member(tx, tenant, role, fmt::format("{}@contoso.example", name(role)));
      for (const Capability capability : all_capabilities())
        EXPECT_EQ(authorize(tx, user.id, tenant.id, capability),
                  allows(role, capability) ? Decision::granted : Decision::forbidden)
            << name(role) << " " << name(capability);
    }
  });
}

TEST_P(AccessTest, ATokenNarrowsItsUser) {
  write([](auto& tx) {
    const Tenant tenant = make_tenant(tx, "contoso");
    Principal owner{.user = make_member(tx, tenant, Role::owner, "alva@contoso.example"), .session = SessionId{1}};
    const auto ask = [&](Capability capability) { return authorize(tx, owner, tenant.id, capability); };
    EXPECT_EQ(ask(Capability::members_manage), Decision::granted);
    owner.session.reset();
    owner.token = ApiTokenId{1};
    EXPECT_EQ(ask(Capability::runs_view), Decision::forbidden) << "a token without scopes may nothing";
    owner.scopes = {TokenScope::read};
    EXPECT_EQ(ask(Capability::runs_view), Decision::granted);
    EXPECT_EQ(ask(Capability::runs_start), Decision::forbidden);
    owner.scopes = {TokenScope::start};
    EXPECT_EQ(ask(Capability::runs_start), Decision::granted);
    EXPECT_EQ(ask(Capability::members_manage), Decision::forbidden);
  });
}

TEST_P(AccessTest, RolesChangeAtOnce) {
  const auto [tenant, user] = write([](auto& tx) {
    const Tenant tenant = make_tenant(tx, "contoso");
    make_member(tx, tenant, Role::owner, "owner@contoso.example");
    return std::pair(tenant, make_member(tx, tenant, Role::readonly, "alva@contoso.example"));
  });
  EXPECT_EQ(role_in(tenant, user), Role::readonly);
  write([&](auto& tx) { EXPECT_TRUE(change_role(tx, tenant.id, user.id, Role::operator_, kTestNow)); });
  EXPECT_EQ(role_in(tenant, user), Role::operator_);
  write([&](auto& tx) { EXPECT_EQ(remove_member(tx, tenant.id, user.id).value(), Role::operator_); });
  EXPECT_EQ(role_in(tenant, user), std::nullopt);
  write([&](auto& tx) {
    const auto gone = Refusal::Reason::not_found;
    EXPECT_EQ(remove_member(tx, tenant.id, user.id).error().reason, gone);
    EXPECT_EQ(change_role(tx, tenant.id, user.id, Role::owner, kTestNow).error().reason, gone);
    EXPECT_EQ(add_member(tx, tenant.id, UserId{999}, Role::owner, kTestNow).error().reason, gone);
    EXPECT_EQ(add_member(tx, TenantId{999}, user.id, Role::owner, kTestNow).error().reason, gone);
  });
}

TEST_P(AccessTest, MembersAreListedByNameWithTheirRole) {
  write([](auto& tx) {
    const Tenant tenant = make_tenant(tx, "contoso");
    for (const auto& [email, name] : {std::pair{"z@x.example", "zoe"}, {"a@x.example", "Åsa"}, {"b@x.example", "Bo"}})
      must(add_member(tx, tenant.id, make_user(tx, email, name).id, Role::manager, kTestNow));
    const auto members = list_members(tx, tenant.id);
    ASSERT_EQ(members.size(), 3u);
    EXPECT_EQ(members[0].user.name, "Bo");
    EXPECT_EQ(members[0].role, Role::manager);
    EXPECT_EQ(members[0].since, kTestNow);
    EXPECT_EQ(add_member(tx, tenant.id, members[0].user.id, Role::owner, kTestNow).error().reason,
              Refusal::Reason::already_member);
  });
}

TEST_P(AccessTest, TheLastOwnerStays) {
  write([](auto& tx) {
    const Tenant tenant = make_tenant(tx, "contoso");
    const User owner = make_member(tx, tenant, Role::owner, "owner@contoso.example");
    const User second = make_member(tx, tenant, Role::manager, "second@contoso.example");
    const auto last = Refusal::Reason::last_owner;
    EXPECT_EQ(remove_member(tx, tenant.id, owner.id).error().reason, last);
    EXPECT_EQ(change_role(tx, tenant.id, owner.id, Role::manager, kTestNow).error().reason, last);
    EXPECT_EQ(disable_user(tx, owner.id, kTestNow).error().reason, last);
    EXPECT_TRUE(change_role(tx, tenant.id, owner.id, Role::owner, kTestNow)) << "staying Owner is no change";
    EXPECT_TRUE(change_role(tx, tenant.id, second.id, Role::owner, kTestNow));
    EXPECT_TRUE(disable_user(tx, second.id, kTestNow));
    EXPECT_EQ(remove_member(tx, tenant.id, owner.id).error().reason, last) << "a disabled Owner does not count";
    EXPECT_TRUE(enable_user(tx, second.id, kTestNow));
    EXPECT_TRUE(remove_member(tx, tenant.id, owner.id));
  });
  EXPECT_EQ(Refusal{Refusal::Reason::last_owner}.text(), "A tenant needs at least one Owner.");
}

// Two Owners who remove each other at the same moment: exactly one succeeds, however the threads meet.
TEST_P(AccessTest, TwoOwnersCannotRemoveEachOther) {
  for (int round = 0; round < 10; ++round) {
    const auto [tenant, a, b] = write([&](auto& tx) {
      const Tenant tenant = make_tenant(tx, fmt::format("t{}", round));
      return std::tuple(tenant, make_member(tx, tenant, Role::owner, fmt::format("a{}@x.example", round)),
                        make_member(tx, tenant, Role::owner, fmt::format("b{}@x.example", round)));
    });
    std::atomic<int> removed = 0;
    const auto remove = [&, tenant = tenant](UserId user) {
      removed += database_->write([&](auto& tx) { return remove_member(tx, tenant.id, user); }).has_value();
    };
    {
      const std::jthread one(remove, a.id);
      const std::jthread other(remove, b.id);
    }
    EXPECT_EQ(removed, 1);
    EXPECT_EQ(database_->read([&, tenant = tenant](auto& tx) { return list_members(tx, tenant.id).size(); }), 1u);
  }
}

TEST_P(AccessTest, ADisabledUserIsAMemberOfNothing) {
  write([](auto& tx) {
    const Tenant tenant = make_tenant(tx, "contoso");
    const User user = make_member(tx, tenant, Role::manager, "alva@contoso.example");
    ASSERT_TRUE(disable_user(tx, user.id, kTestNow));
    EXPECT_EQ(find_user(tx, user.id)->disabled_at, kTestNow);
    EXPECT_EQ(authorize(tx, user.id, tenant.id, Capability::runs_view), Decision::not_found);
    EXPECT_FALSE(find_tenant_for(tx, user.id, "contoso"));
    EXPECT_TRUE(list_tenants_of(tx, user.id).empty());
    EXPECT_EQ(disable_user(tx, UserId{999}, kTestNow).error().reason, Refusal::Reason::not_found);
  });
}

// The database is the last net below the checks in C++.
TEST_P(AccessTest, TheDatabaseRefusesIllegalRows) {
  const auto refused = [&](const std::string& statement) {
    try {
      write([&](auto& tx) { tx.run_text("illegal", statement); });
    } catch (const storage::StorageError& error) {
      return error.kind() == storage::StorageError::Kind::constraint;
    }
    return false;
  };
  write([](auto& tx) { make_member(tx, make_tenant(tx, "contoso"), Role::owner, "alva@contoso.example"); });
  EXPECT_TRUE(refused("UPDATE users SET email = 'Alva@contoso.example'"));
  EXPECT_TRUE(refused("UPDATE tenants SET slug = 'Contoso'"));
  EXPECT_TRUE(refused("UPDATE tenants SET slug = 'contoso-'"));
  EXPECT_TRUE(refused("UPDATE tenants SET name = ''"));
  EXPECT_TRUE(refused("UPDATE tenant_memberships SET role = 'admin'"));
  EXPECT_TRUE(refused("UPDATE tenant_memberships SET user_id = 999"));
  EXPECT_FALSE(refused("UPDATE tenants SET slug = 'con-toso'"));
}

}  // namespace
}  // namespace ta::access
