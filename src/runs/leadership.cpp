#include "runs/leadership.h"

#include "base/log.h"
#include "runs/leadership.sql.h"

namespace ta::runs {

std::optional<Leadership::Term> Leadership::try_acquire() {
  const std::lock_guard lock(mutex_);
  const Timestamp now = clock_.now();
  if (term_ && now >= renewed_at_ && now < renewed_at_ + options_.lease / 3) return term_;
  if (!term_) return take(now);
  const Term before = *term_;
  if (renew(now)) return term_;
  log::warn("leader.lost", {{"name", options_.name}, {"holder", holder_}, {"term", before}});
  return take(now);
}

std::optional<Leadership::Term> Leadership::renew(Timestamp now) {
  const bool renewed = database_.write([&](storage::Transaction& tx) {
    return tx.run(sql::leader_renew, {{"name", options_.name},
                                      {"holder", holder_},
                                      {"term", *term_},
                                      {"expires", now + options_.lease},
                                      {"now", now}})
               .affected() > 0;
  });
  if (!renewed) term_.reset();
  renewed_at_ = now;
  return term_;
}

std::optional<Leadership::Term> Leadership::take(Timestamp now) {
  // Those who do not lead only read: a refused write would lock the row all the same.
  const bool free = database_.read([&](storage::Transaction& tx) {
    const storage::Rows rows = tx.run(sql::leader_find, {{"name", options_.name}});
    return rows.empty() || rows[0].get<Timestamp>("expires_at") <= now;
  });
  if (!free) return std::nullopt;
  term_ = database_.write([&](storage::Transaction& tx) -> std::optional<Term> {
    const storage::Rows rows =
        tx.run(sql::leader_take,
               {{"name", options_.name}, {"holder", holder_}, {"expires", now + options_.lease}, {"now", now}});
    return rows.empty() ? std::nullopt : std::optional(rows[0].get<Term>("term"));
  });
  renewed_at_ = now;
  if (term_) log::info("leader.elected", {{"name", options_.name}, {"holder", holder_}, {"term", *term_}});
  return term_;
}

bool Leadership::holds(storage::Transaction& tx, Term term) {
  return !tx.run(sql::leader_holds, {{"name", options_.name},
                                     {"holder", holder_},
                                     {"term", term},
                                     {"now", clock_.now()},
                                     {"idle_ms", fmt::to_string(options_.transaction_idle_max.count())}})
              .empty();
}

void Leadership::resign() noexcept try {
  const std::lock_guard lock(mutex_);
  if (!term_) return;
  const Term term = *term_;
  term_.reset();
  database_.write([&](storage::Transaction& tx) {
    tx.run(sql::leader_resign, {{"name", options_.name}, {"holder", holder_}, {"term", term}, {"now", clock_.now()}});
  });
} catch (const std::exception& error) {
  log::warn("leader.resign_failed", {{"name", options_.name}, {"error", error.what()}});
}

}  // namespace ta::runs
