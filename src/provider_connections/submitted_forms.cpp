#include "provider_connections/submitted_forms.h"

namespace ta::provider_connections {
namespace {

using storage::Transaction;

// Leaves a transaction with everything undone.
struct Refused {
  ConnectionRefusal why;
};

template <class T>
T or_refuse(ConnectionOutcome<T> outcome) {
  if (!outcome) throw Refused{outcome.error()};
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

}  // namespace

template <class T, class F>
Change::Accepted<T> Change::accepted(F&& change) {
  try {
    return database_.write(std::forward<F>(change));
  } catch (const Refused& refused) {
    return tl::make_unexpected(std::vector{problem_of(refused.why)});
  }
}

Change::Accepted<ConnectionId> Change::create(const ConnectionForm& form, const CredentialForm& credential) {
  if (auto problems = credential.problems(); !problems.empty()) return tl::make_unexpected(std::move(problems));
  return accepted<ConnectionId>([&](Transaction& tx) {
    const auto made = or_refuse(store_.create(tx, viewer_.tenant_id(), form.wanted(), viewer_.now));
    or_refuse(save_credential(tx, made.id, credential));
    audit(tx, made.id, made.display_name, "connection.created");
    return made.id;
  });
}

Change::Accepted<bool> Change::edit(ConnectionId id, const ConnectionForm& form) {
  return accepted<bool>([&](Transaction& tx) {
    const bool forgotten = or_refuse(update_connection(tx, viewer_.tenant_id(), id, form.display_name, form.endpoints(),
                                                       store_.endpoint_rule(), viewer_.now));
    audit(tx, id, form.display_name, "connection.changed");
    return forgotten;
  });
}

Change::Accepted<void> Change::rotate(ConnectionId id, const CredentialForm& form) {
  if (auto problems = form.problems(); !problems.empty()) return tl::make_unexpected(std::move(problems));
  return accepted<void>([&](Transaction& tx) {
    or_refuse(save_credential(tx, id, form));
    audit(tx, id, find_connection(tx, viewer_.tenant_id(), id)->display_name, "credential.rotated");
    return Accepted<void>{};
  });
}

ConnectionOutcome<void> Change::save_credential(Transaction& tx, ConnectionId id, const CredentialForm& form) {
  return store_.set_credential(tx, viewer_.tenant_id(), id, form.credential(), viewer_.now);
}

ConnectionOutcome<std::string> Change::make_default(ConnectionId id) {
  return database_.write([&](Transaction& tx) -> ConnectionOutcome<std::string> {
    const auto done = set_default(tx, viewer_.tenant_id(), id, viewer_.now);
    if (!done) return tl::make_unexpected(done.error());
    const std::string name = find_connection(tx, viewer_.tenant_id(), id)->display_name;
    audit(tx, id, name, "connection.made_default");
    return fmt::format("{} is the default connection now.", name);
  });
}

ConnectionOutcome<std::string> Change::enable(ConnectionId id) { return switch_to(id, true); }

ConnectionOutcome<std::string> Change::disable(ConnectionId id) { return switch_to(id, false); }

ConnectionOutcome<std::string> Change::switch_to(ConnectionId id, bool enabled) {
  return database_.write([&](Transaction& tx) -> ConnectionOutcome<std::string> {
    const auto done = set_enabled(tx, viewer_.tenant_id(), id, enabled, viewer_.now);
    if (!done) return tl::make_unexpected(done.error());
    const std::string name = find_connection(tx, viewer_.tenant_id(), id)->display_name;
    audit(tx, id, name, enabled ? "connection.enabled" : "connection.disabled");
    return enabled ? fmt::format("{} is enabled. Check it to see what will work.", name)
                   : fmt::format("{} is disabled. Nothing runs through it.", name);
  });
}

void Change::audit(Transaction& tx, ConnectionId id, std::string_view name, std::string action) {
  access::AuditEntry entry = access::audit_entry(viewer_.principal, caller_, std::move(action));
  entry.tenant = viewer_.tenant_id();
  entry.target_type = "provider_connection";
  entry.target_id = fmt::format("{}", id);
  entry.target_name = name;
  access::record(tx, entry, viewer_.now);
}

}  // namespace ta::provider_connections
