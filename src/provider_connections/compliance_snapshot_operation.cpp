#include "provider_connections/compliance_snapshot_operation.h"

#include "graph/graph_client.h"

namespace ta::provider_connections {
namespace {

// learn.microsoft.com: "Get deviceCompliancePolicyDeviceStateSummary", DeviceManagementConfiguration.Read.All.
constexpr std::string_view kSummary = "/v1.0/deviceManagement/deviceCompliancePolicyDeviceStateSummary";

const json::object* summary_object(const json::value& answer) {
  if (!answer.is_object()) return nullptr;
  const json::value* wrapped = answer.get_object().if_contains("value");
  return wrapped && wrapped->is_object() ? &wrapped->get_object() : &answer.get_object();
}

}  // namespace

void ComplianceSnapshotInputs::resolve(storage::Transaction& tx, TenantId tenant) {
  if (connection) return;
  if (const auto found = find_default_connection(tx, tenant)) connection = found->id;
}

json::object ComplianceSnapshotInputs::context() const {
  json::object out;
  if (connection) out["provider_connection_id"] = connection->value;
  return out;
}

Result<DeviceStates> device_states_from(const json::value& summary) {
  const json::object* object = summary_object(summary);
  int known = 0;
  const auto count = [&](std::string_view name) -> std::int64_t {
    const json::value* value = object ? object->if_contains(name) : nullptr;
    json::error_code error;
    const auto number = value ? value->to_number<std::int64_t>(error) : 0;
    if (!value || error || number < 0) return 0;
    ++known;
    return number;
  };
  const DeviceStates states{count("compliantDeviceCount"), count("remediatedDeviceCount"),
                            count("inGracePeriodCount"),   count("nonCompliantDeviceCount"),
                            count("conflictDeviceCount"),  count("errorDeviceCount"),
                            count("unknownDeviceCount"),   count("notApplicableDeviceCount")};
  if (known == 0) return fail(FailureCode::graph_bad_request, "Microsoft's compliance summary has no counts.");
  return states;
}

runs::Report ComplianceSnapshotOperation::run(const Inputs& inputs, runs::RunContext& context) {
  if (!inputs.connection)
    return runs::Report::failed({FailureCode::provider_connection_missing, "This tenant has no connection.", {}});
  const auto client = sessions.open(context.tenant(), *inputs.connection);
  if (!client) return runs::Report::failed(client.error());
  const auto answer = (*client)->get(kSummary, {.deadline = context.time_left(), .stop = context.stop_token()});
  context.check_stop();
  if (!answer) return runs::Report::failed(answer.error());
  const auto states = device_states_from(*answer);
  if (!states) return runs::Report::failed(states.error());
  context.write([&](storage::Transaction& tx) {
    record_compliance(tx, context.tenant(), *inputs.connection, {context.run(), context.now(), *states});
  });
  context.set_total(states->total());
  context.count(&runs::SummaryCounts::processed, states->total());
  context.count(&runs::SummaryCounts::success, states->total());
  return runs::Report::done();
}

void register_compliance_snapshot(runs::Catalog& catalog, GraphSessions& sessions) {
  runs::add_operation<ComplianceSnapshotOperation>(catalog,
                                                   {.label = "Compliance snapshot",
                                                    .capability = "providers.run",
                                                    .expected = std::chrono::seconds{10},
                                                    .deadline = std::chrono::minutes{5},
                                                    .retry_safe = true,
                                                    .attempts_max = 3,
                                                    .unit = "devices"},
                                                   [&sessions] { return ComplianceSnapshotOperation{sessions}; });
}

}  // namespace ta::provider_connections
