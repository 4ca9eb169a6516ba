#include "provider_connections/connection_forms.h"

#include "access/input_rules.h"
#include "graph/endpoints.h"

namespace ta::provider_connections {
namespace {

// The cloud with these addresses; "other" for a simulator or a proxy.
std::string cloud_of(const Endpoints& endpoints) {
  for (const graph::Cloud& cloud : graph::clouds())
    if (cloud.login_base == endpoints.login_base && cloud.graph_base == endpoints.graph_base)
      return std::string(cloud.name);
  return "other";
}

std::string without_end_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// The end of that day in UTC: an expiry day is the last one on which the credential works.
std::optional<Timestamp> end_of(const std::string& day) { return parse_rfc3339(day + "T23:59:59Z"); }

}  // namespace

ConnectionForm ConnectionForm::from(const http::Fields& fields) {
  return {access::trimmed(fields.get("display_name")), access::trimmed(fields.get("entra_tenant_id")),
          std::string(fields.get("cloud")), without_end_slash(access::trimmed(fields.get("login_base"))),
          without_end_slash(access::trimmed(fields.get("graph_base")))};
}

ConnectionForm ConnectionForm::of(const ProviderConnection& connection) {
  return {connection.display_name, connection.entra_tenant_id, cloud_of(connection.endpoints),
          connection.endpoints.login_base, connection.endpoints.graph_base};
}

Endpoints ConnectionForm::endpoints() const {
  if (const auto known = graph::cloud_endpoints(cloud)) return {known->login_base, known->graph_base};
  return {login_base, graph_base};
}

CredentialForm CredentialForm::from(const http::Fields& fields) {
  return {std::string(fields.get("kind")), access::trimmed(fields.get("client_id")),
          access::trimmed(fields.get("secret")), access::trimmed(fields.get("expires_on"))};
}

std::vector<FieldProblem> CredentialForm::problems() const {
  std::vector<FieldProblem> problems;
  if (kind != name(CredentialKind::client_secret) && kind != name(CredentialKind::certificate))
    problems.push_back({"kind", "Choose a client secret or a certificate."});
  if (!expires_on.empty() && !end_of(expires_on))
    problems.push_back({"expires_on", "Enter the day as 2027-05-31, or leave it empty."});
  return problems;
}

Credential CredentialForm::credential() const {
  const bool certificate = kind == name(CredentialKind::certificate);
  return {.kind = certificate ? CredentialKind::certificate : CredentialKind::client_secret,
          .client_id = client_id,
          .secret = secret,
          .expires_at = expires_on.empty() ? std::nullopt : end_of(expires_on)};
}

FieldProblem problem_of(ConnectionRefusal refusal) {
  const std::string words(text(refusal));
  switch (refusal) {
    case ConnectionRefusal::entra_tenant_id_invalid:
    case ConnectionRefusal::already_connected: return {"entra_tenant_id", words};
    case ConnectionRefusal::endpoint_invalid:
    case ConnectionRefusal::endpoint_not_allowed: return {"graph_base", words};
    case ConnectionRefusal::client_id_invalid: return {"client_id", words};
    case ConnectionRefusal::certificate_invalid:
    case ConnectionRefusal::secret_weak:
    case ConnectionRefusal::secret_is_an_id:
    case ConnectionRefusal::secret_invalid: return {"secret", words};
    case ConnectionRefusal::display_name_invalid:
    case ConnectionRefusal::not_found: return {"display_name", words};
  }
  return {"display_name", words};
}

}  // namespace ta::provider_connections
