// connection create|list: how a tenant reaches Microsoft 365. The secret comes from a file or the environment, never
// from the arguments, which every user of the machine can read.
#include <fstream>
#include <iostream>
#include <sstream>

#include "access/tenants.h"
#include "cli/command_list.h"
#include "cli/table.h"
#include "cli/workspace.h"
#include "provider_connections/provider_connections.h"

namespace ta::cli {
namespace {

using namespace provider_connections;
using storage::Transaction;

json::object to_json(const ProviderConnection& connection) {
  return {{"id", connection.id.value},
          {"display_name", connection.display_name},
          {"entra_tenant_id", connection.entra_tenant_id},
          {"is_default", connection.is_default},
          {"status", name(connection.status)},
          {"health", connection.health ? json::value(name(*connection.health)) : json::value(nullptr)},
          {"last_error_code", connection.last_error_code},
          {"login_base", connection.endpoints.login_base},
          {"graph_base", connection.endpoints.graph_base}};
}

template <class T>
T accepted(ConnectionOutcome<T> outcome) {
  if (!outcome) throw CommandFailure(std::string(text(outcome.error())));
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

std::string without_last_line_break(std::string secret) {
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  return secret;
}

std::string read_secret(const Invocation& call) {
  const std::string path = call.text("--secret-file");
  if (path.empty()) {
    if (const auto set = call.environment("TENANTATLAS_CLIENT_SECRET")) return *set;
    throw UsageError("the app's secret is needed: --secret-file or TENANTATLAS_CLIENT_SECRET");
  }
  std::ostringstream secret;
  std::ifstream file(path, std::ios::binary);
  if (path != "-" && !file) throw CommandFailure(fmt::format("Cannot read the secret file {}.", path));
  secret << (path == "-" ? call.in() : file).rdbuf();
  return without_last_line_break(secret.str());
}

access::Tenant find_tenant(Transaction& tx, const Invocation& call) {
  const auto tenant = access::find_tenant_by_slug(tx, call.text("TENANT"));
  if (!tenant) throw CommandFailure(fmt::format("There is no tenant {}.", call.text("TENANT")));
  return *tenant;
}

ProviderConnection create_with_credential(Transaction& tx, const ConnectionStore& store, const Invocation& call,
                                          const std::string& secret) {
  const Timestamp now = SystemClock().now();
  const access::Tenant tenant = find_tenant(tx, call);
  const NewConnection wanted{call.text("--entra-tenant-id"), call.has("--name") ? call.text("--name") : tenant.name,
                             Endpoints{call.text("--login-base"), call.text("--graph-base")}};
  auto made = accepted(store.create(tx, tenant.id, wanted, now));
  accepted(
      store.set_credential(tx, tenant.id, made.id, {.client_id = call.text("--client-id"), .secret = secret}, now));
  auto entry = command_line_entry("connection.created");
  entry.tenant = tenant.id;
  entry.target_type = "provider_connection";
  entry.target_id = std::to_string(made.id.value);
  entry.target_name = made.display_name;
  access::record(tx, entry, now);
  return made;
}

int create(const Invocation& call) {
  const std::string secret = read_secret(call);
  const auto database = open_current_database(call);
  const MasterKey key = installation_key(call);
  SecureRandom random;
  const ConnectionStore store(key, random);
  const auto made = database->write([&](Transaction& tx) { return create_with_credential(tx, store, call, secret); });
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

}  // namespace

Commands connection_commands() {
  const Option tenant{.name = "TENANT", .help = "The tenant's slug", .kind = Option::Kind::argument, .required = true};
  const Endpoints standard;
  return {{"connection create",
           "Connect a tenant to Microsoft 365 with an app registration",
           {tenant,
            {.name = "--entra-tenant-id", .help = "The directory's GUID", .required = true},
            {.name = "--client-id", .help = "The app registration's client id", .required = true},
            {.name = "--secret-file", .help = "File with the client secret; - is standard input"},
            {.name = "--name", .help = "Its name on the pages (the tenant's)"},
            {.name = "--login-base", .help = "Sign-in address", .fallback = standard.login_base},
            {.name = "--graph-base", .help = "Microsoft Graph's address", .fallback = standard.graph_base},
            json_option(),
            database_option(),
            master_key_file_option()},
           create},
          {"connection list", "List a tenant's connections", {tenant, json_option(), database_option()}, list}};
}

}  // namespace ta::cli
