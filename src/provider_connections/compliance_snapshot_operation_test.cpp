#include "provider_connections/compliance_snapshot_operation.h"

#include <gtest/gtest.h>

namespace ta::provider_connections {
namespace {

Result<DeviceStates> from(std::string_view text) { return device_states_from(parse_json(text).value()); }

TEST(ComplianceSummary, IsReadPlainAndWrapped) {
  for (const char* text : {R"({"@odata.context":"…","compliantDeviceCount":82,"nonCompliantDeviceCount":7})",
                           R"({"value":{"compliantDeviceCount":82,"nonCompliantDeviceCount":7}})"}) {
    const auto states = from(text);
    ASSERT_TRUE(states) << text;
    EXPECT_EQ(states->compliant, 82);
    EXPECT_EQ(states->noncompliant, 7);
    EXPECT_EQ(states->total(), 89);
  }
}

TEST(ComplianceSummary, NothingIsInventedFromAnotherAnswer) {
  for (const char* text :
       {"{}", "[]", "null", R"({"value":[]})", R"({"compliantDeviceCount":"many"})", R"({"compliantDeviceCount":-1})"})
    EXPECT_EQ(from(text).error().code, FailureCode::graph_bad_request) << text;
}

}  // namespace
}  // namespace ta::provider_connections
