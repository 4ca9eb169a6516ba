#include "cli/bench_fairness.h"

#include <condition_variable>

#include "cli/bench.sql.h"
#include "cli/bench_runs.h"
#include "runs/operation.h"

namespace ta::cli {
namespace {

using Steady = std::chrono::steady_clock;

struct OccupyInputs {
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(OccupyInputs, (), (number))

// Occupies its slot for a while, and tells when it began.
struct Occupy {
  static constexpr std::string_view kType = "bench.occupy";
  using Inputs = OccupyInputs;
  std::function<void(TenantId, std::int64_t)> work;
  runs::Report run(const Inputs& inputs, runs::RunContext& context) {
    work(context.tenant(), inputs.number);
    return runs::Report::done();
  }
};

class FairnessRun {
 public:
  FairnessRun(BenchSite& site, const FairnessBench& wanted)
      : site_(site), host_(site.process().host()), wanted_(wanted), other_(site.add_tenant()) {
    runs::add_operation<Occupy>(
        host_.catalog, {.label = "Benchmark", .capability = "runs.start", .retry_safe = true},
        [this] { return Occupy{[this](TenantId tenant, std::int64_t number) { work(tenant, number); }}; });
  }

  json::object measure_once() {
    const auto worker = site_.process().make_worker({.slots = static_cast<int>(wanted_.slots)});
    worker->start();
    const Durations alone = singles();
    fill();
    const Durations behind = singles();
    const std::int64_t left = site_.process().host().reader.queue_health().queued;
    if (left == 0) throw CommandFailure("The backlog was gone before the end: give it more runs.");
    worker->stop();
    json::object out = figures(alone, behind);
    out["runs_claimed_first_max"] = claimed_first_max();
    out["bound_runs"] = (turns() + 1) * wanted_.slots;  // and those of a claim that was under way
    return out;
  }

  bool within_bound() const { return within_bound_; }  // in every repetition

 private:
  struct Single {
    RunId run;
    Timestamp from;  // when its start was answered
  };

  runs::StartRequest request(TenantId tenant) {
    return {tenant, "bench.occupy", json::object{{"number", next_++}}, std::nullopt};
  }

  void fill() {
    constexpr std::int64_t kBatch = 1'000;
    const std::int64_t waiting = std::max<std::int64_t>(0, wanted_.backlog - started_ + begun_);
    for (std::int64_t done = 0; done < waiting; done += kBatch) {
      std::vector<runs::StartRequest> batch;
      for (std::int64_t i = done; i < std::min(done + kBatch, waiting); ++i)
        batch.push_back(request(site_.tenant().id));
      started_ += static_cast<std::int64_t>(batch.size());
      host_.runs.start_many(batch);
    }
  }

  // In the handler's thread.
  void work(TenantId tenant, std::int64_t number) {
    const auto begin = Steady::now();
    std::unique_lock lock(mutex_);
    if (tenant == other_.id && number == expected_) began_ = begin;
    if (tenant != other_.id) ++begun_;
    changed_.notify_all();
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds{wanted_.run_ms});
    lock.lock();
    longest_ = std::max(longest_, Steady::now() - begin);
  }

  // One run after the other, begun at moments that have nothing to do with the backlog's.
  Durations singles() {
    const auto random = seeded_random(11);
    Durations delays;
    singles_.clear();
    for (std::int64_t i = 0; i < wanted_.singles; ++i) {
      std::this_thread::sleep_for(std::chrono::microseconds{random->below(2'000 * wanted_.run_ms)});
      const runs::StartRequest one = request(other_.id);
      {
        const std::lock_guard lock(mutex_);
        expected_ = next_ - 1;
        began_.reset();
      }
      const auto start = Steady::now();
      const RunId run = host_.runs.start(one).value().run.id;
      singles_.push_back({run, host_.clock.now()});
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return began_.has_value(); });
      delays.add(*began_ - start);
    }
    return delays;
  }

  // Two tenants wait at one priority.
  std::int64_t turns() const { return (2 + wanted_.slots - 1) / wanted_.slots; }

  // A run's start in the ledger is the moment its slot took it, right after its claim.
  std::int64_t claimed_first_max() {
    std::vector<Timestamp> backlog;
    site_.process().database().read([&](storage::Transaction& tx) {
      for (const storage::Row& row : tx.run(sql::bench_claims, {{"tenant_id", site_.tenant().id}}))
        backlog.push_back(row.get<Timestamp>("started_at"));
    });
    const auto up_to = [&](Timestamp time) { return std::upper_bound(backlog.begin(), backlog.end(), time); };
    std::int64_t most = 0;
    for (const Single& single : singles_) {
      const Timestamp claimed = host_.reader.find(other_.id, single.run)->started_at.value();
      most = std::max(most, up_to(claimed) - up_to(std::min(single.from, claimed)));
    }
    return most;
  }

  // The bound is ⌈2 / slots⌉ turns, and what a start takes without any backlog.
  json::object figures(const Durations& alone, const Durations& behind) {
    const double longest = std::chrono::duration<double, std::milli>(longest_).count();
    const double bound = static_cast<double>(turns()) * longest + alone.percentile_ms(100);
    const double all = static_cast<double>(wanted_.backlog) / static_cast<double>(wanted_.slots) *
                       static_cast<double>(wanted_.run_ms) / 1000;
    within_bound_ = within_bound_ && behind.percentile_ms(100) <= bound;
    return {{"delay_without_backlog_ms_p50", alone.percentile_ms(50)},
            {"delay_without_backlog_ms_max", alone.percentile_ms(100)},
            {"delay_ms_p50", behind.percentile_ms(50)},
            {"delay_ms_p95", behind.percentile_ms(95)},
            {"delay_ms_p99", behind.percentile_ms(99)},
            {"delay_ms_max", behind.percentile_ms(100)},
            {"longest_run_ms", std::round(longest * 1000) / 1000},
            {"bound_ms", std::round(bound * 1000) / 1000},
            {"first_come_first_served_s", std::round(all)}};
  }

  BenchSite& site_;
  Host& host_;
  FairnessBench wanted_;
  access::Tenant other_;
  std::int64_t next_ = 1, started_ = 0;
  std::vector<Single> singles_;  // of the latest round
  bool within_bound_ = true;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t expected_ = 0;
  std::atomic<std::int64_t> begun_ = 0;  // of the backlog
  std::optional<Steady::time_point> began_;
  Steady::duration longest_{};
};

}  // namespace

json::object bench_fairness(BenchSite& site, const FairnessBench& wanted, std::int64_t repetitions) {
  FairnessRun bench(site, wanted);
  json::object out = medians_of(repetitions, [&] { return bench.measure_once(); });
  out["within_bound"] = bench.within_bound();
  out["backlog"] = wanted.backlog;
  out["singles"] = wanted.singles;
  out["slots"] = wanted.slots;
  out["run_ms"] = wanted.run_ms;
  return out;
}

}  // namespace ta::cli
