#include "cli/connection_changes.h"

#include <iostream>

#include "cli/connection_input.h"

namespace ta::cli {
namespace {

using namespace provider_connections;
using storage::Transaction;

constexpr std::int64_t kResealedAtOnce = 100;

// Finds the connection, changes it, writes the audit entry, and says what happened.
template <class F>
int change(const Invocation& call, std::string action, F apply) {
  const auto database = open_current_database(call);
  const Timestamp now = SystemClock().now();
  const std::string said = database->write([&](Transaction& tx) {
    const ProviderConnection connection = find_named_connection(tx, find_tenant(tx, call).id, call);
    std::string words = apply(tx, connection, now);
    audit_connection(tx, connection, action, now);
    return words;
  });
  call.out() << said << "\n";
  return kDone;
}

std::string client_id_of(Transaction& tx, const ProviderConnection& connection, const Invocation& call) {
  if (call.has("--client-id")) return call.text("--client-id");
  const auto stored = find_credential_info(tx, connection.tenant_id, connection.id);
  if (!stored) throw UsageError("the connection has no credential yet: --client-id is needed");
  return stored->client_id;
}

std::int64_t reseal_all(storage::Database& database, const ConnectionStore& store) {
  std::int64_t all = 0;
  for (;;) {
    const auto done = database.write([&](Transaction& tx) { return store.reseal(tx, kResealedAtOnce); });
    if (!done)
      throw CommandFailure(
          fmt::format("{} Nothing is lost: the old key is still accepted. Replace that connection's credential "
                      "(connection rotate), then run this again.",
                      done.error().message));
    if (*done == 0) return all;
    all += *done;
  }
}

void must_succeed(const Result<void>& result) {
  if (!result) throw CommandFailure(result.error().message);
}

}  // namespace

int edit_connection(const Invocation& call) {
  return change(call, "connection.changed", [&](Transaction& tx, const ProviderConnection& before, Timestamp now) {
    const std::string name = call.has("--name") ? call.text("--name") : before.display_name;
    const bool forgotten = accepted(update_connection(
        tx, before.tenant_id, before.id, name, read_endpoints(call, before.endpoints), endpoint_rule(call), now));
    return forgotten ? fmt::format(
                           "Connection {} changed. Its credential was for the old addresses and is forgotten; "
                           "give it again with connection rotate.",
                           name)
                     : fmt::format("Connection {} changed.", name);
  });
}

int rotate_credential(const Invocation& call) {
  const MasterKey key = installation_key(call);
  SecureRandom random;
  const ConnectionStore store(key, random);
  return change(call, "credential.rotated", [&](Transaction& tx, const ProviderConnection& of, Timestamp now) {
    accepted(store.set_credential(tx, of.tenant_id, of.id, read_credential(call, client_id_of(tx, of, call)), now));
    return fmt::format("The credential of {} is replaced. Check the connection to see whether it works.",
                       of.display_name);
  });
}

int enable_connection(const Invocation& call) {
  return change(call, "connection.enabled", [](Transaction& tx, const ProviderConnection& of, Timestamp now) {
    accepted(set_enabled(tx, of.tenant_id, of.id, true, now));
    return fmt::format("{} is enabled. Check it to see what will work.", of.display_name);
  });
}

int disable_connection(const Invocation& call) {
  return change(call, "connection.disabled", [](Transaction& tx, const ProviderConnection& of, Timestamp now) {
    accepted(set_enabled(tx, of.tenant_id, of.id, false, now));
    return fmt::format("{} is disabled. Nothing runs through it.", of.display_name);
  });
}

int make_default_connection(const Invocation& call) {
  return change(call, "connection.made_default", [](Transaction& tx, const ProviderConnection& of, Timestamp now) {
    accepted(set_default(tx, of.tenant_id, of.id, now));
    return fmt::format("{} is the default connection now.", of.display_name);
  });
}

int remove_connection(const Invocation& call) {
  return change(call, "connection.deleted", [](Transaction& tx, const ProviderConnection& of, Timestamp now) {
    accepted(delete_connection(tx, of.tenant_id, of.id, now));
    return fmt::format("Connection {} is deleted.", of.display_name);
  });
}

int rotate_master_key(const Invocation& call) {
  const auto database = open_current_database(call);
  const bool from_file = !call.environment("TENANTATLAS_MASTER_KEY");
  const std::string path = master_key_path(call);
  std::ignore = installation_key(call);  // the first use makes the file
  SecureRandom random;
  if (from_file) must_succeed(MasterKey::begin_rotation(path, random));
  const MasterKey key = installation_key(call);
  if (!key.has_previous())
    throw CommandFailure(
        "The key is in TENANTATLAS_MASTER_KEY: put a new one before it, with a blank between, restart every process "
        "with both, then run this again.");
  const std::int64_t sealed = reseal_all(*database, ConnectionStore(key, random));
  if (from_file) must_succeed(MasterKey::finish_rotation(path));
  database->write([&](Transaction& tx) {
    auto entry = command_line_entry("master_key.rotated");
    entry.detail = {{"key", key.id()}, {"credentials", sealed}};
    access::record(tx, entry, SystemClock().now());
  });
  if (call.json())
    call.out() << json::serialize(json::object{{"key_id", key.id()}, {"credentials", sealed}}) << "\n";
  else
    call.out() << fmt::format("{} credentials are sealed with the new key {}.{}\n", sealed, key.id(),
                              from_file ? "" : " Now take the old key out of TENANTATLAS_MASTER_KEY.");
  return kDone;
}

}  // namespace ta::cli
