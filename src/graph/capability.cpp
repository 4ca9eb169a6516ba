#include "graph/capability.h"

namespace ta::graph {
namespace {

Limit list_limit(const Contract& c) {
  if (!c.verified.path.value_or(false)) return Limit::path_not_verified;
  if (c.permissions.delegated_only == DelegatedOnly::read_and_write || c.sync == SyncMode::never)
    return Limit::not_for_apps;
  return Limit::none;
}

// A guess by analogy is not acted on, and a method that the metadata does not know needs a client that was seen to use
// it.
bool is_trusted(const std::optional<WriteRule>& rule, const std::optional<bool>& declared) {
  if (!rule || rule->basis == Basis::observed) return true;
  return rule->basis == Basis::documented && declared.value_or(true);
}

bool is_trusted(const Assignments& assignments, const Verified& verified) {
  if (assignments.mode == AssignmentMode::none || assignments.basis == Basis::observed) return true;
  return assignments.basis == Basis::documented && verified.assignments_write.value_or(true) &&
         verified.assignments_body_key.value_or(true);
}

bool writes_are_trusted(const Contract& c) {
  return is_trusted(c.create, c.verified.create) && is_trusted(c.update, c.verified.update) &&
         is_trusted(c.assignments, c.verified) && c.verified.type.value_or(false);
}

Limit restore_limit(const Contract& c, HighRisk high_risk) {
  if (c.restore == RestoreMode::preview_only) return Limit::marked_preview_only;
  if (c.permissions.delegated_only) return Limit::not_writable_by_apps;
  if (!writes_are_trusted(c)) return Limit::write_not_verified;
  return c.risk == Risk::high && high_risk == HighRisk::preview_only ? Limit::high_risk : Limit::none;
}

}  // namespace

std::string_view explanation(Limit limit) {
  switch (limit) {
    case Limit::none: return "";
    case Limit::path_not_verified: return "Its path is not in Microsoft's metadata, so nothing is called for it.";
    case Limit::not_for_apps: return "Only a signed-in user may read it; an app may not.";
    case Limit::kept_as_inventory: return "It is state or cannot be written back whole, so it is listed only.";
    case Limit::marked_preview_only: return "Its restore is shown, never carried out.";
    case Limit::not_writable_by_apps: return "Only a signed-in user may write it; an app may not.";
    case Limit::write_not_verified: return "How to write it is not verified, so its restore is shown only.";
    case Limit::high_risk: return "A mistake would reach far, so its restore is shown only, unless it is allowed.";
  }
  return "";
}

Capabilities capabilities(const Contract& contract, HighRisk high_risk) {
  Capabilities out;
  const Limit listing = list_limit(contract);
  out.list = {listing == Limit::none, listing};
  const bool whole = contract.restore != RestoreMode::inventory_only;
  out.version = !out.list.possible ? out.list : Ability{whole, whole ? Limit::none : Limit::kept_as_inventory};
  out.back_up = out.version;
  out.without_secrets = out.version.possible && !contract.secret_values.empty();
  out.restore_limit = out.back_up.possible ? restore_limit(contract, high_risk) : out.back_up.limit;
  if (out.back_up.possible)
    out.restore = out.restore_limit == Limit::none ? RestoreMode::enabled : RestoreMode::preview_only;
  return out;
}

}  // namespace ta::graph
