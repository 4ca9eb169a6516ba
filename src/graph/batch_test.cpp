// Batches: what leaves as one request, and what comes back in any order, in part, or not at all.
#include "graph/batch_envelope.h"

#include <gtest/gtest.h>

#include "graph/contract_registry.h"
#include "graph/peer.h"
#include "testing/clock.h"

namespace ta::graph {
namespace {

using namespace std::chrono_literals;

http::Response rows(int first, int count, const std::string& next = {}) {
  json::object out;
  json::array& list = out["value"].emplace_array();
  for (int i = first; i < first + count; ++i) list.push_back({{"id", std::to_string(i)}});
  if (!next.empty()) out["@odata.nextLink"] = next;
  return http::json_response(200, out);
}

http::Response refused(int status, std::string retry_after = {}) {
  http::Response out = http::json_response(status, {{"error", {{"code", "No"}, {"message", "Not now."}}}});
  if (!retry_after.empty()) out.headers.add("Retry-After", std::move(retry_after));
  return out;
}

class BatchTest : public ::testing::Test {
 protected:
  GraphClient graph(GraphOptions options = {}) { return {client_, tokens_, timer_, *random_, options}; }
  static std::string path(int i) { return fmt::format("/beta/deviceManagement/list{}", i); }
  static std::vector<GraphRequest> lists(int count) {
    std::vector<GraphRequest> out;
    for (int i = 0; i < count; ++i) out.push_back({.target = path(i)});
    return out;
  }
  // Every list has three pages of 10.
  void serve_lists(int count) {
    for (int i = 0; i < count; ++i)
      peer_.on(path(i), [this](http::Request& r, int) {
        const std::string page = r.query.get("page");
        if (page == "3") return rows(20, 10);
        return rows(page.empty() ? 0 : 10, 10, peer_.url(r.path + (page.empty() ? "?page=2" : "?page=3")));
      });
  }
  void expect_whole(const std::vector<Result<json::array>>& out) {
    for (const auto& list : out) {
      ASSERT_TRUE(list) << list.error().message;
      EXPECT_EQ(list->size(), 30u);
    }
  }

  Peer peer_;
  ta::testing::FixedClock clock_;
  http::Client client_;
  TokenSource tokens_{client_, peer_.endpoints(), {"contoso", "app-1", "s3cret-of-app-1"}, clock_};
  ImpatientTimer timer_;
  std::unique_ptr<Random> random_ = seeded_random(1);
};

TEST_F(BatchTest, ManyListsLeaveInFewRequestsAndArriveWhole) {
  serve_lists(100);
  peer_.serve_batches();
  expect_whole(graph().collect_many(lists(100)));
  EXPECT_LE(peer_.server().stats().requests, 60u) << "for 300 pages";
  for (const json::array& batch : peer_.batches) EXPECT_LE(batch.size(), 20u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(peer_.asked(path(i)), 3) << i;
}

TEST_F(BatchTest, OnlyTheRefusedPartIsTriedAgainAndWaitsAsItWasTold) {
  serve_lists(10);
  peer_.on(path(3), [](http::Request&, int nth) { return nth <= 2 ? refused(429, "7") : rows(0, 30); });
  peer_.on(path(4), [](http::Request&, int nth) { return nth == 1 ? refused(503) : rows(0, 30); });
  peer_.serve_batches();
  expect_whole(graph().collect_many(lists(10)));
  EXPECT_EQ(peer_.asked(path(3)), 3);
  EXPECT_EQ(peer_.asked(path(4)), 2);
  EXPECT_EQ(peer_.asked(path(5)), 3) << "its own three pages";
  const auto delays = timer_.delays();
  ASSERT_EQ(delays.size(), 3u);
  EXPECT_EQ(std::count_if(delays.begin(), delays.end(), [](auto d) { return d >= 7s && d <= 8s; }), 2);
}

TEST_F(BatchTest, AFailedPartFailsAlone) {
  serve_lists(5);
  peer_.on(path(2), [](http::Request&, int) { return refused(403); });
  peer_.serve_batches();
  auto out = graph().collect_many(lists(5));
  EXPECT_EQ(out[2].error().code, FailureCode::graph_forbidden);
  out.erase(out.begin() + 2);
  expect_whole(out);
}

TEST_F(BatchTest, PartsThatAreMissingAreAskedAgain) {
  serve_lists(8);
  peer_.serve_batches([](json::array& answers) {
    if (answers.size() >= 8) answers.erase(answers.begin() + 1, answers.begin() + 4);
    answers.push_back({{"id", "99"}, {"status", 200}});
    answers.push_back("nonsense");
  });
  expect_whole(graph().collect_many(lists(8)));
}

TEST_F(BatchTest, IdsMayComeBackAsNumbers) {
  serve_lists(6);
  peer_.serve_batches([](json::array& answers) {
    for (json::value& part : answers) part.as_object()["id"] = std::stoll(json_string(part, "id"));
  });
  expect_whole(graph().collect_many(lists(6)));
}

TEST_F(BatchTest, ABatchThatIsRefusedAsAWholeIsTakenApart) {
  serve_lists(6);
  peer_.on("/beta/$batch", [](http::Request&, int) { return refused(400); });
  expect_whole(graph().collect_many(lists(6)));
  EXPECT_EQ(peer_.asked("/beta/$batch"), 1 + 0) << "each list goes on alone";
}

TEST_F(BatchTest, ABatchWhoseAnswerIsCutOffIsSentAgainInSmallerOnes) {
  serve_lists(12);
  std::atomic<int> cut{2};
  peer_.serve_batches();
  peer_.on("/beta/$batch", [&, whole = peer_.handler("/beta/$batch")](http::Request& request, int nth) {
    http::Response out = whole(request, nth);
    if (cut-- > 0) out.delivery.cut_after_bytes = 40;
    return out;
  });
  expect_whole(graph().collect_many(lists(12)));
}

TEST_F(BatchTest, DependentPartsWaitAndFailWithWhatTheyDependOn) {
  peer_.on(path(0), [](http::Request&, int nth) { return nth == 1 ? refused(429) : rows(0, 0); });
  peer_.on(path(1), [](http::Request&, int) { return rows(0, 0); });
  peer_.on(path(2), [](http::Request&, int) { return refused(404); });
  peer_.on(path(3), [](http::Request&, int) { return rows(0, 0); });
  peer_.serve_batches([](json::array& answers) {  // as Graph does
    const auto status = [&](std::string_view id) -> json::value& {
      for (json::value& part : answers)
        if (part.at("id") == json::value(id)) return part.as_object()["status"];
      return answers[0];
    };
    if (answers.size() < 4) return;
    for (const auto& [dependent, on] : {std::pair{"2", "1"}, std::pair{"4", "3"}})
      if (status(on).as_int64() >= 400) status(dependent) = 424;
  });
  std::vector<GraphRequest> requests = lists(4);
  requests[1].depends_on = {0};
  requests[3].depends_on = {2};
  const auto out = graph().send_many(requests);
  EXPECT_TRUE(out[0] && out[1]);
  EXPECT_FALSE(out[2] || out[3]);
  EXPECT_EQ(out[3].error().code, FailureCode::graph_not_found);
  EXPECT_EQ(json::serialize(peer_.batches[0][1].at("dependsOn")), R"(["1"])");
}

TEST_F(BatchTest, BodiesThatTogetherAreTooLargeLeaveInSeveralBatches) {
  std::vector<GraphRequest> requests;
  for (int i = 0; i < 8; ++i) {
    requests.push_back({.method = http::Method::patch, .target = path(i), .body = json::object{}});
    requests.back().body->as_object()["script"] = std::string(kBatchBytesMax / 4, 'x');
    peer_.on(path(i), [](http::Request&, int) { return http::json_response(200, json::object{}); });
  }
  peer_.serve_batches();
  for (const auto& answer : graph().send_many(requests)) EXPECT_TRUE(answer) << answer.error().message;
  ASSERT_GE(peer_.batches.size(), 3u);
  for (const json::array& batch : peer_.batches) EXPECT_LE(batch.size(), 3u);
}

TEST(BatchEnvelope, SaysWhatGraphExpects) {
  GraphRequest write{.method = http::Method::patch, .target = "/beta/x?$select=a", .body = json::object{{"a", 1}}};
  write.headers.add("If-Match", "W/\"1\"");
  const BatchPart parts[] = {{"1", &write, {}}};
  EXPECT_EQ(json::serialize(batch_body(parts)),
            R"({"requests":[{"id":"1","method":"PATCH","url":"/x?$select=a","body":{"a":1},)"
            R"("headers":{"If-Match":"W/\"1\"","Content-Type":"application/json"}}]})");
}

TEST(BatchEnvelope, LeavesOutWhatItCannotRead) {
  const auto read = read_batch(json::parse(
      R"({"responses":[{"id":1,"status":200,"body":{"v":1}},{"id":"2"},{"status":200},7,{"id":"3","status":"200"},
          {"id":"4","status":204,"headers":{"Retry-After":3}},{"id":"1","status":500}]})"));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->at("1").body.at("v"), 1);
  EXPECT_EQ(read->at("4").headers.get("retry-after"), "3");
  for (const char* none : {"{}", "[]", "null", R"({"responses":{}})"}) EXPECT_FALSE(read_batch(json::parse(none)));
}

}  // namespace
}  // namespace ta::graph
