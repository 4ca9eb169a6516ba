// What TenantAtlas can do with each type of object, derived from its contract alone: pure, any thread. Whoever lists,
// versions, backs up or restores asks here first; a fact that is not well founded takes the ability away.
#pragma once
#include "graph/contract.h"

namespace ta::graph {

// What keeps a type from more. Ordered as they are looked at: the first that applies is the one to tell.
BOOST_DEFINE_ENUM_CLASS(Limit, none, path_not_verified, not_for_apps, kept_as_inventory, marked_preview_only,
                        not_writable_by_apps, write_not_verified, high_risk)
std::string_view explanation(Limit limit);  // one sentence; empty for none

// Restoring a high-risk type shows its preview and stops there, until the operator says otherwise.
BOOST_DEFINE_ENUM_CLASS(HighRisk, preview_only, enabled)

struct Ability {
  bool possible = false;
  Limit limit = Limit::none;  // why not
  bool operator==(const Ability&) const = default;
};

struct Capabilities {
  Ability list, version, back_up;
  bool without_secrets = false;  // versions and backups lack values that Graph never returns
  RestoreMode restore = RestoreMode::inventory_only;
  Limit restore_limit = Limit::none;  // why not more
};

Capabilities capabilities(const Contract& contract, HighRisk high_risk = HighRisk::preview_only);

}  // namespace ta::graph
