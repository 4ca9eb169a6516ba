#include "cli/connection_input.h"

#include <fstream>
#include <iostream>
#include <sstream>

#include "graph/endpoints.h"

namespace ta::cli {
namespace {

using namespace provider_connections;
using storage::Transaction;

std::string without_last_line_break(std::string secret) {
  while (secret.ends_with('\n') || secret.ends_with('\r')) secret.pop_back();
  return secret;
}

std::string read_file(const Invocation& call, const std::string& path) {
  std::ostringstream text;
  std::ifstream file(path, std::ios::binary);
  if (path != "-" && !file) throw CommandFailure(fmt::format("Cannot read the secret file {}.", path));
  text << (path == "-" ? call.in() : file).rdbuf();
  return text.str();
}

std::string cloud_names() {
  std::vector<std::string_view> names;
  for (const graph::Cloud& cloud : graph::clouds()) names.push_back(cloud.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

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

std::vector<Option> credential_options() {
  return {{.name = "--secret-file", .help = "File with the client secret; - is standard input"},
          {.name = "--certificate-file", .help = "PEM file with a certificate and its RSA key; - is standard input"}};
}

Credential read_credential(const Invocation& call, std::string client_id) {
  Credential out{.client_id = std::move(client_id)};
  if (call.has("--certificate-file")) {
    if (call.has("--secret-file")) throw UsageError("give either --secret-file or --certificate-file");
    out.kind = CredentialKind::certificate;
    out.secret = read_file(call, call.text("--certificate-file"));
  } else if (call.has("--secret-file")) {
    out.secret = without_last_line_break(read_file(call, call.text("--secret-file")));
  } else if (const auto set = call.environment("TENANTATLAS_CLIENT_SECRET")) {
    out.secret = *set;
  } else {
    throw UsageError("a credential is needed: --secret-file, --certificate-file or TENANTATLAS_CLIENT_SECRET");
  }
  return out;
}

std::vector<Option> endpoint_options() {
  return {{.name = "--cloud", .help = "Microsoft's cloud: global, us_government, us_defense or china"},
          {.name = "--login-base", .help = "Another sign-in address, of a simulator"},
          {.name = "--graph-base", .help = "Another address of Microsoft Graph"}};
}

Endpoints read_endpoints(const Invocation& call, const Endpoints& standard) {
  Endpoints out = standard;
  if (call.has("--cloud")) {
    const auto known = graph::cloud_endpoints(call.text("--cloud"));
    if (!known)
      throw UsageError(fmt::format("There is no cloud {}; it is one of {}.", call.text("--cloud"), cloud_names()));
    out = {known->login_base, known->graph_base};
  }
  if (call.has("--login-base")) out.login_base = call.text("--login-base");
  if (call.has("--graph-base")) out.graph_base = call.text("--graph-base");
  return out;
}

access::Tenant find_tenant(Transaction& tx, const Invocation& call) {
  const auto tenant = access::find_tenant_by_slug(tx, call.text("TENANT"));
  if (!tenant) throw CommandFailure(fmt::format("There is no tenant {}.", call.text("TENANT")));
  return *tenant;
}

ProviderConnection find_named_connection(Transaction& tx, TenantId tenant, const Invocation& call) {
  const std::string wanted = call.text("CONNECTION");
  std::vector<ProviderConnection> fits;
  for (ProviderConnection& one : list_connections(tx, tenant))
    if (one.display_name == wanted || one.entra_tenant_id == wanted || std::to_string(one.id.value) == wanted)
      fits.push_back(std::move(one));
  if (fits.empty()) throw CommandFailure(fmt::format("This tenant has no connection {}.", wanted));
  if (fits.size() > 1)
    throw CommandFailure(fmt::format("Several connections are called {}; give the Entra tenant id.", wanted));
  return std::move(fits.front());
}

void audit_connection(Transaction& tx, const ProviderConnection& connection, std::string action, Timestamp now) {
  auto entry = command_line_entry(std::move(action));
  entry.tenant = connection.tenant_id;
  entry.target_type = "provider_connection";
  entry.target_id = std::to_string(connection.id.value);
  entry.target_name = connection.display_name;
  access::record(tx, entry, now);
}

}  // namespace ta::cli
