// Who hears that a run changed: live pages, the API's event streams, waiting tests. One database listener per process,
// however many subscribers there are. Changes arrive after the commit and are coalesced; a change may be missed when
// the database was away, so subscribers read the state anew on every call and on `reset`.
#pragma once
#include <functional>
#include <memory>
#include <set>

#include "runs/run.h"

namespace ta::runs {

struct RunChange {
  TenantId tenant;
  RunId run;
  bool reset = false;  // anything may have changed (after a reconnect); ids are 0
};

class ChangeFeed {
 public:
  explicit ChangeFeed(storage::Database& database);
  ~ChangeFeed();

  // Calls `on_change` from a thread of the feed until the handle is destroyed; it must be quick and must not throw.
  std::shared_ptr<void> subscribe(std::function<void(const RunChange&)> on_change);
  // Says that a run changed; call it after the commit. Sent to every process, a few milliseconds later at most.
  void publish(TenantId tenant, RunId run);
  // Wakes idle workers of every process: there is work.
  void publish_work();
  std::shared_ptr<void> on_work(std::function<void()> on_work);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ta::runs
