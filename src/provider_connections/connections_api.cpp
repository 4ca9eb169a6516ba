#include "provider_connections/connections_api.h"

#include "host/api_guard.h"
#include "provider_connections/provider_connections.h"

namespace ta::provider_connections {
namespace {

json::value optional_time(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

json::object to_json(const ProviderConnection& connection) {
  return {{"id", connection.id.value},
          {"provider", connection.provider},
          {"entra_tenant_id", connection.entra_tenant_id},
          {"display_name", connection.display_name},
          {"is_default", connection.is_default},
          {"status", name(connection.status)},
          {"health", connection.health ? json::value(name(*connection.health)) : json::value(nullptr)},
          {"last_checked_at", optional_time(connection.last_checked_at)},
          {"last_error_code", connection.last_error_code},
          {"last_error_message", connection.last_error_message}};
}

http::Response list(Host& host, const ApiCall& call) {
  const auto connections =
      host.database.read([&](storage::Transaction& tx) { return list_connections(tx, call.tenant->id); });
  json::array out;
  for (const ProviderConnection& connection : connections) out.push_back(to_json(connection));
  return http::json_response(200, json::object{{"connections", out}});
}

}  // namespace

void register_connections_api(Host& host) {
  host.router.add(
      http::Method::get, "/api/v1/tenants/{tenant}/connections",
      tenant_api(host, access::Capability::runs_view, [&host](const ApiCall& call) { return list(host, call); }));
}

}  // namespace ta::provider_connections
