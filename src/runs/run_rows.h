// Rows of runs and jobs on their way into the database, as the batch statements take them. Private to starting runs.
#pragma once
#include "runs/run_service.h"

namespace ta::runs {

inline json::object merged(json::object base, const json::object& added) {
  for (const auto& [key, value] : added) base.insert_or_assign(key, value);
  return base;
}

inline json::object run_row(const StartRequest& request, const RunService::PreparedStart& prepared) {
  return {{"tenant", request.tenant.value},
          {"user", request.initiator ? json::value(request.initiator->user.value) : json::value(nullptr)},
          {"initiator", request.initiator ? request.initiator->name : "System"},
          {"type", request.type},
          {"hash", prepared.identity_hash},
          {"context", merged(prepared.inputs.context, request.context)}};
}

inline json::object job_row(const DispatchRequest& request) {
  const TypeDefinition& definition = request.type.definition;
  return {{"run", request.run.id.value},
          {"tenant", request.run.tenant_id.value},
          {"type", request.run.type},
          {"scope_key", definition.scope == Scope::provider ? request.inputs.scope_key : std::string()},
          {"payload", request.inputs.canonical},
          {"priority", static_cast<int>(request.priority)},
          {"attempts_max", definition.retry_safe ? definition.attempts_max : 1}};
}

// The default dispatch: a job row beside the run row.
void insert_job(storage::Transaction& tx, const DispatchRequest& request);

}  // namespace ta::runs
