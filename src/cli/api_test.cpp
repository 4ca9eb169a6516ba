// The API of runs over real sockets: who may, what is answered, what bad input gets.
#include "cli/product_fixture.h"
#include "monitoring/openapi.h"
#include "monitoring/run_events.h"

namespace ta::cli {
namespace {

using access::Role;
using http::Method;

constexpr const char* kSync = R"({"type":"inventory.sync","inputs":{}})";

class ApiTest : public ProductTest {
 protected:
  // As a worker that is connected and takes nothing.
  void connect_worker() {
    database_->write([](storage::Transaction& tx) {
      tx.run_text("worker", "INSERT INTO workers (name, slots, started_at, seen_at) VALUES ('idle', 4, :now, :now)",
                  {{"now", SystemClock().now()}});
    });
  }
  // The run of a stream's only event.
  static json::value told(const std::string& events) {
    constexpr std::string_view kBefore = "event: run\ndata: ";
    EXPECT_TRUE(events.starts_with(kBefore)) << events;
    return parse_json(events.substr(kBefore.size()), {1 << 20, 32}).value_or(nullptr);
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ApiTest, testing::engines(), testing::engine_name);

TEST_P(ApiTest, ThirtyTwoStartsAtOnceAreOneRun) {
  std::vector<std::thread> callers;
  std::mutex mutex;
  std::map<std::int64_t, int> ids;
  std::map<int, int> statuses;
  for (int i = 0; i < 32; ++i)
    callers.emplace_back([&, i] {
      const Answer answer = start(kSync, i % 2 ? Role::owner : Role::operator_);
      const std::lock_guard lock(mutex);
      ++statuses[answer.status];
      ++ids[answer.json.at("run").at("id").as_int64()];
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(ids.size(), 1u);
  EXPECT_EQ(statuses[201], 1);
  EXPECT_EQ(statuses[200], 31);
  EXPECT_EQ(count("operation_runs"), 1);
  EXPECT_EQ(count("notifications"), 1) << "joiners are told by the answer, not by the bell";
}

TEST_P(ApiTest, AnswersWithTheRunAndItsAddress) {
  const Answer created = start(kSync);
  ASSERT_EQ(created.status, 201) << created.body;
  const json::value& run = created.json.at("run");
  EXPECT_EQ(created.json.at("disposition"), json::value("created"));
  EXPECT_EQ(run.at("status"), json::value("queued"));
  EXPECT_EQ(run.at("initiator_name"), json::value("Alva Lindqvist"));
  EXPECT_EQ(run.at("context").at("start_surface"), json::value("API"));
  const Answer shown = get(fmt::format("/api/v1/tenants/contoso/runs/{}", run.at("id").as_int64()));
  json::object again = shown.json.at("run").as_object();
  EXPECT_EQ(again["waiting"].at("reason"), "no_worker");
  EXPECT_EQ(again["attempts"], json::array());
  again.erase("waiting");
  again.erase("attempts");
  EXPECT_EQ(again, run.as_object());
  EXPECT_EQ(count("audit_log WHERE action = 'operation.started'"), 1);
}

TEST_P(ApiTest, ForeignAndUnknownTenantsAreTheSame404) {
  const std::string foreign = get("/api/v1/tenants/fabrikam/runs", Role::readonly).body;
  const Answer unknown = get("/api/v1/tenants/no-such/runs", Role::readonly);
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, foreign);
  EXPECT_EQ(start(kSync, Role::operator_, "fabrikam").status, 404);
  const Answer run = start(kSync, Role::owner, "fabrikam");
  const std::string id = std::to_string(run.json.at("run").at("id").as_int64());
  EXPECT_EQ(get("/api/v1/tenants/contoso/runs/" + id).status, 404) << "a run of another tenant";
  EXPECT_EQ(get("/api/v1/tenants/fabrikam/runs/" + id, Role::manager).status, 404);
}

TEST_P(ApiTest, ARunTellsEachAttemptsOwnTimes) {
  const std::int64_t id = start(kSync).json.at("run").at("id").as_int64();
  database_->write([&](storage::Transaction& tx) {
    tx.run_text("attempts",
                "INSERT INTO run_attempts (run_id, number, started_at, ended_at, code, worker) "
                "VALUES (:id, 1, :first, :lost, 'worker.lost', 'a'), (:id, 2, :second, :end, '', 'b')",
                {{"id", id},
                 {"first", parse_rfc3339("2026-11-21T08:00:00Z").value()},
                 {"lost", parse_rfc3339("2026-11-21T08:00:14Z").value()},
                 {"second", parse_rfc3339("2026-11-21T09:00:00Z").value()},
                 {"end", parse_rfc3339("2026-11-21T09:00:05Z").value()}});
    tx.run_text("job", "DELETE FROM run_jobs");
    tx.run_text("run",
                "UPDATE operation_runs SET status = 'completed', outcome = 'succeeded', started_at = :first, "
                "completed_at = :end",
                {{"first", parse_rfc3339("2026-11-21T08:00:00Z").value()},
                 {"end", parse_rfc3339("2026-11-21T09:00:05Z").value()}});
  });
  const json::value run = get(fmt::format("/api/v1/tenants/contoso/runs/{}", id)).json.at("run");
  const json::value expected{{{"number", 1},
                              {"started_at", "2026-11-21T08:00:00Z"},
                              {"ended_at", "2026-11-21T08:00:14Z"},
                              {"code", "worker.lost"},
                              {"late_result_at", nullptr}},
                             {{"number", 2},
                              {"started_at", "2026-11-21T09:00:00Z"},
                              {"ended_at", "2026-11-21T09:00:05Z"},
                              {"code", nullptr},
                              {"late_result_at", nullptr}}};
  EXPECT_EQ(run.at("attempts"), expected);
}

TEST_P(ApiTest, WhoMayNotStartIs403AndNothingHappens) {
  EXPECT_EQ(start(kSync, Role::readonly).status, 403);
  EXPECT_EQ(count("operation_runs"), 0);
  EXPECT_EQ(get("/api/v1/tenants/contoso/runs", Role::readonly).status, 200);
  EXPECT_EQ(send(Method::get, "/api/v1/tenants/contoso/runs", "", "").status, 401);
  EXPECT_EQ(send(Method::get, "/api/v1/tenants/contoso/runs", "", "ta_wrong").status, 401);
}

TEST_P(ApiTest, BadInputGetsAClearProblemAndLosesNothing) {
  struct Case {
    std::string body;
    int status;
    std::string code;
  };
  std::string deep = R"({"type":"inventory.sync","inputs":)";
  for (int i = 0; i < 100; ++i) deep += R"({"a":)";
  const Case cases[] = {
      {"", 400, "request.malformed_json"},
      {"{", 400, "request.malformed_json"},
      {"[1]", 400, "request.malformed_json"},
      {deep, 400, "request.malformed_json"},
      {"\xff\xfe", 422, "request.invalid_text"},
      {R"({"type":"inventory.sync\ud800"})", 422, "request.invalid_text"},
      {R"({"type":"inventory.sync","inputs":{"types":["a\u0000"]}})", 422, "request.invalid_text"},
      {"{}", 422, "run.invalid_input"},
      {R"({"type":7})", 422, "run.invalid_input"},
      {R"({"type":"no.such"})", 422, "run.invalid_input"},
      {R"({"type":"inventory.sync","more":1})", 422, "run.invalid_input"},
      {R"({"type":"inventory.sync","inputs":[]})", 422, "run.invalid_input"},
      {R"({"type":"inventory.sync","inputs":{"types":["no_such_type"]}})", 422, "run.invalid_input"},
      {R"({"type":"inventory.sync","inputs":{"connection":"x"}})", 422, "run.invalid_input"},
      {R"({"type":"inventory.sync","inputs":{"connection":99999999999999999999}})", 422, "run.invalid_input"},
  };
  for (const Case& c : cases) {
    const Answer answer = start(c.body);
    EXPECT_EQ(answer.status, c.status) << c.body.substr(0, 80) << " → " << answer.body;
    EXPECT_EQ(json_string(answer.json, "code"), c.code) << c.body.substr(0, 80);
    EXPECT_FALSE(json_string(answer.json, "detail").empty());
  }
  EXPECT_EQ(start(std::string(10 << 20, ' ')).status, 413);
  EXPECT_EQ(count("operation_runs"), 0);
  EXPECT_EQ(start(kSync).status, 201) << "the server is well";
}

TEST_P(ApiTest, ParametersThatMakeNoSenseAreNamed) {
  for (const char* query : {"status=x", "outcome=x", "initiator=x", "from=yesterday", "to=1", "sort=size", "limit=0",
                            "limit=201", "limit=x", "cursor=x"}) {
    const Answer answer = get(std::string("/api/v1/tenants/contoso/runs?") + query);
    EXPECT_EQ(answer.status, 422) << query;
    const std::string name(query, std::string_view(query).find('='));
    EXPECT_NE(json_string(answer.json, "detail").find(name), std::string::npos) << answer.body;
  }
  for (const char* query :
       {"before=abc", "before=0", "before=-1", "before=", "unread=maybe", "befor=1", "unread=true&unread=true"}) {
    const Answer answer = get(std::string("/api/v1/notifications?") + query);
    EXPECT_EQ(answer.status, 422) << query << answer.body;
    EXPECT_EQ(json_string(answer.json, "code"), "request.invalid_parameter") << query;
  }
  EXPECT_EQ(get("/api/v1/notifications?before=1&unread=true").status, 200);
  for (const char* path : {"/api/v1/tenants?x=1", "/api/v1/operation-types?x=1", "/api/v1/tenants/contoso/runs?typ=a",
                           "/api/v1/tenants/contoso/connections?limit=1"})
    EXPECT_EQ(get(path).status, 422) << path;
  for (const char* id : {"0", "-1", "x", "99999999999999999999", "1%20"})
    EXPECT_EQ(get(std::string("/api/v1/tenants/contoso/runs/") + id).status, 404) << id;
}

TEST_P(ApiTest, ADispatcherThatThrowsIsSaidAndTheNextStartWorks) {
  restart([](storage::Transaction&, const runs::DispatchRequest&) { throw std::runtime_error("no queue"); });
  const Answer failed = start(kSync);
  EXPECT_EQ(failed.status, 503) << failed.body;
  EXPECT_EQ(json_string(failed.json, "code"), "queue.dispatch_failed");
  EXPECT_EQ(failed.json.at("run").at("outcome"), json::value("failed"));
  restart({});
  EXPECT_EQ(start(kSync).status, 201);
}

TEST_P(ApiTest, AStreamSaysWhatItsRunWaitsForAndWhenThatIsAnother) {
  const RunId run{start(kSync).json.at("run").at("id").as_int64()};
  const TenantId tenant = contoso().tenant.id;
  const auto stream = monitoring::run_events(process_->host(), tenant, run);
  std::atomic<int> wakes = 0;
  bool done = false;
  stream->open([&] { ++wakes; });
  const json::value first = told(stream->drain(done));
  EXPECT_EQ(first, get(fmt::format("/api/v1/tenants/contoso/runs/{}", run)).json.at("run"));
  EXPECT_EQ(first.at("waiting").at("reason"), "no_worker");
  EXPECT_EQ(stream->drain(done), "") << "once";

  process_->host().feed.publish(tenant, run);
  ASSERT_TRUE(testing::eventually([&] { return wakes > 0; }));
  const int before = wakes;  // from here on only others change
  connect_worker();
  process_->host().feed.publish(tenant, RunId{run.value + 1});
  ASSERT_TRUE(testing::eventually([&] { return wakes > before; }));
  EXPECT_EQ(told(stream->drain(done)).at("waiting").at("reason"), "next");
  EXPECT_FALSE(done);
}

TEST_P(ApiTest, AStreamEndsWithItsRun) {
  const std::int64_t run = start(kSync).json.at("run").at("id").as_int64();
  http::ClientRequest request{.url = fmt::format("{}/api/v1/tenants/contoso/runs/{}/events", process_->url(), run)};
  request.headers.set("Authorization", "Bearer " + person(Role::owner).api_token);
  auto answer = client_.send(std::move(request));
  ASSERT_TRUE(testing::eventually([&] { return process_->host().site.open_streams() > 0; }));
  process_->start_worker();
  const auto response = answer.get();
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->headers.get("Content-Type"), "text/event-stream");
  const auto last = response->body.rfind("event: run\n");
  const std::string end = "\n\nevent: end\ndata: {}\n\n";
  ASSERT_TRUE(response->body.ends_with(end)) << response->body;
  const json::value over = told(response->body.substr(last, response->body.size() - last - end.size()));
  EXPECT_EQ(over.at("outcome"), "succeeded");
  EXPECT_FALSE(over.as_object().contains("waiting"));
}

TEST_P(ApiTest, TheBellIsOnesOwn) {
  start(kSync);
  const Answer mine = get("/api/v1/notifications");
  ASSERT_EQ(mine.json.at("notifications").as_array().size(), 1u);
  const std::string id = std::to_string(mine.json.at("notifications").at(0).at("id").as_int64());
  EXPECT_EQ(mine.json.at("unread"), json::value(1));
  EXPECT_EQ(get("/api/v1/notifications", Role::manager).json.at("unread"), json::value(0));
  const std::string path = "/api/v1/notifications/" + id + "/read";
  EXPECT_EQ(send(Method::post, path, "", person(Role::manager).api_token).status, 404);
  EXPECT_EQ(send(Method::post, path, "", person(Role::owner).api_token).status, 204);
  EXPECT_EQ(get("/api/v1/notifications").json.at("unread"), json::value(0));
}

TEST_P(ApiTest, EveryDescribedOperationExistsAndAsksForAToken) {
  const json::value document = parse_json(monitoring::openapi_document()).value();
  EXPECT_EQ(document.at("openapi"), json::value("3.1.0"));
  int operations = 0;
  for (const auto& path : document.at("paths").as_object())
    for (const auto& operation : path.value().as_object()) {
      std::string target(path.key());
      for (const auto& [name, value] : {std::pair("{tenant}", "contoso"), std::pair("{id}", "1")})
        if (const auto at = target.find(name); at != target.npos)
          target.replace(at, std::string_view(name).size(), value);
      const Method method = operation.key() == "post" ? Method::post : Method::get;
      EXPECT_EQ(send(method, target, "{}", "").status, 401) << target;
      ++operations;
    }
  EXPECT_EQ(operations, 10);
  EXPECT_EQ(send(Method::get, "/api/openapi.json", "", "").status, 200);
  EXPECT_EQ(send(Method::delete_, "/api/v1/notifications", "", "").status, 405);
}

TEST_P(ApiTest, HealthReadinessAndMetricsNeedNobody) {
  EXPECT_EQ(send(Method::get, "/healthz", "", "").status, 200);
  EXPECT_EQ(send(Method::get, "/readyz", "", "").status, 200);
  start(kSync);
  const Answer metrics = send(Method::get, "/metrics", "", "");
  EXPECT_NE(metrics.body.find("\ntenantatlas_runs_waiting 1"), std::string::npos) << metrics.body;
  for (const char* line : {"\ntenantatlas_runs_queued{priority=\"user\",type=\"inventory.sync\"} 1\n",
                           "\ntenantatlas_runs_queued_oldest_seconds{priority=\"bulk\"} 0\n",
                           "\ntenantatlas_slots_busy 0\n", "\ntenantatlas_limits_reached_total{limit=\"tenant\"} 0\n"})
    EXPECT_NE(metrics.body.find(line), std::string::npos) << line << metrics.body;
  EXPECT_NE(metrics.body.find("tenantatlas_run_starts_total{disposition=\"created\",type=\"inventory.sync\"} 1"),
            std::string::npos)
      << metrics.body;
}

}  // namespace
}  // namespace ta::cli
