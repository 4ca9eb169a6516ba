#include "inventory/sync_runs.h"

#include "base/digest.h"
#include "graph/contract_registry.h"
#include "inventory/inventory_store.h"
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

SyncChanges changes_from(const storage::Row& row) {
  return {row.get<std::int64_t>("appeared"), row.get<std::int64_t>("changed"), row.get<std::int64_t>("gone"),
          row.get<std::int64_t>("first_types"), row.get<std::int64_t>("first_objects")};
}

SyncSummary summary_from(const storage::Row& row) {
  return {row.get<std::optional<RunId>>("operation_run_id"),
          row.get<std::optional<ConnectionId>>("connection_id"),
          row.get<Timestamp>("completed_at"),
          row.get<std::string_view>("selection_key") == selection_key("all"),
          row.get<std::int64_t>("types"),
          row.get<std::int64_t>("failed"),
          changes_from(row)};
}

// 12,345: as pages write it.
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
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
                                 {"at", result.at},
                                 {"new", result.changes.appeared},
                                 {"changed", result.changes.changed},
                                 {"gone", result.changes.gone},
                                 {"first_reading", result.changes.first_types > 0}});
}

void add_gone(storage::Transaction& tx, TenantId tenant, RunId run, std::string_view type, std::int64_t gone) {
  tx.run(sql::sync_type_gone, {{"tenant_id", tenant}, {"run_id", run}, {"type", type}, {"gone", gone}});
}

std::map<std::string, SyncChanges> noted_changes(storage::Transaction& tx, TenantId tenant, RunId run) {
  std::map<std::string, SyncChanges> noted;
  for (const storage::Row& row : tx.run(sql::sync_noted, {{"tenant_id", tenant}, {"run_id", run}})) {
    SyncChanges& changes = noted[row.get<std::string>("type")];
    const auto count = row.get<std::int64_t>("count");
    switch (change_from(row.get<std::string_view>("change")).value_or(Change::changed)) {
      case Change::appeared: changes.appeared = count; break;
      case Change::changed: changes.changed = count; break;
      case Change::gone: changes.gone = count; break;
    }
  }
  return noted;
}

SyncChanges changes_of(storage::Transaction& tx, TenantId tenant, RunId run) {
  return changes_from(tx.run(sql::sync_changes, {{"tenant_id", tenant}, {"run_id", run}})[0]);
}

std::optional<SyncSummary> latest_full_sync(storage::Transaction& tx, TenantId tenant, ConnectionId connection) {
  const storage::Rows rows =
      tx.run(sql::sync_latest, {{"tenant_id", tenant}, {"key", selection_key("all")}, {"connection_id", connection}});
  return rows.empty() ? std::nullopt : std::optional(summary_from(rows[0]));
}

std::vector<SyncSummary> recent_syncs(storage::Transaction& tx, TenantId tenant, int limit) {
  std::vector<SyncSummary> syncs;
  for (const storage::Row& row : tx.run(sql::sync_recent, {{"tenant_id", tenant}, {"limit", limit}}))
    syncs.push_back(summary_from(row));
  return syncs;
}

json::object to_json(const SyncChanges& changes) {
  return {{"new", changes.appeared}, {"changed", changes.changed}, {"gone", changes.gone}};
}

std::string words(const SyncChanges& changes) {
  std::vector<std::string> parts;
  const auto add = [&](std::int64_t count, std::string_view word) {
    if (count > 0) parts.push_back(fmt::format("{} {}", grouped(count), word));
  };
  add(changes.appeared - changes.first_objects, "new");
  add(changes.changed, "changed");
  add(changes.gone, "gone");
  std::string text = parts.empty() ? "" : fmt::format("{}.", fmt::join(parts, ", "));
  if (changes.first_objects > 0)
    text += fmt::format("{}First reading: {} {}.", text.empty() ? "" : " ", grouped(changes.first_objects),
                        changes.first_objects == 1 ? "object" : "objects");
  return text.empty() ? "Nothing has changed." : text;
}

std::string result_words(const runs::Run& run) {
  const json::value* const found = run.context.if_contains("changes");
  if (!found || !found->is_object()) return {};
  const auto number = [](const json::value* value) {
    return value && value->is_int64() ? value->get_int64() : std::int64_t{0};
  };
  SyncChanges changes{.appeared = number(json_find(*found, "new")),
                      .changed = number(json_find(*found, "changed")),
                      .gone = number(json_find(*found, "gone"))};
  if (const json::value* const first = run.context.if_contains("first_reading"))
    changes.first_objects = number(json_find(*first, "objects"));
  if (changes.any()) return words(changes);
  // Where types could not be read, that nothing was found says little.
  if (!run.failure_summary.empty()) return {};
  const std::int64_t objects = run.summary_counts.success.value_or(0);
  return fmt::format("{} {}, nothing has changed.", grouped(objects), objects == 1 ? "object" : "objects");
}

}  // namespace ta::inventory
