#include "simulator/world.h"

#include <gtest/gtest.h>

namespace ta::simulator {
namespace {

std::string fingerprint(const World& world) {
  std::string all;
  for (const Tenant& tenant : world.tenants()) {
    all += tenant.id + tenant.app("full").client_secret;
    for (const auto& [path, objects] : tenant.sets)
      for (const ObjectPtr& object : objects->items) all += object->list_text;
  }
  return all;
}

TEST(World, ComesFromItsSeed) {
  EXPECT_EQ(fingerprint(World({.seed = 5})), fingerprint(World({.seed = 5})));
  EXPECT_NE(fingerprint(World({.seed = 5})), fingerprint(World({.seed = 6})));
}

TEST(World, HoldsAsManyObjectsAsAsked) {
  for (const std::size_t count : {250u, 300u, 2000u}) {
    const World world({.tenants = 3, .objects_per_tenant = count});
    for (const Tenant& tenant : world.tenants()) EXPECT_EQ(world.object_count(tenant), count) << tenant.display_name;
  }
  const World small({.tenants = 1, .objects_per_tenant = 10}), larger({.tenants = 1, .objects_per_tenant = 100});
  EXPECT_LT(small.object_count(small.tenants()[0]), 120u) << "what every tenant has";
  EXPECT_GE(small.object_count(small.tenants()[0]), 10u);
  EXPECT_LE(small.object_count(small.tenants()[0]), larger.object_count(larger.tenants()[0]));
}

TEST(World, HasSomethingOfEverything) {
  const World world({.tenants = 1});
  for (const EntitySet& set : entity_sets())
    if (set.share > 0 || !set.builtin.empty())
      EXPECT_GE(world.collection(world.tenants()[0], set)->items.size(), 1u) << set.path;
}

TEST(World, TenantsShareNoIds) {
  const World world({.tenants = 12});
  std::set<std::string> ids, domains;
  std::size_t objects = 0;
  for (const Tenant& tenant : world.tenants()) {
    EXPECT_TRUE(domains.insert(tenant.domain).second) << tenant.domain;
    for (const auto& [path, objects_of_set] : tenant.sets) {
      const EntitySet& set = *find_set(path);
      // Small numbers, built-in objects and ids of the caller's choice are the same everywhere.
      if (path == "deviceManagement/roleScopeTags" || set.id_pattern.find("{uuid}") == std::string::npos) continue;
      for (std::size_t i = set.builtin.size(); i < objects_of_set->items.size(); ++i, ++objects)
        ids.insert(objects_of_set->items[i]->id);
    }
  }
  EXPECT_EQ(ids.size(), objects);
}

TEST(World, EveryObjectOfASetHasItsNameAndFitsItsType) {
  const World world({.objects_per_tenant = 600});
  for (const EntitySet& set : entity_sets()) {
    const CollectionPtr objects = world.collection(world.tenants()[0], set);
    for (const ObjectPtr& object : objects->items) {
      if (!set.singleton)
        EXPECT_FALSE(json_string(object->body, set.name_property).empty()) << set.path << json::serialize(object->body);
      for (const auto& [name, members] : object->parts)
        EXPECT_TRUE(name == "$secrets" || find_part(set, name)) << set.path << " " << name;
    }
  }
}

TEST(World, EnrollmentDefaultsComeFirstAndHavePriorityZero) {
  const World world({});
  const auto set = world.collection(world.tenants()[0], *find_set("deviceManagement/deviceEnrollmentConfigurations"));
  int defaults = 0;
  for (const ObjectPtr& object : set->items) {
    const bool builtin = object->id.find("_Default") != std::string::npos;
    EXPECT_EQ(builtin, object->body.at("priority") == 0) << object->id;
    defaults += builtin;
  }
  EXPECT_EQ(defaults, 4);
  EXPECT_TRUE(set->items[0]->id.ends_with("_DefaultLimit"));
}

TEST(World, AssignmentsReferToThingsThatExist) {
  const World world({});
  const Tenant& tenant = world.tenants()[0];
  const auto groups = world.collection(tenant, *find_set("groups"));
  const auto filters = world.collection(tenant, *find_set("deviceManagement/assignmentFilters"));
  std::size_t to_groups = 0, filtered = 0;
  for (const auto& [path, objects] : tenant.sets)
    for (const ObjectPtr& object : objects->items) {
      const auto assignments = object->parts.find("assignments");
      if (assignments == object->parts.end()) continue;
      for (const json::value& assignment : assignments->second) {
        const json::value& target = assignment.at("target");
        const std::string group = json_string(target, "groupId");
        const std::string filter = json_string(target, "deviceAndAppManagementAssignmentFilterId");
        if (!group.empty()) EXPECT_NE(groups->find(group), nullptr);
        if (!filter.empty()) EXPECT_NE(filters->find(filter), nullptr);
        to_groups += !group.empty();
        filtered += !filter.empty();
      }
    }
  EXPECT_GT(to_groups, 50u);
  EXPECT_GT(filtered, 5u);
}

TEST(World, ReadersKeepTheCollectionTheyHave) {
  World world({});
  const Tenant& tenant = world.tenants()[0];
  const EntitySet& set = *find_set("groups");
  const CollectionPtr before = world.collection(tenant, set);
  const std::string id = before->items[0]->id;
  ASSERT_TRUE(world.remove(tenant.id, set.path, id));
  EXPECT_NE(before->find(id), nullptr);
  EXPECT_EQ(world.collection(tenant, set)->find(id), nullptr);
  EXPECT_EQ(world.collection(tenant, set)->items.size() + 1, before->items.size());
}

TEST(World, ThreadsMayChangeAndReadAtOnce) {
  World world({});
  const Tenant& tenant = world.tenants()[0];
  const EntitySet& set = *find_set("groups");
  const std::size_t before = world.collection(tenant, set)->items.size();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto id = world.add(tenant.id, set.path, {.body = {{"displayName", "x"}}});
        EXPECT_TRUE(id);
        EXPECT_NE(world.collection(tenant, set)->find(*id), nullptr);
      }
    });
  threads.clear();
  EXPECT_EQ(world.collection(tenant, set)->items.size(), before + 200);
}

TEST(EntitySets, DerivedTypesKnowTheirAncestors) {
  EXPECT_TRUE(derives_from("microsoft.graph.managedIOSStoreApp", "microsoft.graph.mobileApp"));
  EXPECT_TRUE(derives_from("microsoft.graph.x", "microsoft.graph.x"));
  EXPECT_FALSE(derives_from("microsoft.graph.mobileApp", "microsoft.graph.managedApp"));
}

}  // namespace
}  // namespace ta::simulator
