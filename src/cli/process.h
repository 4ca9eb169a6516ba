// The composition root: everything one process is made of, in the order in which it depends on each other.
//
// `serve`, `worker`, `demo` and the benchmarks make one and switch on what they need.
#pragma once
#include <memory>
#include <string>

#include "access/passwords.h"
#include "base/random.h"
#include "host/host.h"
#include "http/client.h"
#include "http/server.h"
#include "inventory/name_folding.h"
#include "provider_connections/master_key.h"
#include "provider_connections/provider_connections.h"
#include "runs/domain_check.h"
#include "runs/job_queue.h"
#include "runs/maintenance.h"
#include "runs/metrics.h"
#include "runs/retention.h"
#include "runs/scheduler.h"
#include "runs/worker.h"
#include "web/live.h"
#include "web/site.h"

namespace ta::cli {

struct ProcessOptions {
  std::string database_url;
  provider_connections::MasterKey master_key;
  bool migrate = true;  // bring an older schema up; else refuse it
  storage::DatabaseOptions database = {};
  access::PasswordCost password_cost = {};
  http::ServerOptions server = {};
  runs::WorkerOptions worker = {};
  runs::QueueOptions queue = {};
  runs::MaintenanceOptions maintenance = {};
  runs::RetentionOptions retention = {};
  runs::SchedulerOptions scheduler = {};
  graph::GraphOptions graph = {};
  // What connections may name, and so where `outgoing` may lead.
  provider_connections::EndpointRule endpoint_rule = provider_connections::EndpointRule::microsoft;
  http::ClientOptions outgoing = {};  // towards Microsoft; its reach follows from the rule unless `reach` says it
  std::optional<http::Reach> reach = {};
  runs::Dispatch dispatch = {};  // another way to hand runs to workers; empty: the queue in the database
};

class Process {
 public:
  // Opens the database and builds the services; nothing runs yet. Fails with a sentence for the operator.
  static Result<std::unique_ptr<Process>> create(ProcessOptions options);
  ~Process();  // stop()

  Result<void> listen();  // pages and API
  void start_worker();    // executes runs, rescues those of lost workers, starts what is due, forgets what is old
  // What keeps the ledger honest, as start_worker() runs it; for measuring it beside other work.
  runs::Maintenance& maintenance() { return maintenance_; }
  // Another worker beside the process's own; for measuring.
  std::unique_ptr<runs::Worker> make_worker(runs::WorkerOptions options);
  // New requests are refused, runs get their grace, sockets close. Idempotent.
  void stop();
  // stop(). Does not come back but ends the program with `status` where a handler ignored the wish to stop and still
  // runs on what belongs to this process: then nothing may be destroyed.
  void leave(int status);

  std::string url() const { return server_ ? server_->url() : std::string(); }
  Host& host() { return host_; }
  storage::Database& database() { return *database_; }
  provider_connections::ConnectionStore& connections() { return connections_; }
  provider_connections::GraphSessions& sessions() { return sessions_; }
  access::PasswordHasher& hasher() { return hasher_; }
  runs::Worker& worker() { return worker_; }

 private:
  Process(ProcessOptions options, std::unique_ptr<storage::Database> database);

  ProcessOptions options_;
  SystemClock clock_;
  SecureRandom random_;
  std::unique_ptr<storage::Database> database_;
  access::PasswordHasher hasher_;
  access::SignIn sign_in_;
  http::Client http_client_;
  provider_connections::ConnectionStore connections_;
  provider_connections::GraphSessions sessions_;
  runs::Catalog catalog_;
  runs::ChangeFeed feed_;
  runs::Metrics metrics_;
  runs::RunService runs_;
  runs::RunReader reader_;
  runs::JobQueue queue_;
  runs::WaitReasons waits_;
  runs::Worker worker_;
  runs::Leadership leadership_;
  runs::Maintenance maintenance_;
  runs::Retention retention_;
  runs::DomainCheck domain_check_;
  runs::Scheduler scheduler_;
  inventory::NameFolding name_folding_;
  http::Router router_;
  web::LiveHub live_;
  web::StreamGuard stream_guard_;
  std::shared_ptr<void> live_subscription_;
  web::Site site_;
  Host host_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace ta::cli
