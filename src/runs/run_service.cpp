#include "runs/run_service.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/secrets.h"
#include "runs/metrics.h"
#include "runs/run_rows.h"
#include "runs/runs.sql.h"
#include "runs/stored_text.h"

namespace ta::runs {
namespace {

constexpr std::size_t kNotificationBodyMax = 140;

json::array to_json(const std::vector<FailureEntry>& failures, TenantId tenant) {
  json::array out;
  for (const FailureEntry& entry : failures)
    out.push_back({{"code", entry.code}, {"message", sanitise_message(entry.message, tenant)}, {"count", entry.count}});
  return out;
}

storage::Batch notification_rows() {
  return storage::Batch({"tenant", "user", "run", "outcome", "type", "title", "body"});
}

void add_notification(storage::Batch& rows, const Run& run, std::string title, std::string body) {
  rows.add(run.tenant_id, run.user_id, run.id, name(run.outcome), run.type, std::move(title), std::move(body));
}

// What notifications and metrics need to know of a run that has just ended.
Run ended_from(const RunService::Ending& ending, Timestamp ended_at) {
  Run run;
  run.id = ending.run;
  run.tenant_id = ending.tenant;
  run.user_id = ending.user;
  run.type = ending.type;
  run.status = RunStatus::completed;
  run.started_at = ending.started_at;
  run.completed_at = ended_at;
  run.outcome = ending.completion.outcome;
  run.summary_counts = ending.completion.counts;
  run.context = ending.completion.context;
  for (const FailureEntry& entry : ending.completion.failures)
    run.failure_summary.push_back({entry.code, sanitise_message(entry.message, run.tenant_id), entry.count});
  return run;
}

// "300 objects."
std::string counts_text(const Run& run, const TypeDefinition* type) {
  std::string_view unit = type ? std::string_view(type->unit) : "items";
  const auto success = run.summary_counts.success.value_or(0);
  if (success == 1 && unit.ends_with('s')) unit.remove_suffix(1);
  return success > 0 ? fmt::format("{} {}.", success, unit) : "Done.";
}

std::string_view outcome_words(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::succeeded: return "succeeded";
    case RunOutcome::partially_succeeded: return "partially succeeded";
    case RunOutcome::cancelled: return "was cancelled";
    case RunOutcome::pending:
    case RunOutcome::failed: return "failed";
  }
  return "failed";
}

// PostgreSQL's JSON cannot hold a NUL character; refused on both engines, so that a start means the same.
bool has_nul(const json::value& value) {
  if (value.is_string()) return value.get_string().find('\0') != json::string::npos;
  if (value.is_array()) return std::any_of(value.get_array().begin(), value.get_array().end(), has_nul);
  return value.is_object() && std::any_of(value.get_object().begin(), value.get_object().end(),
                                          [](const auto& member) { return has_nul(member.value()); });
}

}  // namespace

std::string_view name(Disposition disposition) {
  switch (disposition) {
    case Disposition::created: return "created";
    case Disposition::joined: return "joined";
    case Disposition::scope_busy: return "scope_busy";
    case Disposition::dispatch_failed: return "dispatch_failed";
  }
  return "created";
}

std::string run_identity_hash(TenantId tenant, std::string_view type, const json::value& canonical_inputs) {
  // The canonical JSON of an object of the three, without making that object.
  return sha256_hex(fmt::format(R"({{"inputs":{},"tenant":{},"type":{}}})", canonical_json(canonical_inputs), tenant,
                                canonical_json(json::value(type))));
}

RunOrigin origin_of(storage::Transaction& tx, TenantId tenant, RunId run) {
  const storage::Rows rows = tx.run(sql::run_find, {{"tenant_id", tenant}, {"id", run}});
  if (rows.empty()) return {};
  const Run found = run_from(rows[0]);
  return {found.initiator_name, api_token_name(found)};
}

std::string terminal_title(std::string_view label, RunOutcome outcome) {
  return fmt::format("{} {}", label, outcome_words(outcome));
}

std::string terminal_body(const Run& run, const TypeDefinition* type) {
  std::string words = type && type->result_words ? type->result_words(run) : "";
  if (run.failure_summary.empty()) return words.empty() ? counts_text(run, type) : words;
  const FailureEntry& first = run.failure_summary.front();
  const auto code = failure_code(first.code);
  const std::string headline(code ? info(*code).headline : std::string_view("Something on our side failed"));
  if (run.outcome != RunOutcome::partially_succeeded) words.clear();
  return sanitise_message(fmt::format("{}{}{}.{}{}", words, words.empty() ? "" : " ", headline,
                                      first.message.empty() ? "" : " ", first.message),
                          run.tenant_id, kNotificationBodyMax);
}

RunService::RunService(storage::Database& database, const Catalog& catalog, const Clock& clock, ChangeFeed& feed,
                       Metrics& metrics, Dispatch dispatch)
    : database_(database),
      catalog_(catalog),
      clock_(clock),
      feed_(feed),
      metrics_(metrics),
      dispatch_(std::move(dispatch)) {}

Result<Started> RunService::start(const StartRequest& request) {
  return database_.write([&](storage::Transaction& tx) { return start(tx, request); });
}

Result<Started> RunService::start(storage::Transaction& tx, const StartRequest& request) {
  const auto prepared = prepare(tx, request);
  if (!prepared) return tl::make_unexpected(prepared.error());
  return start_prepared(tx, request, *prepared);
}

Started RunService::start_prepared(storage::Transaction& tx, const StartRequest& request,
                                   const PreparedStart& prepared) {
  Started started = ensure_run(tx, request, prepared);
  if (started.disposition == Disposition::created) {
    // The queue in the same database cannot fail alone: when it fails, nothing is committed.
    if (dispatch_)
      started = dispatch_or_fail(tx, std::move(started), prepared, request, dispatch_);
    else
      insert_job(tx, {started.run, prepared.type, prepared.inputs, request});
  }
  count_starts(tx, {{request.type, started.disposition}});
  return started;
}

Result<RunService::PreparedStart> RunService::prepare(storage::Transaction& tx, const StartRequest& request) {
  const RegisteredType* type = catalog_.find(request.type);
  if (!type) return fail(FailureCode::run_invalid_input, "There is no operation of this type.");
  auto inputs = type->prepare(tx, request.tenant, request.inputs);
  if (!inputs) return tl::make_unexpected(inputs.error());
  if (has_nul(inputs->canonical)) return fail(FailureCode::run_invalid_input, "The inputs contain a NUL character.");
  std::string hash = run_identity_hash(request.tenant, request.type, inputs->canonical);
  return PreparedStart{*type, std::move(*inputs), std::move(hash)};
}

Started RunService::ensure_run(storage::Transaction& tx, const StartRequest& request, const PreparedStart& prepared) {
  // Where a scope may be busy, an equal run comes first: it is joined. Elsewhere most starts make a run.
  bool look_first = prepared.type.definition.scope == Scope::provider;
  // The other run may end between our insert and our look: then the identity is free again, so try again.
  for (;; look_first = true) {
    if (look_first) {
      const storage::Rows active =
          tx.run(sql::run_find_active, {{"tenant_id", request.tenant}, {"hash", prepared.identity_hash}});
      if (!active.empty()) return Started{run_from(active[0]), Disposition::joined};
      if (auto busy = busy_scope(tx, request, prepared)) return Started{*busy, Disposition::scope_busy};
    }
    if (auto run = insert(tx, request, prepared)) {
      link_domain_row(tx, request, prepared, *run);
      notify_queued(tx, {*run});
      announce(tx, {*run});
      return Started{std::move(*run), Disposition::created};
    }
  }
}

void RunService::link_domain_row(storage::Transaction& tx, const StartRequest& request, const PreparedStart& prepared,
                                 Run& run) {
  const auto& adapter = prepared.type.definition.domain;
  if (!adapter) return;
  if (request.domain_row) return adopt_domain_row(tx, *adapter, run, *request.domain_row);
  insert_domain_rows(tx, *adapter, {{run, prepared.inputs.canonical}});
}

void RunService::announce(storage::Transaction& tx, const std::vector<Run>& runs) {
  struct Made {
    TenantId tenant;
    RunId run;
    bool notified;
  };
  std::vector<Made> made;
  for (const Run& run : runs) made.push_back({run.tenant_id, run.id, run.user_id.has_value()});
  tx.after_commit([this, made = std::move(made)] {
    feed_.publish_work();
    for (const Made& run : made) {
      feed_.publish(run.tenant, run.run);
      if (run.notified) metrics_.notified("queued");
    }
  });
}

void RunService::count_starts(storage::Transaction& tx, std::vector<std::pair<std::string, Disposition>> starts) {
  tx.after_commit([this, starts = std::move(starts)] {
    for (const auto& [type, disposition] : starts) metrics_.started(type, disposition);
  });
}

std::optional<Run> RunService::insert(storage::Transaction& tx, const StartRequest& request,
                                      const PreparedStart& prepared) {
  storage::Batch one = run_rows();
  add_run(one, request, prepared);
  const Timestamp now = clock_.now();
  const auto id = tx.insert_each(sql::runs_insert, one, {{"now", now}}).front();
  return id ? std::optional(new_run(RunId{*id}, request, prepared, now)) : std::nullopt;
}

std::optional<Run> RunService::busy_scope(storage::Transaction& tx, const StartRequest& request,
                                          const PreparedStart& prepared) {
  const std::string& scope_key = prepared.inputs.scope_key;
  if (prepared.type.definition.scope != Scope::provider || scope_key.empty()) return std::nullopt;
  // Two starts of different types must not both find the scope free.
  tx.run(sql::scope_lock, {{"key", fmt::format("{}/{}", request.tenant, scope_key)}});
  const storage::Rows rows =
      tx.run(sql::scope_active, {{"tenant_id", request.tenant}, {"scope_key", scope_key}, {"type", request.type}});
  return rows.empty() ? std::nullopt : std::optional(run_from(rows[0]));
}

Started RunService::dispatch_or_fail(storage::Transaction& tx, Started started, const PreparedStart& prepared,
                                     const StartRequest& request, const Dispatch& dispatch) {
  const Run& run = started.run;
  try {
    tx.savepoint([&] { dispatch(tx, {run, prepared.type, prepared.inputs, request}); });
    return started;
  } catch (const std::exception& error) {
    log::error("run.dispatch_failed",
               {{"run", run.id}, {"tenant", run.tenant_id}, {"type", run.type}, {"error", error.what()}});
    Completion completion;
    completion.failures.push_back({std::string(ta::name(FailureCode::queue_dispatch_failed)), "", 1});
    complete(tx, run.tenant_id, run.id, completion);
    const storage::Rows rows = tx.run(sql::run_find, {{"tenant_id", run.tenant_id}, {"id", run.id}});
    return {run_from(rows[0]), Disposition::dispatch_failed};
  }
}

std::vector<bool> RunService::mark_running(storage::Transaction& tx, const std::vector<Begun>& begun) {
  storage::Batch rows({"run", "started"});
  for (const Begun& one : begun) rows.add(one.run, one.at);
  std::vector<bool> marked = tx.change_each(sql::runs_mark_running, rows, {{"now", clock_.now()}});
  DomainMirror mirror(catalog_);
  std::vector<std::pair<TenantId, RunId>> changed;
  for (std::size_t i = 0; i < begun.size(); ++i) {
    if (!marked[i]) continue;
    mirror.add(begun[i].type, begun[i].run);
    changed.emplace_back(begun[i].tenant, begun[i].run);
  }
  mirror.write(tx);
  tx.after_commit([this, changed = std::move(changed)] {
    for (const auto& [tenant, run] : changed) feed_.publish(tenant, run);
  });
  return marked;
}

bool RunService::complete(storage::Transaction& tx, TenantId tenant, RunId run, const Completion& completion) {
  const storage::Rows rows = tx.run(sql::run_find, {{"tenant_id", tenant}, {"id", run}});
  if (rows.empty()) return false;
  const Run found = run_from(rows[0]);
  const auto started_at = found.started_at ? found.started_at : completion.started_at;
  if (!complete_many(tx, {{tenant, run, found.type, found.user_id, started_at, completion}}).front()) return false;
  tx.run(sql::job_delete, {{"tenant_id", tenant}, {"run_id", run}});
  return true;
}

std::vector<bool> RunService::complete_many(storage::Transaction& tx, const std::vector<Ending>& endings) {
  storage::Batch rows({"run", "tenant", "outcome", "started", "ended", "counts", "failures", "context"});
  const Timestamp now = clock_.now();
  for (const Ending& ending : endings) {
    const Completion& completion = ending.completion;
    json::value context = completion.context;
    make_storable(context);
    rows.add(ending.run, ending.tenant, name(completion.outcome), ending.started_at, completion.ended_at.value_or(now),
             to_json(completion.counts), to_json(completion.failures, ending.tenant), std::move(context));
  }
  const std::vector<bool> done = tx.change_each(sql::runs_complete, rows, {{"now", now}});
  std::vector<Run> ended;
  DomainMirror mirror(catalog_);
  for (std::size_t i = 0; i < endings.size(); ++i) {
    if (!done[i]) continue;
    ended.push_back(ended_from(endings[i], endings[i].completion.ended_at.value_or(now)));
    mirror.add(endings[i].type, endings[i].run);
  }
  mirror.write(tx);
  notify_terminal(tx, ended, now);
  tx.after_commit([this, ended = std::move(ended)] {
    for (const Run& run : ended) {
      feed_.publish(run.tenant_id, run.id);
      metrics_.completed(run);
      if (run.user_id) metrics_.notified("terminal");
    }
  });
  return done;
}

bool RunService::fail_run(TenantId tenant, RunId run, const Failure& failure) {
  Completion completion;
  completion.failures.push_back({std::string(ta::name(failure.code)), sanitise_message(failure.message, tenant), 1});
  return database_.write([&](storage::Transaction& tx) { return complete(tx, tenant, run, completion); });
}

void RunService::notify_queued(storage::Transaction& tx, const std::vector<Run>& runs) {
  storage::Batch notes = notification_rows();
  for (const Run& run : runs)
    if (run.user_id) add_notification(notes, run, catalog_.label(run.type) + " queued", "Running in the background.");
  tx.run_each_later(sql::notifications_insert, notes, {{"kind", "queued"}, {"now", runs.front().created_at}});
}

void RunService::notify_terminal(storage::Transaction& tx, const std::vector<Run>& runs, Timestamp now) {
  storage::Batch ids({"run"}), notes = notification_rows();
  for (const Run& run : runs) {
    if (!run.user_id) continue;
    ids.add(run.id);
    const RegisteredType* type = catalog_.find(run.type);
    add_notification(notes, run, terminal_title(catalog_.label(run.type), run.outcome),
                     terminal_body(run, type ? &type->definition : nullptr));
  }
  tx.run_each_later(sql::notifications_queued_read, ids, {{"now", now}});
  tx.run_each_later(sql::notifications_insert, notes, {{"kind", "terminal"}, {"now", now}});
}

}  // namespace ta::runs
