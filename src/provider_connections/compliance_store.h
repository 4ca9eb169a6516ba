// Compliance snapshots: how many devices were in which state, as Microsoft summed it up at one moment.
#pragma once
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "storage/database.h"

namespace ta::provider_connections {

// Devices by the worst state of their compliance policies.
struct DeviceStates {
  std::int64_t compliant = 0, remediated = 0, in_grace_period = 0, noncompliant = 0, conflict = 0, error = 0,
               unknown = 0, not_applicable = 0;

  std::int64_t total() const {
    return compliant + remediated + in_grace_period + noncompliant + conflict + error + unknown + not_applicable;
  }
};

struct ComplianceSnapshot {
  RunId run;  // that took it; the run itself may be forgotten by now
  Timestamp taken_at;
  DeviceStates devices;
};

// A run takes one snapshot: a second attempt keeps the first.
void record_compliance(storage::Transaction& tx, TenantId tenant, ConnectionId connection,
                       const ComplianceSnapshot& snapshot);
// The newest first.
std::vector<ComplianceSnapshot> latest_compliance(storage::Transaction& tx, TenantId tenant, ConnectionId connection,
                                                  int limit);

}  // namespace ta::provider_connections
