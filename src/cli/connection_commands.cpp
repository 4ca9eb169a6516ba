// connection …: how a tenant reaches Microsoft 365.
#include <iostream>

#include "cli/command_list.h"
#include "cli/connection_changes.h"
#include "cli/connection_input.h"
#include "cli/table.h"

namespace ta::cli {
namespace {

using namespace provider_connections;
using storage::Transaction;

ProviderConnection create_with_credential(Transaction& tx, const ConnectionStore& store, const Invocation& call,
                                          const Credential& credential) {
  const Timestamp now = SystemClock().now();
  const access::Tenant tenant = find_tenant(tx, call);
  const NewConnection wanted{call.text("--entra-tenant-id"), call.has("--name") ? call.text("--name") : tenant.name,
                             read_endpoints(call)};
  auto made = accepted(store.create(tx, tenant.id, wanted, now));
  accepted(store.set_credential(tx, tenant.id, made.id, credential, now));
  audit_connection(tx, made, "connection.created", now);
  return made;
}

int create(const Invocation& call) {
  const Credential credential = read_credential(call, call.text("--client-id"));
  const auto database = open_current_database(call);
  const MasterKey key = installation_key(call);
  SecureRandom random;
  const ConnectionStore store(key, random, endpoint_rule(call));
  const auto made =
      database->write([&](Transaction& tx) { return create_with_credential(tx, store, call, credential); });
  if (call.json())
    call.out() << json::serialize(to_json(made)) << "\n";
  else
    call.out() << fmt::format("Connection {} created. Start a sync to see whether it works.\n", made.display_name);
  return kDone;
}

int list(const Invocation& call) {
  const auto database = open_current_database(call);
  const auto connections =
      database->read([&](Transaction& tx) { return list_connections(tx, find_tenant(tx, call).id); });
  json::array items;
  std::vector<std::vector<std::string>> rows;
  for (const ProviderConnection& connection : connections) {
    items.push_back(to_json(connection));
    rows.push_back({connection.display_name, connection.entra_tenant_id, std::string(name(connection.status)),
                    connection.health ? std::string(name(*connection.health)) : "not checked",
                    connection.is_default ? "default" : ""});
  }
  if (call.json())
    call.out() << json::serialize(json::object{{"connections", std::move(items)}}) << "\n";
  else
    call.out() << text_table({"NAME", "ENTRA TENANT", "STATUS", "HEALTH", ""}, rows);
  return kDone;
}

Commands make_commands(const Option& tenant, const Option& connection) {
  const std::vector<Option> one{tenant, connection, database_option()};
  std::vector<Option> create_options{
      tenant,
      {.name = "--entra-tenant-id", .help = "The directory's GUID", .required = true},
      {.name = "--client-id", .help = "The app registration's client id", .required = true},
      {.name = "--name", .help = "Its name on the pages (the tenant's)"},
      json_option(),
      database_option(),
      master_key_file_option()};
  std::vector<Option> edit_options{tenant, connection, {.name = "--name", .help = "Its new name"}, database_option()};
  std::vector<Option> rotate_options{tenant,
                                     connection,
                                     {.name = "--client-id", .help = "Another app registration's client id"},
                                     database_option(),
                                     master_key_file_option()};
  const auto append = [](std::vector<Option>& to, const std::vector<Option>& more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  append(create_options, credential_options());
  append(create_options, endpoint_options());
  append(edit_options, endpoint_options());
  create_options.push_back(custom_endpoints_option());
  edit_options.push_back(custom_endpoints_option());
  append(rotate_options, credential_options());
  return {{"connection create", "Connect a tenant to Microsoft 365 with an app registration", create_options, create},
          {"connection list", "List a tenant's connections", {tenant, json_option(), database_option()}, list},
          {"connection edit", "Change a connection's name or cloud", edit_options, edit_connection},
          {"connection rotate", "Replace a connection's credential", rotate_options, rotate_credential},
          {"connection enable", "Let runs use a connection again", one, enable_connection},
          {"connection disable", "Keep runs from using a connection", one, disable_connection},
          {"connection set-default", "Make a connection the one that runs use", one, make_default_connection},
          {"connection delete", "Delete a connection with what was observed through it", one, remove_connection},
          {"connection rotate-key",
           "Make a new master key and seal every credential with it",
           {json_option(), database_option(), master_key_file_option()},
           rotate_master_key}};
}

}  // namespace

Commands connection_commands() {
  return make_commands(
      {.name = "TENANT", .help = "The tenant's slug", .kind = Option::Kind::argument, .required = true},
      {.name = "CONNECTION",
       .help = "Its name, Entra tenant id or number",
       .kind = Option::Kind::argument,
       .required = true});
}

}  // namespace ta::cli
