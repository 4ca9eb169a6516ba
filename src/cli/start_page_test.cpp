// The Sync now button when the operation cannot be handed to the workers: the page says so, and the next press works.
#include "cli/product_fixture.h"
#include "web/sign_in_pages.h"

namespace ta::cli {
namespace {

class StartPageTest : public ProductTest {
 protected:
  http::ClientResponse press_sync() {
    const DemoUser& owner = person(access::Role::owner);
    const auto session =
        process_->host().sign_in.sign_in(owner.email, owner.password, {"127.0.0.1", "test", "test"}).value();
    http::ClientRequest request{.method = http::Method::post,
                                .url = process_->url() + "/t/contoso/inventory/sync",
                                .headers = {},
                                .body = "_csrf=" + http::url_encode(session.principal.csrf_token)};
    request.headers.set("Cookie", fmt::format("{}={}", web::kSessionCookie, session.secret));
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.headers.set("HX-Request", "true");
    request.headers.set("HX-Request-Type", "partial");
    return client_.send(std::move(request)).get().value();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, StartPageTest, testing::engines(), testing::engine_name);

TEST_P(StartPageTest, AFailedDispatchIsSaidWithItsRunAndCanBeTriedAgain) {
  restart([](storage::Transaction&, const runs::DispatchRequest&) { throw std::runtime_error("no queue"); });
  const http::ClientResponse failed = press_sync();
  EXPECT_EQ(failed.status, 200);
  EXPECT_NE(failed.body.find("Inventory sync did not start"), std::string::npos) << failed.body;
  EXPECT_NE(failed.body.find("View run"), std::string::npos);
  EXPECT_EQ(failed.body.find("no queue"), std::string::npos) << "technical detail stays in the log";
  restart({});
  EXPECT_NE(press_sync().body.find("Inventory sync queued"), std::string::npos);
  EXPECT_NE(press_sync().body.find("Inventory sync already running"), std::string::npos);
  EXPECT_EQ(count("operation_runs"), 2);
}

}  // namespace
}  // namespace ta::cli
