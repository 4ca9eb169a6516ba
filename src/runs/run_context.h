// What a handler gets: its run, a way to count and to report, and the wish to stop. One handler thread owns it;
// counting is safe from several threads.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "runs/run.h"

namespace ta::runs {

// What a handler's work came to. Counts and failures were collected in the context meanwhile.
struct Report {
  std::optional<Failure> failure;  // the run could not proceed
  static Report done() { return {}; }
  static Report failed(Failure failure) { return {std::move(failure)}; }
};

// Why a handler should stop soon.
enum class StopReason { none, shutdown, lease_lost, deadline };

class RunContext {
 public:
  RunContext(RunId run, TenantId tenant, int attempt, const Clock& clock)
      : run_(run), tenant_(tenant), attempt_(attempt), clock_(clock) {}

  RunId run() const { return run_; }
  TenantId tenant() const { return tenant_; }
  int attempt() const { return attempt_; }  // from 1
  Timestamp now() const { return clock_.now(); }

  // Progress. `total` is only given when it is known and will not grow.
  void set_total(std::int64_t total);
  void count(std::optional<std::int64_t> SummaryCounts::* key, std::int64_t by = 1);
  // Counts a failed item (or `count` of them). The message is sanitised here; equal code and message add up.
  void note_failure(FailureCode code, std::string_view message, std::int64_t count = 1);
  // Adds a member to the run's context, shown as JSON; its texts are redacted here.
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
  void request_stop(StopReason reason) {
    stop_ = reason;
    stop_source_.request_stop();
  }

 private:
  RunId run_;
  TenantId tenant_;
  int attempt_;
  const Clock& clock_;
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
