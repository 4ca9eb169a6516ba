#include "inventory/sync_runs.h"

#include "base/digest.h"
#include "graph/contract_registry.h"
#include "inventory/sync_runs.sql.h"

namespace ta::inventory {
namespace {

json::value selection_of(const json::value& inputs) {
  const json::value* types = json_find(inputs, "types");
  return types && types->is_array() ? *types : json::value("all");
}

std::string selection_key(const json::value& selection) { return sha256_hex(canonical_json(selection)); }

json::object row_of(const runs::DomainStart& start) {
  json::value selection = selection_of(start.inputs);
  std::string key = selection_key(selection);
  const json::value* connection = json_find(start.inputs, "connection");
  return {{"tenant", start.run.tenant_id.value},
          {"run", start.run.id.value},
          {"connection", connection ? *connection : json::value(nullptr)},
          {"selection", std::move(selection)},
          {"key", std::move(key)}};
}

void insert(storage::Transaction& tx, const std::vector<runs::DomainStart>& starts) {
  json::array rows;
  for (const runs::DomainStart& start : starts) rows.push_back(row_of(start));
  tx.run(sql::sync_runs_insert, {{"rows", std::move(rows)}, {"now", starts.front().run.created_at}});
}

std::string label_of(const std::string& type) {
  const graph::Contract* contract = graph::ContractRegistry::builtin().find(type);
  return contract ? contract->label : type;
}

// What failed first, then by name.
std::vector<runs::RunPart> parts(storage::Transaction& tx, TenantId tenant, RunId run) {
  std::vector<runs::RunPart> all;
  for (const storage::Row& row : tx.run(sql::sync_types_of, {{"tenant_id", tenant}, {"run_id", run}})) {
    const auto code = row.get<std::string>("code");
    all.push_back({label_of(row.get<std::string>("type")), code.empty() ? "succeeded" : "failed",
                   row.get<std::int64_t>("listed_count"), code});
  }
  std::ranges::sort(all, [](const runs::RunPart& a, const runs::RunPart& b) {
    return std::pair(a.code.empty(), std::string_view(a.label)) < std::pair(b.code.empty(), std::string_view(b.label));
  });
  return all;
}

}  // namespace

runs::DomainAdapter sync_runs_adapter() {
  return {.table = "inventory_sync_runs", .context_key = "inventory_sync_run_id", .insert = insert, .parts = parts};
}

void record_type(storage::Transaction& tx, TenantId tenant, RunId run, const TypeResult& result) {
  tx.run(sql::sync_type_record, {{"tenant_id", tenant},
                                 {"run_id", run},
                                 {"type", result.type},
                                 {"listed", result.listed},
                                 {"code", result.code},
                                 {"at", result.at}});
}

std::optional<SyncSummary> latest_full_sync(storage::Transaction& tx, TenantId tenant) {
  const storage::Rows rows = tx.run(sql::sync_latest, {{"tenant_id", tenant}, {"key", selection_key("all")}});
  if (rows.empty()) return std::nullopt;
  return SyncSummary{rows[0].get<std::optional<RunId>>("operation_run_id"), rows[0].get<Timestamp>("completed_at"),
                     rows[0].get<std::int64_t>("types"), rows[0].get<std::int64_t>("failed")};
}

}  // namespace ta::inventory
