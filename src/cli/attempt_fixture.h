// For this module's tests: two processes that execute one operation's attempts by hand, over a simulator behind a door.
#pragma once
#include "cli/held_simulator.h"
#include "cli/operation_samples.h"
#include "cli/product_fixture.h"
#include "testing/intercepted_database.h"

namespace ta::cli {

// What one process has for executing runs by hand. Its queue and its handlers work on `database`.
struct Crew {
  Crew(Process& process, storage::Database& database, Random& random, const std::string& name)
      : queue(database, process.host().runs, process.host().clock, random, process.host().feed,
              {.backoff_base = std::chrono::milliseconds{1}}),
        worker(queue, process.host().runs, process.host().clock, random, process.host().feed, {.name = name}) {}
  runs::JobQueue queue;
  runs::Worker worker;
};

class AttemptTest : public ProductTest {
 protected:
  using Run = runs::Run;                                             // not GoogleTest's own
  using Contents = std::map<std::string, std::vector<std::string>>;  // by table, its rows as text

  void SetUp() override {
    ProductTest::SetUp();
    process_->database().write([&](storage::Transaction& tx) {
      const simulator::App& app = simulator_->simulator().world().tenants()[0].app("full");
      const TenantId tenant = contoso().tenant.id;
      const Timestamp now = process_->host().clock.now();
      ASSERT_TRUE(provider_connections::update_connection(tx, tenant, contoso().connection, "Contoso",
                                                          {door_.url(), door_.url()}, rule_, now));
      ASSERT_TRUE(process_->connections().set_credential(
          tx, tenant, contoso().connection, {.client_id = app.client_id, .secret = app.client_secret}, now));
    });
    tables_ = all_tables();
    other_ = make_process();
    first_ = std::make_unique<Crew>(*process_, intercepted_, random_, "lost");
    second_ = std::make_unique<Crew>(*other_, other_->database(), random_, "second");
  }

  RunId start(const OperationSample& sample) {
    const access::User& owner = person(access::Role::owner).user;
    const auto started =
        process_->host().runs.start({contoso().tenant.id, std::string(sample.type), parse_json(sample.inputs).value(),
                                     runs::Initiator{owner.id, owner.name}});
    EXPECT_EQ(started.value().disposition, runs::Disposition::created);
    return started->run.id;
  }
  runs::RunDetail detail(RunId run) { return process_->host().reader.detail(contoso().tenant.id, run).value(); }
  bool safe_again(const Run& run) { return process_->host().catalog.find(run.type)->definition.retry_safe; }

  // Every row of every table. Attempts are what differs on purpose.
  Contents contents() {
    return database_->read([&](storage::Transaction& tx) {
      Contents all;
      for (const std::string& table : tables_)
        if (table != "run_attempts")
          for (const storage::Row& row : tx.run_text("contents", select_lines(tx, table)))
            all[table].push_back(row.get<std::string>("line"));
      return all;
    });
  }
  // As if its worker had died ten seconds ago, which the other process notices.
  void rescue(RunId run) {
    database_->write([&](storage::Transaction& tx) {
      tx.run_text("expire", "UPDATE run_jobs SET lease_expires_at = leased_at WHERE run_id = :run", {{"run", run}});
    });
    // A rescue passes by a run whose handler is in the middle of a write.
    ASSERT_TRUE(testing::eventually([&] { return second_->queue.reap() == 1; }));
  }
  // And makes good.
  void lose(RunId run) {
    rescue(run);
    ASSERT_TRUE(testing::eventually([&] { return second_->worker.run_once() > 0 || !detail(run).run.active(); }));
  }

 private:
  std::vector<std::string> all_tables() {
    const char* const list = GetParam() == storage::Engine::sqlite
                                 ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                                 : "SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = 'public'";
    return database_->read([&](storage::Transaction& tx) {
      std::vector<std::string> names;
      for (const storage::Row& row : tx.run_text("tables", list)) names.push_back(row.get<std::string>("name"));
      return names;
    });
  }
  static std::string select_lines(storage::Transaction& tx, const std::string& table) {
    if (tx.engine() == storage::Engine::postgres)
      return fmt::format("SELECT CAST(t AS TEXT) AS line FROM {} t ORDER BY 1", table);
    std::string line = "''";
    for (const storage::Row& column :
         tx.run_text("columns", "SELECT name FROM pragma_table_info(:table)", {{"table", table}}))
      line += fmt::format(" || ',' || quote({})", column.get<std::string>("name"));
    return fmt::format("SELECT {} AS line FROM {} ORDER BY 1", line, table);
  }

 protected:
  HeldSimulator door_{simulator_->simulator()};
  testing::InterceptedDatabase intercepted_{*database_};
  std::unique_ptr<Process> other_;
  std::unique_ptr<Crew> first_, second_;  // of process_ and of other_
  std::vector<std::string> tables_;
};

}  // namespace ta::cli
