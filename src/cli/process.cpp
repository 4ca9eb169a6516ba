#include "cli/process.h"

#include "base/log.h"
#include "cli/features.h"
#include "host/run_authorisation.h"
#include "storage/migrations.h"
#include "web/sign_in_pages.h"

namespace ta::cli {
namespace {

Result<void> prepare_schema(storage::Database& database, bool migrate) {
  if (!migrate) return storage::check_schema(database);
  const auto report = storage::migrate(database);
  if (!report) return tl::make_unexpected(report.error());
  if (report->from_version != report->to_version)
    log::info("storage.migrated", {{"from", report->from_version}, {"to", report->to_version}});
  return {};
}

http::ClientOptions outgoing(const ProcessOptions& options) {
  http::ClientOptions out = options.outgoing;
  const bool custom = options.endpoint_rule == provider_connections::EndpointRule::custom;
  out.reach = options.reach.value_or(custom ? http::Reach::all_but_link_local : http::Reach::internet);
  return out;
}

}  // namespace

Result<std::unique_ptr<Process>> Process::create(ProcessOptions options) {
  auto database = storage::Database::open(options.database_url, options.database);
  if (!database) return tl::make_unexpected(database.error());
  if (const auto schema = prepare_schema(**database, options.migrate); !schema)
    return tl::make_unexpected(schema.error());
  return std::unique_ptr<Process>(new Process(std::move(options), std::move(*database)));
}

Process::Process(ProcessOptions options, std::unique_ptr<storage::Database> database)
    : options_(std::move(options)),
      database_(std::move(database)),
      hasher_(options_.password_cost),
      sign_in_(*database_, clock_, random_, hasher_),
      http_client_(outgoing(options_)),
      connections_(options_.master_key, random_, options_.endpoint_rule),
      sessions_(*database_, connections_, http_client_, clock_, random_, options_.graph),
      feed_(*database_),
      runs_(*database_, catalog_, clock_, feed_, metrics_, options_.dispatch),
      reader_(*database_, clock_),
      queue_(*database_, runs_, clock_, random_, feed_, options_.queue),
      waits_(*database_, clock_, queue_.limits()),
      worker_(queue_, runs_, clock_, random_, feed_, options_.worker, run_authorisation(*database_, catalog_, clock_)),
      leadership_(*database_, clock_, worker_.name()),
      maintenance_(queue_, leadership_, random_, options_.maintenance),
      retention_(*database_, clock_, leadership_, options_.retention),
      domain_check_(*database_, catalog_, clock_, leadership_, metrics_),
      scheduler_(*database_, runs_, clock_, leadership_, options_.scheduler),
      name_folding_(*database_),
      stream_guard_([this](std::span<const access::Proof> proofs) { return sign_in_.lapses(proofs); }),
      live_subscription_(feed_.subscribe([this](const runs::RunChange& change) {
        change.reset ? live_.changed_everything() : live_.changed(change.tenant);
      })),
      site_(router_, *database_, clock_, live_, stream_guard_, web::session_lookup(sign_in_)),
      host_{*database_, clock_, random_, sign_in_, catalog_, feed_, runs_, reader_, waits_, router_, site_} {
  register_features(host_, connections_, sessions_, options_.retention.keep_days);
}

Process::~Process() { stop(); }

Result<void> Process::listen() {
  auto server =
      http::Server::start(options_.server, [this](http::Request& request) { return router_.handle(request); });
  if (!server) return tl::make_unexpected(server.error());
  server_ = std::move(*server);
  return {};
}

void Process::start_worker() {
  worker_.start();
  maintenance_.start();
  retention_.start();
  domain_check_.start();
  scheduler_.start();
  name_folding_.start();
}

std::unique_ptr<runs::Worker> Process::make_worker(runs::WorkerOptions options) {
  return std::make_unique<runs::Worker>(queue_, runs_, clock_, random_, feed_, std::move(options));
}

void Process::stop() {
  name_folding_.stop();
  domain_check_.stop();
  scheduler_.stop();
  retention_.stop();
  maintenance_.stop();
  leadership_.resign();
  worker_.stop();
  if (server_) server_->stop(std::chrono::seconds{2});
}

void Process::leave(int status) {
  stop();
  if (worker_.stuck_handlers() == 0) return;
  log::error("process.handlers_still_run", {{"handlers", worker_.stuck_handlers()}});
  std::_Exit(status);
}

}  // namespace ta::cli
