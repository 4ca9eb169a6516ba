// Secrets that a handler lets slip reach no row and no log. Behaviour 25 of the engine's contract; the pages show rows,
// and inventory_sync_test sends one through the whole product.
#include <rapidcheck.h>

#include "base/digest.h"
#include "base/secrets.h"
#include "runs/engine_fixture.h"

namespace ta::runs {
namespace {

class EngineSecretsTest : public EngineTest {
 protected:
  // Every text that the engine stores of a run.
  std::string all_rows() {
    return database_->read([](storage::Transaction& tx) {
      std::string all;
      for (const char* texts :
           {"SELECT CAST(failure_summary AS TEXT) || CAST(context AS TEXT) AS text FROM operation_runs",
            "SELECT last_code || last_message || CAST(payload AS TEXT) AS text FROM run_jobs",
            "SELECT title || body AS text FROM notifications", "SELECT code || worker AS text FROM run_attempts"})
        for (const storage::Row& row : tx.run_text("texts", texts)) all += row.get<std::string>("text") + "\n";
      return all;
    });
  }
  void clear() {
    database_->write([](storage::Transaction& tx) { tx.run_text("clear", "DELETE FROM operation_runs"); });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, EngineSecretsTest, testing::engines(), testing::engine_name);

struct Slip {
  std::string secret, text;
};

// What carries a secret looks like one, or the secret is known to this process and spelled in any way.
rc::Gen<Slip> any_slip() {
  return rc::gen::exec([] {
    static const std::vector<std::pair<std::string, std::string>> frames{
        {"POST /token client_secret=", "&grant_type=client_credentials"},
        {R"({"access_token":")", R"(","expires_in":3599})"},
        {"Authorization: Bearer ", "\r\nHost: graph"},
        {R"({\"error\":\"bad clientSecret: )", R"(\"})"},
        {"connecting to postgresql://ta:", "@127.0.0.1:5432/ta failed"},
        {"host=db user=ta password=", " dbname=ta"},
        {"Cookie: a=b; session=", "; theme=dark"},
        {"x-api-key: ", "\n"},
        {"<Password>", "</Password>"},
        {"refresh_token%3D", "%26x"},
        {"jwt eyJhbGciOiJSUzI1NiJ9.", ".c2lnbmF0dXJlLWJ5dGVz"},
        {"-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----"}};
    const auto bytes = seeded_random(*rc::gen::arbitrary<std::uint64_t>())->bytes(*rc::gen::inRange(24, 48));
    const std::string secret = base64url(bytes);
    if (*rc::gen::inRange(0, 3) > 0) {
      const auto& [before, after] = *rc::gen::elementOf(frames);
      return Slip{secret, before + secret + after};
    }
    remember_secret(secret);
    const std::string spelled =
        *rc::gen::elementOf(std::vector{secret, base64(secret), base64url(secret), hex(secret)});
    return Slip{spelled, "it said " + spelled + " and went away"};
  });
}

TEST_P(EngineSecretsTest, ASecretInAnythingAHandlerSaysReachesNoRowAndNoLog) {
  using Way = std::function<Report(RunContext&, const std::string&)>;
  const std::vector<Way> ways{
      [](RunContext&, const std::string& text) -> Report { throw std::runtime_error(text); },
      [](RunContext&, const std::string& text) -> Report { throw FailureError(FailureCode::graph_forbidden, text); },
      [](RunContext&, const std::string& text) { return Report::failed({FailureCode::graph_throttled, text, {}}); },
      [](RunContext& context, const std::string& text) {
        context.note_failure(FailureCode::graph_not_found, text);
        return Report::done();
      },
      [](RunContext& context, const std::string& text) {
        context.set_context("detail", json::object{{"answer", json::array{text}}});
        return Report::done();
      }};
  EXPECT_TRUE(rc::check([&] {
    const Slip slip = *any_slip();
    const Way& way = ways.at(*rc::gen::inRange<std::size_t>(0, ways.size()));
    work_ = [&](RunContext& context) { return way(context, slip.text); };
    ::testing::internal::CaptureStderr();
    start(request());
    worker().run_once();
    const std::string seen = all_rows() + ::testing::internal::GetCapturedStderr();
    clear();
    RC_ASSERT(seen.find("test.probe") != std::string::npos);  // the log was read
    RC_ASSERT(seen.find(slip.secret) == std::string::npos);
  }));
}

TEST_P(EngineSecretsTest, ASecretInADispatchersExceptionReachesNoRowAndNoLog) {
  EXPECT_TRUE(rc::check([&] {
    const Slip slip = *any_slip();
    RunService broken(*database_, catalog_, clock_, feed_, metrics_,
                      [&](auto&, auto&) { throw std::runtime_error(slip.text); });
    ::testing::internal::CaptureStderr();
    RC_ASSERT(broken.start(request())->disposition == Disposition::dispatch_failed);
    const std::string seen = all_rows() + ::testing::internal::GetCapturedStderr();
    clear();
    RC_ASSERT(seen.find("run.dispatch_failed") != std::string::npos);
    RC_ASSERT(seen.find(slip.secret) == std::string::npos);
  }));
}

TEST_P(EngineSecretsTest, AnotherTenantsSecretChangesNoMessage) {
  const std::string message = "Insufficient7privileges to complete the operation";
  remember_secret("Insufficient7privileges", kFabrikam);
  work_ = [&](RunContext& context) {
    context.note_failure(FailureCode::graph_forbidden, message);
    return Report::done();
  };
  const RunId run = start(request()).run.id;
  worker().run_once();
  EXPECT_EQ(reload(run).failure_summary.at(0).message, message);
  StartRequest theirs = request();
  theirs.tenant = kFabrikam;
  const RunId other = start(theirs).run.id;
  worker().run_once();
  EXPECT_EQ(reload(other, kFabrikam).failure_summary.at(0).message, "[redacted] to complete the operation");
}

}  // namespace
}  // namespace ta::runs
