#include "simulator/approval_gate.h"

#include "base/digest.h"
#include "simulator/test_graph.h"
#include "testing/clock.h"

namespace ta::simulator {
namespace {

using namespace std::chrono_literals;

const std::string kScripts = "/beta/deviceManagement/deviceManagementScripts";
const std::string kRequests = "/beta/deviceManagement/operationApprovalRequests";

class Approvals : public ::testing::Test {
 protected:
  void SetUp() override { protect({"script"}); }
  Answer protect(json::array workloads, int status = 412) {
    return graph_.admin(http::Method::post, "/_sim/approvals",
                        {{"tenant", graph_.tenant().id}, {"workloads", std::move(workloads)}, {"status", status}});
  }
  static json::object script(const char* name = "S") {
    return {{"displayName", name}, {"scriptContent", "ZWNobw=="}, {"fileName", "s.ps1"}};
  }
  Answer create(const json::object& body, const std::string& header = {}, const std::string& value = {}) {
    http::Headers headers;
    if (!header.empty()) headers.set(header, value);
    return graph_.write(http::Method::post, kScripts, body, headers);
  }
  std::string asked(const json::object& body) {
    const Answer answer = create(body, "x-msft-approval-justification", base64("Change 42"));
    EXPECT_EQ(answer.error_code(), "ApprovalRequired");
    return std::string(answer.response.headers.get("x-msft-approval-code"));
  }
  Answer resend(const json::object& body, const std::string& code) {
    return create(body, "x-msft-approval-code", code);
  }
  // By another app, "full".
  int decide(const std::string& id, const std::string& action) {
    return graph_
        .send(http::Method::post, kRequests + "/" + id + "/" + action, R"({"justification":"Fine"})",
              graph_.bearer("full"))
        .status;
  }
  std::string status(const std::string& id) {
    return graph_.get(kRequests + "/" + id, graph_.bearer("full")).text("status");
  }
  static std::string message(const Answer& answer) {
    return json_string(json::parse(answer.error_message()), "Message");
  }

  testing::FixedClock clock_;
  TestGraph graph_{clock_};
};

TEST_F(Approvals, AWriteWithoutAJustificationNamesTheHeader) {
  const Answer refused = create(script());
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(message(refused).starts_with("Header 'x-msft-approval-justification' is required to request approval"));
  EXPECT_EQ(create(script(), "x-msft-approval-justification", "no base64!").status, 400);
  EXPECT_EQ(graph_.get(kRequests).value().size(), 0u);
}

TEST_F(Approvals, ReadsAndOtherWorkloadsAreNeverGated) {
  EXPECT_EQ(graph_.get(kScripts).status, 200);
  EXPECT_EQ(graph_.post("/beta/deviceManagement/deviceCategories", {{"displayName", "C"}}).status, 201);
  EXPECT_EQ(protect({}).status, 200);
  EXPECT_EQ(create(script()).status, 201);
}

TEST_F(Approvals, AnApprovedWriteIsCarriedOutOnce) {
  const std::string code = asked(script());
  EXPECT_EQ(status(code), "needsApproval");
  const Answer early = resend(script(), code);
  EXPECT_EQ(early.status, 412);
  EXPECT_EQ(early.response.headers.get("x-msft-approval-code"), code);
  EXPECT_EQ(decide(code, "approve"), 200);
  EXPECT_EQ(resend(script("another"), code).status, 400) << "not what was approved";
  EXPECT_EQ(resend(script(), code).status, 201);
  EXPECT_EQ(status(code), "completed");
  EXPECT_EQ(resend(script(), code).status, 403) << "used up";
  const Answer request = graph_.get(kRequests + "/" + code);
  EXPECT_EQ(request.text("requestJustification"), "Change 42");
  EXPECT_EQ(request.text("approvalJustification"), "Fine");
  EXPECT_EQ(json_string(request.body.at("requestor").at("application"), "id"), graph_.tenant().app("writer").client_id);
}

TEST_F(Approvals, ARefusedWriteKeepsItsApproval) {
  const json::object bad{{"displayName", "S"}, {"nonsense", 1}};
  const std::string code = asked(bad);
  decide(code, "approve");
  EXPECT_EQ(resend(bad, code).error_code(), "ModelValidationFailure");
  EXPECT_EQ(status(code), "approved");
}

TEST_F(Approvals, RequestsMayBeRejectedCancelledOrExpire) {
  const std::string rejected = asked(script("r"));
  EXPECT_EQ(decide(rejected, "reject"), 200);
  EXPECT_EQ(resend(script("r"), rejected).status, 403);
  const std::string mine = asked(script("m"));
  EXPECT_EQ(decide(mine, "cancelMyRequest"), 403) << "not theirs";
  EXPECT_EQ(graph_.post(kRequests + "/" + mine + "/approve").status, 403) << "nobody approves their own";
  EXPECT_EQ(graph_.post(kRequests + "/" + mine + "/cancelMyRequest").status, 200);
  const std::string cancelled = asked(script("c"));
  EXPECT_EQ(decide(cancelled, "cancelApproval"), 400) << "not approved yet";
  decide(cancelled, "approve");
  EXPECT_EQ(decide(cancelled, "cancelApproval"), 200);
  EXPECT_EQ(resend(script("c"), cancelled).status, 403);
  const std::string late = asked(script("l"));
  clock_.advance(ApprovalGate::kRequestLife);
  EXPECT_EQ(status(late), "expired");
  EXPECT_EQ(decide(late, "approve"), 400);
}

TEST_F(Approvals, APendingRequestIsNotAskedForTwice) {
  asked(script());
  EXPECT_EQ(create(script(), "x-msft-approval-justification", base64("again")).status, 409);
  EXPECT_FALSE(asked(script("other")).empty());
  EXPECT_EQ(resend(script(), "nonsense").status, 400);
}

TEST_F(Approvals, TheStatusMayBeTheOtherOneAndPartsOfABatchAreGatedToo) {
  EXPECT_EQ(protect({"script"}, 500).status, 422);
  protect({"script"}, 403);
  EXPECT_EQ(create(script(), "x-msft-approval-justification", base64("why")).status, 403);
  const json::object part{
      {"id", "1"},
      {"method", "POST"},
      {"url", "/deviceManagement/deviceManagementScripts"},
      {"headers", {{"Content-Type", "application/json"}, {"x-msft-approval-justification", base64("why")}}},
      {"body", script("in a batch")}};
  const Answer batch = graph_.post("/beta/$batch", {{"requests", json::array{part}}});
  const json::value& answer = batch.body.at("responses").at(0);
  EXPECT_EQ(answer.at("status"), 403);
  EXPECT_FALSE(json_string(answer.at("headers"), "x-msft-approval-code").empty());
}

}  // namespace
}  // namespace ta::simulator
