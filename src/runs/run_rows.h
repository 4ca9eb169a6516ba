// Rows of runs and jobs on their way into the database, as the batch statements take them. Private to starting runs.
#pragma once
#include "runs/run_service.h"

namespace ta::runs {

inline json::object merged(json::object base, const json::object& added) {
  for (const auto& [key, value] : added) base.insert_or_assign(key, value);
  return base;
}

// The type's own, what the start surface adds, and the API token.
inline json::object context_of(const StartRequest& request, const RunService::PreparedStart& prepared) {
  json::object context = merged(prepared.inputs.context, request.context);
  if (request.initiator && request.initiator->token)
    context["api_token"] = {{"id", request.initiator->token->id}, {"name", request.initiator->token->name}};
  return context;
}

inline storage::Batch run_rows() { return storage::Batch({"tenant", "user", "initiator", "type", "hash", "context"}); }

inline void add_run(storage::Batch& rows, const StartRequest& request, const RunService::PreparedStart& prepared) {
  rows.add(request.tenant, request.initiator ? std::optional(request.initiator->user) : std::nullopt,
           request.initiator ? request.initiator->name : "System", request.type, prepared.identity_hash,
           context_of(request, prepared));
}

// The run that such a row became, as it would be read back.
inline Run new_run(RunId id, const StartRequest& request, const RunService::PreparedStart& prepared, Timestamp now) {
  Run run;
  run.id = id;
  run.tenant_id = request.tenant;
  if (request.initiator) run.user_id = request.initiator->user;
  run.initiator_name = request.initiator ? request.initiator->name : "System";
  run.type = request.type;
  run.run_identity_hash = prepared.identity_hash;
  run.context = context_of(request, prepared);
  run.created_at = run.updated_at = now;
  return run;
}

inline storage::Batch job_rows() {
  return storage::Batch(
      {"run", "tenant", "user", "by_person", "token", "type", "scope_key", "payload", "priority", "attempts_max"});
}

inline void add_job(storage::Batch& rows, const DispatchRequest& request) {
  const TypeDefinition& definition = request.type.definition;
  const auto& initiator = request.request.initiator;
  rows.add(request.run.id, request.run.tenant_id, request.run.user_id, initiator.has_value(),
           initiator && initiator->token ? std::optional(initiator->token->id) : std::nullopt, request.run.type,
           definition.scope == Scope::provider ? request.inputs.scope_key : std::string(), request.inputs.canonical,
           static_cast<int>(request.request.priority), definition.retry_safe ? definition.attempts_max : 1);
}

// The default dispatch: a job row beside the run row.
void insert_job(storage::Transaction& tx, const DispatchRequest& request);

}  // namespace ta::runs
