#include "provider_connections/graph_sessions.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "graph/peer.h"
#include "provider_connections/master_key.h"
#include "provider_connections/provider_connections.h"
#include "testing/clock.h"
#include "testing/database.h"
#include "testing/people.h"

namespace ta::provider_connections {
namespace {

using namespace std::chrono_literals;
using Kept = GraphSessions::Kept;

constexpr const char* kEntra = "6f0c2d3e-1111-2222-3333-444455556666";

class GraphSessionsTest : public ::testing::Test {
 protected:
  GraphSessionsTest() {
    database_->write([&](auto& tx) {
      alpha_ = testing::make_tenant(tx, "alpha").id;
      beta_ = testing::make_tenant(tx, "beta").id;
    });
    for (graph::Peer* peer : {&hostile_, &friendly_})
      peer->on(fmt::format("/{}/oauth2/v2.0/token", kEntra),
               [](http::Request&, int) { return graph::Peer::token("t"); });
    hostile_.on("/v1.0/groups", [](http::Request&, int) {
      http::Response out = http::json_response(429, json::object{});
      out.headers.set("Retry-After", "100");
      return out;
    });
    friendly_.on("/v1.0/groups",
                 [](http::Request&, int) { return http::json_response(200, {{"value", json::array{}}}); });
  }
  // Every tenant names the same Entra tenant and the same app.
  ConnectionId connect(TenantId tenant, const graph::Peer& peer, const std::string& entra = kEntra) {
    return database_->write([&](auto& tx) {
      const auto made = store_.create(tx, tenant, {entra, "Entra", {peer.url(), peer.url()}}, clock_.now());
      EXPECT_TRUE(made.has_value());
      set_secret(tx, tenant, made->id, "the~client.secret-4f9Q");
      return made->id;
    });
  }
  void set_secret(storage::Transaction& tx, TenantId tenant, ConnectionId id, const std::string& secret) {
    EXPECT_TRUE(store_.set_credential(tx, tenant, id, {.client_id = "app-1", .secret = secret}, clock_.now()));
  }
  std::shared_ptr<graph::GraphClient> open(TenantId tenant, ConnectionId id) {
    return sessions_.open(tenant, id).value();
  }

  testing::TestDatabase database_{storage::Engine::sqlite};
  ta::testing::FixedClock clock_;
  SecureRandom random_;
  MasterKey key_ = MasterKey::parse(hex(std::string(32, 'k'))).value();
  ConnectionStore store_{key_, random_, EndpointRule::custom};
  graph::Peer hostile_, friendly_;
  http::Client http_;
  GraphSessions sessions_{*database_, store_, http_, clock_, random_};
  TenantId alpha_, beta_;
};

TEST_F(GraphSessionsTest, WhatOneTenantHearsChangesNothingForAnother) {
  const auto theirs = open(alpha_, connect(alpha_, hostile_));
  const auto ours = open(beta_, connect(beta_, friendly_));
  EXPECT_EQ(sessions_.kept(), (Kept{2, 2}));
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(theirs->get("/v1.0/groups", {.deadline = 2s})) << "refused, and closed from the second time on";
  EXPECT_EQ(hostile_.asked("/v1.0/groups"), 2);
  EXPECT_TRUE(ours->get("/v1.0/groups", {.deadline = 2s}));
}

TEST_F(GraphSessionsTest, TenantsOnTheSameServerHaveBudgetsOfTheirOwn) {
  const auto theirs = open(alpha_, connect(alpha_, hostile_));
  const auto ours = open(beta_, connect(beta_, hostile_));
  for (int i = 0; i < 3; ++i) std::ignore = theirs->get("/v1.0/groups", {.deadline = 2s});
  std::ignore = ours->get("/v1.0/groups", {.deadline = 2s});
  EXPECT_EQ(hostile_.asked("/v1.0/groups"), 3) << "the other tenant finds out by itself";
}

TEST_F(GraphSessionsTest, ANewSecretKeepsTheBudget) {
  const ConnectionId id = connect(alpha_, hostile_);
  const auto before = open(alpha_, id);
  for (int i = 0; i < 3; ++i) std::ignore = before->get("/v1.0/groups", {.deadline = 2s});
  database_->write([&](auto& tx) { set_secret(tx, alpha_, id, "another~secret-71bQ"); });
  const auto after = open(alpha_, id);
  EXPECT_NE(before, after);
  std::ignore = after->get("/v1.0/groups", {.deadline = 2s});
  EXPECT_EQ(hostile_.asked("/v1.0/groups"), 2);
  EXPECT_EQ(sessions_.kept(), (Kept{1, 1}));
}

TEST_F(GraphSessionsTest, WhatIsNotUsedForAnHourIsForgottenUnlessACallHoldsIt) {
  const ConnectionId one = connect(alpha_, friendly_), other = connect(beta_, friendly_);
  auto held = open(alpha_, one);
  open(beta_, other);
  clock_.advance(61min);
  open(beta_, other);
  EXPECT_EQ(sessions_.kept(), (Kept{2, 2})) << "held, and just used";
  held.reset();
  open(beta_, other);
  EXPECT_EQ(sessions_.kept(), (Kept{1, 1}));
  EXPECT_TRUE(open(alpha_, one)->get("/v1.0/groups"));
}

}  // namespace
}  // namespace ta::provider_connections
