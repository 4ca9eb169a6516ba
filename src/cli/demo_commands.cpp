// demo, and the simulated Microsoft Graph by itself.
#include <iostream>

#include "cli/command_list.h"
#include "cli/demo.h"
#include "cli/graph_options.h"
#include "cli/signals.h"
#include "cli/workspace.h"
#include "simulator/simulator_server.h"

namespace ta::cli {
namespace {

Option number_option(std::string_view name, std::string_view help, std::string fallback) {
  return {.name = name, .help = help, .fallback = std::move(fallback), .kind = Option::Kind::number};
}

std::int64_t number_between(const Invocation& call, std::string_view name, std::int64_t low, std::int64_t high) {
  const std::int64_t value = call.number(name);
  if (value < low || value > high) throw UsageError(fmt::format("{} must be a number from {} to {}.", name, low, high));
  return value;
}

int demo(const Invocation& call) {
  return run_demo({.once = call.flag("--once"),
                   .as_json = call.json(),
                   .port = static_cast<std::uint16_t>(number_between(call, "--port", 0, 65535)),
                   .latency_ms = static_cast<int>(number_between(call, "--latency-ms", 0, 60'000)),
                   .objects = static_cast<std::size_t>(number_between(call, "--objects", 10, 20'000)),
                   .seed = static_cast<std::uint64_t>(number_between(call, "--seed", 0, INT64_MAX)),
                   .graph = read_graph_options(call),
                   .database_url = call.text("--database")});
}

int graph_sim(const Invocation& call) {
  StopSignal stop;
  simulator::GraphSimOptions options;
  options.server.port = static_cast<std::uint16_t>(number_between(call, "--port", 0, 65535));
  options.server.https = call.flag("--https");
  options.server.https_port = static_cast<std::uint16_t>(number_between(call, "--https-port", 0, 65535));
  options.server.simulator.latency = std::chrono::milliseconds{number_between(call, "--latency-ms", 0, 60'000)};
  options.server.simulator.world = {
      .seed = static_cast<std::uint64_t>(number_between(call, "--seed", 0, INT64_MAX)),
      .tenants = static_cast<std::size_t>(number_between(call, "--tenants", 1, 50)),
      .objects_per_tenant = static_cast<std::size_t>(number_between(call, "--objects", 10, 20'000))};
  options.ca_file = call.text("--ca-file");
  const auto ended = simulator::run_graph_sim(
      options, [&](const json::object& ready) { call.out() << json::serialize(ready) << std::endl; },
      [&] { stop.wait(); });
  if (!ended) throw CommandFailure(ended.error().message);
  return kDone;
}

std::vector<Option> with_budget(std::vector<Option> options) {
  for (Option& option : graph_budget_options()) options.push_back(std::move(option));
  return options;
}

}  // namespace

Commands demo_commands() {
  const Option seed = number_option("--seed", "Makes the simulated tenants", "1");
  const Option latency = number_option("--latency-ms", "Slows every answer of the simulator down", "0");
  const Option objects = number_option("--objects", "Objects in each simulated tenant", "500");
  const Option once{
      .name = "--once", .help = "Only sync both tenants, print the runs and end", .kind = Option::Kind::flag};
  return {{"demo",
           "Show the whole product: simulator, server, tenants, people, real runs",
           with_budget({once,
            number_option("--port", "Port to listen on; 0 takes any free one", "8080"),
            latency,
            objects,
            seed,
            {.name = "--database", .help = "Use this database instead of a temporary one"},
            json_option()}),
           demo},
          {"graph-sim",
           "Run a simulated Microsoft Graph by itself; prints its address, tenants and credentials as JSON",
           {number_option("--port", "Port to listen on; 0 takes any free one", "0"),
            {.name = "--https", .help = "Also listen with TLS", .kind = Option::Kind::flag},
            number_option("--https-port", "Port for TLS; 0 takes any free one", "0"),
            {.name = "--ca-file", .help = "Write the test authority's certificate here"},
            latency,
            objects,
            seed,
            number_option("--tenants", "Simulated tenants", "2")},
           graph_sim}};
}

}  // namespace ta::cli
