#include "cli/graph_options.h"

namespace ta::cli {
namespace {

Option number_setting(std::string_view name, std::string_view help, std::int64_t fallback) {
  return {.name = name,
          .help = help,
          .fallback = std::to_string(fallback),
          .kind = Option::Kind::number,
          .setting = true};
}

// Leaves `value` as it is where the command has no such option.
template <class Number>
void read(const Invocation& call, std::string_view name, std::int64_t least, std::int64_t most, Number& value,
          std::int64_t unit = 1) {
  if (!call.has(name)) return;
  const std::int64_t number = call.number(name);
  if (number < least || number > most)
    throw UsageError(fmt::format("{} must be a number from {} to {}.", name, least, most));
  value = static_cast<Number>(number * unit);
}

constexpr std::int64_t kMegabyte = 1 << 20;

}  // namespace

std::vector<Option> graph_budget_options() {
  const graph::BudgetLimits limits;
  return {number_setting("--graph-requests", "Requests to Graph in 20 s, of one app in one Entra tenant; 0 is no limit",
                         limits.requests),
          number_setting("--graph-writes", "Those of them that write; 0 is no limit", limits.writes)};
}

std::vector<Option> graph_options() {
  const graph::GraphOptions defaults;
  std::vector<Option> out = graph_budget_options();
  out.push_back(number_setting("--graph-list-objects", "Objects that one list of Graph's may bring",
                               defaults.list_objects_max));
  out.push_back(number_setting("--graph-list-mb", "Megabytes that one list of Graph's may bring",
                               defaults.list_bytes_max / kMegabyte));
  out.push_back(number_setting("--graph-run-mb", "Megabytes that one operation may receive from Graph",
                               defaults.run_bytes_max / kMegabyte));
  return out;
}

graph::GraphOptions read_graph_options(const Invocation& call) {
  graph::GraphOptions out;
  read(call, "--graph-requests", 0, 1'000'000, out.budget.requests);
  read(call, "--graph-writes", 0, 1'000'000, out.budget.writes);
  read(call, "--graph-list-objects", 1, 100'000'000, out.list_objects_max);
  read(call, "--graph-list-mb", 1, 1'000'000, out.list_bytes_max, kMegabyte);
  read(call, "--graph-run-mb", 1, 1'000'000, out.run_bytes_max, kMegabyte);
  return out;
}

}  // namespace ta::cli
