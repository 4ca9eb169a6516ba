#include "runs/run_reader.h"

#include "base/digest.h"
#include "base/folded_order.h"
#include "runs/reader.sql.h"
#include "runs/runs.sql.h"

namespace ta::runs {
namespace {

struct Condition {
  std::string where;
  storage::Params params;
  void add(std::string_view text, storage::Param param) {
    where += text;
    params.push_back(std::move(param));
  }
};

void add_tab(Condition& condition, RunTab tab) {
  static constexpr std::string_view kOutcomeOfTab[] = {"", "pending", "succeeded", "partially_succeeded", "failed"};
  if (tab != RunTab::all)
    condition.add(" AND outcome = :tab_outcome", {"tab_outcome", kOutcomeOfTab[static_cast<std::size_t>(tab)]});
}

Condition condition_of(TenantId tenant, const RunFilter& filter) {
  Condition condition{"tenant_id = :tenant_id", {{"tenant_id", tenant}}};
  add_tab(condition, filter.tab);
  if (!filter.type.empty()) condition.add(" AND type = :type", {"type", filter.type});
  if (filter.status) condition.add(" AND status = :status", {"status", name(*filter.status)});
  if (filter.outcome) condition.add(" AND outcome = :outcome", {"outcome", name(*filter.outcome)});
  if (filter.initiator) condition.add(" AND user_id = :initiator", {"initiator", *filter.initiator});
  if (filter.system_only) condition.where += " AND user_id IS NULL AND initiator_name = 'System'";
  if (filter.from) condition.add(" AND created_at >= :from", {"from", *filter.from});
  if (filter.to) condition.add(" AND created_at < :to", {"to", *filter.to});
  return condition;
}

bool by_duration(RunSort sort) { return sort == RunSort::duration_asc || sort == RunSort::duration_desc; }
bool descending(RunSort sort) { return sort == RunSort::started_desc || sort == RunSort::duration_desc; }

// What the list is sorted by, in microseconds or as a timestamp; runs without a duration sort as the shortest.
std::string sort_key(RunSort sort, storage::Engine engine) {
  if (!by_duration(sort)) return "created_at";
  return engine == storage::Engine::sqlite
             ? "COALESCE(completed_at - started_at, -1)"
             : "COALESCE(CAST(EXTRACT(EPOCH FROM completed_at - started_at) * 1000000 AS BIGINT), -1)";
}

std::int64_t key_of(const Run& run, RunSort sort) {
  if (!by_duration(sort)) return to_unix_micros(run.created_at);
  return run.completed_at && run.started_at ? (*run.completed_at - *run.started_at).count() : -1;
}

RunJob job_from(const storage::Row& row) {
  return {row.get<int>("attempt"),
          row.get<int>("attempts_max"),
          row.get<Timestamp>("available_at"),
          row.get<std::optional<Timestamp>>("lease_expires_at"),
          row.get<std::optional<Timestamp>>("last_progress_at"),
          row.get<std::string>("last_code"),
          row.get<std::string>("last_message"),
          row.get<std::string>("type"),
          row.get<std::string>("scope_key"),
          row.get<int>("priority")};
}

RunAttempt attempt_from(const storage::Row& row) {
  return {row.get<int>("number"),
          row.get<Timestamp>("started_at"),
          row.get<std::optional<Timestamp>>("ended_at"),
          row.get<std::string>("code"),
          row.get<std::string>("worker"),
          row.get<std::optional<Timestamp>>("late_result_at")};
}

// The log holds attempts that have ended without ending the run, and later ones. The one that is under way stands in
// the job; a first attempt that ended its run has the run's own times.
void add_unlogged_attempt(RunDetail& detail, const storage::Rows& job) {
  const Run& run = detail.run;
  if (!job.empty() && !job[0].is_null("leased_at"))
    detail.attempts.push_back({job[0].get<int>("attempt"),
                               job[0].get<Timestamp>("leased_at"),
                               {},
                               "",
                               job[0].get<std::string>("worker"),
                               {}});
  else if (run.started_at && run.completed_at && detail.attempts.empty())
    detail.attempts.push_back({1, *run.started_at, run.completed_at, "", "", {}});
}

Notification notification_from(const storage::Row& row) {
  return {row.get<NotificationId>("id"),
          row.get<TenantId>("tenant_id"),
          row.get<std::string>("slug"),
          row.get<RunId>("run_id"),
          row.get<std::string>("kind"),
          row.get<std::string>("outcome"),
          row.get<std::string>("type"),
          row.get<std::string>("title"),
          row.get<std::string>("body"),
          row.get<Timestamp>("created_at"),
          row.get<std::optional<Timestamp>>("read_at")};
}

std::int64_t count_up_to(storage::Transaction& tx, const Condition& condition, std::int64_t bound) {
  const std::string sql =
      fmt::format("SELECT COUNT(*) AS count FROM (SELECT 1 FROM operation_runs WHERE {} LIMIT {}) AS counted",
                  condition.where, bound);
  return tx.run_text("run_count", sql, condition.params)[0].get<std::int64_t>("count");
}

}  // namespace

std::string to_text(const RunCursor& cursor, RunSort sort) {
  return base64url(fmt::format("{}.{}.{}.{}", static_cast<int>(sort), cursor.key, cursor.id, cursor.newer ? 1 : 0));
}

std::optional<RunCursor> run_cursor_from(std::string_view text, RunSort sort) {
  const auto plain = base64_decode(text);
  if (!plain || plain->size() > 80) return std::nullopt;
  int sorted = -1, newer = -1, end = 0;
  long long key = 0, id = 0;
  if (std::sscanf(plain->c_str(), "%d.%lld.%lld.%d%n", &sorted, &key, &id, &newer, &end) != 4) return std::nullopt;
  if (sorted != static_cast<int>(sort) || static_cast<std::size_t>(end) != plain->size()) return std::nullopt;
  if (key < -1 || key > kUnixMicrosMax) return std::nullopt;
  return RunCursor{key, RunId{id}, newer == 1};
}

RunPage RunReader::list(TenantId tenant, const RunFilter& filter, RunSort sort, const std::optional<RunCursor>& cursor,
                        int limit) {
  Condition condition = condition_of(tenant, filter);
  const bool backwards = cursor && cursor->newer;
  const bool down = descending(sort) != backwards;  // the direction we read in
  const std::string key = sort_key(sort, database_.engine());
  std::string from = "operation_runs";
  if (by_duration(sort))
    from = fmt::format("(SELECT * FROM operation_runs WHERE {} ORDER BY created_at DESC, id DESC LIMIT {}) AS newest",
                       std::exchange(condition.where, "1 = 1"), kSortedByDurationMax);
  if (cursor) {
    condition.where += fmt::format(" AND ({}, id) {} (:key, :key_id)", key, down ? "<" : ">");
    if (by_duration(sort))
      condition.params.push_back({"key", cursor->key});
    else
      condition.params.push_back({"key", from_unix_micros(cursor->key)});
    condition.params.push_back({"key_id", cursor->id});
  }
  const std::string direction = down ? "DESC" : "ASC";
  const std::string sql = fmt::format("SELECT * FROM {} WHERE {} ORDER BY {} {}, id {} LIMIT {}", from, condition.where,
                                      key, direction, direction, limit + 1);
  RunPage page;
  database_.read([&](storage::Transaction& tx) {
    for (const storage::Row& row : tx.run_text("run_list", sql, condition.params)) page.runs.push_back(run_from(row));
  });
  const bool more = static_cast<int>(page.runs.size()) > limit;
  if (more) page.runs.pop_back();
  if (backwards) std::reverse(page.runs.begin(), page.runs.end());
  if (page.runs.empty()) return page;
  if (backwards ? more : cursor.has_value())
    page.newer = RunCursor{key_of(page.runs.front(), sort), page.runs.front().id, true};
  if (backwards || more) page.older = RunCursor{key_of(page.runs.back(), sort), page.runs.back().id, false};
  return page;
}

RunTabCounts RunReader::tab_counts(TenantId tenant, RunFilter filter) {
  RunTabCounts counts;
  const auto count = [&](storage::Transaction& tx, RunTab tab) -> std::optional<std::int64_t> {
    filter.tab = tab;
    return count_up_to(tx, condition_of(tenant, filter), kTabCountMax + 1);
  };
  try {
    database_.read([&](storage::Transaction& tx) {
      counts.active = count(tx, RunTab::active);
      counts.succeeded = count(tx, RunTab::succeeded);
      counts.partially_succeeded = count(tx, RunTab::partially_succeeded);
      counts.failed = count(tx, RunTab::failed);
      // A run is in exactly one of them, so that nothing is counted twice.
      counts.all =
          std::min(*counts.active + *counts.succeeded + *counts.partially_succeeded + *counts.failed, kTabCountMax + 1);
    });
  } catch (const storage::StorageError& error) {
    if (error.kind() != storage::StorageError::Kind::deadline) throw;
  }
  return counts;
}

std::optional<Run> RunReader::find(TenantId tenant, RunId id) {
  return database_.read([&](storage::Transaction& tx) -> std::optional<Run> {
    const storage::Rows rows = tx.run(sql::run_find, {{"tenant_id", tenant}, {"id", id}});
    return rows.empty() ? std::nullopt : std::optional(run_from(rows[0]));
  });
}

std::optional<RunDetail> RunReader::detail(TenantId tenant, RunId id) {
  return database_.read([&](storage::Transaction& tx) -> std::optional<RunDetail> {
    const storage::Rows rows = tx.run(sql::run_find, {{"tenant_id", tenant}, {"id", id}});
    if (rows.empty()) return std::nullopt;
    RunDetail detail{run_from(rows[0]), std::nullopt, {}};
    const storage::Rows job = tx.run(sql::detail_job, {{"tenant_id", tenant}, {"run_id", id}});
    if (!job.empty()) detail.job = job_from(job[0]);
    for (const storage::Row& row : tx.run(sql::detail_attempts, {{"run_id", id}}))
      detail.attempts.insert(detail.attempts.begin(), attempt_from(row));
    add_unlogged_attempt(detail, job);
    return detail;
  });
}

std::vector<RunPart> RunReader::parts(const RegisteredType& type, TenantId tenant, RunId id) {
  const auto& adapter = type.definition.domain;
  if (!adapter || !adapter->parts) return {};
  return database_.read([&](storage::Transaction& tx) { return adapter->parts(tx, tenant, id); });
}

std::vector<std::pair<RunId, RunJob>> RunReader::jobs(TenantId tenant, const std::vector<RunId>& ids) {
  if (ids.empty()) return {};
  json::array list;
  for (const RunId id : ids) list.push_back(id.value);
  return database_.read([&](storage::Transaction& tx) {
    std::vector<std::pair<RunId, RunJob>> jobs;
    for (const storage::Row& row : tx.run(sql::jobs_of, {{"tenant_id", tenant}, {"ids", list}}))
      jobs.emplace_back(row.get<RunId>("run_id"), job_from(row));
    return jobs;
  });
}

std::vector<Run> RunReader::active(TenantId tenant, int limit) {
  return database_.read([&](storage::Transaction& tx) {
    std::vector<Run> runs;
    for (const storage::Row& row : tx.run(sql::active_runs, {{"tenant_id", tenant}, {"limit", limit}}))
      runs.push_back(run_from(row));
    return runs;
  });
}

std::int64_t RunReader::active_count(TenantId tenant, std::int64_t bound) {
  return database_.read([&](storage::Transaction& tx) {
    return tx.run(sql::active_count, {{"tenant_id", tenant}, {"bound", bound}})[0].get<std::int64_t>("count");
  });
}

std::map<TenantId, RunReader::TenantActivity> RunReader::activity_of_member(UserId user, Timestamp since) {
  return database_.read([&](storage::Transaction& tx) {
    std::map<TenantId, TenantActivity> found;
    for (const storage::Row& row :
         tx.run(sql::activity_of_member, {{"user_id", user}, {"since", since}, {"bound", kCountMax + 1}}))
      found[row.get<TenantId>("tenant_id")] = {row.get<std::int64_t>("active"), row.get<std::int64_t>("failed")};
    return found;
  });
}

std::int64_t RunReader::created_after(TenantId tenant, const RunFilter& filter, Timestamp after) {
  Condition condition = condition_of(tenant, filter);
  condition.add(" AND created_at > :after", {"after", after});
  return database_.read([&](storage::Transaction& tx) { return count_up_to(tx, condition, kTabCountMax + 1); });
}

std::vector<RunReader::DayOutcomes> RunReader::outcomes_by_day(TenantId tenant, int days) {
  const Timestamp today = std::chrono::floor<std::chrono::days>(clock_.now());
  std::vector<DayOutcomes> list;
  for (int i = days - 1; i >= 0; --i) list.push_back({today - std::chrono::days{i}});
  database_.read([&](storage::Transaction& tx) {
    for (const storage::Row& row :
         tx.run(sql::outcomes_by_day,
                {{"tenant_id", tenant}, {"from", list.front().day}, {"today", today}, {"bound", kCountMax + 1}})) {
      const auto day =
          std::find_if(list.begin(), list.end(), [&](auto& d) { return d.day == row.get<Timestamp>("day"); });
      if (day == list.end()) continue;
      const auto outcome = run_outcome(row.get<std::string_view>("outcome"));
      const auto count = row.get<std::int64_t>("count");
      if (outcome == RunOutcome::succeeded) day->succeeded = count;
      if (outcome == RunOutcome::partially_succeeded) day->partially_succeeded = count;
      if (outcome == RunOutcome::failed) day->failed = count;
    }
  });
  return list;
}

std::vector<std::pair<UserId, std::string>> RunReader::initiators(TenantId tenant) {
  return database_.read([&](storage::Transaction& tx) {
    std::vector<std::pair<UserId, std::string>> people;
    for (const storage::Row& row : tx.run(sql::initiators, {{"tenant_id", tenant}}))
      people.emplace_back(row.get<UserId>("id"), row.get<std::string>("name"));
    sort_by_name(people, [](const auto& person) { return person.second; });
    return people;
  });
}

QueueHealth RunReader::queue_health() {
  return database_.read([&](storage::Transaction& tx) {
    QueueHealth health;
    health.workers_alive =
        tx.run(sql::queue_workers, {{"since", clock_.now() - kWorkerAliveWithin}})[0].get<int>("alive");
    const storage::Rows waiting = tx.run(sql::queue_waiting, {{"bound", kQueuedMax + 1}});
    health.queued = waiting[0].get<std::int64_t>("queued");
    health.oldest_queued_at = waiting[0].get<std::optional<Timestamp>>("oldest");
    return health;
  });
}

std::vector<Notification> RunReader::notifications(UserId user, bool unread_only, std::optional<NotificationId> before,
                                                   int limit) {
  return database_.read([&](storage::Transaction& tx) {
    std::vector<Notification> list;
    for (const storage::Row& row : tx.run(sql::notifications_page, {{"user_id", user},
                                                                    {"before", before ? before->value : INT64_MAX},
                                                                    {"unread_only", unread_only ? 1 : 0},
                                                                    {"limit", limit}}))
      list.push_back(notification_from(row));
    return list;
  });
}

std::int64_t RunReader::unread_count(UserId user) {
  return database_.read([&](storage::Transaction& tx) {
    return tx.run(sql::notifications_unread, {{"user_id", user}, {"bound", kCountMax + 1}})[0].get<std::int64_t>(
        "count");
  });
}

bool RunReader::mark_read(UserId user, NotificationId id) {
  return database_.write([&](storage::Transaction& tx) {
    return tx.run(sql::notification_read, {{"user_id", user}, {"id", id}, {"now", clock_.now()}}).affected() == 1;
  });
}

void RunReader::mark_all_read(UserId user) {
  database_.write([&](storage::Transaction& tx) {
    tx.run(sql::notifications_read_all, {{"user_id", user}, {"now", clock_.now()}});
  });
}

std::int64_t waiting_runs_of(storage::Transaction& tx, TenantId tenant, UserId user) {
  const storage::Rows rows =
      tx.run(sql::waiting_of_person, {{"tenant_id", tenant}, {"user_id", user}, {"bound", kQueuedMax + 1}});
  return rows[0].get<std::int64_t>("count");
}

}  // namespace ta::runs
