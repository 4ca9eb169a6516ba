#include "cli/graph_options.h"

#include "cli/cli_fixture_test.h"

namespace ta::cli {
namespace {

graph::GraphOptions options(Invocation::Values values) {
  std::istringstream in;
  std::ostringstream out, err;
  Surroundings around{in, out, err, {}, false};
  return read_graph_options(Invocation(around, std::move(values)));
}

TEST(GraphOptions, TheDeclaredDefaultsAreTheClients) {
  Invocation::Values values;
  for (const Option& option : graph_options()) values.emplace(option.name, std::vector{option.fallback});
  const graph::GraphOptions declared = options(values), own;
  EXPECT_EQ(declared.budget.requests, 950);
  EXPECT_EQ(declared.budget.writes, 95);
  EXPECT_EQ(declared.list_objects_max, 500'000);
  EXPECT_EQ(declared.list_bytes_max, own.list_bytes_max);
  EXPECT_EQ(declared.run_bytes_max, own.run_bytes_max);
  EXPECT_EQ(options({}).budget.requests, 950) << "a command that declares none of them";
}

TEST(GraphOptions, TheyCanBeLoweredAndTheBudgetTakenAway) {
  const graph::GraphOptions told = options({{"--graph-requests", {"0"}},
                                            {"--graph-writes", {"10"}},
                                            {"--graph-list-objects", {"7"}},
                                            {"--graph-list-mb", {"2"}},
                                            {"--graph-run-mb", {"3"}}});
  EXPECT_EQ(told.budget.requests, 0);
  EXPECT_EQ(told.budget.writes, 10);
  EXPECT_EQ(told.list_objects_max, 7);
  EXPECT_EQ(told.list_bytes_max, 2 << 20);
  EXPECT_EQ(told.run_bytes_max, 3 << 20);
}

TEST(GraphOptions, NonsenseIsRefused) {
  for (const char* value : {"-1", "x", "1000001"})
    EXPECT_THROW(options({{"--graph-requests", {value}}}), UsageError) << value;
  EXPECT_THROW(options({{"--graph-list-objects", {"0"}}}), UsageError);
}

TEST(GraphOptions, AreDeclaredWhereProcessesTalkToGraph) {
  for (const std::string_view path : {"serve", "worker", "demo", "bench sync"}) {
    const Commands all = all_commands();
    const auto command = std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.path == path; });
    ASSERT_NE(command, all.end()) << path;
    for (const std::string_view name : {"--graph-requests", "--graph-writes"})
      EXPECT_TRUE(std::any_of(command->options.begin(), command->options.end(),
                              [&](const Option& option) { return option.name == name; }))
          << path << name;
  }
}

}  // namespace
}  // namespace ta::cli
