// Domain runs: the history row that a module keeps beside the canonical run. One row, one run, changed in one
// transaction (docs/domain-runs.md).
//
// A type that has one says so in its definition: `.domain = DomainAdapter{…}`. The module writes how a row is made; the
// engine links it to its run and mirrors status, outcome and times whenever the run changes, whoever changes it:
// worker, reaper, sweeper, a failed dispatch. Retention forgets the run; the row stays. Types without an adapter pay
// nothing.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runs/run.h"

namespace ta::runs {

class Catalog;

// A run that was just made, and what its domain row is made from.
struct DomainStart {
  Run& run;
  const json::value& inputs;  // canonical
};

// What a run's page shows of its domain row: one line per part of the work.
inline constexpr int kRunPartsMax = 200;
struct RunPart {
  std::string label;
  std::string state;                  // a word of the badge catalog
  std::optional<std::int64_t> count;  // in the type's unit, where a part has more than one
  std::string code;                   // of the failure, if it failed
};

struct DomainAdapter {
  // Has the columns id, tenant_id, operation_run_id (unique; set null when the run goes), status, outcome, started_at,
  // completed_at, created_at and updated_at, with the run's own words.
  std::string table;
  std::string context_key;  // where the run's context names its row: "inventory_sync_run_id"
  // Makes one row per run, queued, with its operation_run_id; in the transaction that makes the runs. Throwing undoes
  // both.
  std::function<void(storage::Transaction&, const std::vector<DomainStart>&)> insert;
  // The first parts of the run's work, what failed before the rest; empty function: none are shown.
  std::function<std::vector<RunPart>(storage::Transaction&, TenantId, RunId)> parts = {};
};

// For the engine: makes the rows of new runs and puts the link into their context.
void insert_domain_rows(storage::Transaction& tx, const DomainAdapter& adapter, const std::vector<DomainStart>& starts);
// The same for a row that is there already and leads: the module made it before there was a run. Throws FailureError
// (run.invalid_input) when the tenant has no such row, or it has a run.
void adopt_domain_row(storage::Transaction& tx, const DomainAdapter& adapter, Run& run, std::int64_t row);

// For the engine: collects runs that have changed, of any types, and copies what has become of them to their rows: one
// statement per table. Lives within one transaction.
class DomainMirror {
 public:
  explicit DomainMirror(const Catalog& catalog) : catalog_(catalog) {}
  void add(std::string_view type, RunId run);
  void write(storage::Transaction& tx) const;

 private:
  const Catalog& catalog_;
  std::string type_;                        // looked up last
  const DomainAdapter* adapter_ = nullptr;  // its adapter
  std::vector<std::pair<const DomainAdapter*, json::array>> changed_;
};

// A run and a row that do not tell the same.
struct Disagreement {
  enum class Kind { state, row_missing, run_missing };
  Kind kind;
  std::string type;
  TenantId tenant;
  std::optional<RunId> run;
  std::optional<std::int64_t> row;
};
std::string_view name(Disagreement::Kind kind);  // "state", "row_missing", "run_missing"

// Disagreements among the runs made since, and among rows that are still open; at most `limit` of each kind and type.
// Runs from before their type had an adapter have no row and need none.
std::vector<Disagreement> find_disagreements(storage::Transaction& tx, const Catalog& catalog, Timestamp since,
                                             int limit);
// Settles what a rule can settle, and returns how many: the run is right about its state; an open row whose run is gone
// has failed. A run without its row stays as it is: nobody knows what the row would have said.
int repair(storage::Transaction& tx, const Catalog& catalog, const std::vector<Disagreement>& found, Timestamp now);

}  // namespace ta::runs
