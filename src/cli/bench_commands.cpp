// bench: figures as JSON, from the whole program on the database it is given.
#include <iostream>

#include "base/log.h"
#include "cli/bench_fairness.h"
#include "cli/bench_runs.h"
#include "cli/bench_sync.h"
#include "cli/command_list.h"
#include "cli/graph_options.h"
#include "cli/workspace.h"

namespace ta::cli {
namespace {

std::int64_t number_between(const Invocation& call, std::string_view name, std::int64_t least, std::int64_t most) {
  const std::int64_t value = call.number(name);
  if (value < least || value > most)
    throw UsageError(fmt::format("{} must be a number from {} to {}.", name, least, most));
  return value;
}

std::int64_t count_option(const Invocation& call, std::string_view name) {
  return number_between(call, name, 1, 10'000'000);
}

// The options have been read: a wrong one needs no database.
template <class Measure>
int bench(const Invocation& call, std::string_view name, Measure measure) {
  log::set_level(log::Level::error);
  BenchSite site(call.text("--database"), read_graph_options(call));
  json::object result{{"benchmark", name}};
  for (auto& [key, value] : bench_environment(site.process().database())) result[key] = value;
  for (auto& [key, value] : measure(site)) result[key] = value;
  call.out() << canonical_json(result) << std::endl;
  return kDone;
}

int start(const Invocation& call) {
  const std::int64_t queued = count_option(call, "--queued"), starts = count_option(call, "--starts");
  return bench(call, "start", [&](BenchSite& site) { return bench_start(site, queued, starts); });
}

int runs(const Invocation& call) {
  const std::int64_t runs = count_option(call, "--runs"), times = count_option(call, "--repeat");
  return bench(call, "runs", [&](BenchSite& site) { return bench_runs(site, runs, times); });
}

int latency(const Invocation& call) {
  const std::int64_t idle = number_between(call, "--idle-seconds", 1, 3'600), times = count_option(call, "--repeat");
  return bench(call, "latency", [&](BenchSite& site) { return bench_latency(site, idle, times); });
}

int list(const Invocation& call) {
  const ListBench wanted{count_option(call, "--runs"), count_option(call, "--tenants"), count_option(call, "--reads"),
                         number_between(call, "--prune-percent", 0, 99),
                         number_between(call, "--maintenance-passes", 1, 1'000)};
  return bench(call, "list", [&](BenchSite& site) { return bench_list(site, wanted); });
}

int fairness(const Invocation& call) {
  const FairnessBench wanted{count_option(call, "--backlog"), count_option(call, "--singles"),
                             number_between(call, "--slots", 1, 1'000), count_option(call, "--run-ms")};
  const std::int64_t times = count_option(call, "--repeat");
  return bench(call, "fairness", [&](BenchSite& site) { return bench_fairness(site, wanted, times); });
}

int sync(const Invocation& call) {
  const SyncBench wanted{count_option(call, "--objects"),
                         number_between(call, "--latency-ms", 0, 60'000),
                         number_between(call, "--failing-percent", 0, 100),
                         number_between(call, "--throttle", 0, 1'000'000),
                         number_between(call, "--page-size", 0, 1'000),
                         call.flag("--starts")};
  return bench(call, "sync", [&](BenchSite& site) { return bench_sync(site, wanted); });
}

Option number_option(std::string_view name, std::string_view help, std::string fallback) {
  return {.name = name, .help = help, .fallback = std::move(fallback), .kind = Option::Kind::number};
}

}  // namespace

Commands bench_commands() {
  const Option database{.name = "--database", .help = "Measure on this database; left out: a temporary SQLite file"};
  return {{"bench runs",
           "How many runs the engine starts and ends, and how soon they begin",
           {database, number_option("--runs", "Runs of each bulk figure", "20000"),
            number_option("--repeat", "Times to measure; the median counts", "3"), json_option()},
           runs},
          {"bench latency",
           "How soon a started run begins, and what an idle process costs",
           {database, number_option("--idle-seconds", "How long to watch the idle process", "10"),
            number_option("--repeat", "Times to measure; the median counts", "3"), json_option()},
           latency},
          {"bench start",
           "How quickly a start is answered while runs wait",
           {database, number_option("--queued", "Runs that wait already", "1000"),
            number_option("--starts", "Starts to measure", "2000"), json_option()},
           start},
          {"bench list",
           "How quickly the pages of a long ledger are answered",
           {database, number_option("--runs", "Runs in the ledger, spread over 90 days", "100000"),
            number_option("--tenants", "Tenants; of several the measured one has a tenth of the runs", "1"),
            number_option("--reads", "Pages to measure", "200"),
            number_option("--prune-percent",
                          "Then forget so many of them, in whole days; measure starts before and meanwhile", "0"),
            number_option("--maintenance-passes", "Passes of a server's maintenance to measure, and starts beside them",
                          "5"),
            json_option()},
           list},
          {"bench fairness",
           "How long a tenant's single runs wait behind another tenant's backlog",
           {database, number_option("--backlog", "Runs that wait of the other tenant", "100000"),
            number_option("--singles", "Single runs to measure", "200"),
            number_option("--slots", "Runs at the same time", "4"),
            number_option("--run-ms", "How long each run takes", "20"),
            number_option("--repeat", "Times to measure; the median counts", "3"), json_option()},
           fairness},
          {"bench sync",
           "How long one worker needs to read a whole simulated tenant",
           {database,
            number_option("--objects", "Objects in the tenant", "2000"),
            number_option("--latency-ms", "Latency of every answer", "50"),
            number_option("--failing-percent", "Answers that are 429, 503 or cut off", "0"),
            number_option("--throttle", "Requests in 20 s that the simulator takes of an app; 0 is no limit", "1000"),
            number_option("--page-size", "Most objects of a page; 0: as many as Microsoft sends", "0"),
            {.name = "--starts",
             .help = "Also measure the starts of another tenant, before and meanwhile",
             .kind = Option::Kind::flag},
            graph_budget_options()[0],
            graph_budget_options()[1],
            json_option()},
           sync}};
}

}  // namespace ta::cli
