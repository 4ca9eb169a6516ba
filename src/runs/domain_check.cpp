#include "runs/domain_check.h"

#include "base/log.h"
#include "runs/metrics.h"

namespace ta::runs {

void DomainCheck::start() {
  thread_.start(
      [this] {
        run_once();
        return options_.every;
      },
      "domain.check_failed", options_.every);
}

DomainCheck::Counts DomainCheck::run_once() {
  const auto term = leadership_.try_acquire();
  if (!term) return {};
  const Timestamp now = clock_.now();
  const auto found = database_.read([&](storage::Transaction& tx) {
    return find_disagreements(tx, catalog_, now - options_.look_back, options_.limit);
  });
  report(found);
  if (found.empty()) return {.leading = true};
  const int repaired = database_.write(
      [&](storage::Transaction& tx) { return leadership_.holds(tx, *term) ? repair(tx, catalog_, found, now) : 0; });
  return {.leading = true, .found = found.size(), .repaired = repaired};
}

void DomainCheck::report(const std::vector<Disagreement>& found) {
  for (const Disagreement& one : found) {
    metrics_.disagreed(one.type, name(one.kind));
    log::warn("domain.disagrees", {{"type", one.type},
                                   {"tenant", one.tenant},
                                   {"run", one.run.value_or(RunId{})},
                                   {"row", one.row.value_or(0)},
                                   {"kind", name(one.kind)}});
  }
}

}  // namespace ta::runs
