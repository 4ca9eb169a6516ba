#include "cli/cli_fixture_test.h"

namespace ta::cli {
namespace {

TEST(BenchSync, ReadsAWholeTenantInFewRequests) {
  const Terminal terminal;
  const Said said = terminal.run({"bench", "sync", "--objects", "2000", "--latency-ms", "5", "--json"});
  ASSERT_EQ(said.code, kDone) << said.err;
  const json::value out = said.json();
  EXPECT_EQ(out.at("outcome"), "succeeded");
  EXPECT_GE(out.at("objects").as_int64(), 2000);
  EXPECT_LE(out.at("requests").as_int64(), 150);
  EXPECT_LE(out.at("connections").as_int64(), 8);
  EXPECT_GT(out.at("seconds").to_number<double>(), 0);
  EXPECT_GT(out.at("peak_rss_mb").to_number<double>(), 0);
}

TEST(BenchSync, CountsWhatIsChargedAndStaysWithinTheLimits) {
  const Terminal terminal;
  const Said said =
      terminal.run({"bench", "sync", "--objects", "320", "--latency-ms", "0", "--page-size", "2", "--json"});
  ASSERT_EQ(said.code, kDone) << said.err;
  const json::value out = said.json();
  EXPECT_EQ(out.at("outcome"), "succeeded");
  EXPECT_GT(out.at("charged").as_int64(), 150) << "small pages";
  EXPECT_LE(out.at("charged").as_int64(), 950);
  EXPECT_EQ(out.at("refusals").as_int64(), 0);
  EXPECT_EQ(out.at("seconds_max").to_number<double>(), 3);
}

TEST(BenchSync, MeasuresTheStartsOfAnotherTenant) {
  const Terminal terminal;
  const Said said = terminal.run({"bench", "sync", "--objects", "200", "--latency-ms", "20", "--starts", "--json"});
  ASSERT_EQ(said.code, kDone) << said.err;
  EXPECT_GT(said.json().at("start_before").at("count").as_int64(), 10);
  EXPECT_GT(said.json().at("start_meanwhile").at("count").as_int64(), 0);
  EXPECT_GT(said.json().at("start_meanwhile").at("ms_p99").to_number<double>(), 0);
}

TEST(BenchSync, LosesNothingWhenOneAnswerInTenFails) {
  const Terminal terminal;
  const Said said =
      terminal.run({"bench", "sync", "--objects", "320", "--latency-ms", "0", "--failing-percent", "10", "--json"});
  ASSERT_EQ(said.code, kDone) << said.err;
  EXPECT_EQ(said.json().at("outcome"), "succeeded");
}

}  // namespace
}  // namespace ta::cli
