#include "drill/drilled_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"

namespace ta::drill {
namespace {

using namespace std::chrono_literals;
using runs::Report;
using runs::RunContext;

struct Inputs {
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Inputs, (), (number))

// Takes from nothing to a few milliseconds, with progress in between, so that kills hit every phase.
struct Again {
  static constexpr std::string_view kType = "drill.again";
  using Inputs = drill::Inputs;
  Report run(const Inputs& inputs, RunContext& context) {
    context.set_total(3);
    for (int i = 0; i < 3; ++i) {
      context.check_stop();
      poll(nullptr, 0, static_cast<int>(inputs.number % 4));
      context.count(&runs::SummaryCounts::processed);
      context.count(&runs::SummaryCounts::success);
    }
    return Report::done();
  }
};
struct Once : Again {
  static constexpr std::string_view kType = "drill.once";
};

struct Unsafe {
  static constexpr std::string_view kType = "drill.unsafe";
  using Inputs = drill::Inputs;
  std::string beginnings;
  Report run(const Inputs&, RunContext& context);
};

void write_line(int file, std::int64_t number) {
  const std::string line = fmt::format("{}\n", number);
  if (write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(3);
}

int open_lines(const std::string& name) { return open(name.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600); }

Report Unsafe::run(const Inputs& inputs, RunContext& context) {
  const int file = open_lines(beginnings);
  write_line(file, context.run().value);
  close(file);
  if (inputs.number > 0) context.count(&runs::SummaryCounts::success, inputs.number);
  for (;; poll(nullptr, 0, 5)) context.check_stop();
}

}  // namespace

void add_unsafe_operation(runs::Catalog& catalog, const std::string& beginnings) {
  runs::add_operation<Unsafe>(catalog, {.label = "Unsafe", .capability = "runs.start"},
                              [beginnings] { return Unsafe{beginnings}; });
}

runs::QueueOptions quick_leases() { return {.lease = 1s, .never_dispatched_after = 5s, .backoff_base = 10ms}; }

runs::WorkerOptions quick_worker() {
  return {.slots = 4, .prefetch = 2, .poll = 50ms, .heartbeat = 200ms, .progress = 5ms};
}

void add_operations(runs::Catalog& catalog) {
  runs::TypeDefinition again{.label = "Again", .capability = "runs.start", .retry_safe = true, .attempts_max = 1'000};
  runs::add_operation<Again>(catalog, again, [] { return Again{}; });
  runs::add_operation<Once>(catalog, {.label = "Once", .capability = "runs.start"}, [] { return Once{}; });
}

runs::StartRequest wish(int number) {
  std::optional<runs::Initiator> person;
  if (number % 5 != 0) person = runs::Initiator{UserId{1}, "Alva"};
  return {TenantId{1}, number % 4 == 0 ? "drill.once" : "drill.again", json::object{{"number", number}}, person};
}

int run_drilled_process(const std::string& url, std::uint64_t seed, const std::string& answers) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  log::set_level(log::Level::off);
  const int file = open_lines(answers);
  const auto random = seeded_random(seed);
  SystemClock clock;
  runs::Catalog catalog;
  add_operations(catalog);
  runs::OtherProcess process(url, catalog, clock, {}, quick_leases());
  runs::Worker worker = process.worker(quick_worker());
  runs::Leadership leadership(*process.connection, clock, worker.name(), quick_leadership());
  runs::Maintenance maintenance(process.queue, leadership, *process.random, quick_maintenance());
  worker.start();
  maintenance.start();
  write_line(STDOUT_FILENO, getpid());
  for (;;) {
    try {
      write_line(file, process.service.start(wish(static_cast<int>(random->below(kIdentities))))->run.id.value);
    } catch (const storage::StorageError&) {
      // The next one.
    }
    poll(nullptr, 0, static_cast<int>(random->below(8)));
  }
}

int run_worker_process(const std::string& url, const std::string& beginnings) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  log::set_level(log::Level::off);
  sigset_t stop;  // before any thread: they inherit it
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  SystemClock clock;
  runs::Catalog catalog;
  add_unsafe_operation(catalog, beginnings);
  runs::OtherProcess process(url, catalog, clock, {}, quick_leases());
  runs::WorkerOptions options = quick_worker();
  options.slots = 1;
  options.stop_grace = 100ms;
  runs::Worker worker = process.worker(options);
  runs::Leadership leadership(*process.connection, clock, worker.name(), quick_leadership());
  runs::Maintenance maintenance(process.queue, leadership, *process.random, quick_maintenance());
  worker.start();
  maintenance.start();
  write_line(STDOUT_FILENO, getpid());
  int signal = 0;
  sigwait(&stop, &signal);
  maintenance.stop();
  worker.stop();
  return 0;
}

}  // namespace ta::drill
