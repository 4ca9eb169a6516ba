// What a person changes about a connection, each in one transaction with its audit entry. A form that is not accepted
// changes nothing.
#pragma once
#include "access/audit.h"
#include "provider_connections/connection_forms.h"
#include "web/viewer.h"

namespace ta::provider_connections {

// Lives for one request.
class Change {
 public:
  Change(storage::Database& database, const web::Viewer& viewer, access::Caller caller, const ConnectionStore& store)
      : database_(database), viewer_(viewer), caller_(std::move(caller)), store_(store) {}

  template <class T>
  using Accepted = tl::expected<T, std::vector<FieldProblem>>;

  Accepted<ConnectionId> create(const ConnectionForm& form, const CredentialForm& credential);
  // Whether the stored credential was forgotten, because the addresses changed.
  Accepted<bool> edit(ConnectionId id, const ConnectionForm& form);
  Accepted<void> rotate(ConnectionId id, const CredentialForm& form);

  // What the person is told.
  ConnectionOutcome<std::string> make_default(ConnectionId id);
  ConnectionOutcome<std::string> enable(ConnectionId id);
  ConnectionOutcome<std::string> disable(ConnectionId id);

 private:
  template <class T, class F>
  Accepted<T> accepted(F&& change);
  ConnectionOutcome<void> save_credential(storage::Transaction& tx, ConnectionId id, const CredentialForm& form);
  ConnectionOutcome<std::string> switch_to(ConnectionId id, bool enabled);
  void audit(storage::Transaction& tx, ConnectionId id, std::string_view name, std::string action);

  storage::Database& database_;
  const web::Viewer& viewer_;
  access::Caller caller_;
  const ConnectionStore& store_;
};

}  // namespace ta::provider_connections
