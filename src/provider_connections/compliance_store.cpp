#include "provider_connections/compliance_store.h"

#include "provider_connections/compliance.sql.h"

namespace ta::provider_connections {

void record_compliance(storage::Transaction& tx, TenantId tenant, ConnectionId connection,
                       const ComplianceSnapshot& snapshot) {
  const DeviceStates& devices = snapshot.devices;
  tx.run(sql::compliance_insert, {{"tenant_id", tenant},
                                  {"connection_id", connection},
                                  {"run_id", snapshot.run},
                                  {"now", snapshot.taken_at},
                                  {"compliant", devices.compliant},
                                  {"remediated", devices.remediated},
                                  {"in_grace_period", devices.in_grace_period},
                                  {"noncompliant", devices.noncompliant},
                                  {"conflict", devices.conflict},
                                  {"error", devices.error},
                                  {"unknown", devices.unknown},
                                  {"not_applicable", devices.not_applicable}});
}

std::vector<ComplianceSnapshot> latest_compliance(storage::Transaction& tx, TenantId tenant, ConnectionId connection,
                                                  int limit) {
  std::vector<ComplianceSnapshot> snapshots;
  for (const storage::Row row :
       tx.run(sql::compliance_latest, {{"tenant_id", tenant}, {"connection_id", connection}, {"limit", limit}})) {
    const auto number = [&](std::string_view column) { return row.get<std::int64_t>(column); };
    snapshots.push_back(
        {row.get<RunId>("run_id"), row.get<Timestamp>("taken_at"),
         DeviceStates{number("compliant"), number("remediated"), number("in_grace_period"), number("noncompliant"),
                      number("conflict"), number("error"), number("unknown"), number("not_applicable")}});
  }
  return snapshots;
}

}  // namespace ta::provider_connections
