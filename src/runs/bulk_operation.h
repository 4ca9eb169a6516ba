// Bulk operations: one action on many objects, in one run, with an outcome kept for every object.
//
//   TypeDefinition{…, .retry_safe = true, .domain = BulkOperationService::adapter()}
//   Report run(const Inputs& inputs, RunContext& context) {
//     return bulk.run(context, [&] { return chosen(inputs); }, [&](const BulkItem& item) { return act_on(item); });
//   }
//
// The items are written down first; then each outcome is, before the next item is touched. Another attempt, after a
// lost worker or a shutdown, goes on with the items that have none. **An item is acted on at least once**: one whose
// action was done but not yet written when the worker was lost is acted on again, so actions look before they leap.
//
// The circuit breaker opens when more than half of the latest items failed: the rest is recorded as skipped
// (bulk.stopped), and what was done stays done.
#pragma once
#include <deque>
#include <functional>

#include "runs/domain_adapter.h"
#include "runs/run_context.h"

namespace ta::runs {

enum class ItemOutcome { created, updated, deleted, unchanged, succeeded, skipped, failed };
std::string_view name(ItemOutcome outcome);

struct BulkItem {
  std::string key;    // what tells it from the others of this run; a second one with the same key is left out
  std::string label;  // for people
};

// `failure` says why an item failed or was skipped; its message is sanitised before it is stored.
struct ItemResult {
  ItemOutcome outcome = ItemOutcome::succeeded;
  std::optional<Failure> failure = {};
  static ItemResult failed(Failure why) { return {ItemOutcome::failed, std::move(why)}; }
  static ItemResult skipped(Failure why) { return {ItemOutcome::skipped, std::move(why)}; }
};

struct BulkOptions {
  int chunk = 200;          // items read from the database at a time
  std::size_t sample = 20;  // the breaker looks at this many of the latest outcomes, and at no fewer
};

// Thread-safe.
class BulkOperationService {
 public:
  explicit BulkOperationService(BulkOptions options = {}) : options_(options) {}

  // For the definition of a bulk type: its runs keep a row in bulk_operation_runs.
  static DomainAdapter adapter();

  // Asked once per run for its items, in their order; a later attempt has them already.
  using Plan = std::function<std::vector<BulkItem>()>;
  // Acts on one item. A FailureError or another exception fails the item; a StorageError ends the attempt, and Stopped
  // passes, as everywhere.
  using Action = std::function<ItemResult(const BulkItem&)>;
  // For the handler: everything above. Looks between two items whether the run should stop.
  Report run(RunContext& context, const Plan& plan, const Action& action);

 private:
  BulkOptions options_;
};

}  // namespace ta::runs
