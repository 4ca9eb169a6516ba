// The closed list of failure codes, and Result: the value that says what went wrong.
//
// Codes are `area.reason` (product.md 2.7). They are stored, shown, counted and documented; a code is never reused for
// another meaning. Expected failures travel as Result values; what ends a request or a run travels as FailureError.
#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace ta {

enum class FailureCode {
  queue_dispatch_failed,
  queue_never_dispatched,
  worker_lost,
  worker_interrupted,
  run_timeout,
  run_invalid_input,
  run_not_allowed,
  schedule_missed,
  schedule_still_running,
  schedule_scope_busy,
  schedule_invalid,
  schedule_zone_unreadable,
  graph_throttled,
  graph_unauthorized,
  graph_forbidden,
  graph_not_licensed,
  graph_refused,
  graph_not_found,
  graph_conflict,
  graph_bad_request,
  graph_unavailable,
  graph_unreachable,
  graph_tls_failed,
  graph_approval_required,
  graph_list_too_long,
  graph_list_too_large,
  graph_list_endless,
  graph_run_too_large,
  graph_without_id,
  provider_connection_missing,
  provider_credential_missing,
  provider_credential_wrong,
  provider_consent_missing,
  provider_tenant_wrong,
  provider_clock_wrong,
  provider_disabled,
  provider_endpoint_not_allowed,
  auth_token_expired,
  bulk_stopped,
  storage_unavailable,
  internal_error,
};

enum class Severity { neutral, warning, danger };

// What a person is told about a code.
struct FailureInfo {
  FailureCode code;
  std::string_view name;  // "graph.throttled"
  Severity severity;
  bool retryable;              // starting the same operation again may succeed without other changes
  bool infrastructure;         // not caused by the user's data
  std::string_view headline;   // what happened
  std::string_view next_step;  // what to do
};

std::span<const FailureInfo> failure_catalog();
const FailureInfo& info(FailureCode code);
std::string_view name(FailureCode code);
// nullopt for a name that is not in the catalog.
std::optional<FailureCode> failure_code(std::string_view name);

// One expected failure. `message` is technical detail; it must pass redact() before it is stored (secrets.h).
struct Failure {
  FailureCode code = FailureCode::internal_error;
  std::string message;
  std::optional<std::chrono::milliseconds> retry_after;  // the other side's own wish
};

template <class T>
using Result = tl::expected<T, Failure>;

inline tl::unexpected<Failure> fail(FailureCode code, std::string message = {}) {
  return tl::make_unexpected(Failure{code, std::move(message), std::nullopt});
}

// A failure that ends the current request or run.
class FailureError : public std::runtime_error {
 public:
  explicit FailureError(Failure failure) : std::runtime_error(failure.message), failure_(std::move(failure)) {}
  FailureError(FailureCode code, std::string message) : FailureError(Failure{code, std::move(message), std::nullopt}) {}
  // what() is `logged`, for the log alone; failure() is what people see.
  FailureError(Failure shown, const std::string& logged) : std::runtime_error(logged), failure_(std::move(shown)) {}
  // Whether what() says more than failure().
  bool says_more() const { return failure_.message != what(); }
  const Failure& failure() const { return failure_; }

 private:
  Failure failure_;
};

}  // namespace ta
