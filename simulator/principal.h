// Who calls Graph, as the token says.
#pragma once
#include <string>
#include <vector>

#include "simulator/world.h"

namespace ta::simulator {

struct Principal {
  const Tenant* tenant = nullptr;
  std::string app_id, app_name;
  std::vector<std::string> roles;  // the app's own permissions, or those that a user has lent it
  std::string user;                // the signed-in user's principal name; empty: an app alone

  bool may_read(const EntitySet& set) const { return simulator::may_read(set, roles, !user.empty()); }
  bool may_write(const EntitySet& set) const { return simulator::may_write(set, roles, !user.empty()); }
};

}  // namespace ta::simulator
