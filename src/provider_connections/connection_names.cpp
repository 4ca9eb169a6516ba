#include "provider_connections/provider_connections.h"

namespace ta::provider_connections {

std::string_view name(ConnectionStatus status) {
  switch (status) {
    case ConnectionStatus::connected: return "connected";
    case ConnectionStatus::needs_consent: return "needs_consent";
    case ConnectionStatus::error: return "error";
    case ConnectionStatus::disabled: return "disabled";
  }
  return {};
}

std::string_view name(ConnectionHealth health) {
  switch (health) {
    case ConnectionHealth::ok: return "ok";
    case ConnectionHealth::degraded: return "degraded";
    case ConnectionHealth::down: return "down";
  }
  return {};
}

std::string_view name(CredentialKind kind) {
  switch (kind) {
    case CredentialKind::client_secret: return "client_secret";
    case CredentialKind::certificate: return "certificate";
  }
  return {};
}

std::string_view text(ConnectionRefusal refusal) {
  switch (refusal) {
    case ConnectionRefusal::not_found: return "It does not exist.";
    case ConnectionRefusal::entra_tenant_id_invalid:
      return "Enter the Entra tenant id, such as 6f0c2d3e-1111-2222-3333-444455556666.";
    case ConnectionRefusal::display_name_invalid: return "Enter a name of 1 to 200 characters.";
    case ConnectionRefusal::endpoint_invalid:
      return "Enter an address such as https://graph.microsoft.com; link-local and metadata addresses are refused.";
    case ConnectionRefusal::endpoint_not_allowed:
      return "This server accepts only the addresses of Microsoft's clouds. Its operator can allow others with "
             "--allow-custom-endpoints.";
    case ConnectionRefusal::already_connected: return "This Entra tenant is connected already.";
    case ConnectionRefusal::client_id_invalid: return "Enter the app's client id.";
    case ConnectionRefusal::secret_invalid: return "Enter the client secret or the certificate.";
    case ConnectionRefusal::secret_weak:
      return "This is not a client secret: one has at least 16 characters, letters and digits, and no words. Copy the "
             "secret's Value from Entra.";
    case ConnectionRefusal::secret_is_an_id:
      return "This is an id, not a secret. In Entra copy the secret's Value, not its Secret ID.";
    case ConnectionRefusal::certificate_invalid:
      return "Enter the certificate and its RSA key as PEM text, the key without a password.";
  }
  return {};
}

}  // namespace ta::provider_connections
