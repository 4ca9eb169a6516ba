// What a handler gets: its run, the database, a way to count and to report, and the request to stop. One handler thread
// owns it; counting is safe from several threads.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "runs/run.h"
#include "storage/database.h"

namespace ta::runs {

// What a handler's work came to. Counts and failures were collected in the context meanwhile.
struct Report {
  std::optional<Failure> failure;  // the run could not proceed
  bool achieved = false;           // something was done, though it may not show in SummaryCounts::success
  static Report done() { return {}; }
  // Beside failures it makes the run partially succeeded: of six lists five were read, and were empty.
  static Report done_in_part() { return {.failure = {}, .achieved = true}; }
  static Report failed(Failure failure) { return {.failure = std::move(failure)}; }
};

// Why a handler should stop soon.
enum class StopReason { none, shutdown, lease_lost, deadline };

// One attempt at a run, as the queue handed it out.
struct LeasedAttempt {
  RunId run;
  TenantId tenant;
  int number = 1;  // from 1
  std::string lease_token;
  std::chrono::milliseconds allowed;  // the attempt is ended after this long
};

class RunContext {
 public:
  // Measures how long an attempt lasts; unlike the time of day it is never set.
  using Steady = std::function<std::chrono::steady_clock::time_point()>;
  RunContext(LeasedAttempt attempt, storage::Database& database, const Clock& clock,
             Steady steady = std::chrono::steady_clock::now)
      : attempt_(std::move(attempt)),
        database_(database),
        clock_(clock),
        steady_(std::move(steady)),
        begun_at_(steady_()) {}

  RunId run() const { return attempt_.run; }
  TenantId tenant() const { return attempt_.tenant; }
  int attempt() const { return attempt_.number; }  // from 1
  Timestamp now() const { return clock_.now(); }
  // What is left until the attempt is ended; never negative. Nothing that a handler waits for should wait longer.
  std::chrono::milliseconds time_left() const;

  // The handler's only way to write: `body(Transaction&)` in a transaction that holds the run's lease until it ends.
  // Where another attempt has the lease, or the run has ended, nothing is written and Stopped is thrown: what a late
  // attempt read changes nothing. Other writers wait for `body`, so it is short. Throws StorageError as the database
  // does, and is safe from several threads.
  template <class F>
  auto write(F&& body) {
    return database_.write([&](storage::Transaction& tx) {
      hold_lease(tx);
      return body(tx);
    });
  }
  template <class F>
  auto read(F&& body) const {
    return database_.read(std::forward<F>(body));
  }

  // Progress. `total` is only given when it is known and will not grow.
  void set_total(std::int64_t total);
  void count(std::optional<std::int64_t> SummaryCounts::* key, std::int64_t by = 1);
  // Counts a failed item (or `count` of them). The message is sanitised here; equal code and message add up. Beyond
  // fifty kinds of failure only the code of one is kept.
  void note_failure(FailureCode code, std::string_view message, std::int64_t count = 1);
  // Adds a member to the run's context, shown as JSON; its texts are redacted and made storable here.
  void set_context(std::string key, json::value value);

  StopReason stop_reason() const { return stop_.load(); }
  bool should_stop() const { return stop_reason() != StopReason::none; }
  // Throws when the handler should stop; call it between steps.
  void check_stop() const;
  // For what waits inside: triggered when the handler should stop.
  std::stop_token stop_token() const { return stop_source_.get_token(); }

  // For the worker.
  struct Snapshot {
    SummaryCounts counts;
    std::vector<FailureEntry> failures;
    json::object context;
    std::uint64_t version = 0;  // changes whenever something was reported
  };
  Snapshot snapshot() const;
  // The first reason stays.
  void request_stop(StopReason reason) {
    StopReason none = StopReason::none;
    stop_.compare_exchange_strong(none, reason);
    stop_source_.request_stop();
  }

 private:
  void hold_lease(storage::Transaction& tx);

  LeasedAttempt attempt_;
  storage::Database& database_;
  const Clock& clock_;
  Steady steady_;
  std::chrono::steady_clock::time_point begun_at_;
  std::atomic<StopReason> stop_{StopReason::none};
  std::stop_source stop_source_;
  mutable std::mutex mutex_;
  Snapshot state_;
};

// Thrown by check_stop(); the worker knows what to do with it.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "the run was asked to stop"; }
};

}  // namespace ta::runs
