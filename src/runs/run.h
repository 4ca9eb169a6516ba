// The operation run as people and programs see it (product.md, section 2).
#pragma once
#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/failure.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/time.h"
#include "storage/database.h"

namespace ta::runs {

enum class RunStatus { queued, running, completed };
// `cancelled` is reserved: nothing produces it.
enum class RunOutcome { pending, succeeded, partially_succeeded, failed, cancelled };

std::string_view name(RunStatus status);
std::string_view name(RunOutcome outcome);
std::optional<RunStatus> run_status(std::string_view name);
std::optional<RunOutcome> run_outcome(std::string_view name);

// Numbers only, whitelisted; an absent one was never counted.
struct SummaryCounts {
  std::optional<std::int64_t> total, processed, success, failed, skipped, created, updated, deleted, unchanged;
  bool operator==(const SummaryCounts&) const = default;
};
BOOST_DESCRIBE_STRUCT(SummaryCounts, (),
                      (total, processed, success, failed, skipped, created, updated, deleted, unchanged))

json::object to_json(const SummaryCounts& counts);
SummaryCounts summary_counts_from(const json::value& value);  // ignores everything not whitelisted

// One kind of failure and how often it happened. `message` is sanitised before it gets here.
struct FailureEntry {
  std::string code;
  std::string message;
  std::int64_t count = 1;
};
BOOST_DESCRIBE_STRUCT(FailureEntry, (), (code, message, count))

std::vector<FailureEntry> failures_from(const json::value& value);  // ignores what is no list of failures

struct Run {
  RunId id;
  TenantId tenant_id;
  std::optional<UserId> user_id;  // none: the system or the scheduler
  std::string initiator_name;
  std::string type;
  RunStatus status = RunStatus::queued;
  RunOutcome outcome = RunOutcome::pending;
  std::string run_identity_hash;  // 64 hex digits
  SummaryCounts summary_counts;
  std::vector<FailureEntry> failure_summary;
  json::object context;
  std::optional<Timestamp> started_at, completed_at;
  Timestamp created_at, updated_at;

  bool active() const { return status != RunStatus::completed; }
};

Run run_from(const storage::Row& row);
// The name of the API token that the run was started with, as of then; empty: it was not.
std::string api_token_name(const Run& run);
// The run as the API and golden files show it; times as RFC 3339.
json::object to_json(const Run& run);

// One try of a run, kept after completion (at most 10 are shown).
struct RunAttempt {
  int number = 0;
  Timestamp started_at;
  std::optional<Timestamp> ended_at;
  std::string code;  // why it ended without completing the run; empty when it completed it, or still runs
  std::string worker;
  std::optional<Timestamp> late_result_at;  // a result came after the attempt had been given up; it changed nothing
};

// What the queue knows of an active run.
struct RunJob {
  int attempt = 0;
  int attempts_max = 1;
  Timestamp available_at;
  std::optional<Timestamp> lease_expires_at;  // held by a worker until then
  std::optional<Timestamp> last_progress_at;
  std::string last_code, last_message;  // why the previous attempt ended
  std::string type = {}, scope_key = {};
  int priority = 0;
};

}  // namespace ta::runs
