#include "inventory/list_recorder.h"

#include "inventory/sync_outcome.h"

namespace ta::inventory {
namespace {

using runs::SummaryCounts;

constexpr std::size_t kWaitingMax = 5'000;     // objects of all types together
constexpr std::int64_t kForgottenMax = 1'000;  // changes in one step
constexpr int kForgettingSteps = 20;

}  // namespace

ListRecorder::ListRecorder(runs::RunContext& context, ConnectionId connection) : context_(context) {
  const auto forget = [&](storage::Transaction& tx) { return forget_changes(tx, context_.tenant(), kForgottenMax); };
  for (int step = 0; step < kForgettingSteps && context_.write(forget) == kForgottenMax; ++step) context_.check_stop();
  listing_ = context_.write(
      [&](storage::Transaction& tx) { return begin_listing(tx, context_.tenant(), connection, context_.run()); });
  if (context_.attempt() == 1) return;
  noted_before_ =
      context_.read([&](storage::Transaction& tx) { return noted_changes(tx, context_.tenant(), context_.run()); });
}

void ListRecorder::on_page(const graph::Contract& contract, std::span<const json::value> objects) {
  context_.check_stop();
  TypeProgress& progress = types_[contract.id];
  for (const json::value& object : objects) {
    progress.waiting.push_back(observed_item(contract, object, context_.tenant()));
    ++waiting_;
    if (progress.waiting.size() >= kStepMax) write_waiting(contract.id, progress);
  }
  context_.count(&SummaryCounts::processed, static_cast<std::int64_t>(objects.size()));
  if (waiting_ > kWaitingMax) bound_waiting();
}

void ListRecorder::bound_waiting() {
  for (auto& [type, progress] : types_) write_waiting(type, progress);
}

void ListRecorder::write_waiting(const std::string& type, TypeProgress& progress) {
  if (progress.waiting.empty()) return;
  context_.check_stop();
  const std::vector<ObservedItem> items = std::exchange(progress.waiting, {});
  waiting_ -= items.size();
  const StepCounts counts = context_.write(
      [&](storage::Transaction& tx) { return record_objects(tx, listing_, type, items, context_.now()); });
  progress.kept += counts.kept();
  progress.created += counts.created;
  progress.first_reading = counts.first_reading;
  if (!counts.first_reading) {
    progress.changes.appeared += counts.created;
    progress.changes.changed += counts.updated;
  }
  context_.count(&SummaryCounts::success, counts.kept());
  context_.count(&SummaryCounts::created, counts.created);
  context_.count(&SummaryCounts::updated, counts.updated);
  context_.count(&SummaryCounts::unchanged, counts.unchanged);
}

void ListRecorder::on_end(const graph::ListOutcome& outcome) {
  context_.check_stop();
  const std::string& type = outcome.contract->id;
  TypeProgress& progress = types_[type];
  write_waiting(type, progress);
  if (const auto before = noted_before_.find(type); before != noted_before_.end()) {
    progress.changes.appeared += before->second.appeared;
    progress.changes.changed += before->second.changed;
    progress.changes.gone += before->second.gone;
  }
  const auto failure = failure_of(outcome);
  failure ? finish_unlisted(type, progress, name(failure->code)) : finish(type, progress);
  publish(type, progress);
}

void ListRecorder::finish(const std::string& type, TypeProgress& progress) {
  const auto unseen_after = [&](std::string_view after) {
    return context_.read([&](storage::Transaction& tx) { return unseen_objects(tx, listing_, type, after, kStepMax); });
  };
  std::vector<std::string> unseen = unseen_after("");
  const auto [listed, gone] = context_.write([&](storage::Transaction& tx) {
    TypeProgress result = progress;
    const bool now_listed = record_listed(tx, listing_, type, progress.kept, context_.now());
    const std::int64_t marked = now_listed ? record_gone(tx, listing_, type, unseen, context_.now()) : 0;
    result.changes.gone += marked;
    record_result(tx, type, result, "");
    return std::pair(now_listed, marked);
  });
  progress.changes.gone += gone;
  while (listed && unseen.size() == kStepMax) {
    context_.check_stop();
    unseen = unseen_after(unseen.back());
    progress.changes.gone += context_.write([&](storage::Transaction& tx) {
      const std::int64_t marked = record_gone(tx, listing_, type, unseen, context_.now());
      add_gone(tx, context_.tenant(), context_.run(), type, marked);
      return marked;
    });
  }
}

void ListRecorder::finish_unlisted(const std::string& type, TypeProgress& progress, std::string_view code) {
  context_.write([&](storage::Transaction& tx) {
    record_unlisted(tx, listing_, type, code, context_.now());
    record_result(tx, type, progress, code);
  });
}

void ListRecorder::record_result(storage::Transaction& tx, const std::string& type, const TypeProgress& progress,
                                 std::string_view code) {
  TypeResult result{type, progress.kept, std::string(code), context_.now(), progress.changes};
  if (progress.first_reading) {
    // A whole first reading is all of it; of a part, what is not known from an earlier part.
    result.changes.first_types = 1;
    result.changes.appeared += code.empty() ? progress.kept : progress.created;
  }
  record_type(tx, context_.tenant(), context_.run(), result);
}

void ListRecorder::publish(const std::string& type, const TypeProgress& progress) {
  covered_[type] = progress.kept;
  const SyncChanges changes =
      context_.read([&](storage::Transaction& tx) { return changes_of(tx, context_.tenant(), context_.run()); });
  context_.set_context("objects_by_type", covered_);
  context_.set_context("changes", to_json(changes));
  if (changes.first_objects > 0)
    context_.set_context("first_reading",
                         json::object{{"types", changes.first_types}, {"objects", changes.first_objects}});
}

}  // namespace ta::inventory
