// The audit events that changes leave behind, as deviceManagement/auditEvents shows them.
#pragma once
#include "base/random.h"
#include "http/message.h"
#include "simulator/principal.h"
#include "simulator/world.h"

namespace ta::simulator {

struct AuditedChange {
  const EntitySet& set;
  std::string operation;  // "Create", "Patch", "Delete", "Action"
  std::string activity;   // "assign"; empty: the operation's own name
  std::string object_id;
  const json::object* before = nullptr;  // absent for a create
  const json::object* after = nullptr;   // absent for a delete
};

// Only sets of Intune leave events.
void record_change(World& world, const Principal& who, const AuditedChange& change, Timestamp now, Random& random);

}  // namespace ta::simulator
