// Makes the tenants of a world out of a seed. Private to the simulator.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "simulator/world.h"

namespace ta::simulator {

std::vector<Tenant> generate_tenants(const WorldOptions& options);

// Seeded choices.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seeded_random(seed)) {}
  std::size_t below(std::size_t bound) { return random_->below(bound); }
  bool chance(std::size_t percent) { return below(100) < percent; }
  template <class Range>
  auto& pick(const Range& range) {
    return range[below(std::size(range))];
  }
  std::string uuid() { return random_->uuid(); }
  std::string bytes(std::size_t count) { return random_->bytes(count); }

 private:
  std::unique_ptr<Random> random_;
};

// What the generators of one tenant share: earlier objects that later ones refer to.
struct Draft {
  Dice& dice;
  Timestamp now;
  std::string domain, tenant_id, organization;
  std::vector<std::string> groups, filters, scope_tags, notification_templates, named_locations;

  // Intune's spelling, seven digits: created within the last three years, modified after that.
  struct Dates {
    std::string created, modified;
  };
  Dates dates();
  // A group, exclusion, all-users or all-devices target with its filter fields.
  json::object target();
  // `count` assignments of the object, as the beta /assignments collection shows them.
  json::array assignments(std::string_view owner_id, std::size_t count);
  json::array scope_tag_ids();
  // "Win - Security baseline - Finance"
  std::string name(std::string_view platform, std::string_view topic);
  std::int64_t version() { return 1 + static_cast<std::int64_t>(dice.below(12)); }
  // How many assignments a usual object has.
  std::size_t usual_assignments() { return dice.chance(15) ? 0 : 1 + dice.below(4); }
};

// Every generator returns exactly `count` objects, but for roleScopeTags and enrollment configurations, whose built-in
// objects come first and count too.
using Generator = std::vector<NewObject> (*)(Draft& draft, std::size_t count);

std::vector<NewObject> generate_groups(Draft& draft, std::size_t count);
std::vector<NewObject> generate_scope_tags(Draft& draft, std::size_t count);
std::vector<NewObject> generate_filters(Draft& draft, std::size_t count);
std::vector<NewObject> generate_notification_templates(Draft& draft, std::size_t count);
std::vector<NewObject> generate_named_locations(Draft& draft, std::size_t count);
std::vector<NewObject> generate_conditional_access(Draft& draft, std::size_t count);
std::vector<NewObject> generate_configuration_policies(Draft& draft, std::size_t count);
std::vector<NewObject> generate_device_configurations(Draft& draft, std::size_t count);
std::vector<NewObject> generate_group_policies(Draft& draft, std::size_t count);
std::vector<NewObject> generate_compliance_policies(Draft& draft, std::size_t count);
std::vector<NewObject> generate_powershell_scripts(Draft& draft, std::size_t count);
std::vector<NewObject> generate_shell_scripts(Draft& draft, std::size_t count);
std::vector<NewObject> generate_health_scripts(Draft& draft, std::size_t count);
std::vector<NewObject> generate_autopilot_profiles(Draft& draft, std::size_t count);
std::vector<NewObject> generate_enrollment_configurations(Draft& draft, std::size_t count);
std::vector<NewObject> generate_apps(Draft& draft, std::size_t count);
NewObject generate_organization(Draft& draft, const Tenant& tenant);
// What every tenant has of the set.
std::vector<NewObject> generate_builtin(Draft& draft, const EntitySet& set);
// Objects of any set: its concrete types in turn.
std::vector<NewObject> generate_plain(Draft& draft, const EntitySet& set, std::size_t count);

// A kind of derived object: what a generator varies. `properties` is JSON text of an object.
struct Kind {
  std::string_view type;      // without "#microsoft.graph."
  std::string_view platform;  // how names begin
  std::string_view topic;
  std::string_view properties;
};
// The kind's own properties, some switches turned over.
json::object varied_properties(Dice& dice, const Kind& kind);
// Appends every member of `more` to `object`.
void append(json::object& object, json::object more);
// "#microsoft.graph.NAME"
std::string graph_type(std::string_view name);

// `count` objects of make(index).
template <class Make>
std::vector<NewObject> repeat(std::size_t count, Make make) {
  std::vector<NewObject> made;
  made.reserve(count);
  for (std::size_t i = 0; i < count; ++i) made.push_back(make(i));
  return made;
}

}  // namespace ta::simulator
