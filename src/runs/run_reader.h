// Reading runs for pages, API and CLI: from the database only, always within one tenant.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runs/catalog.h"
#include "runs/run.h"

namespace ta::runs {

enum class RunTab { all, active, succeeded, partially_succeeded, failed };
enum class RunSort { started_desc, started_asc, duration_desc, duration_asc };

struct RunFilter {
  RunTab tab = RunTab::all;
  std::string type;  // empty = any
  std::optional<RunStatus> status;
  std::optional<RunOutcome> outcome;
  std::optional<UserId> initiator;
  bool system_only = false;           // started by no person
  std::optional<Timestamp> from, to;  // of created_at; from inclusive, to exclusive
};

// A place between two rows of a sorted list. Opaque text in URLs; a cursor of another sort is refused.
struct RunCursor {
  std::int64_t key = 0;  // microseconds: created_at or duration
  RunId id;
  bool newer = false;  // page towards the beginning of the list
};
std::string to_text(const RunCursor& cursor, RunSort sort);
std::optional<RunCursor> run_cursor_from(std::string_view text, RunSort sort);

struct RunPage {
  std::vector<Run> runs;
  std::optional<RunCursor> newer, older;  // absent at the ends
};

// Counted up to 10,000; more is reported as 10,001. nullopt: the count missed its deadline and is left out.
struct RunTabCounts {
  std::optional<std::int64_t> all, active, succeeded, partially_succeeded, failed;
};
inline constexpr std::int64_t kCountMax = 10'000;
inline constexpr std::int64_t kTabCountMax = kCountMax;
// A list by duration sorts the newest runs that match, so many at most: there is no index to read them by.
inline constexpr std::int64_t kSortedByDurationMax = 10'000;

struct RunDetail {
  Run run;
  std::optional<RunJob> job;  // while active
  std::vector<RunAttempt> attempts;
};

inline constexpr std::chrono::seconds kWorkerAliveWithin{15};

// Runs that wait for their first attempt, counted up to 10,000; more is reported as 10,001.
struct QueueHealth {
  int workers_alive = 0;  // seen within the last 15 s
  std::int64_t queued = 0;
  std::optional<Timestamp> oldest_queued_at;
};

inline constexpr std::int64_t kQueuedMax = 10'000;

// One entry of the bell. `run_id` is always set in v1.
struct Notification {
  NotificationId id;
  TenantId tenant_id;
  std::string tenant_slug;
  RunId run_id;
  std::string kind;     // "queued" or "terminal"
  std::string outcome;  // of the run at that time
  std::string type;
  std::string title, body;
  Timestamp created_at;
  std::optional<Timestamp> read_at;
};

class RunReader {
 public:
  RunReader(storage::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  RunPage list(TenantId tenant, const RunFilter& filter, RunSort sort, const std::optional<RunCursor>& cursor,
               int limit);
  RunTabCounts tab_counts(TenantId tenant, RunFilter filter);
  std::optional<Run> find(TenantId tenant, RunId id);
  std::optional<RunDetail> detail(TenantId tenant, RunId id);
  // How each part of the run's work fared, for types that keep a domain row; empty for the others.
  std::vector<RunPart> parts(const RegisteredType& type, TenantId tenant, RunId id);
  // Of these runs, those that are active, with their jobs; for "Waiting…" and "Attempt 2 of 5" lines of a list.
  std::vector<std::pair<RunId, RunJob>> jobs(TenantId tenant, const std::vector<RunId>& ids);
  std::vector<Run> active(TenantId tenant, int limit);                             // newest first
  std::int64_t active_count(TenantId tenant, std::int64_t bound = kCountMax + 1);  // counts no further than the bound
  std::int64_t created_after(TenantId tenant, const RunFilter& filter, Timestamp after);  // "2 new operations"
  // Of every tenant of a member, how many runs are active, and how many that were made since then have failed. In one
  // query, each counted up to kCountMax and one more.
  struct TenantActivity {
    std::int64_t active = 0, failed = 0;
  };
  std::map<TenantId, TenantActivity> activity_of_member(UserId user, Timestamp since);
  // Outcomes per UTC day, oldest first, `days` entries ending today; each counted up to kCountMax and one more.
  struct DayOutcomes {
    Timestamp day;
    std::int64_t succeeded = 0, partially_succeeded = 0, failed = 0;
  };
  std::vector<DayOutcomes> outcomes_by_day(TenantId tenant, int days);
  // People who started runs of this tenant, for the filter.
  std::vector<std::pair<UserId, std::string>> initiators(TenantId tenant);
  QueueHealth queue_health();

  std::vector<Notification> notifications(UserId user, bool unread_only, std::optional<NotificationId> before,
                                          int limit);
  std::int64_t unread_count(UserId user);  // up to kCountMax and one more
  // False when there is no such notification of this user.
  bool mark_read(UserId user, NotificationId id);
  void mark_all_read(UserId user);

 private:
  storage::Database& database_;
  const Clock& clock_;
};

// How many runs of a member wait in the tenant's queue, counted up to kQueuedMax and one more.
std::int64_t waiting_runs_of(storage::Transaction& tx, TenantId tenant, UserId user);

}  // namespace ta::runs
