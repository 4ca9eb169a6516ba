// inventory.sync: lists the selected object types through a connection, records what was observed and says what has
// changed. It never deletes and never makes a snapshot.
#pragma once
#include <boost/describe/class.hpp>

#include "graph/contract_registry.h"
#include "provider_connections/provider_connections.h"
#include "runs/operation.h"

namespace ta::inventory {

struct InventorySyncInputs {
  std::optional<ConnectionId> connection;  // left out: the tenant's default one
  std::optional<std::vector<std::string>>
      types;  // contract ids in any order; left out or empty: what contracts sync by default

  void resolve(storage::Transaction& tx, TenantId tenant);
  void normalise();
  std::string problem() const;  // names a type that is not known, or that cannot be listed
  std::string scope_key() const;
  json::object context() const;
};
BOOST_DESCRIBE_STRUCT(InventorySyncInputs, (), (connection, types))

struct InventorySync {
  static constexpr std::string_view kType = "inventory.sync";
  using Inputs = InventorySyncInputs;

  provider_connections::GraphSessions& sessions;

  // Counts objects: processed as they are read, success as they are kept; failed counts types that could not be read.
  runs::Report run(const Inputs& inputs, runs::RunContext& context);
};

void register_inventory_sync(runs::Catalog& catalog, provider_connections::GraphSessions& sessions);

}  // namespace ta::inventory
