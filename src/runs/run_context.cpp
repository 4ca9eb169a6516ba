#include "runs/run_context.h"

#include <algorithm>

#include "base/secrets.h"
#include "base/utf8.h"
#include "runs/queue.sql.h"
#include "runs/stored_text.h"

namespace ta::runs {
namespace {

constexpr std::size_t kFailureKindsMax = 50;  // more kinds than a person reads; the rest is counted by its code
constexpr std::string_view kOtherFailures = "Other failures with this code; their messages were not kept.";
constexpr std::size_t kFailureMessageMax = 500;

void redact_texts(json::value& value, TenantId tenant) {
  if (value.is_string()) value = redact(value.get_string(), tenant);
  if (value.is_array())
    for (json::value& item : value.get_array()) redact_texts(item, tenant);
  if (value.is_object())
    for (auto& member : value.get_object()) redact_texts(member.value(), tenant);
}

}  // namespace

std::chrono::milliseconds RunContext::time_left() const {
  const auto left = std::chrono::floor<std::chrono::milliseconds>(attempt_.allowed - (steady_() - begun_at_));
  return std::max(left, std::chrono::milliseconds{0});
}

void RunContext::hold_lease(storage::Transaction& tx) {
  if (!tx.run(sql::lease_hold, {{"run_id", attempt_.run}, {"token", attempt_.lease_token}}).empty()) return;
  request_stop(StopReason::lease_lost);
  throw Stopped();
}

void RunContext::set_total(std::int64_t total) {
  const std::lock_guard lock(mutex_);
  state_.counts.total = total;
  ++state_.version;
}

void RunContext::count(std::optional<std::int64_t> SummaryCounts::* key, std::int64_t by) {
  const std::lock_guard lock(mutex_);
  (state_.counts.*key) = (state_.counts.*key).value_or(0) + by;
  ++state_.version;
}

void RunContext::note_failure(FailureCode code, std::string_view message, std::int64_t count) {
  const std::string text = sanitise_message(message, tenant(), kFailureMessageMax);
  const std::lock_guard lock(mutex_);
  ++state_.version;
  const auto added = [&](std::string_view to) {
    const auto known = std::ranges::find_if(
        state_.failures, [&](const FailureEntry& entry) { return entry.code == name(code) && entry.message == to; });
    if (known == state_.failures.end()) return false;
    known->count += count;
    return true;
  };
  if (added(text)) return;
  const bool full = state_.failures.size() >= kFailureKindsMax;
  if (full && added(kOtherFailures)) return;
  state_.failures.push_back({std::string(name(code)), full ? std::string(kOtherFailures) : text, count});
}

void RunContext::set_context(std::string key, json::value value) {
  redact_texts(value, tenant());
  make_storable(value);
  const std::lock_guard lock(mutex_);
  state_.context[clean_text(key)] = std::move(value);
  ++state_.version;
}

void RunContext::check_stop() const {
  if (should_stop()) throw Stopped();
}

RunContext::Snapshot RunContext::snapshot() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace ta::runs
