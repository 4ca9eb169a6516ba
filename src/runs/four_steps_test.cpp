// The example of CONTRIBUTING.md, "Add an operation in four steps", compiled and run as it stands there between the two
// marks; tests/house compares them.
#include "runs/engine_fixture.h"

namespace ta::runs::example {
namespace {

class FourStepsTest : public EngineTest {
 protected:
  Started start(std::string type, json::object inputs) {
    return service_.start({kContoso, std::move(type), std::move(inputs), kAlva}).value();
  }
  void work_once() { EXPECT_EQ(worker().run_once(), 1); }
};
INSTANTIATE_TEST_SUITE_P(Engines, FourStepsTest, testing::engines(), testing::engine_name);

// [four steps]
// 1. Say what it is, and when two starts are the same.
struct DeviceCountInputs {
  ConnectionId connection;
  std::vector<std::string> platforms;  // a set: order and repetition mean nothing

  void normalise() {
    std::ranges::sort(platforms);
    platforms.erase(std::ranges::unique(platforms).begin(), platforms.end());
  }
  std::string scope_key() const { return fmt::format("connection:{}", connection); }
};
BOOST_DESCRIBE_STRUCT(DeviceCountInputs, (), (connection, platforms))

using Devices = std::map<std::string, std::int64_t>;  // by platform

struct DeviceCount {
  static constexpr std::string_view kType = "device.count";
  using Inputs = DeviceCountInputs;

  // 2. The work: count items, note failures, hear the wish to stop.
  runs::Report run(const Inputs& inputs, runs::RunContext& context) {
    context.set_total(static_cast<std::int64_t>(inputs.platforms.size()));
    for (const std::string& platform : inputs.platforms) {
      context.check_stop();
      const auto found = devices.find(platform);
      const bool known = found != devices.end();
      context.count(&runs::SummaryCounts::processed);
      context.count(known ? &runs::SummaryCounts::success : &runs::SummaryCounts::failed);
      if (known)
        context.set_context(platform, found->second);
      else
        context.note_failure(FailureCode::graph_not_found, "No devices of the platform " + platform + ".");
    }
    return runs::Report::done();
  }

  Devices devices;
};

// 3. Register it: one line of the feature's register.cpp.
void register_device_count(runs::Catalog& catalog, Devices devices) {
  runs::add_operation<DeviceCount>(catalog,
                                   {.label = "Device count",
                                    .capability = "providers.run",
                                    .scope = runs::Scope::provider,
                                    .expected = std::chrono::seconds{30},
                                    .retry_safe = true,
                                    .unit = "platforms"},
                                   [devices] { return DeviceCount{devices}; });
}

// 4. Test it, on both engines.
TEST_P(FourStepsTest, CountsWhatThereIsAndSaysWhatIsNot) {
  register_device_count(catalog_, {{"windows", 12}, {"ios", 3}});
  const auto started = start("device.count", {{"connection", 7}, {"platforms", {"ios", "windows", "amiga", "ios"}}});
  work_once();
  const runs::Run run = reload(started.run.id);
  EXPECT_EQ(run.outcome, runs::RunOutcome::partially_succeeded);
  EXPECT_EQ(run.summary_counts.total, 3);
  EXPECT_EQ(run.context.at("windows"), 12);
  EXPECT_EQ(run.failure_summary.at(0).code, "graph.not_found");
}
// [end]

// What the steps above did not have to say.
TEST_P(FourStepsTest, TheRestComesByItself) {
  register_device_count(catalog_, {{"windows", 12}});
  const auto first = start("device.count", {{"connection", 7}, {"platforms", {"windows", "ios"}}});
  const auto second = start("device.count", {{"platforms", {"ios", "windows", "ios"}}, {"connection", 7}});
  EXPECT_EQ(second.disposition, Disposition::joined);
  EXPECT_EQ(second.run.id, first.run.id);
  const auto refused = service_.start({kContoso, "device.count", json::object{{"connection", 7}, {"platform", 1}}, {}});
  EXPECT_EQ(refused.error().code, FailureCode::run_invalid_input);
  EXPECT_EQ(queue_.claim("lost", 1).size(), 1u);
  clock_.advance(std::chrono::seconds{11});
  EXPECT_EQ(queue_.reap(), 1);
  work_once();
  EXPECT_FALSE(reload(first.run.id).active()) << "a second attempt ended it";
  const auto bell = reader_.notifications(kAlva.user, false, std::nullopt, 10);
  EXPECT_EQ(bell.at(0).title, "Device count partially succeeded");
}

}  // namespace
}  // namespace ta::runs::example
