// A tenant may connect to a server of its own, with any Entra tenant id and client id, which are no secrets. What that
// server answers changes nothing for other tenants.
#include "cli/product_fixture.h"

namespace ta::cli {
namespace {

using namespace std::chrono_literals;

// Signs everybody in and refuses everything else.
class HostileGraph {
 public:
  HostileGraph() {
    server_ = std::move(*http::Server::start({}, [this](http::Request& request) { return answer(request); }));
  }
  int refused() const { return refused_; }
  std::string url() const { return server_->url(); }

 private:
  http::Response answer(const http::Request& request) {
    if (request.path.ends_with("/oauth2/v2.0/token"))
      return http::json_response(200, {{"token_type", "Bearer"}, {"access_token", "a-token"}, {"expires_in", 3599}});
    ++refused_;
    http::Response out = http::json_response(429, {{"error", {{"code", "TooManyRequests"}, {"message", "No."}}}});
    out.headers.set("Retry-After", "200");
    return out;
  }

  std::atomic<int> refused_{0};
  std::unique_ptr<http::Server> server_;
};

class ForeignGraphTest : public ProductTest {
 protected:
  void SetUp() override {
    ProductTest::SetUp();
    process_->start_worker();
  }
  const DemoTenant& fabrikam() const { return data_.tenants[1]; }

  ConnectionId connect_contoso_to(const HostileGraph& hostile) {
    const auto& store = process_->connections();
    return process_->database().write([&](storage::Transaction& tx) {
      const auto made =
          store.create(tx, contoso().tenant.id, {fabrikam().entra_tenant_id, "Theirs", {hostile.url(), hostile.url()}},
                       SystemClock().now());
      const std::string client_id = simulator_->simulator().world().tenants()[1].app("full").client_id;
      EXPECT_TRUE(store.set_credential(tx, contoso().tenant.id, made->id,
                                       {.client_id = client_id, .secret = "any-secret-will-do-7f3a9c"},
                                       SystemClock().now()));
      return made->id;
    });
  }
  // The quickest of some syncs: the machine may be busy.
  std::chrono::duration<double> sync_fabrikam() {
    std::chrono::duration<double> best{1h};
    for (int i = 0; i < 4; ++i) {
      const auto began = std::chrono::steady_clock::now();
      const runs::Run run =
          wait_for_run(*process_, fabrikam().tenant.id, start_demo_sync(*process_, data_, fabrikam()));
      EXPECT_EQ(run.outcome, runs::RunOutcome::succeeded);
      best = std::min<std::chrono::duration<double>>(best, std::chrono::steady_clock::now() - began);
    }
    return best;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ForeignGraphTest, testing::engines(), testing::engine_name);

TEST_P(ForeignGraphTest, ThatRefusesEverythingDelaysNoOtherTenant) {
  const HostileGraph hostile;
  const ConnectionId theirs = connect_contoso_to(hostile);
  const auto before = sync_fabrikam();
  start_demo_sync(*process_, data_, contoso(), theirs);
  ASSERT_TRUE(testing::eventually([&] { return hostile.refused() >= 2; }));
  const auto meanwhile = sync_fabrikam();
  RecordProperty("before_ms", static_cast<int>(before.count() * 1000));
  RecordProperty("meanwhile_ms", static_cast<int>(meanwhile.count() * 1000));
  EXPECT_LE(meanwhile.count(), 1.1 * before.count() + 0.2) << "of " << before.count() << " s";
}

}  // namespace
}  // namespace ta::cli
