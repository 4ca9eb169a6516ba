// Which of any number of processes does what only one may do: a lease in the database, fenced by a term.
//
//   if (const auto term = leadership.try_acquire())
//     database.write([&](auto& tx) { if (leadership.holds(tx, *term)) …; });
//
// The expiry decides how soon another may take over; safety is in the term. Every taking of the lease gets the next
// term, and a write counts only when holds() agrees in the same transaction: a leader that was paused, or whose clock
// is wrong, wakes to find its term over and writes nothing. Thread-safe.
#pragma once
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "storage/database.h"

namespace ta::runs {

struct LeadershipOptions {
  std::string name = "maintenance";                       // one leader for each name
  std::chrono::milliseconds lease{30'000};                // a silent leader is replaced after this
  std::chrono::milliseconds transaction_idle_max{5'000};  // a leader that falls silent inside a write loses it
};

class Leadership {
 public:
  using Term = std::int64_t;  // from 1, never used twice for one name

  // `holder` is unique among living processes.
  Leadership(storage::Database& database, const Clock& clock, std::string holder, LeadershipOptions options = {})
      : database_(database), clock_(clock), holder_(std::move(holder)), options_(std::move(options)) {}

  // The own term, its lease renewed when a third of it has passed, or the next one when the lease is free; nullopt
  // while somebody else leads. Asks the database only when there may be something to do. Throws StorageError.
  std::optional<Term> try_acquire();
  // Whether `term` is ours and lasts, in `tx`, a write transaction. After true nobody else can begin a term before `tx`
  // ends; PostgreSQL ends it when we fall silent for `transaction_idle_max`.
  bool holds(storage::Transaction& tx, Term term);
  // Lets the next one lead at once. Never throws: what could not be written expires by itself.
  void resign() noexcept;

  const std::string& holder() const { return holder_; }

 private:
  std::optional<Term> renew(Timestamp now);
  std::optional<Term> take(Timestamp now);

  storage::Database& database_;
  const Clock& clock_;
  const std::string holder_;
  const LeadershipOptions options_;
  std::mutex mutex_;
  std::optional<Term> term_;
  Timestamp renewed_at_;
};

}  // namespace ta::runs
