#include "runs/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <set>
#include <shared_mutex>

namespace ta::runs {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;

const Histogram::BucketBoundaries kDelaySeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                0.5,   1,      2.5,   5,    15,    60,   300, 1800};
const Histogram::BucketBoundaries kRunSeconds{0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600};
const Histogram::BucketBoundaries kClaimSizes{0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

constexpr std::array kDispositions{Disposition::created, Disposition::joined, Disposition::scope_busy,
                                   Disposition::dispatch_failed};
constexpr std::array kOutcomes{RunOutcome::succeeded, RunOutcome::partially_succeeded, RunOutcome::failed};

Family<Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

Family<Histogram>& histogram(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

double seconds(Microseconds time) { return std::max(0.0, std::chrono::duration<double>(time).count()); }

}  // namespace

class Metrics::Impl {
 public:
  // The series of one type, found by one look-up. They exist from the type's first event on, so that rates begin at 0.
  struct Type {
    std::array<Counter*, kDispositions.size()> starts{};
    std::array<Counter*, kOutcomes.size()> completions{};
    Histogram* queue_delay = nullptr;
    Histogram* run_time = nullptr;
  };

  const Type& of(std::string_view type) {
    {
      const std::shared_lock lock(mutex_);
      if (const auto it = types_.find(type); it != types_.end()) return it->second;
    }
    const std::unique_lock lock(mutex_);
    const auto [it, added] = types_.try_emplace(std::string(type));
    if (added) it->second = series_of(it->first);
    return it->second;
  }

  prometheus::Registry registry;
  Family<Counter>& starts = counter(registry, "tenantatlas_run_starts_total", "Answers to the wish to start a run");
  Family<Counter>& completions = counter(registry, "tenantatlas_runs_completed_total", "Runs that ended");
  Family<Counter>& failures =
      counter(registry, "tenantatlas_run_failures_total", "Ended runs that name this failure code");
  Family<Histogram>& queue_delays =
      histogram(registry, "tenantatlas_run_queue_delay_seconds", "From due to begun, of every attempt");
  Family<Histogram>& run_times =
      histogram(registry, "tenantatlas_run_duration_seconds", "From the first start of a run to its end");
  Histogram& claim_sizes =
      histogram(registry, "tenantatlas_claim_size", "Runs that one claim took").Add({}, kClaimSizes);
  Family<Counter>& limits =
      counter(registry, "tenantatlas_limits_reached_total", "Claims that left runs waiting because of a limit");
  Counter& late_results =
      counter(registry, "tenantatlas_late_results_total", "Results of attempts that had been given up").Add({});
  Counter& stuck_handlers =
      counter(registry, "tenantatlas_stuck_handlers_total", "Handlers that did not stop and were abandoned").Add({});
  Family<Counter>& reaper =
      counter(registry, "tenantatlas_reaper_actions_total", "Runs of lost workers, and runs that nobody would execute");
  Counter& rescued = reaper.Add({{"action", "rescued"}});
  Counter& never_dispatched = reaper.Add({{"action", "never_dispatched"}});
  Family<Counter>& notifications =
      counter(registry, "tenantatlas_notifications_total", "Notifications written to initiators");
  Family<Counter>& disagreements = counter(registry, "tenantatlas_domain_disagreements_total",
                                           "Runs whose domain row told something else, each time a check met them");
  Family<Counter>& schedule_slots =
      counter(registry, "tenantatlas_schedule_slots_total", "Slots of schedules that were due, by what became of them");
  Family<Histogram>& schedule_delays =
      histogram(registry, "tenantatlas_schedule_late_seconds", "From due to started, of every slot that got its run");

 private:
  Type series_of(const std::string& type) {
    Type made;
    for (std::size_t i = 0; i < kDispositions.size(); ++i)
      made.starts[i] = &starts.Add({{"type", type}, {"disposition", std::string(name(kDispositions[i]))}});
    for (std::size_t i = 0; i < kOutcomes.size(); ++i)
      made.completions[i] = &completions.Add({{"type", type}, {"outcome", std::string(name(kOutcomes[i]))}});
    made.queue_delay = &queue_delays.Add({{"type", type}}, kDelaySeconds);
    made.run_time = &run_times.Add({{"type", type}}, kRunSeconds);
    return made;
  }

  std::shared_mutex mutex_;
  std::map<std::string, Type, std::less<>> types_;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  for (const char* limit : {"tenant", "type", "connection"}) impl_->limits.Add({{"limit", limit}});
}
Metrics::~Metrics() = default;

void Metrics::started(std::string_view type, Disposition disposition) {
  impl_->of(type).starts[static_cast<std::size_t>(disposition)]->Increment();
}

void Metrics::claimed(std::size_t jobs) { impl_->claim_sizes.Observe(static_cast<double>(jobs)); }

void Metrics::limit_reached(std::string_view limit) { impl_->limits.Add({{"limit", std::string(limit)}}).Increment(); }

void Metrics::attempt_began(std::string_view type, Microseconds queue_delay) {
  impl_->of(type).queue_delay->Observe(seconds(queue_delay));
}

void Metrics::completed(const Run& run) {
  const Impl::Type& type = impl_->of(run.type);
  const auto outcome = std::find(kOutcomes.begin(), kOutcomes.end(), run.outcome);
  if (outcome != kOutcomes.end()) type.completions[outcome - kOutcomes.begin()]->Increment();
  if (run.started_at && run.completed_at) type.run_time->Observe(seconds(*run.completed_at - *run.started_at));
  std::set<std::string> codes;
  for (const FailureEntry& entry : run.failure_summary) codes.insert(entry.code);
  for (const std::string& code : codes) impl_->failures.Add({{"type", run.type}, {"code", code}}).Increment();
}

void Metrics::late_result() { impl_->late_results.Increment(); }
void Metrics::stuck_handler() { impl_->stuck_handlers.Increment(); }
void Metrics::rescued() { impl_->rescued.Increment(); }
void Metrics::never_dispatched() { impl_->never_dispatched.Increment(); }

void Metrics::notified(std::string_view kind) { impl_->notifications.Add({{"kind", std::string(kind)}}).Increment(); }

void Metrics::disagreed(std::string_view type, std::string_view kind) {
  impl_->disagreements.Add({{"type", std::string(type)}, {"kind", std::string(kind)}}).Increment();
}

void Metrics::schedule_slots(std::string_view type, std::string_view result, std::int64_t slots) {
  impl_->schedule_slots.Add({{"type", std::string(type)}, {"result", std::string(result)}})
      .Increment(static_cast<double>(slots));
}

void Metrics::schedule_fired(std::string_view type, Microseconds late) {
  impl_->schedule_delays.Add({{"type", std::string(type)}}, kDelaySeconds).Observe(seconds(late));
}

std::vector<prometheus::MetricFamily> Metrics::collect() const { return impl_->registry.Collect(); }

}  // namespace ta::runs
