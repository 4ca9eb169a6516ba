#include "runs/run_context.h"

#include "base/secrets.h"
#include "base/utf8.h"

namespace ta::runs {
namespace {

constexpr std::size_t kFailureKindsMax = 50;  // more kinds than a person reads; the rest is counted in the last one
constexpr std::size_t kFailureMessageMax = 500;

void redact_texts(json::value& value) {
  if (value.is_string()) value = clean_text(redact(value.get_string()));
  if (value.is_array())
    for (json::value& item : value.get_array()) redact_texts(item);
  if (value.is_object())
    for (auto& member : value.get_object()) redact_texts(member.value());
}

}  // namespace

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
  const std::string text = sanitise_message(message, kFailureMessageMax);
  const std::lock_guard lock(mutex_);
  ++state_.version;
  for (FailureEntry& entry : state_.failures) {
    if (entry.code != name(code) || entry.message != text) continue;
    entry.count += count;
    return;
  }
  if (state_.failures.size() < kFailureKindsMax) {
    state_.failures.push_back({std::string(name(code)), text, count});
  } else {
    state_.failures.back().count += count;
  }
}

void RunContext::set_context(std::string key, json::value value) {
  redact_texts(value);
  const std::lock_guard lock(mutex_);
  state_.context[key] = std::move(value);
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
