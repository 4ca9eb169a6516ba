#include "simulator/graph_schema.h"

#include <gtest/gtest.h>

#include "simulator/entity_sets.h"
#include "simulator/world.h"

namespace ta::simulator {
namespace {

TEST(GraphSchema, KnowsTypesWithWhatTheyInherit) {
  const TypeSchema* type = find_type("#microsoft.graph.windows10CompliancePolicy");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type, find_type("windows10CompliancePolicy"));
  EXPECT_TRUE(type->properties.contains("bitLockerEnabled"));
  EXPECT_TRUE(type->properties.contains("displayName")) << "inherited";
  EXPECT_TRUE(find_type("deviceCompliancePolicy")->abstract);
  EXPECT_TRUE(derives_from("microsoft.graph.windows10CompliancePolicy", "microsoft.graph.deviceCompliancePolicy"));
  EXPECT_FALSE(derives_from("microsoft.graph.deviceCompliancePolicy", "microsoft.graph.windows10CompliancePolicy"));
  EXPECT_EQ(find_type("noSuchType"), nullptr);
}

TEST(GraphSchema, EveryTargetIsDeclared) {
  for (const EntitySet& set : entity_sets())
    for (const TypeSchema* type : concrete_types(*set.type))
      for (const auto& [name, property] : type->properties) {
        if (property.kind == PropertyType::Kind::complex)
          EXPECT_NE(find_type(property.target), nullptr) << type->name << "." << name;
        if (property.kind == PropertyType::Kind::enumeration)
          EXPECT_FALSE(enum_members(property.target).empty()) << type->name << "." << name;
      }
}

TEST(GraphSchema, CompletesAnObjectWithExplicitNulls) {
  const json::object full =
      completed({{"@odata.type", "#microsoft.graph.windows10CompliancePolicy"}, {"id", "x"}, {"displayName", "n"}},
                find_type("deviceCompliancePolicy"), true);
  EXPECT_EQ(full.at("displayName"), "n");
  EXPECT_TRUE(full.at("osMinimumVersion").is_null());
  EXPECT_EQ(full.at("bitLockerEnabled"), false);
  EXPECT_TRUE(full.at("validOperatingSystemBuildRanges").is_array());
  EXPECT_FALSE(full.contains("assignments")) << "links are no properties";
  EXPECT_TRUE(full.contains("roleScopeTagIds"));
  const json::object v1 = completed(full, find_type("deviceCompliancePolicy"), false);
  EXPECT_FALSE(v1.contains("roleScopeTagIds")) << "beta only";
}

// The counts that the object types' metadata names; the type definitions lag behind it for a few.
TEST(GraphSchema, HasAsManyPropertiesAsTheMetadataSays) {
  const std::pair<const char*, std::size_t> counts[] = {{"deviceManagementConfigurationPolicy", 14},
                                                        {"windowsUpdateForBusinessConfiguration", 47},
                                                        {"groupPolicyConfiguration", 7},
                                                        {"deviceHealthScript", 18},
                                                        {"mobileApp", 20},
                                                        {"depIOSEnrollmentProfile", 58},
                                                        {"conditionalAccessPolicy", 10}};
  for (const auto& [name, expected] : counts) {
    std::size_t properties = 0;
    for (const auto& [key, property] : find_type(name)->properties)
      properties += property.kind != PropertyType::Kind::navigation;
    EXPECT_NEAR(static_cast<double>(properties), static_cast<double>(expected), 1.0) << name;
  }
}

// Whatever the generators write must be what the service declares.
TEST(GraphSchema, GeneratedObjectsHoldDeclaredPropertiesOnly) {
  const World world({.tenants = 1, .objects_per_tenant = 1000});
  for (const EntitySet& set : entity_sets()) {
    const CollectionPtr objects = world.collection(world.tenants()[0], set);
    for (const ObjectPtr& object : objects->items) {
      const TypeSchema* type = type_of(object->body, set.type);
      EXPECT_FALSE(type->abstract) << set.path << " " << type->name;
      EXPECT_TRUE(derives_from(type->name, set.type->name)) << set.path << " " << type->name;
      for (const auto& member : object->body)
        EXPECT_TRUE(member.key() == "id" || std::string_view(member.key()).find('@') != std::string_view::npos ||
                    type->properties.contains(std::string_view(member.key())))
            << set.path << ": " << type->name << " has no " << std::string_view(member.key());
    }
  }
}

}  // namespace
}  // namespace ta::simulator
