// provider.connection.check: signs in, reads the organisation and what the app was granted, and writes down how the
// connection does. It reads little and changes nothing there, so it claims no provider scope: people may check a
// connection while a sync runs through it.
#pragma once
#include <boost/describe/class.hpp>

#include "provider_connections/provider_connections.h"
#include "runs/operation.h"

namespace ta::provider_connections {

struct ConnectionCheckInputs {
  std::optional<ConnectionId> connection;  // left out: the tenant's default one

  void resolve(storage::Transaction& tx, TenantId tenant);
  json::object context() const;
};
BOOST_DESCRIBE_STRUCT(ConnectionCheckInputs, (), (connection))

struct ConnectionCheckOperation {
  static constexpr std::string_view kType = "provider.connection.check";
  using Inputs = ConnectionCheckInputs;

  GraphSessions& sessions;

  // Counts three steps: signing in, the organisation, the granted permissions. Whatever it finds is written on the
  // connection, also when the run fails.
  runs::Report run(const Inputs& inputs, runs::RunContext& context);
};

void register_connection_check(runs::Catalog& catalog, GraphSessions& sessions);

}  // namespace ta::provider_connections
