#include "runs/maintenance.h"

namespace ta::runs {

void Maintenance::start() {
  thread_.start(
      [this] {
        run_once();
        return options_.interval;
      },
      "maintenance.failed", options_.interval);
}

Maintenance::Counts Maintenance::run_once() { return {queue_.reap(), queue_.sweep()}; }

}  // namespace ta::runs
