// For this module's tests: one engine on a fresh database, two tenants, two members of the first, and an operation that
// does what the test says.
#pragma once
#include <gtest/gtest.h>

#include "runs/job_queue.h"
#include "runs/maintenance.h"
#include "runs/metrics.h"
#include "runs/operation.h"
#include "runs/run_reader.h"
#include "runs/worker.h"
#include "testing/clock.h"
#include "testing/database.h"
#include "testing/eventually.h"

namespace ta::runs {

// Two operations on one provider scope; `work` is what they do.
using Work = std::function<Report(RunContext&)>;

struct ProbeInputs {
  ConnectionId connection;
  std::vector<std::string> types;
  void normalise() {
    std::sort(types.begin(), types.end());
    types.erase(std::unique(types.begin(), types.end()), types.end());
  }
  std::string scope_key() const { return fmt::format("connection:{}", connection); }
};
BOOST_DESCRIBE_STRUCT(ProbeInputs, (), (connection, types))

struct Probe {
  static constexpr std::string_view kType = "test.probe";
  using Inputs = ProbeInputs;
  Work work;
  Report run(const Inputs&, RunContext& context) { return work ? work(context) : Report::done(); }
};
struct OtherProbe : Probe {
  static constexpr std::string_view kType = "test.other";
};

// Without a provider scope.
struct LocalProbe : Probe {
  static constexpr std::string_view kType = "test.local";
};

// A second attempt at it does harm.
struct OnceProbe : Probe {
  static constexpr std::string_view kType = "test.once";
};

// One at a time in each tenant.
struct SingleProbe : Probe {
  static constexpr std::string_view kType = "test.single";
};

class EngineTest : public ::testing::TestWithParam<storage::Engine> {
 public:
  using Run = runs::Run;  // not GoogleTest's own Run()

 protected:
  EngineTest() {
    database_->write([&](storage::Transaction& tx) {
      tx.run_text("seed", R"(INSERT INTO tenants (id, slug, name, time_zone, created_at, updated_at)
          VALUES (1, 'contoso', 'Contoso', 'UTC', :now, :now), (2, 'fabrikam', 'Fabrikam', 'UTC', :now, :now))",
                  {{"now", clock_.now()}});
      tx.run_text("seed", R"(INSERT INTO users (id, email, name, created_at, updated_at)
          VALUES (1, 'alva@example.com', 'Alva', :now, :now), (2, 'jonas@example.com', 'Jonas', :now, :now))",
                  {{"now", clock_.now()}});
      tx.run_text("seed", R"(INSERT INTO tenant_memberships (tenant_id, user_id, role, created_at, updated_at)
          VALUES (1, 1, 'operator', :now, :now), (1, 2, 'operator', :now, :now))",
                  {{"now", clock_.now()}});
    });
    const TypeDefinition definition{
        .label = "Probe", .capability = "runs.start", .scope = Scope::provider, .retry_safe = true, .attempts_max = 3};
    add_operation<Probe>(catalog_, definition, [this] { return Probe{work_}; });
    add_operation<OtherProbe>(catalog_, definition, [this] { return OtherProbe{{work_}}; });
    TypeDefinition local = definition;
    local.scope = Scope::tenant;
    add_operation<LocalProbe>(catalog_, local, [this] { return LocalProbe{{work_}}; });
    TypeDefinition once = local;
    once.retry_safe = false;
    add_operation<OnceProbe>(catalog_, once, [this] { return OnceProbe{{work_}}; });
    TypeDefinition single = local;
    single.running_max = 1;
    add_operation<SingleProbe>(catalog_, single, [this] { return SingleProbe{{work_}}; });
  }

  StartRequest request(json::array types = {"a"}, std::int64_t connection = 7) const {
    return {kContoso, "test.probe", json::object{{"connection", connection}, {"types", std::move(types)}}, kAlva};
  }
  Started start(const StartRequest& request) { return service_.start(request).value(); }
  Run reload(RunId id, TenantId tenant = kContoso) { return reader_.find(tenant, id).value(); }
  Worker worker(WorkerOptions options = {}) {
    options.steady = [this] { return std::chrono::steady_clock::time_point(clock_.now().time_since_epoch()); };
    return Worker(queue_, service_, clock_, *random_, feed_, std::move(options), authorise_);
  }
  std::int64_t count(const std::string& from_where) {
    return database_->read([&](storage::Transaction& tx) {
      return tx.run_text("count", "SELECT COUNT(*) AS count FROM " + from_where)[0].get<std::int64_t>("count");
    });
  }

  static constexpr TenantId kContoso{1}, kFabrikam{2};
  const Initiator kAlva{UserId{1}, "Alva"}, kJonas{UserId{2}, "Jonas"};

  testing::TestDatabase database_{GetParam()};
  testing::FixedClock clock_;
  std::unique_ptr<Random> random_ = seeded_random(7);
  Catalog catalog_;
  Work work_;
  Authorise authorise_;
  ChangeFeed feed_{*database_};
  Metrics metrics_;
  RunService service_{*database_, catalog_, clock_, feed_, metrics_};
  JobQueue queue_{*database_, service_, clock_, *random_, feed_};
  RunReader reader_{*database_, clock_};
};

}  // namespace ta::runs
