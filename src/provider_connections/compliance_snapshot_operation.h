// compliance.snapshot: keeps what Microsoft says now about how many devices are compliant.
#pragma once
#include <boost/describe/class.hpp>

#include "provider_connections/compliance_store.h"
#include "provider_connections/provider_connections.h"
#include "runs/operation.h"

namespace ta::provider_connections {

struct ComplianceSnapshotInputs {
  std::optional<ConnectionId> connection;  // left out: the tenant's default one

  void resolve(storage::Transaction& tx, TenantId tenant);
  json::object context() const;
};
BOOST_DESCRIBE_STRUCT(ComplianceSnapshotInputs, (), (connection))

struct ComplianceSnapshotOperation {
  static constexpr std::string_view kType = "compliance.snapshot";
  using Inputs = ComplianceSnapshotInputs;

  GraphSessions& sessions;

  // Counts devices. One small read that disturbs nobody, so it claims no provider scope.
  runs::Report run(const Inputs& inputs, runs::RunContext& context);
};

// Microsoft's deviceCompliancePolicyDeviceStateSummary (v1.0), also when it comes wrapped in "value" as its
// documentation shows it. Fails with graph.bad_request when it has none of the counts.
Result<DeviceStates> device_states_from(const json::value& summary);

void register_compliance_snapshot(runs::Catalog& catalog, GraphSessions& sessions);

}  // namespace ta::provider_connections
