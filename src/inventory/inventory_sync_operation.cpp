#include "inventory/inventory_sync_operation.h"

#include "graph/graph_client.h"
#include "inventory/inventory_store.h"
#include "inventory/observed_item.h"
#include "inventory/sync_runs.h"

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

// Keeps what the lists bring: collects a type's pages, and writes the type when its list has ended.
class Recorder : public graph::ListObserver {
 public:
  Recorder(runs::RunContext& context, ConnectionId connection) : context_(context), connection_(connection) {}

  void on_page(const graph::Contract& contract, std::span<const json::value> objects) override {
    context_.check_stop();
    std::vector<ObservedItem>& items = items_[contract.id];
    for (const json::value& object : objects) items.push_back(observed_item(contract, object));
    context_.count(&SummaryCounts::processed, static_cast<std::int64_t>(objects.size()));
  }

  void on_end(const graph::ListOutcome& outcome) override {
    context_.check_stop();
    const std::vector<ObservedItem> items = std::move(items_[outcome.contract->id]);
    const Observation seen{context_.tenant(), connection_, context_.run(), outcome.contract->id, context_.now()};
    const UpsertCounts counts = context_.write([&](storage::Transaction& tx) {
      const std::string code(outcome.failure ? ta::name(outcome.failure->code) : "");
      const UpsertCounts counts =
          outcome.failure ? record_unlisted(tx, seen, items, code) : record_listing(tx, seen, items);
      const std::int64_t kept = counts.created + counts.updated + counts.unchanged;
      record_type(tx, seen.tenant, seen.run, {seen.type, kept, code, seen.at});
      return counts;
    });
    count(counts);
    covered_[outcome.contract->id] = counts.created + counts.updated + counts.unchanged;
  }

  const json::object& covered() const { return covered_; }

 private:
  void count(const UpsertCounts& counts) {
    context_.count(&SummaryCounts::success, counts.created + counts.updated + counts.unchanged);
    context_.count(&SummaryCounts::created, counts.created);
    context_.count(&SummaryCounts::updated, counts.updated);
    context_.count(&SummaryCounts::unchanged, counts.unchanged);
  }

  runs::RunContext& context_;
  ConnectionId connection_;
  std::map<std::string, std::vector<ObservedItem>> items_;
  json::object covered_;  // objects by type
};

// The one failure when nothing could be read for one and the same reason: then the run as a whole could not proceed.
std::optional<Failure> common_failure(const std::vector<graph::ListOutcome>& outcomes) {
  std::optional<Failure> common;
  for (const graph::ListOutcome& outcome : outcomes) {
    if (!outcome.failure || outcome.objects > 0) return std::nullopt;
    if (common && common->code != outcome.failure->code) return std::nullopt;
    if (!common) common = outcome.failure;
  }
  return common;
}

void note_failures(runs::RunContext& context, const std::vector<graph::ListOutcome>& outcomes) {
  for (const graph::ListOutcome& outcome : outcomes) {
    if (!outcome.failure) continue;
    context.count(&SummaryCounts::failed);
    context.note_failure(outcome.failure->code,
                         fmt::format("{}: {}", outcome.contract->label, outcome.failure->message));
  }
}

// A sync is also the freshest knowledge of how its connection does.
void note_health(runs::RunContext& context, ConnectionId connection, const std::vector<graph::ListOutcome>& outcomes) {
  std::optional<Failure> failure;
  for (const graph::ListOutcome& outcome : outcomes)
    if (outcome.failure) failure = outcome.failure;
  context.write([&](storage::Transaction& tx) {
    // A connection that was deleted meanwhile has no health.
    std::ignore = provider_connections::record_check(tx, context.tenant(), connection,
                                                     provider_connections::check_from(failure), context.now());
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
  Recorder recorder(context, *inputs.connection);
  const auto outcomes =
      (*client)->list_many(contracts, &recorder, {.deadline = context.time_left(), .stop = context.stop_token()});
  context.check_stop();
  note_health(context, *inputs.connection, outcomes);
  if (auto failure = common_failure(outcomes)) return runs::Report::failed(std::move(*failure));
  note_failures(context, outcomes);
  context.set_total(context.snapshot().counts.processed.value_or(0) + context.snapshot().counts.failed.value_or(0));
  context.set_context("objects_by_type", recorder.covered());
  return runs::Report::done();
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
                                      .domain = sync_runs_adapter()},
                                     [&sessions] { return InventorySync{sessions}; });
}

}  // namespace ta::inventory
