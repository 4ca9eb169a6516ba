#include "runs/retention.h"

#include "base/log.h"
#include "runs/retention.sql.h"

namespace ta::runs {

void Retention::start() {
  thread_.start([this] { return run_once().more ? options_.pause : options_.look; }, "retention.failed", options_.look);
}

Retention::Counts Retention::run_once() {
  const auto term = leadership_.try_acquire();
  if (!term) return {};
  if (!due(*term)) return {.leading = true};
  if (!in_round_ || round_term_ != term) next_tenant_ = {};
  round_term_ = term;
  in_round_ = true;
  const auto pruned = prune(*term);
  if (!pruned) return {};
  pruned_in_round_ += *pruned;
  // A batch that is not full was the last one. Runs that somebody else had locked wait for the next round.
  if (*pruned < options_.batch && !finish_round(*term)) return {};
  return {.leading = true, .more = in_round_, .pruned = *pruned};
}

// What an earlier leader did not finish is finished by the next one at once. A clock that was set back delays nothing.
bool Retention::due(Leadership::Term term) const {
  const Timestamp now = clock_.now();
  return in_round_ || round_term_ != term || now >= round_at_ + options_.every || now < round_at_;
}

// nullopt: the term was over.
std::optional<std::int64_t> Retention::prune(Leadership::Term term) {
  TenantId next = next_tenant_;
  const auto pruned = database_.write([&](storage::Transaction& tx) -> std::optional<std::int64_t> {
    if (!leadership_.holds(tx, term)) return std::nullopt;
    next = next_tenant_;
    std::int64_t done = 0;
    while (done < options_.batch) {
      const storage::Rows tenant =
          tx.run(sql::prune_next, {{"now", clock_.now()}, {"keep_days", options_.keep_days}, {"first", next}});
      if (tenant.empty()) break;
      next = tenant[0].get<TenantId>("id");
      const std::int64_t room = options_.batch - done;
      const auto gone = tx.run(
          sql::runs_prune,
          {{"tenant_id", next}, {"before", tenant[0].get<Timestamp>("before")}, {"limit", room}});
      done += gone.affected();
      if (gone.affected() < room) next.value += 1;
    }
    return done;
  });
  next_tenant_ = next;
  return pruned;
}

// False when the term was over.
bool Retention::finish_round(Leadership::Term term) {
  const bool written = database_.write([&](storage::Transaction& tx) {
    if (!leadership_.holds(tx, term)) return false;
    tx.run(sql::round_ended, {{"now", clock_.now()}, {"pruned", pruned_in_round_}});
    return true;
  });
  in_round_ = false;
  round_at_ = clock_.now();
  log::info("retention.done", {{"pruned", pruned_in_round_}});
  pruned_in_round_ = 0;
  return written;
}

}  // namespace ta::runs
