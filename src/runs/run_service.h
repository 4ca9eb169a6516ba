// Starting runs and ending them: the only code that changes a run's status or outcome.
#pragma once
#include <functional>
#include <optional>

#include "base/random.h"
#include "runs/catalog.h"
#include "runs/change_feed.h"
#include "runs/run.h"

namespace ta::runs {

class Metrics;

enum class Priority { user = 0, scheduled = 1, bulk = 2 };

// The API token that a start came with; kept on the run as `context.api_token`, its name as of then.
struct InitiatorToken {
  std::int64_t id = 0;
  std::string name;
};

struct Initiator {
  UserId user;
  std::string name;
  std::optional<InitiatorToken> token = {};
};

struct StartRequest {
  TenantId tenant;
  std::string type;
  json::value inputs;
  std::optional<Initiator> initiator;  // none: "System"
  Priority priority = Priority::user;
  json::object context = {};  // added to the type's own, e.g. the start surface
  // The type's domain row that is there already and gets this run; none: a new row is made. A joined start leaves it
  // be.
  std::optional<std::int64_t> domain_row = {};
};

// created: this call made the run. joined: an equal run is active; it keeps its initiator. scope_busy: `run` is an
// active run of another type on the same provider scope, and nothing was started. dispatch_failed: the run exists and
// has ended.
enum class Disposition { created, joined, scope_busy, dispatch_failed };
std::string_view name(Disposition disposition);

struct Started {
  Run run;
  Disposition disposition = Disposition::created;
};

struct DispatchRequest {
  const Run& run;
  const RegisteredType& type;
  const PreparedInputs& inputs;
  const StartRequest& request;
};
// Hands a run to the workers, inside the transaction that made it. Throws when it cannot.
using Dispatch = std::function<void(storage::Transaction&, const DispatchRequest&)>;

// What ended a run, written with it.
struct Completion {
  RunOutcome outcome = RunOutcome::failed;
  SummaryCounts counts;
  std::vector<FailureEntry> failures;
  json::object context;
  std::optional<Timestamp> started_at = std::nullopt;  // when the work began; none: it did not, or the row tells
  std::optional<Timestamp> ended_at = std::nullopt;    // when the work was over; none: when it is written
};

// SHA-256 in hex over tenant, type and the canonical inputs.
std::string run_identity_hash(TenantId tenant, std::string_view type, const json::value& canonical_inputs);

class RunService {
 public:
  // `dispatch` defaults to the queue in the same database (run_jobs), in one transaction with the run.
  RunService(storage::Database& database, const Catalog& catalog, const Clock& clock, ChangeFeed& feed,
             Metrics& metrics, Dispatch dispatch = {});

  // The start surface: ensure, dispatch, commit, wake. Fails with run.invalid_input for an unknown type or bad inputs.
  // A run whose dispatch threw is ended at once as queue.dispatch_failed and can be started again.
  Result<Started> start(const StartRequest& request);
  // The same inside the caller's transaction, for what must commit with it (an audit entry, a domain row).
  Result<Started> start(storage::Transaction& tx, const StartRequest& request);

  // Many starts in one transaction and few statements: one answer each, in order. Equal ones among them join each
  // other.
  std::vector<Result<Started>> start_many(const std::vector<StartRequest>& requests);

  // start() in its steps. `prepare` checks the request, `ensure_run` makes or finds the run with its identity (nobody
  // learns of it before the transaction commits), `dispatch_or_fail` hands a created run to the workers; when that
  // throws, it ends the run as queue.dispatch_failed and says so.
  struct PreparedStart {
    const RegisteredType& type;
    PreparedInputs inputs;
    std::string identity_hash;
  };
  Result<PreparedStart> prepare(storage::Transaction& tx, const StartRequest& request);
  Started ensure_run(storage::Transaction& tx, const StartRequest& request, const PreparedStart& prepared);
  Started dispatch_or_fail(storage::Transaction& tx, Started started, const PreparedStart& prepared,
                           const StartRequest& request, const Dispatch& dispatch);
  // queued → running, for runs whose work has begun. False for those that have ended, or that somebody is ending.
  struct Begun {
    TenantId tenant;
    RunId run;
    std::string_view type;
    Timestamp at;
  };
  std::vector<bool> mark_running(storage::Transaction& tx, const std::vector<Begun>& begun);
  // → completed, with the terminal notification. False when it had ended before: final states never change.
  bool complete(storage::Transaction& tx, TenantId tenant, RunId run, const Completion& completion);
  // The same for many at once, in a handful of statements, for callers who know the runs and have taken their jobs
  // away. True for those that it ended.
  struct Ending {
    TenantId tenant;
    RunId run;
    std::string_view type;
    std::optional<UserId> user;  // the initiator
    std::optional<Timestamp> started_at;
    const Completion& completion;
  };
  std::vector<bool> complete_many(storage::Transaction& tx, const std::vector<Ending>& endings);
  // complete() as failed, in a transaction of its own, with a code of the taxonomy and a sanitised message.
  bool fail_run(TenantId tenant, RunId run, const Failure& failure);

  const Catalog& catalog() const { return catalog_; }
  Metrics& metrics() const { return metrics_; }

 private:
  Started start_prepared(storage::Transaction& tx, const StartRequest& request, const PreparedStart& prepared);
  std::optional<Run> insert(storage::Transaction& tx, const StartRequest& request, const PreparedStart& prepared);
  void link_domain_row(storage::Transaction& tx, const StartRequest& request, const PreparedStart& prepared, Run& run);
  std::optional<Run> busy_scope(storage::Transaction& tx, const StartRequest& request, const PreparedStart& prepared);
  struct Batch;
  void insert_batch(storage::Transaction& tx, Batch& batch);
  void link_domain_rows(storage::Transaction& tx, Batch& batch);
  void join_batch(storage::Transaction& tx, Batch& batch);
  void dispatch_batch(storage::Transaction& tx, Batch& batch);
  void announce(storage::Transaction& tx, const std::vector<Run>& runs);
  void count_starts(storage::Transaction& tx, std::vector<std::pair<std::string, Disposition>> starts);
  void notify_queued(storage::Transaction& tx, const std::vector<Run>& runs);
  void notify_terminal(storage::Transaction& tx, const std::vector<Run>& runs, Timestamp now);

  storage::Database& database_;
  const Catalog& catalog_;
  const Clock& clock_;
  ChangeFeed& feed_;
  Metrics& metrics_;
  Dispatch dispatch_;  // empty: the queue in the same database
};

// Who started the run, as it was said then: stays when the user or the token is gone. Empty for a run that is gone.
struct RunOrigin {
  std::string initiator;  // "System" for no person
  std::string token;      // empty: not by an API token
};
RunOrigin origin_of(storage::Transaction& tx, TenantId tenant, RunId run);

// The terminal notification's words: "Inventory sync partially succeeded", and its body of at most 140 characters.
std::string terminal_title(std::string_view label, RunOutcome outcome);
// Says what the run came to in the type's own words, else what it counted ("300 objects."), and its first failure. No
// type: it is not known here.
std::string terminal_body(const Run& run, const TypeDefinition* type = nullptr);

}  // namespace ta::runs
