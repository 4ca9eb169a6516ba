// What people fill in about a connection: read from the form, checked field by field, and shown again with what was
// wrong. Secrets are read and never shown again.
#pragma once
#include <string>
#include <vector>

#include "http/message.h"
#include "provider_connections/provider_connections.h"

namespace ta::provider_connections {

// A sentence at a field; `field` is its name in the form.
struct FieldProblem {
  std::string field, text;
};

// The connection itself. `cloud` is a name of graph::clouds(), or "other" with both addresses spelled out.
struct ConnectionForm {
  std::string display_name, entra_tenant_id, cloud = "global", login_base, graph_base;

  static ConnectionForm from(const http::Fields& fields);
  static ConnectionForm of(const ProviderConnection& connection);
  Endpoints endpoints() const;
  NewConnection wanted() const { return {entra_tenant_id, display_name, endpoints()}; }
};

// The credential: a client secret, or a certificate with its key as PEM. `secret` is only filled by the browser.
struct CredentialForm {
  std::string kind = "client_secret", client_id, secret, expires_on;  // a day, "2027-05-31", or empty

  static CredentialForm from(const http::Fields& fields);
  // Problems of what the store does not look at: the kind and the day.
  std::vector<FieldProblem> problems() const;
  Credential credential() const;
};

// Which field a refusal is about.
FieldProblem problem_of(ConnectionRefusal refusal);

}  // namespace ta::provider_connections
