#include "provider_connections/provider_connections.h"

namespace ta::provider_connections {

ConnectionCheck check_from(const std::optional<Failure>& failure) {
  using enum FailureCode;
  if (!failure) return {ConnectionStatus::connected, ConnectionHealth::ok, {}, {}};
  switch (failure->code) {
    case provider_consent_missing: return {ConnectionStatus::needs_consent, ConnectionHealth::down, {}, failure};
    case graph_unauthorized:
    case auth_token_expired:
    case provider_credential_wrong:
    case provider_tenant_wrong:
    case provider_clock_wrong:
    case graph_tls_failed:
    case provider_endpoint_not_allowed:
    case provider_credential_missing: return {ConnectionStatus::error, ConnectionHealth::down, {}, failure};
    case graph_unreachable:
    case graph_unavailable: return {ConnectionStatus::connected, ConnectionHealth::down, {}, failure};
    default: return {ConnectionStatus::connected, ConnectionHealth::degraded, {}, failure};
  }
}

}  // namespace ta::provider_connections
