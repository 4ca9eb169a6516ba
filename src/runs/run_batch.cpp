// Many starts at once.
#include "runs/run_rows.h"
#include "runs/runs.sql.h"

namespace ta::runs {
namespace {

using Identity = std::pair<TenantId, std::string>;

}  // namespace

void insert_job(storage::Transaction& tx, const DispatchRequest& request) {
  storage::Batch jobs = job_rows();
  add_job(jobs, request);
  tx.run_each_later(sql::jobs_insert, jobs, {{"now", request.run.created_at}});
}

// One request each, in the order of the identities: two batches that overlap lock them in the same order.
struct RunService::Batch {
  struct Item {
    std::size_t index;  // of the request
    const StartRequest* request;
    PreparedStart prepared;
  };
  std::map<Identity, std::vector<Item>> items;  // equal identities: the first one makes the run
  std::map<Identity, Started> started;
  std::vector<Run> created;
};

std::vector<Result<Started>> RunService::start_many(const std::vector<StartRequest>& requests) {
  return database_.write([&](storage::Transaction& tx) {
    std::vector<Result<Started>> answers(requests.size());
    Batch batch;
    std::map<std::pair<TenantId, std::string>, std::vector<Batch::Item>> one_by_one;  // by tenant and provider scope
    for (std::size_t i = 0; i < requests.size(); ++i) {
      auto prepared = prepare(tx, requests[i]);
      if (!prepared) {
        answers[i] = tl::make_unexpected(prepared.error());
      } else if (prepared->type.definition.scope == Scope::provider || dispatch_) {
        // A scope must be looked at, or somebody else's dispatch called. A scope is locked until the transaction ends,
        // so that two batches must take theirs in one order.
        one_by_one[{requests[i].tenant, prepared->inputs.scope_key}].push_back({i, &requests[i], std::move(*prepared)});
      } else {
        const Identity identity{requests[i].tenant, prepared->identity_hash};
        batch.items[identity].push_back({i, &requests[i], std::move(*prepared)});
      }
    }
    for (const auto& [scope, items] : one_by_one)
      for (const Batch::Item& item : items) answers[item.index] = start_prepared(tx, *item.request, item.prepared);
    insert_batch(tx, batch);
    join_batch(tx, batch);
    dispatch_batch(tx, batch);
    std::vector<std::pair<std::string, Disposition>> counted;
    for (const auto& [identity, items] : batch.items) {
      Started& first = batch.started.at(identity);
      for (std::size_t i = 1; i < items.size(); ++i) answers[items[i].index] = Started{first.run, Disposition::joined};
      counted.insert(counted.end(), items.size() - 1, {first.run.type, Disposition::joined});
      counted.emplace_back(first.run.type, first.disposition);
      answers[items[0].index] = std::move(first);
    }
    count_starts(tx, std::move(counted));
    return answers;
  });
}

void RunService::insert_batch(storage::Transaction& tx, Batch& batch) {
  storage::Batch rows = run_rows();
  for (const auto& [identity, items] : batch.items) add_run(rows, *items[0].request, items[0].prepared);
  const Timestamp now = clock_.now();
  const auto ids = tx.insert_each(sql::runs_insert, rows, {{"now", now}});
  auto id = ids.begin();
  for (const auto& [identity, items] : batch.items) {
    if (*id) batch.created.push_back(new_run(RunId{**id}, *items[0].request, items[0].prepared, now));
    ++id;
  }
  link_domain_rows(tx, batch);
  for (const Run& run : batch.created)
    batch.started.emplace(Identity{run.tenant_id, run.run_identity_hash}, Started{run, Disposition::created});
}

// One call of a type's adapter for all of its runs.
void RunService::link_domain_rows(storage::Transaction& tx, Batch& batch) {
  std::map<const DomainAdapter*, std::vector<DomainStart>> starts;
  for (Run& run : batch.created) {
    const Batch::Item& first = batch.items.at({run.tenant_id, run.run_identity_hash}).front();
    if (!first.prepared.type.definition.domain) continue;
    if (first.request->domain_row)
      link_domain_row(tx, *first.request, first.prepared, run);
    else
      starts[&*first.prepared.type.definition.domain].push_back({run, first.prepared.inputs.canonical});
  }
  for (const auto& [adapter, rows] : starts) insert_domain_rows(tx, *adapter, rows);
}

void RunService::join_batch(storage::Transaction& tx, Batch& batch) {
  storage::Batch missing({"tenant", "hash"});
  for (const auto& [identity, items] : batch.items)
    if (!batch.started.contains(identity)) missing.add(identity.first, identity.second);
  if (missing.empty()) return;
  for (const storage::Row& row : tx.run_each(sql::runs_find_active, missing)) {
    Run run = run_from(row);
    Identity identity{run.tenant_id, run.run_identity_hash};
    batch.started.emplace(std::move(identity), Started{std::move(run), Disposition::joined});
  }
  // Those that ended between the insert and the look are free again.
  for (const auto& [identity, items] : batch.items) {
    if (batch.started.contains(identity)) continue;
    const Batch::Item& first = items.front();
    Started again = ensure_run(tx, *first.request, first.prepared);
    if (again.disposition == Disposition::created)
      again = dispatch_or_fail(tx, std::move(again), first.prepared, *first.request, Dispatch(insert_job));
    batch.started.emplace(identity, std::move(again));
  }
}

void RunService::dispatch_batch(storage::Transaction& tx, Batch& batch) {
  if (batch.created.empty()) return;
  storage::Batch jobs = job_rows();
  for (const Run& run : batch.created) {
    const Batch::Item& item = batch.items.at({run.tenant_id, run.run_identity_hash}).front();
    add_job(jobs, {run, item.prepared.type, item.prepared.inputs, *item.request});
  }
  tx.run_each_later(sql::jobs_insert, jobs, {{"now", batch.created.front().created_at}});
  notify_queued(tx, batch.created);
  announce(tx, batch.created);
}

}  // namespace ta::runs
