// bench: figures as JSON, from the whole program on the database it is given.
#include <iostream>

#include "base/log.h"
#include "cli/bench_fairness.h"
#include "cli/bench_runs.h"
#include "cli/bench_sync.h"
#include "cli/command_list.h"
#include "cli/workspace.h"

namespace ta::cli {
namespace {

std::int64_t count_option(const Invocation& call, std::string_view name) {
  const std::int64_t value = call.number(name);
  if (value < 1 || value > 10'000'000) throw UsageError(fmt::format("{} must be a number from 1 to 10000000.", name));
  return value;
}

template <class Measure>
int bench(const Invocation& call, std::string_view name, Measure measure) {
  log::set_level(log::Level::error);
  BenchSite site(call.text("--database"));
  json::object result{{"benchmark", name}};
  for (auto& [key, value] : bench_environment(site.process().database())) result[key] = value;
  for (auto& [key, value] : measure(site)) result[key] = value;
  call.out() << canonical_json(result) << std::endl;
  return kDone;
}

int start(const Invocation& call) {
  return bench(call, "start", [&](BenchSite& site) {
    return bench_start(site, count_option(call, "--queued"), count_option(call, "--starts"));
  });
}

int runs(const Invocation& call) {
  return bench(call, "runs", [&](BenchSite& site) {
    return bench_runs(site, count_option(call, "--runs"), count_option(call, "--repeat"));
  });
}

int latency(const Invocation& call) {
  return bench(call, "latency", [&](BenchSite& site) { return bench_latency(site, count_option(call, "--repeat")); });
}

int list(const Invocation& call) {
  return bench(call, "list", [&](BenchSite& site) {
    const std::int64_t prune = call.number("--prune-percent");
    if (prune < 0 || prune > 99) throw UsageError("--prune-percent must be a number from 0 to 99.");
    return bench_list(
        site, {count_option(call, "--runs"), count_option(call, "--tenants"), count_option(call, "--reads"), prune});
  });
}

int fairness(const Invocation& call) {
  return bench(call, "fairness", [&](BenchSite& site) {
    return bench_fairness(site,
                          {count_option(call, "--backlog"), count_option(call, "--singles"),
                           count_option(call, "--slots"), count_option(call, "--run-ms")},
                          count_option(call, "--repeat"));
  });
}

int sync(const Invocation& call) {
  return bench(call, "sync", [&](BenchSite& site) {
    return bench_sync(site,
                      {count_option(call, "--objects"), call.number("--latency-ms"), call.number("--failing-percent")});
  });
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
           {database, number_option("--repeat", "Times to measure; the median counts", "3"), json_option()},
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
            number_option("--prune-percent", "Then forget so many of them, and measure starts meanwhile", "0"),
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
           {database, number_option("--objects", "Objects in the tenant", "2000"),
            number_option("--latency-ms", "Latency of every answer", "50"),
            number_option("--failing-percent", "Answers that are 429, 503 or cut off", "0"), json_option()},
           sync}};
}

}  // namespace ta::cli
