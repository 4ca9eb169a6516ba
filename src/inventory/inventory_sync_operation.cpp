#include "inventory/inventory_sync_operation.h"

#include "inventory/list_recorder.h"
#include "inventory/sync_outcome.h"

namespace ta::inventory {
namespace {

using runs::SummaryCounts;

std::vector<const graph::Contract*> selected(const InventorySyncInputs& inputs) {
  const graph::ContractRegistry& registry = graph::ContractRegistry::builtin();
  if (!inputs.types) return registry.synced_by_default();
  std::vector<const graph::Contract*> contracts;
  for (const std::string& type : *inputs.types) contracts.push_back(registry.find(type));
  return contracts;
}

// Sorted as normalise() sorts.
std::vector<std::string> default_types() {
  std::vector<std::string> ids;
  for (const graph::Contract* contract : graph::ContractRegistry::builtin().synced_by_default())
    ids.push_back(contract->id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<TypeFailure> failures_of(const std::vector<graph::ListOutcome>& outcomes, const ListRecorder& recorder) {
  std::vector<TypeFailure> failures;
  for (const graph::ListOutcome& outcome : outcomes) {
    const std::int64_t nameless = recorder.without_id(outcome.contract->id);
    if (outcome.failure)
      failures.push_back({outcome.contract, *outcome.failure});
    else if (nameless > 0)
      failures.push_back({outcome.contract,
                          {kObjectsWithoutId,
                           fmt::format("{} came without an id and could not be kept.",
                                       nameless == 1 ? "1 object" : fmt::format("{} objects", nameless)),
                           {}}});
  }
  sort_by_gravity(failures);
  return failures;
}

void note_failures(runs::RunContext& context, const std::vector<TypeFailure>& failures) {
  for (const auto& [contract, failure] : failures) {
    context.count(&SummaryCounts::failed);
    context.note_failure(failure.code, fmt::format("{}: {}", contract->label, failure.message));
  }
}

// A sync is also the freshest knowledge of how its connection does.
void note_health(runs::RunContext& context, ConnectionId connection,
                 const provider_connections::ConnectionCheck& check) {
  context.write([&](storage::Transaction& tx) {
    // A connection that was deleted meanwhile has no health.
    std::ignore = provider_connections::record_check(tx, context.tenant(), connection, check, context.now());
  });
}

}  // namespace

void InventorySyncInputs::resolve(storage::Transaction& tx, TenantId tenant) {
  if (connection) return;
  if (const auto found = provider_connections::find_default_connection(tx, tenant)) connection = found->id;
}

void InventorySyncInputs::normalise() {
  if (!types) return;
  std::sort(types->begin(), types->end());
  types->erase(std::unique(types->begin(), types->end()), types->end());
  if (types->empty() || *types == default_types()) types.reset();
}

std::string InventorySyncInputs::problem() const {
  if (!types) return {};
  for (const std::string& type : *types) {
    const graph::Contract* const contract = graph::ContractRegistry::builtin().find(type);
    if (!contract) return fmt::format("The object type \"{}\" is not known.", type);
    if (!contract->can_be_listed()) return fmt::format("{} cannot be listed by an app.", contract->label);
  }
  return {};
}

std::string InventorySyncInputs::scope_key() const {
  return connection ? fmt::format("connection:{}", *connection) : std::string();
}

json::object InventorySyncInputs::context() const {
  json::object out{{"types", types ? json::value_from(*types) : json::value("all")}};
  if (connection) out["provider_connection_id"] = connection->value;
  return out;
}

runs::Report InventorySync::run(const Inputs& inputs, runs::RunContext& context) {
  if (!inputs.connection)
    return runs::Report::failed({FailureCode::provider_connection_missing, "This tenant has no connection.", {}});
  const auto client = sessions.open(context.tenant(), *inputs.connection);
  if (!client) return runs::Report::failed(client.error());
  const std::vector<const graph::Contract*> contracts = selected(inputs);
  ListRecorder recorder(context, *inputs.connection);
  const auto outcomes =
      (*client)->list_many(contracts, &recorder, {.deadline = context.time_left(), .stop = context.stop_token()});
  context.check_stop();
  const std::vector<TypeFailure> failures = failures_of(outcomes, recorder);
  note_health(context, *inputs.connection, check_from_lists(outcomes.size(), failures));
  if (auto failure = common_failure(outcomes)) return runs::Report::failed(std::move(*failure));
  note_failures(context, failures);
  context.set_total(context.snapshot().counts.processed.value_or(0) + context.snapshot().counts.failed.value_or(0));
  return failures.size() < outcomes.size() ? runs::Report::done_in_part() : runs::Report::done();
}

void register_inventory_sync(runs::Catalog& catalog, provider_connections::GraphSessions& sessions) {
  runs::add_operation<InventorySync>(catalog,
                                     {.label = "Inventory sync",
                                      .capability = "inventory.sync",
                                      .scope = runs::Scope::provider,
                                      .expected = std::chrono::minutes{2},
                                      .deadline = std::chrono::minutes{30},
                                      .retry_safe = true,
                                      .attempts_max = 3,
                                      .unit = "objects",
                                      .failed_unit = "types",
                                      .domain = sync_runs_adapter(),
                                      .result_words = result_words},
                                     [&sessions] { return InventorySync{sessions}; });
}

}  // namespace ta::inventory
