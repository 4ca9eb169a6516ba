// compliance.snapshot for real: through the engine, the Graph client and sockets, against the simulator, on both
// databases.
#include "cli/product_fixture.h"
#include "provider_connections/compliance_store.h"

namespace ta::cli {
namespace {

constexpr const char* kSummary = "deviceManagement/deviceCompliancePolicyDeviceStateSummary";

class ComplianceSnapshotTest : public ProductTest {
 protected:
  void SetUp() override {
    ProductTest::SetUp();
    process_->start_worker();
  }
  runs::Run take_snapshot() {
    const Answer answer = start(R"({"type":"compliance.snapshot","inputs":{}})");
    EXPECT_EQ(answer.status, 201) << answer.body;
    return wait_for_run(*process_, contoso().tenant.id, RunId{answer.json.at("run").at("id").as_int64()});
  }
  std::vector<provider_connections::ComplianceSnapshot> snapshots() {
    return process_->database().read([&](storage::Transaction& tx) {
      return provider_connections::latest_compliance(tx, contoso().tenant.id, contoso().connection, 10);
    });
  }
  std::int64_t held(const char* name) {
    simulator::World& world = simulator_->simulator().world();
    return json_int(world.collection(world.tenants()[0], *simulator::find_set(kSummary))->items.at(0)->body, name);
  }
  // Of one device that has turned up compliant.
  void add_compliant_device() {
    simulator::World& world = simulator_->simulator().world();
    const auto before = world.collection(world.tenants()[0], *simulator::find_set(kSummary))->items.at(0);
    const std::int64_t count = json_int(before->body, "compliantDeviceCount") + 1;
    ASSERT_TRUE(world
                    .change(contoso().entra_tenant_id, kSummary, before->id,
                            {.body = {{"compliantDeviceCount", count}}}, SystemClock().now())
                    .has_value());
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ComplianceSnapshotTest, testing::engines(), testing::engine_name);

TEST_P(ComplianceSnapshotTest, KeepsWhatMicrosoftSays) {
  const runs::Run first = take_snapshot();
  EXPECT_EQ(first.outcome, runs::RunOutcome::succeeded);
  ASSERT_EQ(snapshots().size(), 1u);
  const provider_connections::DeviceStates states = snapshots()[0].devices;
  EXPECT_EQ(snapshots()[0].run, first.id);
  EXPECT_EQ(states.compliant, held("compliantDeviceCount"));
  EXPECT_EQ(states.noncompliant, held("nonCompliantDeviceCount"));
  EXPECT_EQ(states.not_applicable, held("notApplicableDeviceCount"));
  EXPECT_GT(states.compliant, 0);
  EXPECT_EQ(first.summary_counts.processed, states.total());
  add_compliant_device();
  const runs::Run second = take_snapshot();
  ASSERT_EQ(snapshots().size(), 2u);
  EXPECT_EQ(snapshots()[0].run, second.id) << "the newest first";
  EXPECT_EQ(snapshots()[0].devices.compliant, states.compliant + 1);
}

TEST_P(ComplianceSnapshotTest, ARefusalIsOneCodedFailureAndKeepsNothing) {
  faults().add({.path_contains = "deviceCompliancePolicyDeviceStateSummary", .status = 403, .count = 1});
  const runs::Run run = take_snapshot();
  EXPECT_EQ(run.outcome, runs::RunOutcome::failed);
  ASSERT_EQ(run.failure_summary.size(), 1u);
  EXPECT_EQ(run.failure_summary[0].code, "graph.forbidden");
  EXPECT_TRUE(snapshots().empty());
  EXPECT_EQ(take_snapshot().outcome, runs::RunOutcome::succeeded);
}

TEST_P(ComplianceSnapshotTest, AThrottledAnswerIsWaitedFor) {
  faults().add({.path_contains = "deviceCompliancePolicyDeviceStateSummary", .status = 429, .count = 2});
  faults().add({.path_contains = "deviceCompliancePolicyDeviceStateSummary", .count = 1, .cut_after_bytes = 30});
  EXPECT_EQ(take_snapshot().outcome, runs::RunOutcome::succeeded);
  EXPECT_EQ(snapshots().size(), 1u);
}

}  // namespace
}  // namespace ta::cli
