#include "runs/bulk_operation.h"

#include "base/log.h"
#include "base/secrets.h"
#include "runs/bulk_operation.sql.h"

namespace ta::runs {
namespace {

constexpr std::size_t kLabelMax = 400;
constexpr std::size_t kMessageMax = 500;
constexpr std::string_view kStoppedText = "More than half of the latest items failed, so the rest was not tried.";

constexpr std::pair<ItemOutcome, std::string_view> kOutcomes[] = {
    {ItemOutcome::created, "created"},     {ItemOutcome::updated, "updated"},     {ItemOutcome::deleted, "deleted"},
    {ItemOutcome::unchanged, "unchanged"}, {ItemOutcome::succeeded, "succeeded"}, {ItemOutcome::skipped, "skipped"},
    {ItemOutcome::failed, "failed"}};

ItemOutcome item_outcome(std::string_view name) {
  for (const auto& [outcome, text] : kOutcomes)
    if (text == name) return outcome;
  return ItemOutcome::failed;
}

// An outcome as it is stored: its code "" or a failure's name, its message sanitised.
struct Stored {
  ItemOutcome outcome;
  std::string code, message;
};

Stored stored(const ItemResult& result, TenantId tenant) {
  if (!result.failure) return {result.outcome, "", ""};
  return {result.outcome, std::string(ta::name(result.failure->code)),
          sanitise_message(result.failure->message, tenant, kMessageMax)};
}

Stored stored_from(const storage::Row& row) {
  return {item_outcome(row.get<std::string_view>("outcome")), row.get<std::string>("code"),
          row.get<std::string>("message")};
}

void count(RunContext& context, const Stored& item, std::int64_t by) {
  using Counts = SummaryCounts;
  const bool not_tried = item.code == ta::name(FailureCode::bulk_stopped);
  if (!not_tried) context.count(&Counts::processed, by);
  const auto succeeded = [&](std::optional<std::int64_t> Counts::* kind) {
    context.count(&Counts::success, by);
    if (kind) context.count(kind, by);
  };
  switch (item.outcome) {
    case ItemOutcome::created: return succeeded(&Counts::created);
    case ItemOutcome::updated: return succeeded(&Counts::updated);
    case ItemOutcome::deleted: return succeeded(&Counts::deleted);
    case ItemOutcome::unchanged: return succeeded(&Counts::unchanged);
    case ItemOutcome::succeeded: return succeeded(nullptr);
    case ItemOutcome::skipped:
      context.count(&Counts::skipped, by);
      if (not_tried) context.note_failure(FailureCode::bulk_stopped, kStoppedText, by);
      return;
    case ItemOutcome::failed:
      context.count(&Counts::failed, by);
      context.note_failure(failure_code(item.code).value_or(FailureCode::internal_error), item.message, by);
  }
}

// Opens when more than half of the latest outcomes are failures.
class Breaker {
 public:
  explicit Breaker(std::size_t sample) : sample_(sample) {}
  void add(ItemOutcome outcome) {
    if (outcome == ItemOutcome::skipped) return;
    latest_.push_back(outcome == ItemOutcome::failed);
    if (latest_.size() > sample_) latest_.pop_front();
  }
  bool open() const {
    const auto failed = static_cast<std::size_t>(std::ranges::count(latest_, true));
    return latest_.size() == sample_ && failed * 2 > sample_;
  }

 private:
  std::size_t sample_;
  std::deque<bool> latest_;
};

// One attempt at one bulk run.
class Attempt {
 public:
  Attempt(const BulkOptions& options, RunContext& context)
      : options_(options), context_(context), breaker_(options.sample) {}

  void plan(const BulkOperationService::Plan& make_plan) {
    std::optional<std::int64_t> total;
    context_.read([&](storage::Transaction& tx) {
      const storage::Rows rows = tx.run(sql::bulk_find, {{"tenant_id", context_.tenant()}, {"run_id", context_.run()}});
      if (rows.empty()) throw FailureError(FailureCode::internal_error, "the run has no row in bulk_operation_runs");
      bulk_id_ = rows[0].get<std::int64_t>("id");
      total = rows[0].get<std::optional<std::int64_t>>("total");
    });
    if (!total) total = write_plan(make_plan());
    context_.set_total(*total);
  }

  // What earlier attempts did counts like one's own.
  void resume() {
    context_.read([&](storage::Transaction& tx) {
      for (const storage::Row& row : tx.run(sql::bulk_tally, scope()))
        count(context_, stored_from(row), row.get<std::int64_t>("count"));
      std::vector<ItemOutcome> latest;
      for (const storage::Row& row : tx.run(sql::bulk_latest, scope({{"limit", options_.sample}})))
        latest.push_back(item_outcome(row.get<std::string_view>("outcome")));
      for (auto at = latest.rbegin(); at != latest.rend(); ++at) breaker_.add(*at);
    });
  }

  void act(const BulkOperationService::Action& action) {
    for (std::int64_t after = -1; !breaker_.open();) {
      const auto items = next_chunk(after);
      if (items.empty()) return;
      for (const auto& [position, item] : items) {
        context_.check_stop();
        const Stored done = write(position, outcome_of(action, item));
        count(context_, done, 1);
        breaker_.add(done.outcome);
        after = position;
        if (breaker_.open()) break;
      }
    }
    skip_rest();
  }

 private:
  using Items = std::vector<std::pair<std::int64_t, BulkItem>>;

  storage::Params scope(std::initializer_list<storage::Param> more = {}) const {
    storage::Params params{{"tenant_id", context_.tenant()}, {"bulk_id", bulk_id_}};
    params.insert(params.end(), more);
    return params;
  }

  std::int64_t write_plan(const std::vector<BulkItem>& items) {
    json::array rows;
    std::set<std::string_view> taken;
    for (const BulkItem& item : items)
      if (taken.insert(item.key).second)
        rows.push_back({{"position", rows.size()},
                        {"key", item.key},
                        {"label", sanitise_message(item.label, context_.tenant(), kLabelMax)}});
    const auto total = static_cast<std::int64_t>(rows.size());
    context_.write([&](storage::Transaction& tx) {
      const auto planned = tx.run(sql::bulk_planned, scope({{"total", total}, {"now", context_.now()}}));
      if (planned.affected() > 0) tx.run(sql::bulk_items_insert, scope({{"items", std::move(rows)}}));
    });
    return total;
  }

  Items next_chunk(std::int64_t after) {
    return context_.read([&](storage::Transaction& tx) {
      Items items;
      for (const storage::Row& row : tx.run(sql::bulk_open_items, scope({{"after", after}, {"limit", options_.chunk}})))
        items.push_back(
            {row.get<std::int64_t>("position"), {row.get<std::string>("item_key"), row.get<std::string>("label")}});
      return items;
    });
  }

  ItemResult outcome_of(const BulkOperationService::Action& action, const BulkItem& item) {
    try {
      return action(item);
    } catch (const Stopped&) {
      throw;
    } catch (const storage::StorageError&) {
      throw;
    } catch (const FailureError& error) {
      return ItemResult::failed(error.failure());
    } catch (const std::exception& error) {
      log::error("bulk.item_threw", {{"run", context_.run()}, {"item", item.key}, {"error", error.what()}});
      return ItemResult::failed({FailureCode::internal_error, error.what(), {}});
    }
  }

  // The first outcome stays.
  Stored write(std::int64_t position, const ItemResult& result) {
    const Stored mine = stored(result, context_.tenant());
    return context_.write([&](storage::Transaction& tx) {
      const auto written = tx.run(sql::bulk_item_done, scope({{"position", position},
                                                              {"outcome", name(mine.outcome)},
                                                              {"code", mine.code},
                                                              {"message", mine.message},
                                                              {"now", context_.now()}}));
      if (written.affected() > 0) return mine;
      const storage::Rows rows = tx.run(sql::bulk_item_outcome, scope({{"position", position}}));
      return rows.empty() ? mine : stored_from(rows[0]);
    });
  }

  void skip_rest() {
    const std::string code(ta::name(FailureCode::bulk_stopped));
    const std::int64_t skipped = context_.write([&](storage::Transaction& tx) {
      return tx.run(sql::bulk_skip_open, scope({{"code", code}, {"now", context_.now()}})).affected();
    });
    if (skipped == 0) return;
    log::warn("bulk.stopped", {{"run", context_.run()}, {"tenant", context_.tenant()}, {"skipped", skipped}});
    count(context_, {ItemOutcome::skipped, code, ""}, skipped);
  }

  const BulkOptions& options_;
  RunContext& context_;
  Breaker breaker_;
  std::int64_t bulk_id_ = 0;
};

void insert(storage::Transaction& tx, const std::vector<DomainStart>& starts) {
  json::array rows;
  for (const DomainStart& start : starts)
    rows.push_back({{"tenant", start.run.tenant_id.value}, {"run", start.run.id.value}, {"type", start.run.type}});
  tx.run(sql::bulk_runs_insert, {{"rows", std::move(rows)}, {"now", starts.front().run.created_at}});
}

std::vector<RunPart> parts(storage::Transaction& tx, TenantId tenant, RunId run) {
  std::vector<RunPart> all;
  for (const storage::Row& row :
       tx.run(sql::bulk_parts, {{"tenant_id", tenant}, {"run_id", run}, {"limit", kRunPartsMax}}))
    all.push_back(
        {row.get<std::string>("label"), row.get<std::string>("outcome"), std::nullopt, row.get<std::string>("code")});
  return all;
}

}  // namespace

std::string_view name(ItemOutcome outcome) { return kOutcomes[static_cast<std::size_t>(outcome)].second; }

DomainAdapter BulkOperationService::adapter() {
  return {.table = "bulk_operation_runs", .context_key = "bulk_operation_run_id", .insert = insert, .parts = parts};
}

Report BulkOperationService::run(RunContext& context, const Plan& plan, const Action& action) {
  Attempt attempt(options_, context);
  attempt.plan(plan);
  attempt.resume();
  attempt.act(action);
  return Report::done();
}

}  // namespace ta::runs
