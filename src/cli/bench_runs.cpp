#include "cli/bench_runs.h"

#include <sys/resource.h>

#include "cli/bench.sql.h"
#include "cli/bench_raw.h"
#include "runs/operation.h"

namespace ta::cli {
namespace {

using Steady = std::chrono::steady_clock;

struct NoopInputs {
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(NoopInputs, (), (number))

// Does nothing but tell when it began.
struct Noop {
  static constexpr std::string_view kType = "bench.noop";
  using Inputs = NoopInputs;
  std::function<void(std::int64_t)> began;
  runs::Report run(const Inputs& inputs, runs::RunContext&) {
    if (began) began(inputs.number);
    return runs::Report::done();
  }
};

class RunsBench {
 public:
  RunsBench(BenchSite& site, std::int64_t runs) : site_(site), host_(site.process().host()), runs_(runs) {
    runs::add_operation<Noop>(
        host_.catalog,
        {.label = "Benchmark", .capability = "runs.start", .deadline = std::chrono::minutes{5}, .retry_safe = true},
        [this] { return Noop{[this](std::int64_t number) { began(number); }}; });
  }

  json::object measure_once() {
    json::object out = bench_raw(site_.process().database());
    out["duplicate_race"] = duplicate_race();
    drain({.slots = 4, .prefetch = 1'000});
    out["single_start_per_s"] = single_start();
    drain({.slots = 4, .prefetch = 1'000});
    out["bulk_start_per_s"] = bulk_start();
    out["drain_batched_per_s"] = drain({.slots = 4, .prefetch = 2'000});
    bulk_start();
    out["drain_each_acknowledged_per_s"] = drain({.slots = 16, .prefetch = 0});
    measure_latency(out);
    return out;
  }

  // From calling start() to the handler's first line, on an idle worker; then what the idle process costs.
  json::object measure_once_idle(std::chrono::seconds watch) {
    json::object out;
    measure_latency(out);
    measure_idle(watch, out);
    return out;
  }

 private:
  runs::StartRequest request(std::int64_t number) const {
    return {site_.tenant().id, "bench.noop", json::object{{"number", number}}, std::nullopt};
  }
  static double per_second(std::int64_t count, Steady::time_point since) {
    return std::round(static_cast<double>(count) / std::chrono::duration<double>(Steady::now() - since).count());
  }

  // A thousand starts to a transaction, each with its own answer.
  double bulk_start() {
    constexpr std::int64_t kBatch = 1'000;
    const auto begin = Steady::now();
    for (std::int64_t done = 0; done < runs_; done += kBatch) {
      std::vector<runs::StartRequest> batch;
      for (std::int64_t i = done; i < std::min(done + kBatch, runs_); ++i) batch.push_back(request(next_++));
      for (const auto& started : host_.runs.start_many(batch))
        if (!started || started->disposition != runs::Disposition::created)
          throw CommandFailure("A start did not create a run.");
    }
    return per_second(runs_, begin);
  }

  // One after the other, each durable before the next.
  double single_start() {
    const std::int64_t starts = std::min<std::int64_t>(3'000, runs_);
    const auto begin = Steady::now();
    for (std::int64_t i = 0; i < starts; ++i) std::ignore = host_.runs.start(request(next_++));
    return per_second(starts, begin);
  }

  // Executes everything that waits; runs per second from the first claim to the last completion.
  double drain(runs::WorkerOptions options) {
    const std::int64_t waiting = host_.reader.active_count(site_.tenant().id, INT64_MAX);
    std::atomic<std::int64_t> left{waiting};
    began_ = [&](std::int64_t) { --left; };
    const auto begin = Steady::now();
    {
      const auto worker = site_.process().make_worker(std::move(options));
      worker->start();
      while (left > 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
      worker->stop();  // returns when every completion is durable
    }
    const double rate = per_second(waiting, begin);
    if (host_.reader.active_count(site_.tenant().id) != 0) throw CommandFailure("Some runs did not end.");
    began_ = {};
    return rate;
  }

  // A process with its worker and nothing to do. PostgreSQL counts transactions; each is a query or two.
  void measure_idle(std::chrono::seconds watch, json::object& out) {
    const auto worker = site_.process().make_worker({.slots = 4});
    worker->start();
    std::this_thread::sleep_for(std::chrono::seconds{3});  // until the counters of what was done before are written
    const double cpu = cpu_seconds();
    const std::int64_t transactions = transactions_done();
    std::this_thread::sleep_for(watch);
    out["idle_cpu_percent"] = std::round((cpu_seconds() - cpu) / static_cast<double>(watch.count()) * 10'000) / 100;
    if (site_.process().database().engine() == storage::Engine::postgres)
      out["idle_transactions_per_s"] =
          static_cast<double>(transactions_done() - transactions) / static_cast<double>(watch.count());
    worker->stop();
  }
  std::int64_t transactions_done() {
    return site_.process().database().read(
        [](storage::Transaction& tx) { return tx.run(sql::bench_transactions)[0].get<std::int64_t>("done"); });
  }
  static double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }

  void measure_latency(json::object& out) {
    constexpr int kStarts = 500;
    Durations durations;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<Steady::time_point> begun;
    began_ = [&](std::int64_t) {
      const std::lock_guard lock(mutex);
      begun = Steady::now();
      changed.notify_all();
    };
    const auto worker = site_.process().make_worker({.slots = 4});
    worker->start();
    for (int i = 0; i < kStarts; ++i) {
      const auto begin = Steady::now();
      std::ignore = host_.runs.start(request(next_++));
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return begun.has_value(); });
      durations.add(*begun - begin);
      begun.reset();
    }
    worker->stop();
    began_ = {};
    out["latency_ms_p50"] = durations.percentile_ms(50);
    out["latency_ms_p99"] = durations.percentile_ms(99);
  }

  // 32 callers race for each of 50 identities.
  json::object duplicate_race() {
    constexpr int kRacers = 32, kIdentities = 50;
    std::mutex mutex;
    std::map<std::int64_t, std::set<RunId>> ids;
    int created = 0;
    std::vector<std::thread> racers;
    for (int racer = 0; racer < kRacers; ++racer)
      racers.emplace_back([&] {
        for (int i = 0; i < kIdentities; ++i) {
          const auto started = host_.runs.start(request(-1 - i)).value();
          const std::lock_guard lock(mutex);
          ids[i].insert(started.run.id);
          created += started.disposition == runs::Disposition::created;
        }
      });
    for (std::thread& racer : racers) racer.join();
    const bool one_each =
        std::all_of(ids.begin(), ids.end(), [](const auto& entry) { return entry.second.size() == 1; });
    return {{"callers", kRacers * kIdentities},
            {"identities", kIdentities},
            {"runs", created},
            {"every_id_right", one_each}};
  }

  void began(std::int64_t number) const {
    if (began_) began_(number);
  }

  BenchSite& site_;
  Host& host_;
  std::int64_t runs_;
  std::int64_t next_ = 1;
  std::function<void(std::int64_t)> began_;
};

}  // namespace

json::object bench_runs(BenchSite& site, std::int64_t runs, std::int64_t repetitions) {
  RunsBench bench(site, runs);
  json::object out = medians_of(repetitions, [&] { return bench.measure_once(); });
  out["runs"] = runs;
  return out;
}

json::object bench_latency(BenchSite& site, std::int64_t idle_seconds, std::int64_t repetitions) {
  RunsBench bench(site, 1);
  return medians_of(repetitions, [&] { return bench.measure_once_idle(std::chrono::seconds{idle_seconds}); });
}

}  // namespace ta::cli
