#include "runs/domain_adapter.h"

#include "runs/catalog.h"
#include "runs/domain.sql.h"

namespace ta::runs {
namespace {

storage::Rows run_on(storage::Transaction& tx, const DomainAdapter& adapter, const storage::Query& query,
                     const storage::Params& params) {
  static constexpr std::string_view kTable = "DOMAIN_TABLE";
  std::string text(query.text(tx.engine()));
  for (auto at = text.find(kTable); at != text.npos; at = text.find(kTable, at)) {
    text.replace(at, kTable.size(), adapter.table);
    at += adapter.table.size();
  }
  return tx.run_text(query.name, text, params);
}

// Every run must have its row by now; a module that forgot one is a mistake of ours, and undoes the start.
void link(storage::Transaction& tx, const DomainAdapter& adapter, const std::vector<DomainStart>& starts) {
  json::array ids;
  std::map<RunId, Run*> runs;
  for (const DomainStart& start : starts) {
    ids.push_back(start.run.id.value);
    runs.emplace(start.run.id, &start.run);
  }
  const storage::Rows rows =
      run_on(tx, adapter, sql::domain_link, {{"key", adapter.context_key}, {"ids", std::move(ids)}});
  if (rows.size() != starts.size())
    throw FailureError(FailureCode::internal_error, fmt::format("{} has no row for a new run", adapter.table));
  for (const storage::Row& row : rows)
    runs.at(row.get<RunId>("id"))->context = row.get<json::value>("context").as_object();
}

struct Found {
  const RegisteredType& type;
  std::vector<Disagreement>& all;

  void add(Disagreement::Kind kind, const storage::Row& row, std::optional<RunId> run,
           std::optional<std::int64_t> domain_row) {
    all.push_back({kind, type.name, row.get<TenantId>("tenant_id"), run, domain_row});
  }
};

}  // namespace

std::string_view name(Disagreement::Kind kind) {
  switch (kind) {
    case Disagreement::Kind::state: return "state";
    case Disagreement::Kind::row_missing: return "row_missing";
    case Disagreement::Kind::run_missing: return "run_missing";
  }
  return "state";
}

void insert_domain_rows(storage::Transaction& tx, const DomainAdapter& adapter,
                        const std::vector<DomainStart>& starts) {
  adapter.insert(tx, starts);
  link(tx, adapter, starts);
}

void adopt_domain_row(storage::Transaction& tx, const DomainAdapter& adapter, Run& run, std::int64_t row) {
  const storage::Rows adopted =
      run_on(tx, adapter, sql::domain_adopt, {{"run_id", run.id}, {"tenant_id", run.tenant_id}, {"row_id", row}});
  if (adopted.affected() == 0)
    throw FailureError(FailureCode::run_invalid_input, "What this operation belongs to is gone, or has a run.");
  run_on(tx, adapter, sql::domain_mirror, {{"ids", json::array{run.id.value}}});
  const json::value none;
  link(tx, adapter, {{run, none}});
}

void DomainMirror::add(std::string_view type, RunId run) {
  if (type != type_) {
    type_ = type;
    const RegisteredType* found = catalog_.find(type);
    adapter_ = found && found->definition.domain ? &*found->definition.domain : nullptr;
  }
  if (!adapter_) return;
  auto at = std::ranges::find(changed_, adapter_, [](const auto& one) { return one.first; });
  if (at == changed_.end()) at = changed_.insert(at, {adapter_, {}});
  at->second.push_back(run.value);
}

void DomainMirror::write(storage::Transaction& tx) const {
  for (const auto& [adapter, ids] : changed_) run_on(tx, *adapter, sql::domain_mirror, {{"ids", ids}});
}

std::vector<Disagreement> find_disagreements(storage::Transaction& tx, const Catalog& catalog, Timestamp since,
                                             int limit) {
  using enum Disagreement::Kind;
  std::vector<Disagreement> all;
  std::set<std::string> tables;
  for (const RegisteredType* type : catalog.all()) {
    if (!type->definition.domain) continue;
    const DomainAdapter& adapter = *type->definition.domain;
    Found found{*type, all};
    for (const storage::Row& row :
         run_on(tx, adapter, sql::domain_disagreements,
                {{"type", type->name}, {"key", adapter.context_key}, {"since", since}, {"limit", limit}})) {
      const auto domain_row = row.get<std::optional<std::int64_t>>("row_id");
      found.add(domain_row ? state : row_missing, row, row.get<RunId>("run_id"), domain_row);
    }
    if (!tables.insert(adapter.table).second) continue;  // types may share a table
    for (const storage::Row& row : run_on(tx, adapter, sql::domain_orphans, {{"limit", limit}}))
      found.add(run_missing, row, std::nullopt, row.get<std::int64_t>("row_id"));
  }
  return all;
}

int repair(storage::Transaction& tx, const Catalog& catalog, const std::vector<Disagreement>& found, Timestamp now) {
  std::map<const DomainAdapter*, std::pair<json::array, json::array>> work;  // runs to mirror, rows to end
  int settled = 0;
  for (const Disagreement& one : found) {
    if (one.kind == Disagreement::Kind::row_missing) continue;
    auto& [runs, rows] = work[&*catalog.find(one.type)->definition.domain];
    one.run ? runs.push_back(one.run->value) : rows.push_back(*one.row);
    ++settled;
  }
  for (auto& [adapter, ids] : work) {
    run_on(tx, *adapter, sql::domain_mirror, {{"ids", std::move(ids.first)}});
    run_on(tx, *adapter, sql::domain_end_orphans, {{"ids", std::move(ids.second)}, {"now", now}});
  }
  return settled;
}

}  // namespace ta::runs
